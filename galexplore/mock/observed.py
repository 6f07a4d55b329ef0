"""What is known exactly of how a simulated image was observed: its PSF, and the variance of its sky."""

from functools import cache

import numpy as np
from scipy import fft

from galexplore.mock import profile
from galexplore.mock.grain import find_kernels
from galexplore.mock.render import transform_star
from galexplore.mock.rows import Row, take_bands
from galexplore.survey import Survey

SIDE = 63  # native pixels of a PSF's picture: odd, so that the star stands in the middle of one


def draw_psf(row: Row, survey: Survey) -> np.ndarray:
    """Draw a star of unit flux in the middle of native pixels, as a galaxy's image would have it: (B, 63, 63).

    Parameters
    ----------
    row : mapping
        One row of a simulated catalogue.
    survey : Survey
    """
    size = 2 * (SIDE + 1)
    kx, ky, pixel = profile.build_plane(size, survey)
    at = profile.shift(kx, ky, *(size // 2 * survey.pixel_scale,) * 2)
    stars = np.array([transform_star(row, band, kx, ky) * pixel * at for band in survey.bands])
    edge = (size - SIDE + 1) // 2
    return fft.irfft2(stars, s=(size, size))[:, edge : edge + SIDE, edge : edge + SIDE].astype(np.float32)


def find_variance(row: Row, survey: Survey) -> np.ndarray:
    """Find the sky's variance (B, S, S), (nanomaggies per native pixel) squared, of the pixels of a model input.

    Sky alone: what the galaxy's own photons add is left out.
    """
    return take_bands(row, "noise", survey)[:, None, None] ** 2 * _average_variance(survey)


@cache
def _average_variance(survey: Survey) -> np.ndarray:
    """Variance (B, S, S) of means of correlated noise, of unit variance a native pixel, over a model input's pixels.

    The noise is white noise smoothed by a kernel (`grain.draw_noise`), a model pixel a weighted mean of native ones,
    separable along rows and columns: the variance is the sum over lags of the kernel's autocorrelation times that of
    the weights.
    """
    n, m = survey.native_size, survey.size
    edges, ends = np.arange(n + 1.0), np.linspace(0, n, m + 1)
    overlap = np.minimum(ends[1:, None], edges[1:]) - np.maximum(ends[:-1, None], edges[:-1])
    weights = np.clip(overlap, 0, None) * m / n
    planes = []
    for kernel in find_kernels(survey):
        lags = range(1 - len(kernel), len(kernel))
        together = np.array([[np.sum(_lag(_lag(kernel, i, 0), j, 1) * kernel) for j in lags] for i in lags])
        means = np.array([np.sum(_lag(weights, lag, 1) * weights, axis=1) for lag in lags])
        planes.append(np.einsum("ab,ai,bj->ij", together, means, means))
    return np.array(planes)


def _lag(array: np.ndarray, by: int, axis: int) -> np.ndarray:
    """Move an array along an axis; nothing comes in from beyond its edge."""
    moved = np.roll(array, by, axis)
    edge = [slice(None)] * array.ndim
    edge[axis] = slice(0, by) if by >= 0 else slice(by, None)
    moved[tuple(edge)] = 0
    return moved
