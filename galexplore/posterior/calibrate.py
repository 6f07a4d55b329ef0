"""Honest error bars: intervals that hold the truth as often as they say.

Truth, here, is the catalogue's label; its own standard error is added to the model's before the two are compared.
"""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree
from scipy.stats import norm
from sklearn.linear_model import QuantileRegressor

from galexplore.latents import LABELLED, LATENTS, angle_difference
from galexplore.posterior.label_errors import read_errors, read_label

#: The two levels at which intervals are given: one and two sigma of a Gaussian.
LEVEL68, LEVEL95 = 0.6827, 0.95
WIDE = float(norm.ppf((1 + LEVEL95) / 2))  # half the 95 % interval of a Gaussian, in sigma
NODES = (0.02, 0.2, 0.5, 0.8, 0.98)  # quantiles of magnitude and redshift between which the factor is interpolated
ROUND = 0.7  # axis ratio from which an angle means little
LEAST = 500  # galaxies below which one factor must do for all
MOST_ABOUT = 10_000  # galaxies about which a local coverage is measured: about a million it takes minutes and gigabytes


def conformal_scale(error: np.ndarray, sigma: np.ndarray, own: np.ndarray, level: float) -> float:
    """Factor s on sigma at which |error| <= hypot(s sigma, own) holds for a level of new galaxies.

    Split conformal prediction (Lei et al. 2018): the ceil((n + 1) level)-th smallest s that each of n held-out galaxies
    needs; valid at finite n.
    """
    needed = np.sort(_needed(error, sigma, own))
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
        `sigma` (the latent's), `own` (the label's standard error, by `read_errors`), `redshift` (as inferred) and
        `magnitude` (of the image; NaN where the table does not say), on the table's index. A latent of which no label
        is known is left out.
    """
    out, rows, index = {}, len(table), table.index
    seen = {"redshift": table["lat_redshift"].to_numpy(float)}
    seen["magnitude"] = table["mag_aperture"].to_numpy(float) if "mag_aperture" in table else np.full(rows, np.nan)
    for latent, column in ({"phi": "phi"} | LABELLED).items():
        value, label = table[f"lat_{latent}"].to_numpy(float), read_label(table, column)
        error = angle_difference(value, label) if latent == "phi" else value - label
        known = np.isfinite(error)
        if known.any():
            sigma, own = table[f"lat_{latent}_sigma"].to_numpy(float), read_errors(table, column)
            columns = {"truth": label, "error": error, "sigma": sigma, "own": own}
            out[latent] = pd.DataFrame(columns | seen, index=index)[known]
    return out


def compare_labels(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Give `residuals`, those of phi of axis ratios `ba` below 0.7 alone: a round galaxy has no angle."""
    compared = residuals(table)
    if "ba" in table:
        elongated = residuals(table[table["ba"] < ROUND])
        compared = {
            k: elongated["phi"] if k == "phi" else v for k, v in compared.items() if k != "phi" or k in elongated
        }
    return compared


def list_uncalibrated(table: pd.DataFrame) -> list[str]:
    """List the latents whose intervals nothing in a calibration split (as of `calibrate`) can make honest."""
    compared = compare_labels(table)
    return [name for name in LATENTS if name != "free" and name not in compared]


def calibrate(table: pd.DataFrame) -> dict[str, dict]:
    """Conformal factors of each latent from a split that no training touched; the free latent has no truth: 1 and 1.96.

    How far errors exceed sigma changes with brightness and redshift, and in both smoothly: the logarithm of the factor
    is a sum of two curves, straight between a few quantiles of the image's r magnitude and of the inferred redshift,
    fitted by quantile regression (Koenker & Bassett 1978; Romano et al. 2019). One conformal factor over all then makes
    the split's own coverage exact; it is all there is where the split is small.

    Parameters
    ----------
    table : DataFrame
        A catalogue joined with its latents table, sigmas uncalibrated; `mag_aperture` where it is known.

    Returns
    -------
    dict
        Latent to `scale68` and `scale95` (the factors over all galaxies) and, where there are curves: `magnitude` and
        `redshift` (their nodes), `log68` and `log95` (each the two curves at the nodes). A latent of which no label is
        known stays as it is, at 1 and 1.96 (`list_uncalibrated`).
    """
    out: dict[str, dict] = {name: {"scale68": 1.0, "scale95": WIDE} for name in LATENTS}
    for name, r in compare_labels(table).items():
        error, sigma, own = (r[k].to_numpy() for k in ("error", "sigma", "own"))
        out[name] = {
            "scale68": conformal_scale(error, sigma, own, LEVEL68),
            "scale95": conformal_scale(error, sigma, WIDE * own, LEVEL95),
        }
        if "mag_aperture" not in table or len(r) < LEAST:
            continue
        at = [r["magnitude"].to_numpy(), r["redshift"].to_numpy()]
        nodes = [np.unique(np.quantile(x, NODES)).tolist() for x in at]
        out[name] |= {"magnitude": nodes[0], "redshift": nodes[1]}
        for key, level, ratio in (("log68", LEVEL68, 1), ("log95", LEVEL95, WIDE)):
            out[name][key] = _fit_curves(_needed(error, sigma, ratio * own), at, nodes, level)
    return out


def _needed(error: np.ndarray, sigma: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Factor on sigma at which each galaxy's interval, its label's own error added, just reaches its label."""
    return np.sqrt(np.maximum(error**2 - own**2, 0)) / sigma


def _fit_curves(needed: np.ndarray, at: list[np.ndarray], nodes: list[list[float]], level: float) -> list[list[float]]:
    """Fit the two curves of log factor whose sum a share `level` of the galaxies stays below."""
    bumps = [_bumps(x, n) for x, n in zip(at, nodes, strict=True)]
    design = np.concatenate([bumps[0], bumps[1][:, 1:]], axis=1)  # the bumps of each axis sum to one: one is spare
    target = np.log(np.maximum(needed, 1e-3))  # what would need none at all is below any curve
    heights = QuantileRegressor(quantile=level, alpha=1e-4, fit_intercept=False).fit(design, target).coef_
    first, second = heights[: len(nodes[0])], np.append(0, heights[len(nodes[0]) :])
    rest = np.sort(target - design @ heights)
    first = first + rest[min(int(np.ceil((len(rest) + 1) * level)), len(rest)) - 1]
    return [first.tolist(), second.tolist()]


def _bumps(x: np.ndarray, nodes: list[float]) -> np.ndarray:
    """Hat functions (N, K): the weights of linear interpolation between nodes, constant beyond them."""
    return np.stack([np.interp(x, nodes, row) for row in np.eye(len(nodes))], axis=1)


def scale_at(
    entry: dict,
    which: Literal["68", "95"],
    magnitude: ArrayLike | None = None,
    redshift: ArrayLike | None = None,
) -> float | np.ndarray:
    """Factor on an uncalibrated sigma.

    Parameters
    ----------
    entry : dict
        One latent's, as `calibrate` gives it.
    which : "68" | "95"
        Half of which interval is wanted.
    magnitude, redshift : float or array (N,), optional
        r magnitude of the image and inferred redshift; without them, the factor over all galaxies.

    Returns
    -------
    float or ndarray (N,)
    """
    if magnitude is None or redshift is None or f"log{which}" not in entry:
        return entry[f"scale{which}"]
    first, second = entry[f"log{which}"]
    by_brightness = np.interp(np.asarray(magnitude, float), entry["magnitude"], first)
    return np.exp(by_brightness + np.interp(np.asarray(redshift, float), entry["redshift"], second))


def ratio95(calibration: dict, magnitude: ArrayLike | None = None, redshift: ArrayLike | None = None) -> np.ndarray:
    """Half the 95 % interval over half the 68 % one, (5,) or (N, 5); never below one."""
    ratios = [
        scale_at(calibration[name], "95", magnitude, redshift) / scale_at(calibration[name], "68", magnitude, redshift)
        for name in LATENTS
    ]
    return np.maximum(np.stack(np.broadcast_arrays(*ratios), axis=-1), 1.0)


def measure_local_coverage(points: np.ndarray, judged: np.ndarray, inside: np.ndarray, k: int = 200) -> np.ndarray:
    """Share of the k nearest galaxies whose true value lies in its interval, where that can be judged.

    Of more than 10,000 galaxies, it is measured about so many of them, drawn at random; the others have that of the
    nearest of these, most of whose k nearest are theirs as well.

    Parameters
    ----------
    points : array (N, D)
        Where galaxies lie, in units of their spread.
    judged : bool array (N,)
        Galaxies that no fit has seen and whose value is known.
    inside : bool array (N,)
        Whether it lies in the interval.

    Returns
    -------
    ndarray (N,), float32
        Known to sqrt(p (1 - p) / k); NaN where fewer than k galaxies can be judged.
    """
    if judged.sum() < k:
        return np.full(len(points), np.nan, np.float32)
    about = points
    if len(points) > MOST_ABOUT:
        about = points[np.random.default_rng(0).choice(len(points), MOST_ABOUT, replace=False)]
    near = cKDTree(points[judged]).query(about, k=k)[1]
    coverage = inside[judged][near].mean(axis=1).astype(np.float32)
    return coverage if about is points else coverage[cKDTree(about).query(points)[1]]


def crps(error: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of Gaussians (Gneiting & Raftery 2007, eq. 21), in the units of `error`."""
    w = error / sigma
    return sigma * (w * (2 * norm.cdf(w) - 1) + 2 * norm.pdf(w) - 1 / np.sqrt(np.pi))
