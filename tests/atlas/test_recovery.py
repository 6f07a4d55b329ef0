"""Finding rare kinds: where the answer is known, it is the one told."""

import numpy as np
import pytest
from scipy.stats import norm

from galexplore.atlas.recovery import call_kinds, classify, recall_at, recover, recover_from_examples


def make_points(n=3000, peas=80, spirals=120, away=2.0, seed=0):
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(n, 4))
    points[:peas, 0] += away
    points[peas : peas + spirals, 1] += 12
    population = np.full(n, "ordinary", dtype="<U20")
    population[:peas], population[peas : peas + spirals] = "Green Pea", "Red Spiral"
    return points, population


def test_recall_at_a_false_alarm_rate_is_counted():
    usual = np.arange(100.0)
    assert recall_at(np.array([89.5, 95.0, 200.0]), usual, np.array([0.10]))[0] == 1.0
    assert recall_at(np.array([88.5, 95.0, 200.0]), usual, np.array([0.10]))[0] == pytest.approx(2 / 3)
    weight = np.where(usual >= 90, 2.0, 1.0)
    copies = np.repeat(usual, weight.astype(int))
    for ours in (np.array([89.5, 95.0]), np.array([94.5, 97.0, 60.0])):
        rates = np.array([0.05, 0.1, 0.3])
        weighed = recall_at(ours, usual, rates, weight)
        assert weighed == pytest.approx(recall_at(ours, copies, rates)), "a weight counts as so many copies"
    assert recall_at(np.array([-5.0]), usual, np.array([0.0, 0.99, 1.0])).tolist() == [0, 0, 1]


def test_the_classifier_comes_near_the_best_possible_and_no_nearer_than_chance_allows():
    points, population = make_points()
    found = classify(points, population, normals=600, draws=2)
    recall = found.recall.set_index("kind")
    assert recall.loc["Red Spiral", "recall"] > 0.98 and recall.loc["Red Spiral", "n"] == 120
    best = norm.sf(norm.isf(0.07) - 2.0)  # Neyman & Pearson: two unit Gaussians two apart
    assert best - 0.2 < recall.loc["Green Pea", "recall"] < best + 0.12
    shuffled = np.random.default_rng(1).permutation(population)
    blind = classify(points, shuffled, normals=600, draws=1).recall.set_index("kind")
    assert blind.loc["Green Pea", "recall"] < 0.25 and abs(blind.loc["Green Pea", "auc"] - 0.5) < 0.12


def test_the_confusion_shares_out_every_true_kind():
    found = classify(*make_points(), normals=400, draws=1)
    shares = found.confusion.pivot(index="truth", columns="called", values="share")
    assert np.allclose(shares.sum(axis=1), 1) and shares.loc["Red Spiral", "Red Spiral"] > 0.95
    curve = found.roc[found.roc["kind"] == "Green Pea"]
    assert curve["recall"].is_monotonic_increasing and curve["recall"].iloc[-1] == 1


def test_a_kind_too_rare_for_the_folds_is_left_out():
    points, population = make_points(peas=4)
    assert classify(points, population, normals=300, draws=1).recall["kind"].tolist() == ["Red Spiral"]


def test_recovery_counts_the_first_of_the_ranking():
    score = np.arange(1000.0)
    rare = np.zeros(1000, bool)
    rare[[999, 995, 500, 3]] = True
    found = recover(score, rare, np.array([0.001, 0.01, 0.6, 1.0]))
    assert found["recovered"].tolist() == [0.25, 0.5, 0.75, 1.0]
    assert found["random"].tolist() == [0.001, 0.01, 0.6, 1.0]


def test_equal_scores_recover_as_a_random_order_does():
    rare = np.random.default_rng(2).random(5000) < 0.05
    found = recover(np.zeros(5000), rare, np.array([0.01, 0.1, 0.5]))
    assert np.allclose(found["recovered"], found["inspected"])
    inside = found["recovered"].between(found["random_low"], found["random_high"])
    assert inside.all()


def test_ten_examples_find_the_others():
    points, population = make_points()
    found = recover_from_examples(points, population == "Red Spiral", 10, draws=5, fractions=np.array([0.05, 1.0]))
    assert found["recovered"].iloc[0] > 0.95 and found["recovered"].iloc[1] == 1
    blind = recover_from_examples(points[:, 2:], population == "Red Spiral", 10, draws=5, fractions=np.array([0.05]))
    assert blind["recovered"].iloc[0] < 0.2


def test_kinds_that_are_too_few_are_not_classified():
    points, population = np.random.default_rng(0).normal(size=(120, 4)), np.full(120, "ordinary", object)
    population[:9] = "Green Pea"
    found = classify(points, population)
    assert found.recall.empty and found.roc.empty and found.confusion.empty


def test_what_is_of_no_kind_is_called_by_where_it_lies():
    points, population = make_points(away=8.0)
    asked = np.array([[8.0, 0, 0, 0], [0, 12.0, 0, 0], [0, 0, 0, 0]])
    called = call_kinds(points, population, ("Green Pea", "Red Spiral"), asked)
    assert called.tolist() == ["Green Pea", "Red Spiral", "ordinary"]
    assert call_kinds(points, population, ("Merger",), asked).tolist() == ["ordinary"] * 3, "nobody taught it that kind"
    assert not len(call_kinds(points, population, ("Green Pea",), asked[:0]))
