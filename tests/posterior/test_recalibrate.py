"""Recalibration and scores of joint posteriors, on galaxies drawn from some that are known to be right or wrong."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from galexplore.posterior.coordinates import unstraighten
from galexplore.posterior.joint import JointPosterior
from galexplore.posterior.joint_metrics import (
    measure_expected_coverage,
    measure_highest_density,
    place_labels,
    score_joint,
)
from galexplore.posterior.recalibrate import Recalibration, find_pulls, recalibrate
from tests.posterior.joint import draw_posterior

N = 2000


@pytest.fixture(scope="module")
def drawn():
    """Posteriors of many galaxies, labels drawn from each with their errors, and magnitudes."""
    generator = np.random.default_rng(2)
    middle = generator.normal([-1.5, 10.2, 0.0], [0.6, 0.6, 1.0], (N, 3))
    root = generator.normal(size=(N, 2, 3, 3)) * 0.2
    offsets = generator.normal(size=(N, 2, 3)) * 0.2
    weights = generator.dirichlet([2.0, 2.0], N)
    joint = JointPosterior(weights, middle[:, None] + offsets, root @ np.swapaxes(root, -1, -2) + 0.01 * np.eye(3))
    truth = joint.sample(1, seed=9)[:, 0]
    errors = np.column_stack([0.02 * truth[:, 0], np.full(N, 0.1), np.full(N, 0.2)])
    labels = truth * [1, 1, 1] + errors * generator.normal(size=(N, 3))
    labels[:, 0] = truth[:, 0] * np.exp(0.02 * generator.normal(size=N))  # as linear errors of the logarithm are
    return joint, labels, errors, generator.uniform(17, 22, N)


def spoil(joint: JointPosterior, scale: float, shift: float) -> JointPosterior:
    """Make posteriors too narrow or too wide, and move them by so many standard deviations."""
    mean = (joint.weights[..., None] * joint.means).sum(axis=1, keepdims=True)
    std = np.sqrt(np.einsum("nii->ni", joint.covariance))[:, None]
    means = mean + scale * (joint.means - mean) + shift * std
    return replace(joint, means=means, covariances=scale**2 * joint.covariances)


def tabulate(joint: JointPosterior, labels: np.ndarray, errors: np.ndarray) -> pd.DataFrame:
    """A catalogue joined with latents that are the posteriors' means, their correlations forgotten."""
    columns = dict(zip(("z", "logmass", "logsfr"), labels.T, strict=True))
    columns |= dict(zip(("z_err", "logmass_err", "logsfr_err"), errors.T, strict=True))
    for j, name in enumerate(("redshift", "logmass", "logsfr")):
        columns |= {f"lat_{name}": joint.mean[:, j], f"lat_{name}_sigma": joint.std[:, j]}
    return pd.DataFrame(columns)


def test_right_posteriors_pass_every_test(drawn):
    joint, labels, errors, _ = drawn
    scores = score_joint(tabulate(joint, labels, errors), joint)
    assert scores["n"] == N
    for name, test in scores["uniform"].items():
        assert test["statistic"] < 1.2 * test["limit"], name
    for name, shares in scores["coverage"].items():
        assert shares["68"][0] == pytest.approx(0.6827, abs=0.035), name
        assert shares["95"][0] == pytest.approx(0.95, abs=0.017), name
    assert {"logssfr_given", "highest_density", "tarp"} <= set(scores["coverage"]) == set(scores["uniform"])
    assert scores["above_independent"][0] > 0.1, "correlations are worth something"
    assert [row["n"] for row in scores["bins"]] == [N // 4] * 4


@pytest.mark.parametrize(("scale", "shift"), [(0.7, 0.0), (1.5, 0.0), (1.0, 0.3)])
def test_wrong_posteriors_fail_and_are_mended(drawn, scale, shift):
    joint, labels, errors, magnitude = drawn
    wrong = spoil(joint, scale, shift)
    before = score_joint(tabulate(joint, labels, errors), wrong)
    assert before["uniform"]["logmass"]["statistic"] > 2 * before["uniform"]["logmass"]["limit"]
    for name in ("highest_density", "tarp") * (scale != 1):  # neither sees much of a shift
        assert before["uniform"][name]["statistic"] > before["uniform"][name]["limit"], name
    half = np.arange(N) < N // 2
    mended = recalibrate(wrong[half], magnitude[half], labels[half], errors[half]).apply(wrong[~half], magnitude[~half])
    after = score_joint(tabulate(joint, labels, errors)[~half], mended)
    for name in ("redshift", "logmass", "logsfr"):
        assert after["coverage"][name]["68"][0] == pytest.approx(0.6827, abs=0.05), name
        assert after["uniform"][name]["statistic"] < 1.7 * after["uniform"][name]["limit"], name
    assert after["log_likelihood"][0] > before["log_likelihood"][0]


def test_images_whose_seeing_is_not_told_are_mended_apart(drawn, monkeypatch):
    monkeypatch.setattr("galexplore.posterior.recalibrate.MANY", N // 2)
    joint, labels, errors, magnitude = drawn
    told = (np.arange(N) % 2).astype(float)
    wrong, narrow = joint[np.arange(N)], spoil(joint, 0.7, 0.3)
    wrong.means[told == 0], wrong.covariances[told == 0] = narrow.means[told == 0], narrow.covariances[told == 0]
    fitted = recalibrate(wrong, magnitude, labels, errors, told)
    mended = find_pulls(fitted.apply(wrong, magnitude, told), labels, errors)
    mixed = find_pulls(recalibrate(wrong, magnitude, labels, errors).apply(wrong, magnitude), labels, errors)
    for one in (0, 1):
        assert np.abs(mended[told == one].mean(axis=0)).max() < 0.06
        assert mended[told == one].std(axis=0) == pytest.approx(1, abs=0.1)
        assert np.abs(mixed[told == one].mean(axis=0)).max() > 0.1, "one for both serves neither"
    as_told = fitted.apply(wrong, magnitude)
    assert np.allclose(as_told.means[told == 1], fitted.apply(wrong, magnitude, told).means[told == 1])
    shares = [fitted.apply(wrong, magnitude, np.full(N, share)) for share in (0.0, 0.5, 1.0)]
    low, between, high = ((joint.weights[..., None] * joint.means).sum(axis=1) for joint in shares)
    assert np.allclose(between, (low + high) / 2), "half of the bands told"


def test_what_is_wrong_of_the_faint_alone_is_mended_there_alone(drawn, monkeypatch):
    monkeypatch.setattr("galexplore.posterior.recalibrate.MANY", N // 2)
    joint, labels, errors, magnitude = drawn
    faint = magnitude > 20
    wrong = joint[np.arange(N)]
    wrong.covariances[faint] *= 0.3
    mended = recalibrate(wrong, magnitude, labels, errors).apply(wrong, magnitude)
    spread = find_pulls(mended, labels, errors).std(axis=0), find_pulls(wrong, labels, errors)[faint].std(axis=0)
    assert (spread[1] > 1.15).all()
    for bright in (faint, ~faint):
        assert find_pulls(mended, labels, errors)[bright].std(axis=0) == pytest.approx(1, abs=0.1)


def test_few_galaxies_give_one_factor_and_none_give_none(drawn):
    joint, labels, errors, magnitude = drawn
    few = recalibrate(joint[:100], magnitude[:100], labels[:100], errors[:100])
    assert few.log_scale.shape == (3, 1) and np.abs(few.log_scale).max() < 0.4
    nothing = recalibrate(joint[:9], magnitude[:9], np.full((9, 3), np.nan), errors[:9])
    assert nothing.apply(joint, magnitude).means == pytest.approx(joint.means)
    assert Recalibration.identity().apply(joint, magnitude).covariances == pytest.approx(joint.covariances)


def test_labels_that_are_not_known_are_left_out(drawn):
    joint, labels, errors, magnitude = drawn
    some = labels.copy()
    some[::2, 2] = np.nan
    some[::3, 0] = -0.001  # a redshift of noise
    fitted = recalibrate(joint, magnitude, some, errors)
    assert np.isfinite(fitted.log_scale).all() and np.abs(fitted.log_scale).max() < 0.3
    known = some.copy()
    known[::3, 0] = np.nan
    places = place_labels(joint, known, errors)
    assert places["logsfr"].isna().to_numpy()[::2].all() and places["logmass_given"].isna().to_numpy()[::3].all()
    assert score_joint(tabulate(joint, some, errors), joint)["n"] == np.isfinite(known).all(axis=1).sum()
    assert score_joint(tabulate(joint, np.full_like(labels, np.nan), errors), joint) == {}


@pytest.mark.parametrize("measure", [measure_expected_coverage, measure_highest_density])
def test_coverage_of_all_three_finds_a_wrong_correlation_that_no_marginal_shows(drawn, measure):
    joint, _, errors, _ = drawn
    flipped = joint.covariances * np.outer([1, -1, 1], [1, -1, 1])
    wrong = replace(joint, covariances=flipped, weights=np.tile([1.0, 0.0], (N, 1)))
    right = replace(joint, weights=wrong.weights)
    truth = right.sample(1, seed=3)[:, 0]
    gaps = []
    for one in (right, wrong):
        shares = np.sort(measure(one, truth, 0 * errors))
        gaps.append(np.abs(shares - np.linspace(0, 1, N)).max())
    assert gaps[0] < 1.36 / np.sqrt(N) + 0.002 < gaps[1]


def test_the_share_at_higher_density_of_a_gaussian_is_that_of_its_ellipsoid():
    """Of one Gaussian in three dimensions: the chi-squared distribution of the squared distance."""
    one = JointPosterior(np.ones((400, 1)), np.zeros((400, 1, 3)), np.tile(np.diag([0.04, 0.09, 0.25]), (400, 1, 1, 1)))
    labels = one.sample(1, seed=5)[:, 0]
    distance2 = (np.column_stack([np.log(labels[:, 0]), labels[:, 1:]]) ** 2 / [0.04, 0.09, 0.25]).sum(axis=1)
    shares = measure_highest_density(one, labels, np.zeros_like(labels))
    assert np.abs(shares - chi2.cdf(distance2, 3)).max() < 5 * np.sqrt(0.25 / 200)


def test_one_galaxy_is_recalibrated_as_among_many(drawn):
    joint, labels, errors, magnitude = drawn
    fitted = recalibrate(draw := spoil(joint, 0.8, 0.1), magnitude, labels, errors)
    assert fitted.apply(draw[3:4], magnitude[3:4]).means == pytest.approx(fitted.apply(draw, magnitude).means[3:4])
    assert unstraighten(fitted.apply(draw, magnitude).means)[..., 0].min() > 0
    assert draw_posterior(0).weights.sum() == pytest.approx(1)
