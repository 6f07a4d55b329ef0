"""Odd galaxies in groups: no page shows one kind alone."""

from collections import Counter

import numpy as np

from galexplore.atlas.groups import diversify, group, spread


def test_no_page_has_more_of_a_group_than_allowed_while_others_are_left():
    generator = np.random.default_rng(0)
    groups = generator.choice(list("abcdef"), 2400, p=[0.5, 0.2, 0.1, 0.1, 0.05, 0.05]).tolist()
    order = diversify(groups, 24, 6)
    assert sorted(order) == list(range(2400)), "nothing is lost"
    pages = [Counter(groups[i] for i in order[k : k + 24]) for k in range(0, 480, 24)]
    assert all(max(page.values()) <= 6 for page in pages)


def test_the_rank_is_kept_within_a_group_and_a_page():
    groups = ["a"] * 20 + ["b"] * 20 + ["c"] * 20
    order = diversify(groups, 6, 2)
    assert order[:6].tolist() == [0, 1, 20, 21, 40, 41] and order[6:12].tolist() == [2, 3, 22, 23, 42, 43]


def test_what_is_all_of_one_group_stays_in_its_order():
    assert diversify(["a"] * 50, 24, 6).tolist() == list(range(50)) and not len(diversify([], 24, 6))


def test_a_group_is_of_one_reason_and_alike():
    generator = np.random.default_rng(4)
    centres = generator.normal(scale=20, size=(6, 3))
    of = generator.integers(0, 6, 600)
    points = centres[of] + generator.normal(size=(600, 3))
    reasons = np.array(list("aabbbc"))[of]
    groups = group(reasons, points, 6)
    firsts = [int(np.flatnonzero(groups == k)[0]) for k in range(6)]
    assert firsts == sorted(firsts), "they are counted by the rank of the first"
    assert len(set(zip(groups[reasons != "b"], of[reasons != "b"], strict=True))) >= 3
    assert all(len(set(reasons[groups == k])) == 1 for k in range(6))
    alone = group(["b"] * 600, points, 6)
    assert len(set(zip(alone, of, strict=True))) == 6, "each clump is a group, and each group a clump"


def test_there_are_as_many_groups_as_asked_for_and_one_for_each_reason():
    generator = np.random.default_rng(5)
    reasons = generator.choice(list("abcdef"), 500, p=[0.7, 0.2, 0.05, 0.03, 0.01, 0.01]).tolist()
    points = generator.normal(size=(500, 4))
    groups = group(reasons, points, 40)
    assert sorted(set(groups)) == list(range(40))
    assert all(len({reasons[i] for i in np.flatnonzero(groups == k)}) == 1 for k in range(40))
    shares = Counter(reasons[int(np.flatnonzero(groups == k)[0])] for k in range(40))
    assert shares["a"] < 20, "the commonest reason does not take all"
    assert len(set(group(reasons, points, 2))) == 6, "no reason is without a group"
    assert group(["a", "a", "b"], points[:3], 40).tolist() == [0, 1, 2] and not len(group([], points[:0], 4))


def test_those_that_stand_for_a_group_reach_its_corners():
    corners = np.array([[0, 0], [9, 0], [0, 9], [9, 9]], float)
    inner = np.random.default_rng(6).uniform(-1, 1, (50, 2))
    points = np.vstack([inner, corners])
    chosen = spread(points, 5)
    assert chosen[0] == 0 and set(range(51, 54)) < set(chosen.tolist()) and len(set(chosen)) == 5
    assert spread(points[:2], 8).tolist() == [0, 1] and spread(np.zeros((3, 2)), 3).tolist() == [0, 1, 2]
    assert not len(spread(points[:0], 3))
