"""How good the answers are: scores with bootstrap errors, over all galaxies and bin by bin."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import median_abs_deviation, sem

from galexplore.latents import LABELLED, LATENTS
from galexplore.posterior.calibrate import LEVEL68, LEVEL95, WIDE, compare_labels, crps, ratio95
from galexplore.posterior.joint import JointPosterior
from galexplore.posterior.joint_metrics import place_labels, read_labels, score_joint
from galexplore.posterior.meaning import describe_free
from galexplore.survey import Survey

BINS = 5  # quantiles of magnitude, and of redshift
FEWEST = 300  # galaxies in a bin
_FWHM = 2.3548  # standard deviations of a Gaussian
#: By what is true of simulated galaxies, and nobody knows of others: no posterior covers evenly there, for its prior
#: draws what is seldom towards what is frequent.
TRUE = {"true redshift": "z_true", "true mass": "logmass_true"}


def score(latent: str, r: pd.DataFrame) -> dict[str, float]:
    """Score a latent over the rows that `collect` gives, with their `ratio95`."""
    error, sigma, own = np.abs(r["error"].to_numpy()), r["sigma"].to_numpy(), r["own"].to_numpy()
    covered = {
        "coverage68": float(np.mean(error <= np.hypot(sigma, own))),
        "coverage95": float(np.mean(error <= np.hypot(r["ratio95"].to_numpy() * sigma, WIDE * own))),
    }
    if "place" in r:
        off = np.abs(r["place"].dropna().to_numpy() - 0.5)
        covered = {f"coverage{k}": float(np.mean(off <= level / 2)) for k, level in ((68, LEVEL68), (95, LEVEL95))}
    if latent == "phi":
        return {"median_error_deg": float(np.degrees(np.median(error)))} | covered
    truth, error = r["truth"].to_numpy(), r["error"].to_numpy()
    relative = error / (1 + truth) if latent == "redshift" else error
    return {
        "r2": float(1 - np.sum(error**2) / np.sum((truth - truth.mean()) ** 2)),
        "pearson_r2": float(np.corrcoef(truth, truth + error)[0, 1] ** 2),
        "nmad": float(1.4826 * median_abs_deviation(relative)),
        "bias": float(np.median(relative)),
        "outlier_fraction": float(np.mean(np.abs(relative) > (0.15 if latent == "redshift" else 0.5))),
        "crps": float(crps(error, np.hypot(sigma, own)).mean()),
    } | covered


def collect(table: pd.DataFrame, calibration: dict, joint: JointPosterior | None = None) -> dict[str, pd.DataFrame]:
    """Give `compare_labels` of calibrated latents with `ratio95`, each galaxy's own.

    Parameters
    ----------
    joint : JointPosterior, optional
        Of the table's galaxies (N): redshift, mass and SFR then have `place`, where in their marginal each label falls.
    """
    table = table.reset_index(drop=True)
    compared = compare_labels(table)
    places = place_labels(joint, *read_labels(table)) if joint is not None else pd.DataFrame()
    for latent, r in compared.items():
        magnitude = r["magnitude"].to_numpy() if "mag_aperture" in table else None
        r["ratio95"] = ratio95(calibration, magnitude, r["redshift"].to_numpy())[..., LATENTS.index(latent)]
        if latent in places:
            r["place"] = places[latent].reindex(r.index)
    return compared


def measure_sky(table: pd.DataFrame, survey: Survey) -> dict[str, np.ndarray]:
    """Measure what the sky was like at each galaxy (N), in the survey's reference band, where a catalogue says.

    Returns
    -------
    dict
        `seeing` (FWHM, arcsec, of column `psf_r` where r is the band) and `depth` (magnitude of a point source at five
        sigma, of `noise_r` [nmgy a pixel] and the seeing); without what the catalogue has no number of.
    """
    names = {"seeing": f"psf_{survey.reference}", "noise": f"noise_{survey.reference}"}
    known = {k: pd.to_numeric(table[c], errors="coerce").to_numpy(float) for k, c in names.items() if c in table}
    sky = {k: np.where(v > 0, v, np.nan) for k, v in known.items() if (v > 0).any()}
    if len(sky) == 2:
        pixels = 4 * np.pi * (sky["seeing"] / _FWHM / survey.pixel_scale) ** 2  # that the noise of a point source is of
        sky["depth"] = survey.zero_point - 2.5 * np.log10(5 * sky["noise"] * np.sqrt(pixels))
    return {k: v for k, v in sky.items() if k != "noise"}


def evaluate(
    table: pd.DataFrame,
    calibration: dict,
    survey: Survey,
    joint: JointPosterior | None = None,
    *,
    more: Mapping[str, np.ndarray] | None = None,
    most: int = BINS,
    resamples: int = 200,
    seed: int = 0,
) -> dict[str, dict]:
    """Score a catalogue joined with its calibrated latents; each score with its bootstrap standard error.

    Redshift: nmad, bias and outliers (beyond 0.15) are of (z - z_label) / (1 + z_label); mass and SFR: of the
    difference in dex, outliers beyond 0.5 dex. phi: over galaxies with axis ratio `ba` < 0.7, where the table says.

    Parameters
    ----------
    joint : JointPosterior, optional
        Of the table's galaxies (N): the intervals of redshift, mass and SFR are its, and `joint` is scored too
        (`joint_metrics.score_joint`).
    more : mapping of str to array (N,), optional
        By which else is binned; a galaxy whose value is NaN is in no bin.
    most : int
        Bins of an axis at most.

    Returns
    -------
    dict
        `{latent: {score: [value, standard error]}}`, without latents that fewer than two labels could judge; `n`;
        `reconstruction` (chi2 a pixel); `free` (what that latent means: `meaning.describe_free`); `bins`: for
        `magnitude`, `redshift` (as inferred) and, where the table says, `seeing` and `depth` (`measure_sky`) and what
        is `TRUE`, a list of `low`, `high`, `n` and the latents' scores, in quantiles of at least 300 galaxies, and so
        for `more`.
    """
    compared = {latent: r for latent, r in collect(table, calibration, joint).items() if len(r) > 1}
    out: dict = {"n": len(table)}
    out |= {k: _bootstrap(k, compared[k], resamples, seed) for k in ("phi", *LABELLED) if k in compared}
    if "chi2" in table:
        chi2 = table["chi2"].to_numpy(float)
        out["reconstruction"] = {"chi2": [float(chi2.mean()), float(sem(chi2))]}
    out["free"] = describe_free(table, survey, resamples, seed)
    by = measure_sky(table, survey) | dict(more or {})
    by |= {axis: table[column].to_numpy(float) for axis, column in TRUE.items() if column in table}
    for axis, values in by.items():
        for r in compared.values():
            r[axis] = values[r.index]
    axes = ["redshift", *["magnitude"] * ("mag_aperture" in table), *by]
    if joint is not None and (scores := score_joint(table, joint, seed)):
        out["joint"] = scores
    out["bins"] = {axis: _score_bins(compared, axis, min(resamples, 50), seed, most) for axis in axes}
    return out


def _bootstrap(latent: str, r: pd.DataFrame, resamples: int, seed: int) -> dict[str, list[float]]:
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, len(r), (resamples, len(r)))
    with np.errstate(divide="ignore", invalid="ignore"):  # labels that are all alike have no spread to explain
        spread = pd.DataFrame([score(latent, r.iloc[i]) for i in rows]).std()
        return {k: [v, float(spread[k])] for k, v in score(latent, r).items() if np.isfinite(v)}


def _score_bins(compared: dict, axis: str, resamples: int, seed: int, most: int) -> list[dict]:
    """Score quantile bins of one axis; its ends are open, for they are those of this sample only."""
    first = next((latent for latent in LABELLED if latent in compared), None)  # the redshift, where it is known
    values = compared[first][axis].dropna() if first else pd.Series(dtype=float)
    count = min(most, len(values) // FEWEST)
    if count < 2 or values.min() == values.max():
        return []
    edges = np.quantile(values, np.linspace(0, 1, count + 1))
    bins = []
    for i, (low, high) in enumerate(itertools.pairwise(edges)):
        row: dict[str, Any] = {"low": float(low), "high": float(high)}
        for latent, r in compared.items():
            inside = (r[axis] >= low) & ((r[axis] < high) | (i == count - 1))
            if latent == first:
                row["n"] = int(inside.sum())
            if inside.sum() >= 30:
                row[latent] = _bootstrap(latent, r[inside], resamples, seed)
        bins.append(row)
    return bins
