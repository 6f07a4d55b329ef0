"""What is alike: against distances of its own, counts by hand, and promised probabilities."""

import numpy as np
import pandas as pd
import pytest

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.likeness import find_similar, find_twins, resemble
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
