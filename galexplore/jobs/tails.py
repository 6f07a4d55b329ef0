"""What is true of simulated galaxies, and how far each property lies from what the others lead one to expect."""

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.stats import median_abs_deviation

from galexplore.atlas.basis import BASIS

KNOWN = ("z_true", "logmass_true", "logsfr_true")
NEAREST = 300  # galaxies alike in the other properties: their spread is the conditional


def list_truth(table: pd.DataFrame) -> np.ndarray:
    """List the true redshift, log M, log sSFR and log10 size [arcsec] (N, 4) of simulated galaxies."""
    z, logmass, logsfr = (table[name].to_numpy(float) for name in KNOWN)
    return np.column_stack([z, logmass, logsfr - logmass, np.log10(table["re_arcsec"].to_numpy(float))])


def choose_given(j: int) -> list[int]:
    """Choose the properties that the j-th of `BASIS` is one of: a size is given all others, these are given no size."""
    return list(range(len(BASIS))) if BASIS[j] == "free" else list(range(len(BASIS) - 1))


def find_tails(
    truth: np.ndarray, at: np.ndarray, j: int, sigma: float | np.ndarray = 3.0
) -> tuple[np.ndarray, np.ndarray]:
    """Find the lower and the upper sigma-tail of property j given the others.

    Among the 300 galaxies of `truth` that are nearest in the others: the median, less and plus `sigma` times the
    distance from it to the 15.9th and the 84.1th percentile.

    Parameters
    ----------
    truth : array (N, J)
        Properties of all galaxies.
    at : array (M, J)
    sigma : float or array (M,)
    """
    low, middle, high = _find_conditional(truth, at, j)
    return middle - sigma * (middle - low), middle + sigma * (high - middle)


def find_deviations(truth: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Find how far each property of galaxies is from what the others lead one to expect: the inverse of `find_tails`.

    Parameters
    ----------
    truth, at : array (N, 4), (M, 4)
        As of `list_truth`: of all galaxies, and of those that are asked for.

    Returns
    -------
    ndarray (M, 4)
        Sigma of each property of `BASIS`, which is what the galaxies are, not what their images show.
    """
    deviations = np.empty(at.shape)
    for j in range(len(BASIS)):
        given = choose_given(j)
        low, middle, high = _find_conditional(truth[:, given], at[:, given], j)
        off = at[:, j] - middle
        deviations[:, j] = off / np.maximum(np.where(off > 0, high - middle, middle - low), 1e-9)
    return deviations


def _find_conditional(truth: np.ndarray, at: np.ndarray, j: int) -> np.ndarray:
    """Median and the percentiles at a sigma below and above it (3, M) of property j among galaxies like those."""
    others = [i for i in range(truth.shape[1]) if i != j]
    scale = median_abs_deviation(truth, axis=0, scale="normal")[others]
    k = np.arange(1, min(NEAREST, len(truth)) + 1)
    near = cKDTree(truth[:, others] / scale).query(at[:, others] / scale, k=k)[1]
    return np.quantile(truth[near][:, :, j], (0.15865, 0.5, 0.84135), axis=1)
