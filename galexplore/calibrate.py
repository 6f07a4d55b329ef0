"""Honest error bars, and how good the answers are.

Truth, here, is the catalogue's label; its own standard error is added to the model's before the two are compared.
"""

import numpy as np
import pandas as pd
from scipy.stats import norm

from galexplore.config import LABELLED, LATENTS

#: The two levels at which intervals are given: one and two sigma of a Gaussian.
LEVEL68, LEVEL95 = 0.6827, 0.9545


def angle_difference(a, b):
    """Difference of two axis angles [rad], wrapped to [-pi/2, pi/2)."""
    return (np.asarray(a) - np.asarray(b) + np.pi / 2) % np.pi - np.pi / 2


def conformal_scale(error: np.ndarray, sigma: np.ndarray, own: np.ndarray, level: float) -> float:
    """Factor s on sigma at which |error| <= hypot(s sigma, own) holds for a level of new galaxies.

    Split conformal prediction (Lei et al. 2018): the ceil((n + 1) level)-th smallest s that each of n held-out galaxies
    needs; valid at finite n.
    """
    needed = np.sort(np.sqrt(np.maximum(error**2 - own**2, 0)) / sigma)
    rank = min(int(np.ceil((len(needed) + 1) * level)), len(needed))
    return float(needed[rank - 1])


def residuals(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Compare each latent that has a label with it.

    Parameters
    ----------
    table : DataFrame
        A catalogue joined with its latents table.

    Returns
    -------
    dict
        Latent name to a table of the rows whose label is known: `truth` (the label), `error` (latent - label),
        `sigma` (the latent's) and `own` (the label's standard error, 0 where unknown).
    """
    out = {}
    for latent, column in ({"phi": "phi"} | LABELLED).items():
        value, label = table[f"lat_{latent}"].to_numpy(float), table[column].to_numpy(float)
        error = angle_difference(value, label) if latent == "phi" else value - label
        sigma, own = table[f"lat_{latent}_sigma"], table[f"{column}_err"].fillna(0)
        frame = pd.DataFrame(
            {"truth": label, "error": error, "sigma": sigma.to_numpy(float), "own": own.to_numpy(float)}
        )
        out[latent] = frame[np.isfinite(error)]
    return out


def calibrate(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Conformal factors of each latent from a split that no training touched; the free latent has no truth: 1 and 2."""
    out = {name: {"scale68": 1.0, "scale95": 2.0} for name in LATENTS}
    for name, r in residuals(table).items():
        error, sigma, own = (r[k].to_numpy() for k in ("error", "sigma", "own"))
        out[name] = {
            "scale68": conformal_scale(error, sigma, own, LEVEL68),
            "scale95": conformal_scale(error, sigma, 2 * own, LEVEL95),
        }
    return out


def crps(error: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of Gaussians (Gneiting & Raftery 2007, eq. 21), in the units of `error`."""
    w = error / sigma
    return sigma * (w * (2 * norm.cdf(w) - 1) + 2 * norm.pdf(w) - 1 / np.sqrt(np.pi))


def _scores(latent: str, r: pd.DataFrame, widen: float) -> dict[str, float]:
    error, sigma, own = np.abs(r["error"]), r["sigma"], r["own"]
    covered = {
        "coverage68": float(np.mean(error <= np.hypot(sigma, own))),
        "coverage95": float(np.mean(error <= np.hypot(widen * sigma, 2 * own))),
    }
    if latent == "phi":
        return {"median_error_deg": float(np.degrees(np.median(error)))} | covered
    truth, error = r["truth"], r["error"]
    relative = error / (1 + truth) if latent == "redshift" else error
    return {
        "r2": float(1 - np.sum(error**2) / np.sum((truth - truth.mean()) ** 2)),
        "pearson_r2": float(np.corrcoef(truth, truth + error)[0, 1] ** 2),
        "nmad": float(1.4826 * np.median(np.abs(relative - np.median(relative)))),
        "bias": float(np.median(relative)),
        "outlier_fraction": float(np.mean(np.abs(relative) > (0.15 if latent == "redshift" else 0.5))),
        "crps": float(crps(error.to_numpy(), np.hypot(sigma, own).to_numpy()).mean()),
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
        r = residuals(flat if latent == "phi" else table)[latent]
        widen = calibration[latent]["scale95"] / calibration[latent]["scale68"]
        rows = generator.integers(0, len(r), (resamples, len(r)))
        spread = pd.DataFrame([_scores(latent, r.iloc[i], widen) for i in rows]).std()
        out[latent] = {k: [v, float(spread[k])] for k, v in _scores(latent, r, widen).items()}
    out["reconstruction"] = {"chi2": [float(table["chi2"].mean()), float(table["chi2"].sem())]}
    return out
