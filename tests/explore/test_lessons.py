"""What a ranking has learnt from labels, in words and on labels that it was not taught."""

import numpy as np
import pandas as pd
import pytest

from galexplore.explore.lessons import BUDGETS, find_lesson, try_labels
from galexplore.explore.ranking import MOST_LABELS, Ranking, rerank


@pytest.fixture
def survey() -> tuple[Ranking, pd.DataFrame]:
    """3,000 galaxies whose four latents are independent, and whose rank has nothing to do with them."""
    generator = np.random.default_rng(1)
    points = generator.normal(size=(3000, 4))
    table = pd.DataFrame({"id": [f"M{i}" for i in range(3000)], "chi2": generator.uniform(size=3000)})
    table["distance2"] = generator.uniform(size=3000)
    for j, name in enumerate(("redshift", "logmass", "logssfr", "free")):
        table[f"lat_{name}"] = points[:, j]
    return Ranking(table, points), table


def label(table: pd.DataFrame, wanted: np.ndarray, n: int = 80) -> pd.DataFrame:
    rows = np.random.default_rng(2).choice(len(table), n, replace=False)
    return pd.DataFrame({"id": table["id"].to_numpy()[rows], "score": np.where(wanted[rows], 5, 0)}).astype(
        {"score": "Int64"}
    )


@pytest.mark.parametrize(("sign", "side"), [(1, "high"), (-1, "low")])
@pytest.mark.parametrize(
    ("column", "name"), [("lat_logssfr", "sSFR"), ("lat_logmass", "mass"), ("lat_redshift", "redshift")]
)
def test_what_was_labelled_high_is_told_by_its_property_and_side(survey, sign, side, column, name):
    ranking, table = survey
    labels = label(table, sign * table[column].to_numpy() > 0.5)
    lesson = find_lesson(ranking, "rarity", labels, table)
    assert next(iter(lesson.weights)) == name and lesson.labels == 80
    assert lesson.wanted == (labels["score"] == 5).sum()
    assert f"galaxies of **{side} {name}**" in lesson.say()
    assert abs(lesson.weights[name]) > 0.4 and sorted(map(abs, lesson.weights.values()))[-2] < 0.4
    assert lesson.trust < 0.7, "the rank had nothing to do with it"


def test_labels_without_a_pattern_are_not_given_one(survey):
    ranking, table = survey
    labels = label(table, np.random.default_rng(5).uniform(size=3000) < 0.5, 200)
    lesson = find_lesson(ranking, "rarity", labels, table)
    strong = find_lesson(ranking, "rarity", label(table, table["lat_logssfr"].to_numpy() > 0.5, 200), table)
    assert max(map(abs, lesson.weights.values())) < 0.2 and lesson.share < 0.5 * strong.share
    assert "no single property" in lesson.say()


def test_few_or_like_labels_say_that_they_tell_nothing(survey):
    ranking, table = survey
    few = find_lesson(ranking, "rarity", label(table, table["lat_free"].to_numpy() > 0, 3), table)
    assert not few.weights and "3 labels" in few.say() and "too few" in few.say()
    alike = find_lesson(ranking, "rarity", label(table, np.ones(3000, bool), 20), table)
    assert not alike.weights and "all with the same score" in alike.say()


def test_labels_that_were_not_taught_are_found_sooner_where_they_have_a_pattern(survey):
    ranking, table = survey
    trial = try_labels(ranking, "rarity", label(table, table["lat_logssfr"].to_numpy() > 1.2, 300))
    assert trial["looked"].tolist() == list(BUDGETS) and (trial["wanted"] == trial["wanted"].iloc[0]).all()
    at = trial.set_index("looked")
    assert at.loc[480, "learnt"] > 3 * at.loc[480, "ranked"] and trial["learnt"].is_monotonic_increasing
    chance = 480 / (3000 - 240)
    assert at.loc[480, "ranked"] == pytest.approx(chance, abs=0.15), "a rank that knows nothing finds what chance does"
    without = try_labels(ranking, "rarity", label(table, np.random.default_rng(9).uniform(size=3000) < 0.3, 300))
    gain = without.set_index("looked").loc[480]
    assert gain["learnt"] < 0.4, "labels without a pattern find little more than chance"
    assert try_labels(ranking, "rarity", label(table, np.zeros(3000, bool))).empty


def test_galaxies_that_are_not_ranked_are_neither_taught_nor_found(survey):
    ranking, table = survey
    wanted = table["lat_logssfr"].to_numpy() > 1.2
    among = ~wanted
    assert try_labels(ranking, "rarity", label(table, wanted, 300), among).empty


def test_of_very_many_labels_the_last_count():
    generator = np.random.default_rng(3)
    points, rank = generator.normal(size=(4000, 4)), generator.uniform(size=4000)
    places = np.r_[np.full(500, 7), generator.permutation(4000)[:MOST_LABELS]]
    scores = np.r_[np.full(500, 5), np.zeros(MOST_LABELS)]
    late = rerank(points, rank, places[-MOST_LABELS:], scores[-MOST_LABELS:])
    assert np.array_equal(rerank(points, rank, places, scores), late)
