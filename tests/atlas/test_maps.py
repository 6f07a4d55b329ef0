"""How far a map may be trusted, against sklearn and against counting."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from galexplore.atlas.maps import judge_map
from galexplore.atlas.recipe import AtlasConfig


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(0).normal(size=(400, 4))


def test_trustworthiness_is_sklearns(points):
    shown = points[:, :2] + 0.3 * np.random.default_rng(1).normal(size=(400, 2))
    _, told = judge_map(points, shown, AtlasConfig())
    assert told["trustworthiness"] == pytest.approx(trustworthiness(points, shown, n_neighbors=15), abs=1e-3)


def test_preservation_counts_the_neighbours_that_stay(points):
    kept, told = judge_map(points, points[:, :2], AtlasConfig())
    gaps = [np.linalg.norm(x[:, None] - x, axis=2) for x in (points, points[:, :2])]
    near, drawn = (np.argsort(g + np.eye(400) * 99, axis=1)[:, :15] for g in gaps)
    shares = [len(set(a) & set(b)) / 15 for a, b in zip(near, drawn, strict=True)]
    assert np.allclose(kept, shares) and told["preservation"] == pytest.approx(np.mean(shares), abs=1e-4)


def test_a_faithful_map_keeps_everything_and_a_random_one_next_to_nothing(points):
    assert judge_map(points[:, :2], points[:, :2] * 3 + 1, AtlasConfig())[1]["preservation"] == 1
    told = judge_map(points, np.random.default_rng(2).normal(size=(400, 2)), AtlasConfig())[1]
    assert told["preservation"] < 0.1 and told["trustworthiness"] < 0.6


def test_points_that_share_a_place_are_judged_too(points):
    kept, _ = judge_map(points, np.zeros((400, 2)), AtlasConfig())
    assert kept.shape == (400,) and np.isfinite(kept).all()
