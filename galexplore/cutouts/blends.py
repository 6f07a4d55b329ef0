"""Whether another source's light lies on the galaxy's own, too near for a segmentation to part them.

The light of one galaxy has its centre where it is highest, in every band. A second source that the seeing does not part
from it draws the centre away, and in the band in which it is the brighter more so: the photocentre's displacement, by
which double stars are found that no telescope resolves (Wielen 1996; Pourbaix et al. 2004, of colours). Arms and clumps
draw it too, but not as far.
"""

from functools import lru_cache

import numpy as np
from scipy import ndimage

from galexplore.survey import Survey

#: Value from which a galaxy counts as blended; set so that 2 % of simulated galaxies without any neighbour do.
BLENDED = 1.0
PEAK = 1.0  # arcsec from the middle of the frame within which the galaxy's peak is sought, as centring leaves it
SMOOTHED = 0.5  # arcsec: sigma of the Gaussian over which the peak is sought
WEIGHT = 1.2  # arcsec: sigma of the Gaussian about the peak, within which the light's centre is measured
#: How far [arcsec] an ordinary galaxy's centre is from its peak at most, and those of its bluest and reddest light from
#: each other; and how many times their error by noise.
OFF_PEAK, APART = (0.08, 6.6), (0.09, 7.2)
_LEAST = 3.0  # sigma of the noise that light counts as at least, so that of an empty sky there is a centre
_BOX, _OUTER = 4.5, 0.3  # arcsec from the middle that are looked at; of the frame's side, whence the sky is read


@lru_cache(maxsize=4)
def _frame(survey: Survey) -> tuple[np.ndarray, slice, np.ndarray]:
    """Tell where the sky is read (S, S), which rows and columns are looked at, and where these lie [arcsec]."""
    middle, reach = survey.size // 2, min(round(_BOX / survey.model_scale), survey.size // 2)
    at = (np.arange(survey.size) - middle) * np.float32(survey.model_scale)
    box = slice(middle - reach, middle + reach + 1)
    sky = np.hypot(at[:, None], at) > _OUTER * survey.field
    sky.flat[np.flatnonzero(np.arange(sky.size) % 5)] = False  # a fifth of it tells as much, and sooner
    return sky, box, at[box]


def measure_blend(flux: np.ndarray, survey: Survey) -> np.ndarray:
    """Measure how far the light in the middle of images is from that of one galaxy alone.

    Parameters
    ----------
    flux : array (N, B, S, S)
        Nanomaggies per native pixel.
    survey : Survey

    Returns
    -------
    array (N,)
        The larger of two distances, each over the most that structure and noise give an ordinary galaxy: of the light's
        centre from its peak, and of the first band's from the last's. Above `BLENDED` another source seems to lie on
        the galaxy.
    """
    noise, (sky, box, at) = np.asarray(survey.model_noise, np.float32), _frame(survey)
    flux = np.asarray(flux, np.float32)
    flux = flux[..., box, box] - np.median(flux[..., sky], axis=-1)[..., None, None]
    weight = (1 / noise**2 / (1 / noise**2).sum()).astype(np.float32)
    light, error = np.einsum("nbij,b->nij", flux, weight), float(1 / np.sqrt((1 / noise**2).sum()))
    x, y = find_peaks(light, at)
    about = at - x[:, None], at - y[:, None]
    own = measure_centre(light, error, *about)
    first, last = (measure_centre(flux[:, band], float(noise[band]), *about) for band in (0, -1))
    off, apart = np.hypot(*own[0]), np.hypot(*(last[0] - first[0]))
    errors = own[1], np.hypot(first[1], last[1])
    limits = [np.hypot(most, times * e) for (most, times), e in zip((OFF_PEAK, APART), errors, strict=True)]
    return np.maximum(off / limits[0], apart / limits[1])


def find_peaks(light: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the highest peak within an arcsec of the middle of images (N, K, K): its x and y (N,), arcsec.

    The middle itself where there is none, for another source outshines it.
    """
    step, k = float(at[1] - at[0]), len(at)
    smooth = ndimage.gaussian_filter(light, (0, SMOOTHED / step, SMOOTHED / step), mode="nearest", truncate=3)
    near = np.hypot(at[:, None], at) <= PEAK
    height = np.where(near & (smooth >= ndimage.maximum_filter(smooth, (1, 3, 3))), smooth, -np.inf).reshape(-1, k * k)
    row, column = np.divmod(height.argmax(axis=1), k)
    each, none = np.arange(len(light)), ~np.isfinite(height.max(axis=1))
    row[none] = column[none] = k // 2
    ends = ([smooth[each, row + d, column] for d in (-1, 0, 1)], [smooth[each, row, column + d] for d in (-1, 0, 1)])
    y, x = (at[i] + step * _vertex(*line) for i, line in zip((row, column), ends, strict=True))
    return np.where(none, 0, x), np.where(none, 0, y)


def _vertex(before: np.ndarray, peak: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Offset in pixels (N,) of the vertex of the parabola through three values, the middle one the highest."""
    curvature = 2 * peak - before - after
    return np.where(curvature > 0, (after - before) / (2 * np.where(curvature > 0, curvature, 1)), 0).clip(-0.5, 0.5)


def measure_centre(
    light: np.ndarray, noise: float, across: np.ndarray, down: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Measure the centre of light (N, K, K), weighted by a Gaussian about the origin.

    Parameters
    ----------
    light : array (N, K, K)
    noise : float
        Of a pixel.
    across, down : array (N, K)
        Where columns and rows lie, arcsec.

    Returns
    -------
    array (2, N), array (N,)
        Arcsec along rows and columns, and the error of either.
    """
    gauss = [np.exp(-0.5 * (side / WEIGHT) ** 2) for side in (across, down)]
    weighted = light * gauss[1][:, :, None] * gauss[0][:, None]
    squares = [(g**2).sum(axis=1) for g in gauss]
    own = np.maximum(weighted.sum(axis=(1, 2)), _LEAST * noise * np.sqrt(squares[0] * squares[1]))
    centre = np.stack([(weighted.sum(axis=1) * across).sum(axis=1), (weighted.sum(axis=2) * down).sum(axis=1)])
    moment = np.sqrt(((gauss[0] * across) ** 2).sum(axis=1) * squares[1])
    return centre / own, noise * moment / own
