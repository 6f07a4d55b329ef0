"""Ways through latent space, and the galaxy made ordinary: against closed forms and brute force."""

import math

import numpy as np
import pytest

from galexplore.atlas.counterfactual import ODD, make_ordinary
from galexplore.atlas.paths import cross, sweep, walk


@pytest.mark.parametrize("seed", range(20))
def test_the_angle_goes_the_short_way_round(seed):
    start, end = np.random.default_rng(seed).uniform(0, math.pi, 2)
    turned = np.unwrap(walk([start, 0, 0, 0, 0], [end, 0, 0, 0, 0])[:, 0], period=math.pi)
    ways = [end - start + k * math.pi for k in (-2, -1, 0, 1, 2)]
    assert turned[-1] - turned[0] == pytest.approx(min(ways, key=abs))


def test_a_quarter_turn_goes_towards_larger_angles_and_no_step_reaches_pi():
    assert np.allclose(walk([0.2, 0, 0, 0, 0], [0.2 + math.pi / 2, 0, 0, 0, 0], 3)[1, 0], 0.2 + math.pi / 4)
    for start in np.random.default_rng(0).uniform(0, math.pi, 200):
        steps = walk([start, 0, 0, 0, 0], [0.0, 0, 0, 0, 0])
        assert (steps[:, 0] < math.pi).all(), "an angle of zero is rounded to no other"


def test_a_walk_begins_and_ends_where_it_should():
    start, end = np.array([3.0, 0.1, 9.0, -1.0, 0.5]), np.array([0.2, 0.3, 11.0, 1.0, -0.5])
    steps = walk(start, end, 9)
    assert steps.shape == (9, 5) and np.allclose(steps[0], start) and np.allclose(steps[-1], end)
    assert np.allclose(np.diff(steps[:, 1:], axis=0), (end - start)[1:] / 8)
    turned = np.diff(np.unwrap(steps[:, 0], period=math.pi))
    assert np.allclose(turned, (0.2 + math.pi - 3.0) / 8), "through the wrap, evenly"
    assert ((steps[:, 0] >= 0) & (steps[:, 0] < math.pi)).all()


def test_a_sweep_and_a_cross_move_only_what_they_name():
    latents = np.array([0.3, 0.1, 10.0, 0.2, 0.4])
    swept = sweep(latents, "logsfr", np.array([-1.0, 0.0, 1.0]))
    assert swept[:, 3].tolist() == [-1, 0, 1]
    assert (np.delete(swept, 3, axis=1) == np.delete(latents, 3)).all()
    grid = cross(latents, "redshift", np.array([0.1, 0.2]), "logmass", np.array([9.0, 10.0, 11.0]))
    assert grid.shape == (3, 2, 5) and grid[0, :, 2].tolist() == [11, 11], "the largest at the top"
    assert grid[2, :, 1].tolist() == [0.1, 0.2] and (grid[..., 4] == 0.4).all()


def make_mode(seed: int, n: int = 4):
    generator = np.random.default_rng(seed)
    root = generator.normal(size=(n, n))
    return generator.normal(size=n), root @ root.T + 0.3 * np.eye(n), generator


@pytest.mark.parametrize("seed", range(10))
def test_what_is_moved_takes_the_value_that_makes_the_galaxy_least_odd(seed):
    """The conditional median of a Gaussian is where the squared distance is least, all else held."""
    centre, covariance, generator = make_mode(seed)
    value = centre + generator.normal(size=4) * 3
    made = make_ordinary(value, centre, covariance)
    kept = [j for j in range(4) if j not in made.moved]
    assert (made.value[kept] == pytest.approx(value[kept])) and made.moved

    def distance(x):
        return (x - centre) @ np.linalg.inv(covariance) @ (x - centre)

    assert distance(value) == pytest.approx(made.before) and distance(made.value) == pytest.approx(made.after)
    for _ in range(50):
        other = made.value.copy()
        other[list(made.moved)] += generator.normal(size=len(made.moved)) * 0.2
        assert distance(other) >= made.after - 1e-9


def test_one_shifted_property_is_the_only_one_moved():
    """Those that hang on it look odd beside it, and are not."""
    covariance = np.array([[1, 0.8, 0.6, 0], [0.8, 1, 0.7, 0], [0.6, 0.7, 1, 0], [0, 0, 0, 1.0]])
    value = np.array([0.4, 0.5, 0.3, 0.1])
    value[2] += 6
    made = make_ordinary(value, np.zeros(4), covariance)
    assert made.moved == (2,) and made.after < ODD**2 < made.before
    twice = value + np.array([0, 0, 0, 7.0])
    assert set(make_ordinary(twice, np.zeros(4), covariance).moved) == {2, 3}
    assert len(make_ordinary(np.zeros(4) + 1e-3, np.zeros(4), covariance).moved) == 1, "the oddest at least"
