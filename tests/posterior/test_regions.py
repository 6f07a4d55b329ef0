"""Regions of two properties, held against draws; ensembles of qp, against the densities themselves."""

import sys

import numpy as np
import pytest
from scipy.interpolate import RegularGridInterpolator

from galexplore.errors import InputError
from galexplore.posterior.coordinates import PROPERTIES
from galexplore.posterior.regions import measure_enclosed
from tests.posterior.joint import draw_posterior


@pytest.mark.parametrize(("x", "y"), [("redshift", "logmass"), ("logmass", "logsfr"), ("logsfr", "redshift")])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_region_holds_the_share_of_draws_that_it_says(x, y, seed):
    joint = draw_posterior(seed)
    across, up, enclosed = measure_enclosed(joint, x, y)
    assert enclosed.shape == (len(up), len(across)) and 0 < enclosed.min() < 0.01 and enclosed.max() == 1
    draws = joint.sample(20_000, seed=2)[:, [PROPERTIES.index(y), PROPERTIES.index(x)]]
    shares = RegularGridInterpolator((up, across), enclosed, bounds_error=False, fill_value=1.0)(draws)
    for level in (0.3, 0.68, 0.95):
        assert (shares < level).mean() == pytest.approx(level, abs=0.015)


def test_a_redshift_that_is_known_exactly_has_a_narrow_region():
    joint = draw_posterior(3).given(redshift=0.1)
    redshift, mass, enclosed = measure_enclosed(joint, "redshift", "logmass")
    inside = enclosed < 0.68
    assert redshift[inside.any(axis=0)] == pytest.approx(0.1, rel=0.02)
    low, high = joint.interval(0.5, "logmass")
    assert mass[inside.any(axis=1)].min() < low and mass[inside.any(axis=1)].max() > high


def test_a_region_is_that_of_one_galaxy():
    with pytest.raises(InputError, match="one galaxy"):
        measure_enclosed(draw_posterior(0, (2,)), "redshift", "logmass")


def test_without_qp_its_ensembles_are_refused_in_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "qp", None)
    with pytest.raises(InputError, match=r"need the package qp-prob: pip install 'galexplore\[qp\]'"):
        draw_posterior().to_qp()


@pytest.mark.parametrize(("of", "kind"), [("redshift", "interp_irregular"), ("logmass", "mixmod")])
def test_an_ensemble_of_qp_says_what_the_posterior_says(of, kind):
    pytest.importorskip("qp")
    joint = draw_posterior(1, (4,))
    ensemble = joint.to_qp(of)
    assert ensemble.npdf == 4 and ensemble.gen_class.name == kind and joint[0].to_qp(of).npdf == 1
    levels = np.array([0.025, 0.16, 0.5, 0.84, 0.975])
    assert ensemble.ppf(levels) == pytest.approx(joint.quantile(levels, of), rel=0.01)
    at = joint.quantile(0.4, of)[:, None]
    assert ensemble.pdf(at) == pytest.approx(joint.pdf(at, of), rel=0.01)
    assert ensemble.cdf(at) == pytest.approx(np.full((4, 1), 0.4), abs=0.01)


def test_an_ensemble_of_what_is_known_exactly_is_refused():
    pytest.importorskip("qp")
    with pytest.raises(InputError, match="known exactly has no density"):
        draw_posterior(1, (2,)).given(redshift=0.1).to_qp()
