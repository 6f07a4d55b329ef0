"""Kinds among a selection: every answer against a count by hand or a formula of its own."""

from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom, mannwhitneyu

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.kinds import (
    KINDS,
    NOT_GALAXIES,
    compare,
    count_suspected,
    enrich,
    find_similar,
    find_twins,
    resemble,
)
from galexplore.errors import InputError
from galexplore.latents import LATENTS


def make_atlas(n=600, rare=40, away=6.0, seed=1) -> Atlas:
    """Ordinary galaxies about the origin, and a rare kind `away` from it in the first intrinsic latent."""
    generator = np.random.default_rng(seed)
    latents = generator.normal(size=(n, 5)).astype(np.float32)
    latents[:rare, 1] += away
    return Atlas(
        id=np.array([f"{10**18 + i}" for i in range(n)]),
        population=np.where(np.arange(n) < rare, "Green Pea", "ordinary"),
        latents=latents,
        sigma=np.full((n, 5), 0.2, np.float32),
        position=np.zeros((n, 2), np.float32),
        chi2=np.ones(n, np.float32),
        centre=np.zeros(4),
        covariance=np.eye(4),
        scale=np.array([1.0, 2.0, 1.0, 1.0]),
    )


def make_table(n=400, seed=2) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    table = pd.DataFrame({"id": np.arange(n).astype(str)})
    table["population"] = generator.choice(["ordinary", "Green Pea", "Red Spiral"], n, p=[0.8, 0.1, 0.1])
    return table.assign(size=generator.normal(size=n), colour=generator.normal(size=n))


def test_enrichment_counts_and_gives_the_odds_ratio_of_the_table():
    table = make_table()
    peas = table.loc[table["population"] == "Green Pea", "id"]
    selected = [*peas[:20], *table.loc[table["population"] == "ordinary", "id"][:30]]
    found = enrich(table, selected)
    assert found["population"].tolist() == ["Green Pea", "Red Spiral"], "the surely enriched kind first"
    pea, spiral = found.iloc[0], found.iloc[1]
    a, b, c = 20, 30, len(peas) - 20
    d = len(table) - a - b - c
    assert (pea["inside"], pea["total"]) == (20, len(peas))
    assert pea["odds_ratio"] == pytest.approx((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5)))
    assert pea["low"] < pea["odds_ratio"] < pea["high"] and pea["low"] > 1
    assert spiral["inside"] == 0 and np.isfinite(spiral["high"]) and spiral["low"] > 0


def test_enrichment_p_is_the_sum_of_what_is_as_unlikely():
    table = make_table()
    table.index = table.index[::-1] + 7  # an index of its own must not matter
    selected = table["id"][:60]
    row = enrich(table, selected).set_index("population").loc["Red Spiral"]
    total = int((table["population"] == "Red Spiral").sum())
    chances = hypergeom.pmf(np.arange(total + 1), len(table), total, 60)
    at = chances[int(row["inside"])]
    assert row["p"] == pytest.approx(chances[chances <= at * (1 + 1e-9)].sum())


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Draw selections in which a kind's odds are three times as high as elsewhere."""
    generator, covered = np.random.default_rng(5), 0
    table = pd.DataFrame({"id": np.arange(2000).astype(str)})
    for _ in range(200):
        inside = generator.random(2000) < 0.3
        chance = np.where(inside, 0.3 / 1.3, 0.1 / 1.1)
        table["population"] = np.where(generator.random(2000) < chance, "Red Spiral", "ordinary")
        row = enrich(table, table["id"][inside]).iloc[0]
        covered += row["low"] <= 3 <= row["high"]
    assert 0.90 <= covered / 200 <= 0.99


def test_what_differs_most_comes_first_and_auc_is_mann_whitneys():
    table = make_table()
    selected = table["id"][:80]
    table.loc[:79, "colour"] += 1.5
    found = compare(table, selected, ["size", "colour"])
    assert found["column"].tolist() == ["colour", "size"]
    ours, rest = table["colour"][:80], table["colour"][80:]
    assert found["auc"][0] == pytest.approx(mannwhitneyu(ours, rest).statistic / (len(ours) * len(rest)))
    assert found["selected"][0] == pytest.approx(ours.median())
    mad = (rest - rest.median()).abs().median() / NormalDist().inv_cdf(0.75)
    assert found["effect"][0] == pytest.approx((ours.median() - rest.median()) / mad)
    assert abs(found["auc"][1] - 0.5) < 3 * found["auc_error"][1]


def test_comparing_everything_nothing_or_a_constant_is_answered():
    table = make_table().assign(flat=1.0, empty=np.nan)
    assert compare(table, [], ["size"]).empty and compare(table, table["id"], ["size"]).empty
    found = compare(table, table["id"][:9], ["flat", "empty"])
    assert found["column"].tolist() == ["flat"] and found["effect"][0] == 0 and found["auc"][0] == 0.5


def test_more_like_these_finds_the_rest_of_the_kind():
    atlas = make_atlas()
    found = find_similar(atlas, atlas.id[:10], k=30)
    assert (found["population"] == "Green Pea").mean() > 0.9
    assert not set(found["id"]) & set(atlas.id[:10]) and found["distance"].is_monotonic_increasing


def test_likeness_is_the_mean_distance_to_the_three_nearest_examples():
    atlas = make_atlas(80)
    found = find_similar(atlas, atlas.id[:6], k=80).set_index("id")["distance"]
    points = atlas.latents[:, 1:] / atlas.scale
    for i in (10, 50):
        gaps = np.sort(np.linalg.norm(points[i] - points[:6], axis=1))
        assert found[atlas.id[i]] == pytest.approx(gaps[:3].mean(), rel=1e-5)
    assert len(found) == 74


def test_unknown_examples_are_refused_in_a_sentence():
    with pytest.raises(InputError, match="in the atlas"):
        find_similar(make_atlas(), ["nobody"])


def test_twins_match_within_their_errors_and_differ_where_nothing_ties_them():
    atlas = make_atlas(3000, rare=0)
    table = pd.DataFrame({"id": atlas.id, "population": atlas.population})
    for j, name in enumerate(LATENTS):
        table[f"lat_{name}"], table[f"lat_{name}_sigma"] = atlas.latents[:, j], 0.2
    table["chi2_percentile"] = np.where(np.arange(len(table)) % 50 == 0, 99.5, 50.0)
    found = find_twins(table, table["id"][7], k=5)
    assert len(found) == 5 and table["id"][7] not in set(found["id"])
    assert {"lat_redshift", "lat_logmass", "lat_logsfr", "lat_free"} < set(found), "latents, and called so"
    me, rows = table.iloc[7], table.set_index("id").loc[found["id"]]
    for name in ("redshift", "logmass", "logsfr"):
        assert (np.abs(rows[f"lat_{name}"] - me[f"lat_{name}"]) <= 0.2 * np.sqrt(2) + 1e-6).all()
    every = table[(table["chi2_percentile"] <= 99) & (table["id"] != me["id"])]
    close = [(every[f"lat_{n}"] - me[f"lat_{n}"]).abs() <= 0.2 * np.sqrt(2) for n in ("redshift", "logmass", "logsfr")]
    best = (every["lat_free"] - me["lat_free"])[np.logical_and.reduce(close)].abs().max() / np.hypot(0.2, 0.2)
    assert abs(found["free_difference"][0]) == pytest.approx(best, rel=1e-5)
    assert find_twins(table.assign(lat_redshift=np.arange(3000.0)), table["id"][7]).empty


def test_resemblance_counts_the_neighbours_and_weighs_them_by_the_prior():
    atlas = make_atlas(away=1.5)
    at = np.array([0, 1.0, 0, 0, 0])
    found = resemble(atlas, at, k=50).set_index("population")
    near = np.argsort(np.linalg.norm(at[1:] / atlas.scale - atlas.points, axis=1))[:50]
    peas = (atlas.population[near] == "Green Pea").sum()
    assert 0 < peas < 50 and found.loc["Green Pea", "neighbours"] == peas
    assert found.loc["Green Pea", "probability"] == pytest.approx(peas / 50)
    assert (found["low"] < found["probability"]).all() and (found["high"] > found["probability"]).all()
    assert found["probability"].sum() == pytest.approx(1)
    fewer = resemble(atlas, at, k=50, prior={"Green Pea": 40 / 600 / 10, "ordinary": 560 / 600})
    expected = 0.1 * peas / (0.1 * peas + 50 - peas)
    assert fewer.set_index("population").loc["Green Pea", "probability"] == pytest.approx(expected)
    assert fewer["probability"].sum() == pytest.approx(1)


def test_probabilities_hold_what_they_promise():
    """Among galaxies told to be peas with about a given probability, about that share are."""
    atlas, told, truth = make_atlas(6000, rare=1500, away=1.5, seed=3), [], []
    new = make_atlas(1200, rare=300, away=1.5, seed=4)
    for latents, kind in zip(new.latents, new.population, strict=True):
        found = resemble(atlas, latents).set_index("population")["probability"]
        told.append(found.get("Green Pea", 0.0))
        truth.append(kind == "Green Pea")
    told, truth = np.array(told), np.array(truth)
    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 1.01)):
        bin_ = (told >= low) & (told < high)
        assert bin_.sum() > 60 and truth[bin_].mean() == pytest.approx(told[bin_].mean(), abs=0.08)


def test_kinds_are_named_once_and_apart():
    assert len({kind.name for kind in KINDS}) == len({kind.prefix for kind in KINDS}) == len(KINDS)
    assert NOT_GALAXIES == ("Star", "Satellite Trail", "Bad Column", "Empty Sky")


def test_suspects_are_counted_by_kind():
    table = pd.DataFrame(
        {"population": ["ordinary", "ordinary", "Star", "Star"], "suspicion": ["", "line", "star", "star"]}
    )
    assert count_suspected(table) == {"ordinary": (1, 2), "Star": (2, 2)}
