"""The directions in which oddness is told: learnt from what moves, orthogonal, and true to the distance."""

import numpy as np
import pytest
from scipy.stats import ortho_group

from galexplore.atlas.causes import Attribution
from galexplore.atlas.directions import learn_directions, whiten
from galexplore.atlas.rarity import Mixture, explain

TRUE = ortho_group.rvs(4, size=2, random_state=0)


def move(n: int, seed: int, mode: int = 0):
    """Draw unit normals and move each along one of the true directions of its mode, by 3 to 5 sigma to either side."""
    generator = np.random.default_rng(seed)
    moved = generator.integers(0, 8, n)
    step = generator.uniform(3, 5, n) * (2 * (moved % 2) - 1)
    whitened = generator.normal(size=(n, 4)) + step[:, None] * TRUE[mode][moved // 2]
    return whitened, np.full(n, mode), moved


def test_each_mode_has_the_directions_in_which_its_galaxies_were_moved():
    parts = [move(1500, k, k) for k in (0, 1)]
    whitened, mode, moved = (np.concatenate(part) for part in zip(*parts, strict=True))
    learnt = learn_directions(whitened, mode, moved, modes=3)
    for mine, true in zip(learnt, TRUE, strict=False):
        assert np.allclose(mine @ mine.T, np.eye(4), atol=1e-6)
        assert (np.diag(mine @ true.T) > 0.98).all(), "and each points to where the property rises"
    (together,) = learn_directions(whitened, np.zeros_like(mode), moved, 1)
    assert np.allclose(learnt[2], together), "a mode of too few lessons has the directions of all"


def test_a_side_that_no_lesson_showed_is_opposite_to_the_other():
    whitened, mode, moved = move(1500, 2)
    some = (moved != 0) & (moved != 5)
    (learnt,) = learn_directions(whitened[some], mode[some], moved[some], 1)
    assert (np.diag(learnt @ TRUE[0].T) > 0.97).all()


def test_in_them_the_distance_is_the_sum_of_the_squared_deviations():
    generator = np.random.default_rng(3)
    roots = generator.normal(size=(2, 4, 4))
    spread = roots @ np.swapaxes(roots, 1, 2) + 0.3 * np.eye(4)
    mixture = Mixture(np.full(2, 0.5), generator.normal(size=(2, 4)) * 3, spread, np.zeros((2, 4)))
    latents, sigma = generator.normal(size=(60, 4)) * 4, generator.uniform(0.1, 0.5, (60, 4))
    plain = explain(latents, sigma, mixture)
    told = explain(latents, sigma, mixture, None, lambda mode, covariance: TRUE[mode] @ whiten(covariance))
    assert told.distance2 == pytest.approx(plain.distance2)
    assert np.allclose(told.contributions, told.conditional_z**2)
    assert (told.contributions.argmax(axis=1) == np.abs(told.conditional_z).argmax(axis=1)).all(), (
        "two views, one answer"
    )


def test_a_card_that_rounds_keeps_them_orthogonal():
    attribution = Attribution(np.zeros(16), np.ones(16), np.zeros((8, 152)), np.zeros(8), TRUE)
    again = Attribution.from_dict(attribution.to_dict())
    assert again is not None and np.allclose(again.directions, TRUE, atol=1e-3)
    assert np.allclose(again.directions @ np.swapaxes(again.directions, 1, 2), np.eye(4), atol=1e-12)
