"""Where in the frame the galaxy lies that is meant."""

import numpy as np
from scipy import ndimage

from galexplore.cutouts.background import sky_noise
from galexplore.survey import DECALS

SEARCH = 8.0  # arcsec: how far from the middle the galaxy may lie
CENTRED = 1.0  # arcsec: nearer than this counts as centred
SOURCE_SIGMA = 5.0  # how clearly a source must stand out

#: Arcsec of each row or column of the model's grid from the middle, and of each pixel.
OFFSET = (np.arange(DECALS.size) - DECALS.size // 2) * DECALS.model_scale
RADIUS = np.hypot(OFFSET[:, None], OFFSET)


def _significance(model: np.ndarray) -> np.ndarray:
    """Sum the bands' signal over noise and smooth it over a seeing disc: (69, 69), in sigma of the smoothed sky."""
    noise = np.fmax(sky_noise(model), 0.5 * np.array(DECALS.model_noise))[:, None, None]
    valid = np.isfinite(model)
    total = np.where(valid, model, 0) / noise
    total = total.sum(axis=0) / np.sqrt(np.maximum(valid.sum(axis=0), 1))
    # White noise falls to 1 / (2 sqrt(pi) 1.5) = 0.19; that of neighbouring, correlated pixels to about 0.28.
    return ndimage.gaussian_filter(total, 1.5, mode="constant") / 0.28


def _surroundings(snr: np.ndarray, peak: tuple[int, int]) -> float:
    """Median 1.5" to 2.5" from a peak: what it must exceed to be a source of its own and not a ripple."""
    distance = np.hypot(OFFSET[:, None] - OFFSET[peak[0]], OFFSET - OFFSET[peak[1]])
    return float(np.median(snr[(distance > 1.5) & (distance < 2.5)]))


def find_source(model: np.ndarray) -> tuple[float, float, float] | None:
    """Find the galaxy that is meant: the one in the middle if there is one, else the most likely within 8".

    A peak within 1" that stands out from its surroundings is taken as it is, however bright its neighbours. Else the
    peak of highest significance times a Gaussian of 4" about the middle, so that a faint near source yields only
    to a much brighter far one.

    Parameters
    ----------
    model : ndarray (3, 69, 69)
        Nanomaggies per native pixel; NaN where missing.

    Returns
    -------
    (x, y, sigma) or None
        Arcsec right of and above the middle, and the significance; None where nothing exceeds 5 sigma within 8".
    """
    snr = _significance(model)
    peaks = (snr == ndimage.maximum_filter(snr, 5)) & (snr > SOURCE_SIGMA) & (RADIUS <= SEARCH)
    if not peaks.any():
        return None
    best = np.unravel_index(np.where(peaks & (RADIUS < CENTRED), snr, 0).argmax(), snr.shape)
    if RADIUS[best] > CENTRED or snr[best] - _surroundings(snr, best) < SOURCE_SIGMA:
        best = np.unravel_index(np.where(peaks, snr * np.exp(-0.5 * (RADIUS / 4) ** 2), 0).argmax(), snr.shape)
    y, x = (OFFSET[i] + DECALS.model_scale * _vertex(line) for i, line in zip(best, _lines(snr, best), strict=True))
    return float(x), float(y), float(snr[best])


def _lines(snr: np.ndarray, peak: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Take the three values through a peak along the rows and along the columns."""
    row, column = peak
    return snr[row - 1 : row + 2, column], snr[row, column - 1 : column + 2]


def _vertex(line: np.ndarray) -> float:
    """Offset in pixels of the vertex of the parabola through three values, the middle one the highest."""
    curvature = 2 * line[1] - line[0] - line[2]
    return float((line[2] - line[0]) / (2 * curvature)) if curvature > 0 else 0.0
