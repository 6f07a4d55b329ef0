from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from galexplore.atlas.atlas import Atlas, build
from galexplore.atlas.recipe import AtlasConfig
from galexplore.errors import InputError
from galexplore.latents import LATENTS


@pytest.fixture(scope="module")
def table():
    generator = np.random.default_rng(2)
    n = 300
    frame = pd.DataFrame({"id": [f"{10**18 + i}" for i in range(n)]})
    frame["population"] = np.where(np.arange(n) < 290, "ordinary", "Green Pea")
    for j, name in enumerate(LATENTS):
        frame[f"lat_{name}"] = generator.normal(size=n) * (j + 1) + 5.0 * (np.arange(n) >= 290)
        frame[f"lat_{name}_sigma"] = 0.1
    frame["chi2"] = generator.chisquare(50, n) / 50
    frame["mag_aperture"] = generator.uniform(17, 22, n)
    return frame


@pytest.fixture(scope="module")
def atlas(table):
    return build(table, np.random.default_rng(5).normal(size=(len(table), 30)).cumsum(axis=1))


def test_neighbours_are_those_of_brute_force(atlas):
    query = np.random.default_rng(3).normal(size=(20, 5)) * 3
    distance, index = atlas.neighbours(query, 7)
    gaps = (query[:, None, 1:] - atlas.latents[None, :, 1:]) / atlas.scale
    brute = np.sqrt((gaps**2).sum(axis=2))
    assert np.allclose(distance, np.sort(brute, axis=1)[:, :7], atol=1e-5)
    assert np.array_equal(index, np.argsort(brute, axis=1)[:, :7])


def test_orientation_does_not_make_a_neighbour(atlas):
    query = atlas.latents[:5].copy()
    query[:, 0] += 1
    assert np.array_equal(atlas.neighbours(query, 1)[1].ravel(), np.arange(5))


def test_an_atlas_galaxy_lands_on_itself_and_alone_is_as_in_a_batch(atlas):
    ordinary = np.flatnonzero(atlas.ordinary)
    assert np.allclose(atlas.place(atlas.latents[ordinary]), atlas.position[ordinary], atol=1e-3)
    query = np.random.default_rng(4).normal(size=(9, 5))
    assert np.allclose(atlas.place(query), np.concatenate([atlas.place(q) for q in query]))


def test_the_map_is_the_same_every_time(table, atlas):
    assert np.array_equal(build(table).position, atlas.position)
    assert not np.array_equal(build(table, config=AtlasConfig(seed=1)).position, atlas.position)


def test_rare_kinds_do_not_shape_the_population(table, atlas):
    alone = build(table[table["population"] == "ordinary"])
    assert np.allclose(alone.centre, atlas.centre)
    assert np.allclose(alone.covariance, atlas.covariance)
    assert np.allclose(alone.position, atlas.position[atlas.ordinary])
    assert atlas.rarity_percentile(atlas.oddness.distance2[~atlas.ordinary])[-10:].mean() > 80


def test_save_and_load_keep_everything_and_need_no_pickle(atlas, tmp_path):
    atlas.save(tmp_path / "atlas.npz")
    again = Atlas.load(tmp_path / "atlas.npz")
    assert again.id.tolist() == atlas.id.tolist()
    assert np.array_equal(again.position, atlas.position)
    assert np.array_equal(again.covariance, atlas.covariance)
    assert [p.name for p in tmp_path.iterdir()] == ["atlas.npz"]


def test_a_missing_atlas_is_told_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match="galexplore train"):
        Atlas.load(tmp_path / "atlas.npz")


@pytest.mark.parametrize("content", [b"no archive at all", b"PK\x03\x04cut off"])
def test_a_damaged_atlas_is_told_in_one_sentence(tmp_path, content):
    (tmp_path / "atlas.npz").write_bytes(content)
    with pytest.raises(InputError, match="damaged"):
        Atlas.load(tmp_path / "atlas.npz")


def test_an_atlas_that_needs_a_pickle_is_refused(tmp_path):
    np.savez(tmp_path / "atlas.npz", id=np.array([{"not": "text"}], object))
    with pytest.raises(InputError, match="damaged"):
        Atlas.load(tmp_path / "atlas.npz")


def test_the_file_keeps_the_modes_the_second_map_and_what_judges_both(atlas, tmp_path):
    atlas.save(tmp_path / "atlas.npz")
    again = Atlas.load(tmp_path / "atlas.npz")
    assert np.array_equal(again.usual.covariance, atlas.usual.covariance) and again.honesty == atlas.honesty
    assert again.feature_position.shape == (300, 2) and again.magnitude.shape == (300,)
    assert again.honesty["parameters"]["seed"] == AtlasConfig().seed and "features" in again.honesty
    assert np.array_equal(again.oddness.distance2, atlas.oddness.distance2)


def test_an_atlas_without_the_newer_parts_still_opens(atlas, tmp_path):
    newer = ("modes", "feature_position", "preservation", "feature_preservation", "gap", "magnitude", "honesty")
    old = replace(atlas, **dict.fromkeys(newer))
    old.save(tmp_path / "atlas.npz")
    again = Atlas.load(tmp_path / "atlas.npz")
    assert all(getattr(again, name) is None for name in newer)
    assert np.isfinite(again.oddness.distance2).all() and again.choose_mode(again.latents[0], again.sigma[0])[0] == 0


def test_a_gap_is_the_distance_to_the_tenth_ordinary_galaxy(atlas):
    points, ordinary = atlas.points, atlas.ordinary
    for i in (5, 295):
        distance = np.sort(np.linalg.norm(points[ordinary] - points[i], axis=1))
        assert atlas.gap[i] == pytest.approx(distance[10 if ordinary[i] else 9], rel=1e-4)
