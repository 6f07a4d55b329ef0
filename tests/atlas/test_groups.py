"""Odd galaxies in groups: no page shows one kind alone."""

from collections import Counter

import numpy as np

from galexplore.atlas.groups import diversify


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
