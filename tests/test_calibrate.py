import numpy as np
import pandas as pd
import pytest

from galexplore.calibrate import LEVEL68, LEVEL95, angle_difference, calibrate, conformal_scale, crps, evaluate


@pytest.fixture
def answers():
    """Catalogue and latents of 6000 galaxies whose true error is 1.7 times what the sigma says."""
    generator = np.random.default_rng(5)
    n = 6000
    frame = pd.DataFrame({"z": generator.uniform(0, 1, n), "logmass": generator.normal(10, 0.6, n)})
    frame["logsfr"], frame["phi"] = generator.normal(0, 0.7, n), generator.uniform(0, np.pi, n)
    for latent, column in {"redshift": "z", "logmass": "logmass", "logsfr": "logsfr", "phi": "phi"}.items():
        sigma = generator.uniform(0.02, 0.08, n)
        truth = frame[column].copy()
        frame[f"{column}_err"] = 0.03
        frame[column] = truth + generator.normal(0, 0.03, n)
        frame[f"lat_{latent}"] = truth + 1.7 * sigma * generator.normal(size=n)
        frame[f"lat_{latent}_sigma"] = sigma
    frame["phi"] %= np.pi
    frame["lat_phi"] %= np.pi
    frame["lat_free"], frame["lat_free_sigma"], frame["chi2"] = 0.0, 1.0, 0.7
    return frame


def test_the_factor_undoes_overconfidence_and_is_not_fooled_by_label_noise(answers):
    found = calibrate(answers)
    for latent in ("redshift", "logmass", "logsfr", "phi"):
        assert found[latent]["scale68"] == pytest.approx(1.7, rel=0.05)
        assert found[latent]["scale95"] == pytest.approx(3.4, rel=0.07)


def test_calibrated_intervals_cover_new_galaxies(answers):
    half, other = answers[::2].copy(), answers[1::2].copy()
    found = calibrate(half)
    for latent in ("redshift", "logmass", "logsfr", "phi"):
        other[f"lat_{latent}_sigma"] *= found[latent]["scale68"]
    scores = evaluate(other, found, resamples=20)
    for latent in ("redshift", "logmass", "logsfr", "phi"):
        assert scores[latent]["coverage68"][0] == pytest.approx(LEVEL68, abs=0.03)
        assert scores[latent]["coverage95"][0] == pytest.approx(LEVEL95, abs=0.015)


def test_the_rank_is_the_finite_sample_one():
    error = np.arange(1, 10.0)  # n = 9: the ceil(10 x 0.5) = 5th smallest
    assert conformal_scale(error, np.ones(9), np.zeros(9), 0.5) == 5


def test_angles_differ_on_their_circle():
    assert angle_difference(0.01, np.pi - 0.01) == pytest.approx(0.02)
    assert angle_difference(np.pi - 0.01, 0.01) == pytest.approx(-0.02)


def test_crps_is_the_integral_it_stands_for():
    from scipy.stats import norm

    x = np.linspace(-20, 20, 200_001)
    for error, sigma in ((0.3, 1.0), (-2.0, 0.5)):
        integrand = (norm.cdf(x, error, sigma) - (x > 0)) ** 2
        assert crps(np.array(error), np.array(sigma)) == pytest.approx(np.trapezoid(integrand, x), rel=1e-4)


def test_scores_are_those_of_the_definitions(answers):
    scores = evaluate(answers, calibrate(answers), resamples=20)
    truth, value = answers["z"], answers["lat_redshift"]
    delta = (value - truth) / (1 + truth)
    assert scores["redshift"]["nmad"][0] == pytest.approx(1.4826 * np.median(np.abs(delta - np.median(delta))))
    assert scores["redshift"]["r2"][0] == pytest.approx(
        1 - ((value - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    )
    assert scores["redshift"]["outlier_fraction"][0] == pytest.approx((np.abs(delta) > 0.15).mean())
    biased = answers.assign(lat_redshift=value * 0.5 + 0.3)
    halved = evaluate(biased, calibrate(answers), resamples=20)["redshift"]
    assert halved["pearson_r2"][0] == pytest.approx(scores["redshift"]["pearson_r2"][0])
    assert halved["r2"][0] < scores["redshift"]["r2"][0] - 0.1
