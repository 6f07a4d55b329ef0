import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from galexplore.latents import LATENTS, angle_difference
from galexplore.posterior.calibrate import (
    LEVEL68,
    LEVEL95,
    calibrate,
    conformal_scale,
    crps,
    list_uncalibrated,
    measure_local_coverage,
    ratio95,
    residuals,
    scale_at,
)
from galexplore.posterior.label_errors import TYPICAL_ERRORS
from galexplore.posterior.metrics import evaluate, measure_sky
from galexplore.survey import DECALS


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
    scores = evaluate(other, found, DECALS, resamples=20)
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
    scores = evaluate(answers, calibrate(answers), DECALS, resamples=20)
    truth, value = answers["z"], answers["lat_redshift"]
    delta = (value - truth) / (1 + truth)
    assert scores["redshift"]["nmad"][0] == pytest.approx(1.4826 * np.median(np.abs(delta - np.median(delta))))
    assert scores["redshift"]["r2"][0] == pytest.approx(
        1 - ((value - truth) ** 2).sum() / ((truth - truth.mean()) ** 2).sum()
    )
    assert scores["redshift"]["outlier_fraction"][0] == pytest.approx((np.abs(delta) > 0.15).mean())
    biased = answers.assign(lat_redshift=value * 0.5 + 0.3)
    halved = evaluate(biased, calibrate(answers), DECALS, resamples=20)["redshift"]
    assert halved["pearson_r2"][0] == pytest.approx(scores["redshift"]["pearson_r2"][0])
    assert halved["r2"][0] < scores["redshift"]["r2"][0] - 0.1


@pytest.fixture
def uneven(answers):
    """Answers whose overconfidence grows with magnitude and falls with redshift."""
    generator = np.random.default_rng(6)
    frame = answers.copy()
    frame["mag_aperture"] = generator.uniform(16, 23, len(frame))
    factor = 1 + (frame["mag_aperture"] - 16) / 4 + frame["z"]
    for latent in ("redshift", "logmass", "logsfr"):
        truth = frame[{"redshift": "z"}.get(latent, latent)]
        noise = np.hypot(factor * frame[f"lat_{latent}_sigma"], 0.03)
        frame[f"lat_{latent}"] = truth + noise * generator.normal(size=len(frame))
    return frame


def test_the_factor_follows_magnitude_and_redshift(uneven):
    half, other = uneven[::2], uneven[1::2].copy()
    found = calibrate(half)
    faint = np.array([17.0, 22.5])
    low, high = scale_at(found["logmass"], "68", faint, np.array([0.5, 0.5]))
    assert low == pytest.approx(1.75, rel=0.15) and high == pytest.approx(3.1, rel=0.15)
    for latent in ("redshift", "logmass", "logsfr"):
        other[f"lat_{latent}_sigma"] *= scale_at(found[latent], "68", other["mag_aperture"], other["lat_redshift"])
    scores = evaluate(other, found, DECALS, resamples=3)
    assert {len(rows) for rows in scores["bins"].values()} == {5}
    for rows in scores["bins"].values():
        for row in rows:
            assert row["n"] == 600 and row["logmass"]["coverage68"][0] == pytest.approx(LEVEL68, abs=0.07)
            assert row["logmass"]["coverage95"][0] == pytest.approx(LEVEL95, abs=0.04)


def test_a_small_split_gets_one_factor_and_an_old_card_is_understood(uneven):
    few = calibrate(uneven[:200])
    assert set(few["logmass"]) == {"scale68", "scale95"}
    both = scale_at(few["logmass"], "95", np.array([17.0, 20.0]), np.zeros(2))
    assert both == few["logmass"]["scale95"]
    assert ratio95(few).shape == (5,) and (ratio95(calibrate(uneven), np.full(7, 18.0), np.full(7, 0.2))).shape == (
        7,
        5,
    )


def test_the_free_latents_scale_is_left_alone(uneven):
    assert ratio95(calibrate(uneven))[LATENTS.index("free")] == pytest.approx(1.96, abs=0.001)


@pytest.mark.parametrize("how", ["unknown", "missing"])
def test_a_label_that_nobody_knows_is_neither_calibrated_nor_scored(uneven, how):
    lost = ["logsfr", "logsfr_err", "phi", "phi_err"]
    table = uneven.drop(columns=lost) if how == "missing" else uneven.assign(**{name: np.nan for name in lost})
    calibration = calibrate(table)
    for latent in ("logsfr", "phi"):
        assert calibration[latent] == {"scale68": 1.0, "scale95": pytest.approx(1.96, abs=0.001)}
    assert list_uncalibrated(table) == ["phi", "logsfr"] and list_uncalibrated(uneven) == []
    scores = evaluate(table, calibration, DECALS, resamples=3)
    assert {"redshift", "logmass"} < set(scores) and not {"logsfr", "phi"} & set(scores)
    assert set(scores["free"]["leakage"]) == {"redshift", "logmass"}
    assert all("logsfr" not in row and row["n"] == 1200 for row in scores["bins"]["magnitude"])


def test_without_redshifts_the_bins_are_of_what_is_known(uneven):
    table = uneven.assign(z=np.nan, lat_redshift=0.0)
    bins = evaluate(table, calibrate(table), DECALS, resamples=3)["bins"]
    assert bins["redshift"] == [], "inferred for none"
    assert [row["n"] for row in bins["magnitude"]] == [1200] * 5


def test_an_error_that_is_not_known_is_the_samples_median_or_a_published_one(answers):
    frame = answers.assign(z_err=np.where(np.arange(len(answers)) % 2, np.nan, 0.03))
    assert (residuals(frame)["redshift"]["own"] == 0.03).all()
    assert calibrate(frame)["redshift"] == calibrate(answers)["redshift"], "half unknown, the same scale"
    bare = frame.drop(columns="logmass_err").assign(phi_err=np.nan)
    for latent in ("logmass", "phi"):
        assert (residuals(bare)[latent]["own"] == TYPICAL_ERRORS[latent]).all()


def test_labels_that_are_all_alike_have_no_explained_variance_and_break_nothing(answers):
    scores = evaluate(answers.head(40).assign(logsfr=0.5), calibrate(answers), DECALS, resamples=3)
    assert "r2" not in scores["logsfr"] and np.isfinite(scores["logsfr"]["nmad"][0])


def test_scores_are_binned_by_the_sky_where_a_catalogue_tells_it(uneven):
    generator = np.random.default_rng(5)
    few = uneven[:1700]
    seeing = generator.uniform(0.8, 2.0, len(few))
    table = few.assign(psf_r=np.where(np.arange(len(few)) % 10, seeing, np.nan), noise_r=0.004)
    table["lat_logmass"] += np.where(seeing > 1.76, 5.0, 0.0)  # nothing is right in bad seeing
    bins = evaluate(table, calibrate(uneven[:200]), DECALS, resamples=2)["bins"]
    assert set(bins) == {"redshift", "magnitude", "seeing", "depth"}
    right = [row["logmass"]["coverage95"][0] for row in bins["seeing"]]
    assert len(right) == 5 and right[-1] < 0.1 < 0.5 < min(right[:4])
    assert sum(row["n"] for row in bins["seeing"]) == 1530, "without those of which it is not known"
    deep = [row["logmass"]["coverage95"][0] for row in bins["depth"]]
    assert right[::-1] == pytest.approx(deep, abs=0.02), "as deep as it is sharp"
    # A Gaussian source of five sigma: its flux is five times the root of the noise summed over 4 pi s^2 pixels.
    sky = measure_sky(table.assign(psf_r=1.2), DECALS)
    pixels = 4 * np.pi * (1.2 / np.sqrt(8 * np.log(2)) / 0.262) ** 2
    assert sky["depth"][0] == pytest.approx(22.5 - 2.5 * np.log10(5 * 0.004 * pixels**0.5), abs=1e-3)
    assert measure_sky(uneven, DECALS) == {} and measure_sky(uneven.assign(psf_r="good"), DECALS) == {}


def test_local_coverage_is_that_of_the_nearest_galaxies_that_can_be_judged():
    """Against brute force; two clumps of which one is covered and the other hardly."""
    rng = np.random.default_rng(3)
    points = rng.standard_normal((1500, 3)) + 6 * (np.arange(1500) % 2)[:, None]
    judged, inside = rng.random(1500) < 0.6, rng.random(1500) < np.where(np.arange(1500) % 2, 0.9, 0.2)
    shares = measure_local_coverage(points, judged, inside, k=100)
    for i in (0, 1, 700, 1499):
        near = np.argsort(((points[judged] - points[i]) ** 2).sum(axis=1))[:100]
        assert shares[i] == pytest.approx(inside[judged][near].mean())
    assert abs(shares[1::2].mean() - 0.9) < 0.05 and abs(shares[::2].mean() - 0.2) < 0.05
    assert np.isnan(measure_local_coverage(points, judged, inside, k=1400)).all()


def test_local_coverage_of_many_galaxies_is_measured_about_some_of_them(monkeypatch):
    """It rises along an axis; what is taken from the nearest galaxy that was measured is within its own error."""
    rng = np.random.default_rng(3)
    points = rng.random((20_000, 2))
    judged, inside = rng.random(20_000) < 0.4, rng.random(20_000) < 0.2 + 0.7 * points[:, 0]
    monkeypatch.setattr("galexplore.posterior.calibrate.MOST_ABOUT", len(points))
    each = measure_local_coverage(points, judged, inside)
    monkeypatch.setattr("galexplore.posterior.calibrate.MOST_ABOUT", 2000)
    asked = list[int]()
    monkeypatch.setattr("galexplore.posterior.calibrate.cKDTree", lambda known: Counted(known, asked))
    some = measure_local_coverage(points, judged, inside)
    assert asked == [2000 * 200, 20_000], "neighbours that are looked for"
    assert np.std(some - each) < np.sqrt(0.25 / 200) and abs(np.mean(some - each)) < 0.003


class Counted(cKDTree):
    """A tree that notes how many neighbours it is asked for."""

    def __init__(self, points: np.ndarray, asked: list[int]):
        super().__init__(points)
        self.asked = asked

    def query(self, x, k=1):
        """Answer as any tree does."""
        self.asked.append(len(x) * k)
        return super().query(x, k)
