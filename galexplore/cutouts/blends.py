"""Whether another source's light lies on the galaxy's own, too near for a segmentation to part them.

What a turn by pi about the galaxy's own peak takes away is the galaxy (as of the asymmetry of Conselice 2003, and of
the deblender of SDSS, Lupton 2005); what stays lies on one side alone. Where the second source is nearer than the
seeing parts, no side stands out, but the light's centre leaves its peak.
"""

from functools import lru_cache

import numpy as np
from scipy import fft, ndimage

from galexplore.survey import Survey

#: Value from which a galaxy counts as blended; set so that of simulated galaxies without any neighbour 2 % do.
BLENDED = 1.0
PEAK = 1.0  # arcsec from the middle of the frame within which the galaxy's peak is sought, as centring leaves it
SMOOTHED = 0.5  # arcsec: sigma of the Gaussian over which the peak is sought
RING, SPOT = (0.7, 2.5), 0.67  # arcsec from the peak: where a second source is sought; sigma over which it is summed
MIDDLE = 1.7  # arcsec: whose light is the galaxy's
WEIGHT = 1.2  # arcsec: sigma of the Gaussian about the peak, within which the light's centre is measured
#: What each measure of an ordinary galaxy stays below, and the signal to noise at which noise alone makes as much.
ONE_SIDED, OFF_CENTRE = (0.2, 100.0), (0.2, 60.0)
_BOX, _OUTER = 4.5, 0.3  # arcsec from the middle that are looked at; of the frame's side, whence the sky is read


@lru_cache(maxsize=4)
def _frame(survey: Survey) -> tuple[np.ndarray, slice, np.ndarray, np.ndarray]:
    """Tell where the sky is read (S, S), which rows and columns are looked at, and where these lie [arcsec]."""
    middle, reach = survey.size // 2, min(round(_BOX / survey.model_scale), survey.size // 2)
    at = (np.arange(survey.size) - middle) * np.float32(survey.model_scale)
    radius, box = np.hypot(at[:, None], at), slice(middle - reach, middle + reach + 1)
    return radius > _OUTER * survey.field, box, at[box], radius[box, box]


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
        Above `BLENDED` another source seems to lie on the galaxy. The root mean square of two measures, each in units
        of what ordinary galaxies of that depth stay below: light on one side alone over that of the middle, and the
        distance of the light's centre from its peak.
    """
    noise = np.asarray(survey.model_noise, np.float32)
    weight = (1 / noise**2 / (1 / noise**2).sum()).astype(np.float32)
    error = float(1 / np.sqrt((1 / noise**2).sum()))
    sky, box, at, radius = _frame(survey)
    light = np.einsum("nbij,b->nij", np.asarray(flux, np.float32), weight)
    light = light - np.median(light[:, sky], axis=1)[:, None, None]
    x, y = find_peaks(light[:, box, box], at)
    turned = move(light, x / survey.model_scale, y / survey.model_scale)[:, box, box]
    middle = radius < MIDDLE
    own = turned[:, middle].sum(axis=1)
    depth = np.maximum(own / error / np.sqrt(middle.sum()), 1.0)
    own = np.maximum(own, 5 * error)
    sigma = SPOT / survey.model_scale
    odd = ndimage.gaussian_filter(turned - turned[:, ::-1, ::-1], (0, sigma, sigma), mode="constant", truncate=3)
    ring = (radius > RING[0]) & (radius < RING[1])
    one_sided = odd[:, ring].max(axis=1) * 2 * np.pi * sigma**2 / own
    off = measure_centre(light[:, box, box], at, x, y, error)
    units = (limit * np.hypot(1, noisy / depth) for limit, noisy in (ONE_SIDED, OFF_CENTRE))
    return np.sqrt(sum((value / unit) ** 2 for value, unit in zip((one_sided, off), units, strict=True)) / 2)


def find_peaks(light: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the highest peak within an arcsec of the middle of images (N, K, K): its x and y (N,), arcsec.

    The middle where there is none, for another source outshines it.
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


def move(images: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Move what lies x and y pixels (N,) from the middle of images (N, S, S) into it, by the shift theorem."""
    size = images.shape[-1]
    rows, columns = (f(size).astype(np.float32) for f in (fft.fftfreq, fft.rfftfreq))
    turns = rows[:, None] * y[:, None, None] + columns * x[:, None, None]
    phase = np.exp(2j * np.pi * turns).astype(np.complex64)
    return fft.irfft2(fft.rfft2(images) * phase, s=(size, size))


def measure_centre(light: np.ndarray, at: np.ndarray, x: np.ndarray, y: np.ndarray, error: float) -> np.ndarray:
    """Distance [arcsec] (N,) from peaks at x and y of the centre of light (N, K, K), weighted by a Gaussian about them.

    The noise of a pixel, `error`, counts as light, so that what is faint has its centre in its peak.
    """
    across, down = at - x[:, None], at - y[:, None]
    light = light * np.exp(-0.5 * (down[:, :, None] ** 2 + across[:, None] ** 2) / WEIGHT**2)
    own = np.maximum(light.sum(axis=(1, 2)), 5 * error * WEIGHT / float(at[1] - at[0]))
    return np.hypot((light.sum(axis=1) * across).sum(axis=1), (light.sum(axis=2) * down).sum(axis=1)) / own
