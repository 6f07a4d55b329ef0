"""Smallest regions of two properties at once: what of a joint posterior lies where the density is higher."""

import numpy as np

from galexplore.errors import InputError
from galexplore.posterior.coordinates import PROPERTIES
from galexplore.posterior.joint import JointPosterior

_CELLS = 81  # a side
_REACH = 4.5  # standard deviations of each component that are looked at
_LIGHTEST = 1e-3  # share of a posterior that a component must have to be looked at
_SHARPEST = 3e-3  # standard deviation (of ln z, dex) as which less is taken: a redshift that was given has none


def outline_region(joint: JointPosterior, x: str, y: str, level: float) -> np.ndarray:
    """Outline the smallest region of two properties that holds so much of one galaxy's posterior.

    Parameters
    ----------
    joint, x, y
        As of `measure_enclosed`.
    level : float
        Between 0 and 1.

    Returns
    -------
    ndarray (n, 2)
        Closed lines, a row of NaN after each.
    """
    across, up, enclosed = measure_enclosed(joint, x, y)
    rows = np.arange(_CELLS)
    lines = [np.append(line, [[np.nan, np.nan]], axis=0) for line in _trace_level(enclosed, level)]
    places = np.concatenate(lines)
    return np.column_stack([np.interp(places[:, 1], rows, across), np.interp(places[:, 0], rows, up)])


def _trace_level(image: np.ndarray, level: float) -> list[np.ndarray]:
    """Trace where an image, which is higher along its edge, crosses a level: closed lines (n, 2) of row and column.

    Each cell is two triangles, of which the level crosses two sides or none, straight between its corners.
    """
    corner = np.arange(image.size).reshape(image.shape)
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]
    triangles = np.concatenate([np.stack(t, axis=-1).reshape(-1, 3) for t in ((a, b, c), (a, c, d))])
    sides = np.sort(np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=-1), axis=-1)
    height = image.ravel()
    crossed = np.diff(height[sides] < level, axis=-1)[..., 0]
    ends, number = np.unique(sides[crossed], axis=0, return_inverse=True)
    first, second = np.stack(np.unravel_index(ends, image.shape), axis=-1).swapaxes(0, 1).astype(float)
    low, high = height[ends].T
    places = first + ((level - low) / (high - low))[:, None] * (second - first)
    beside: dict[int, list[int]] = {i: [] for i in range(len(ends))}
    for one, other in number.reshape(-1, 2).tolist():
        beside[one].append(other)
        beside[other].append(one)
    lines = []
    while beside:
        line, at = [next(iter(beside))], None
        while (at := next((i for i in beside.pop(line[-1]) if i in beside), None)) is not None:
            line.append(at)
        lines.append(places[[*line, line[0]]])
    return lines


def measure_enclosed(joint: JointPosterior, x: str, y: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of one galaxy's posterior that lies at higher density, on a grid of two properties.

    Where it is below 0.68 is the smallest region that holds 68 % of the posterior. Density is that of the coordinates
    (ln z, log M, log SFR), so that the region is the same galaxies on a linear and on a logarithmic axis.

    Parameters
    ----------
    joint : JointPosterior
        Of one galaxy.
    x, y : "redshift" | "logmass" | "logsfr"
        Two different ones.

    Returns
    -------
    x, y : ndarray (M,), (M,)
        Values of the properties; those of the redshift are evenly spaced in its logarithm.
    enclosed : ndarray (M, M)
        Between 0 and 1, of `y` along rows and `x` along columns.

    Raises
    ------
    InputError
        Where `joint` is an array of galaxies.
    """
    if joint.weights.ndim != 1:
        raise InputError("A region of two properties is that of one galaxy; choose one by its index.")
    at = [PROPERTIES.index(x), PROPERTIES.index(y)]
    means, covariances = joint.means[:, at], joint.covariances[:, at][:, :, at]
    thin = np.maximum(_SHARPEST**2 - np.einsum("kii->ki", covariances), 0)
    covariances = covariances + thin[..., None] * np.eye(2)
    spread, heavy = np.sqrt(np.einsum("kii->ki", covariances)), joint.weights > _LIGHTEST
    low = (means - _REACH * spread)[heavy].min(axis=0)
    high = (means + _REACH * spread)[heavy].max(axis=0)
    grid = np.linspace(low, high, _CELLS)
    off = np.stack(np.meshgrid(grid[:, 0], grid[:, 1]), axis=-1)[..., None, :] - means
    distance2 = np.einsum("...ki,kij,...kj->...k", off, np.linalg.inv(covariances), off)
    density = (joint.weights / np.sqrt(np.linalg.det(covariances)) * np.exp(-distance2 / 2)).sum(axis=-1)
    order = np.argsort(-density, axis=None)
    mass = np.cumsum(density.ravel()[order])
    enclosed = np.empty(density.size)
    enclosed[order] = mass / mass[-1]
    values = [np.exp(g) if name == "redshift" else g for g, name in zip(grid.T, (x, y), strict=True)]
    return values[0], values[1], enclosed.reshape(density.shape)
