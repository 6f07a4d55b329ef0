"""Honest error bars, and how good the answers are.

Truth, here, is the catalogue's label; its own standard error is added to the model's before the two are compared.
"""

import numpy as np
import pandas as pd

from galexplore.config import LABELLED, LATENTS

#: The two levels at which intervals are given.
LEVELS = {"scale68": 0.6827, "scale95": 0.9545}

_HALF_TURN = np.pi


def angle_difference(a, b):
    """Difference of two axis angles [rad], wrapped to [-pi/2, pi/2)."""
    return (np.asarray(a) - np.asarray(b) + _HALF_TURN / 2) % _HALF_TURN - _HALF_TURN / 2


def conformal_scale(error: np.ndarray, sigma: np.ndarray, level: float) -> float:
    """Factor on sigma at which intervals cover a level of new galaxies: split conformal (Lei et al. 2018).

    The ceil((n + 1) level)-th smallest of |error| / sigma over n held-out galaxies; finite-sample valid.
    """
    score = np.sort(np.abs(error) / sigma)
    rank = min(int(np.ceil((len(score) + 1) * level)), len(score))
    return float(score[rank - 1])


def residuals(table: pd.DataFrame) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Error and total sigma of each latent that has a label, over the rows where the label is known.

    Parameters
    ----------
    table : DataFrame
        A catalogue joined with its latents table.

    Returns
    -------
    dict
        Latent name to (error, sigma), each (n,).
    """
    pairs = {"phi": "phi"} | LABELLED
    out = {}
    for latent, column in pairs.items():
        value, label = table[f"lat_{latent}"].to_numpy(float), table[column].to_numpy(float)
        error = angle_difference(value, label) if latent == "phi" else value - label
        own = np.nan_to_num(table[f"{column}_err"].to_numpy(float))
        known = np.isfinite(error)
        out[latent] = error[known], np.hypot(table[f"lat_{latent}_sigma"].to_numpy(float), own)[known]
    return out


def calibrate(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Conformal factors of each latent from a split that no training touched; the free latent has no truth: 1 and 2."""
    found = residuals(table)
    return {
        name: {k: conformal_scale(*found[name], level) for k, level in LEVELS.items()}
        if name in found
        else {"scale68": 1.0, "scale95": 2.0}
        for name in LATENTS
    }


def crps(error: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of Gaussians (Gneiting & Raftery 2007, eq. 21), in the units of `error`."""
    from scipy.stats import norm

    w = error / sigma
    return sigma * (w * (2 * norm.cdf(w) - 1) + 2 * norm.pdf(w) - 1 / np.sqrt(np.pi))


def _scores(latent: str, truth: np.ndarray, error: np.ndarray, sigma: np.ndarray, widen: float) -> dict[str, float]:
    covered = {
        "coverage68": float(np.mean(np.abs(error) <= sigma)),
        "coverage95": float(np.mean(np.abs(error) <= widen * sigma)),
    }
    if latent == "phi":
        return {"median_error_deg": float(np.degrees(np.median(np.abs(error))))} | covered
    relative = error / (1 + truth) if latent == "redshift" else error
    return {
        "r2": float(1 - np.sum(error**2) / np.sum((truth - truth.mean()) ** 2)),
        "pearson_r2": float(np.corrcoef(truth, truth + error)[0, 1] ** 2),
        "nmad": float(1.4826 * np.median(np.abs(relative - np.median(relative)))),
        "bias": float(np.median(relative)),
        "outlier_fraction": float(np.mean(np.abs(relative) > (0.15 if latent == "redshift" else 0.5))),
        "crps": float(crps(error, sigma).mean()),
    } | covered


def evaluate(table: pd.DataFrame, calibration: dict, *, resamples: int = 200, seed: int = 0) -> dict[str, dict]:
    """Score a catalogue joined with its calibrated latents; each score with its bootstrap standard error.

    Redshift: nmad, bias and outliers (beyond 0.15) are of (z - z_label) / (1 + z_label); mass and SFR: of the
    difference in dex, outliers beyond 0.5 dex. phi: over galaxies with axis ratio `ba` < 0.7, where the table says.

    Returns
    -------
    dict
        `{latent: {score: [value, standard error]}}`, and `n`.
    """
    generator = np.random.default_rng(seed)
    flat = table[table["ba"] < 0.7] if "ba" in table else table
    out: dict = {"n": len(table)}
    for latent in ("phi", *LABELLED):
        chosen = flat if latent == "phi" else table
        error, sigma = residuals(chosen)[latent]
        column = LABELLED.get(latent, "phi")
        truth = chosen[column].to_numpy(float)
        truth = truth[np.isfinite(truth)]
        widen = calibration[latent]["scale95"] / calibration[latent]["scale68"]
        value = _scores(latent, truth, error, sigma, widen)
        rows = generator.integers(0, len(truth), (resamples, len(truth)))
        spread = pd.DataFrame([_scores(latent, truth[i], error[i], sigma[i], widen) for i in rows]).std()
        out[latent] = {k: [v, float(spread[k])] for k, v in value.items()}
    out["reconstruction"] = {"chi2": [float(table["chi2"].mean()), float(table["chi2"].sem())]}
    return out
