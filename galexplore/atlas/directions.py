"""The directions in which a galaxy's latents go when one of its true properties is moved.

An image of a galaxy of more mass looks nearer, too; one of more star formation bluer, hence less massive. So no single
latent stands for a true property. What each does is learnt from simulated galaxies of which one was moved
(`galexplore.jobs.shifts`): in each mode of what is usual, four orthogonal directions of the whitened deviations, one
for each property of `galexplore.atlas.basis`. In them the squared distance is the sum of the four squared deviations.
"""

import numpy as np
from scipy.linalg import expm, polar
from scipy.optimize import minimize
from scipy.special import logsumexp

from galexplore.atlas.basis import BASIS, TO_BASIS

_FEWEST = 200  # moved galaxies of a mode from which directions of its own are learnt; else those of all


def whiten(covariance: np.ndarray) -> np.ndarray:
    """Find what turns deviations of the intrinsic latents, of covariances (M, 4, 4), into uncorrelated ones of width 1.

    Returns
    -------
    ndarray (M, 4, 4)
        L' A, where A leads to `BASIS` and L L' is the inverse of the covariance there (Cholesky).
    """
    precision = np.linalg.inv(TO_BASIS @ covariance @ TO_BASIS.T)
    return np.swapaxes(np.linalg.cholesky(precision), 1, 2) @ TO_BASIS


def learn_directions(whitened: np.ndarray, mode: np.ndarray, moved: np.ndarray, modes: int) -> np.ndarray:
    """Learn for each mode the four directions along which it is best told which property was moved, and whereto.

    Parameters
    ----------
    whitened : array (M, 4)
        Deviations of galaxies of which one property was moved.
    mode : array (M,) of int
        The mode that each belongs to.
    moved : array (M,) of int
        Twice the property's place in `BASIS`, one more where it was moved high.
    modes : int

    Returns
    -------
    ndarray (modes, 4, 4)
        Orthogonal matrices; row j is the direction in which property j rises.
    """
    own = [mode == k for k in range(modes)]
    return np.stack(
        [_fit(*(part[rows if rows.sum() >= _FEWEST else ...] for part in (whitened, moved))) for rows in own]
    )


def _fit(whitened: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Fit one orthogonal matrix: maximise the likelihood of what was moved, a softmax of the deviations along it."""
    size, rows = len(BASIS), np.arange(len(moved))
    mean = [[whitened[moved == 2 * j + up].mean(axis=0) if (moved == 2 * j + up).any() else 0 for up in (0, 1)]
            for j in range(size)]  # fmt: skip
    towards = np.array([high - low + 1e-9 * np.eye(size)[j] for j, (low, high) in enumerate(mean)])
    start = polar(towards / np.linalg.norm(towards, axis=1, keepdims=True))[0]
    upper = np.triu_indices(size, 1)

    def turn(angles: np.ndarray) -> np.ndarray:
        skew = np.zeros((size, size))
        skew[upper] = angles
        return expm(skew - skew.T) @ start

    def cost(values: np.ndarray) -> float:
        along = np.exp(values[-1]) * whitened @ turn(values[:-1]).T
        level = np.stack([-along, along], axis=2).reshape(len(moved), -1)
        return float(np.mean(logsumexp(level, axis=1) - level[rows, moved]))

    return turn(minimize(cost, np.zeros(len(upper[0]) + 1), method="L-BFGS-B").x[:-1])
