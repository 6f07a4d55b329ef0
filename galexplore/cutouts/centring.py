"""Where in the frame the galaxy lies that is meant."""

from functools import lru_cache

import numpy as np
from scipy import ndimage

from galexplore.cutouts.background import sky_noise
from galexplore.survey import Survey

SEARCH = 8.0  # arcsec: how far from the middle the galaxy may lie
CENTRED = 1.0  # arcsec: nearer than this counts as centred
SOURCE_SIGMA = 5.0  # how clearly a source must stand out


@lru_cache(maxsize=8)
def offset(survey: Survey) -> np.ndarray:
    """Arcsec (S,) of each row or column of the model's grid from the middle."""
    return _freeze((np.arange(survey.size) - (survey.size - 1) / 2) * survey.model_scale)


@lru_cache(maxsize=8)
def radius(survey: Survey) -> np.ndarray:
    """Arcsec (S, S) of each pixel of the model's grid from the middle."""
    return _freeze(np.hypot(offset(survey)[:, None], offset(survey)))


def _freeze(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False  # shared by every caller through the cache
    return array


def _significance(model: np.ndarray, survey: Survey) -> np.ndarray:
    """Sum the bands' signal over noise and smooth it over a seeing disc: (S, S), in sigma of the smoothed sky."""
    noise = np.fmax(sky_noise(model), 0.5 * np.array(survey.model_noise))[:, None, None]
    valid = np.isfinite(model)
    total = np.where(valid, model, 0) / noise
    total = total.sum(axis=0) / np.sqrt(np.maximum(valid.sum(axis=0), 1))
    # White noise falls to 1 / (2 sqrt(pi) 1.5) = 0.19; that of neighbouring, correlated pixels to about 0.28.
    return ndimage.gaussian_filter(total, 1.5, mode="constant") / 0.28


def _surroundings(snr: np.ndarray, peak: tuple[int, int], survey: Survey) -> float:
    """Median 1.5" to 2.5" from a peak: what it must exceed to be a source of its own and not a ripple."""
    at = offset(survey)
    distance = np.hypot(at[:, None] - at[peak[0]], at - at[peak[1]])
    return float(np.median(snr[(distance > 1.5) & (distance < 2.5)]))


def find_source(model: np.ndarray, survey: Survey) -> tuple[float, float, float] | None:
    """Find the galaxy that is meant: the one in the middle if there is one, else the most likely within 8".

    A peak within 1" that stands out from its surroundings is taken as it is, however bright its neighbours. Else the
    peak of highest significance times a Gaussian of 4" about the middle, so that a faint near source yields only
    to a much brighter far one.

    Parameters
    ----------
    model : ndarray (B, S, S)
        Nanomaggies per native pixel; NaN where missing.

    Returns
    -------
    (x, y, sigma) or None
        Arcsec right of and above the middle, and the significance; None where nothing exceeds 5 sigma within 8".
    """
    snr, away, scale = _significance(model, survey), radius(survey), survey.model_scale
    reach = min(SEARCH, survey.field / 2 - 2 * scale)  # a peak at the very edge is none that can be measured
    peaks = (snr == ndimage.maximum_filter(snr, 5)) & (snr > SOURCE_SIGMA) & (away <= reach)
    if not peaks.any():
        return None
    best = _highest(np.where(peaks & (away < CENTRED), snr, 0))
    if away[best] > CENTRED or snr[best] - _surroundings(snr, best, survey) < SOURCE_SIGMA:
        best = _highest(np.where(peaks, snr * np.exp(-0.5 * (away / 4) ** 2), 0))
    at = offset(survey)
    y, x = (at[i] + scale * _vertex(line) for i, line in zip(best, _lines(snr, best), strict=True))
    return float(x), float(y), float(snr[best])


def _highest(image: np.ndarray) -> tuple[int, int]:
    """Row and column of the highest pixel."""
    row, column = np.unravel_index(image.argmax(), image.shape)
    return int(row), int(column)


def _lines(snr: np.ndarray, peak: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Take the three values through a peak along the rows and along the columns."""
    row, column = peak
    return snr[row - 1 : row + 2, column], snr[row, column - 1 : column + 2]


def _vertex(line: np.ndarray) -> float:
    """Offset in pixels of the vertex of the parabola through three values, the middle one the highest."""
    curvature = 2 * line[1] - line[0] - line[2]
    return float((line[2] - line[0]) / (2 * curvature)) if curvature > 0 else 0.0


def compass(x: float, y: float) -> str:
    """Name the direction of a point x right of and y above the middle, where north is up and east left."""
    names = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
    return names[round(np.degrees(np.arctan2(-x, y)) / 45) % 8]
