"""The transforms of the latents: numpy and torch alike, there and back, and across the wrap."""

import math

import numpy as np
import pandas as pd
import pytest
import torch

from galexplore.latents import (
    INTRINSIC,
    INTRINSIC_AT,
    LATENTS,
    angle_difference,
    standardise,
    to_axis_angle,
    to_double_angle,
    unstandardise,
    wrap_angle,
)

ANGLES = np.concatenate([np.random.default_rng(0).uniform(-20, 20, 500), np.arange(-6, 7) * math.pi / 4])


def test_the_intrinsic_latents_stand_where_they_are_said_to():
    assert [LATENTS[i] for i in INTRINSIC_AT] == list(INTRINSIC)


def test_an_axis_angle_comes_back_from_its_vector():
    phi = np.random.default_rng(1).uniform(0, math.pi, (40, 3))
    vector = to_double_angle(phi)
    assert vector.shape == (40, 3, 2) and np.allclose(vector[..., 0] ** 2 + vector[..., 1] ** 2, 1)
    assert np.allclose(vector[..., 0] + 1j * vector[..., 1], np.exp(2j * phi))
    assert np.allclose(to_axis_angle(vector), phi) and np.allclose(to_axis_angle(0.01 * vector), phi), "of any length"
    assert np.allclose(to_double_angle(phi + math.pi), vector), "turned by half a circle an axis is the same"


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_every_angle_is_wrapped_below_pi(kind):
    """The remainder of a tiny negative number is the divisor itself."""
    for phi in (ANGLES, np.array([-1e-30, -1e-17, -1e-9, 0.0, math.pi, -math.pi])):
        wrapped = wrap_angle(phi.astype(kind))
        assert wrapped.dtype == kind and (wrapped >= 0).all() and (wrapped < kind(math.pi)).all()
        assert np.allclose(np.exp(2j * wrapped), np.exp(2j * phi), atol=1e-5)
    below = np.array([[1.0, -1e-20], [1.0, -1e-9]], kind)
    assert (to_axis_angle(below) < kind(math.pi)).all()
    assert wrap_angle(-1e-17) == 0.0 and wrap_angle(0.5 - math.pi) == pytest.approx(0.5)


def test_a_difference_goes_the_short_way_and_leads_back():
    a, b = ANGLES, np.roll(ANGLES, 7)
    gap = angle_difference(a, b)
    assert (gap >= -math.pi / 2).all() and (gap < math.pi / 2).all()
    ways = (a - b)[:, None] + math.pi * np.arange(-30, 31)
    assert np.allclose(np.abs(gap), np.abs(ways).min(axis=1))
    assert np.allclose(np.exp(2j * (b + gap)), np.exp(2j * a))
    assert angle_difference(0.01, math.pi - 0.01) == pytest.approx(0.02)
    assert angle_difference(math.pi - 0.01, 0.01) == pytest.approx(-0.02)
    column = angle_difference(pd.Series(a, name="lat_phi"), 0.3)
    assert isinstance(column, pd.Series) and np.array_equal(column, angle_difference(a, 0.3))


def test_torch_answers_as_numpy_does():
    a, b, mean, std = ANGLES, np.roll(ANGLES, 7), np.array([0.3, 10.2, -0.1]), np.array([0.2, 0.6, 0.9])
    value = np.random.default_rng(2).normal(size=(50, 3))
    ta, tb, tm, ts, tv = (torch.tensor(x) for x in (a, b, mean, std, value))
    pairs = [
        (wrap_angle(a), wrap_angle(ta)),
        (angle_difference(a, b), angle_difference(ta, tb)),
        (to_double_angle(a), to_double_angle(ta, torch)),
        (to_axis_angle(to_double_angle(a)), to_axis_angle(to_double_angle(ta, torch), torch)),
        (standardise(value, mean, std), standardise(tv, tm, ts)),
        (unstandardise(value, mean, std), unstandardise(tv, tm, ts)),
    ]
    for ours, theirs in pairs:
        assert isinstance(theirs, torch.Tensor) and theirs.shape == ours.shape and theirs.dtype == torch.float64
        assert np.allclose(ours, theirs.numpy(), rtol=1e-13, atol=1e-13)
    tiny = torch.tensor([-1e-17, -1e-9])
    assert (wrap_angle(tiny) < torch.tensor(math.pi)).all()


def test_standard_units_lead_back():
    value, mean, std = np.array([[0.1, 9.0, -2.0], [0.5, 11.0, 1.0]]), np.array([0.3, 10, 0]), np.array([0.2, 0.5, 2.0])
    assert np.allclose(standardise(value, mean, std), [[-1, -2, -1], [1, 2, 0.5]])
    assert np.allclose(unstandardise(standardise(value, mean, std), mean, std), value)
