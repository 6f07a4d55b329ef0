"""The noise of a coadd: sky and photons, correlated as the resampling of the camera's pixels makes them."""

from functools import cache

import numpy as np
from scipy.ndimage import convolve1d

from galexplore.mock.conditions import find_pixels
from galexplore.survey import Survey

#: Weights of the next and of the diagonal pixel that resampling gave the noise where the camera's pixels are as large
#: as the coadd's.
KERNEL = 0.094, 0.042
#: Pixels of the camera over the coadd's, beyond which Lanczos' own kernel is taken, and how many lobes that has.
LARGER, LOBES = 1.1, 3
_PHOTONS = 0.012, 0.014, 0.018  # sky variance over sky level, per nmgy


def weigh(ratio: float) -> np.ndarray:
    """Weights (2 m + 1, 2 m + 1) by which white noise becomes a coadd's, of unit sum of squares.

    Where pixels are alike, a 3 x 3 kernel, `KERNEL`, gives the correlations measured on blank DECaLS sky: 0.19 to the
    next pixel, 0.09 to the diagonal one. Larger ones are interpolated by Lanczos' kernel of three lobes: from BASS's
    0.454 arcsec it makes 0.60 and 0.35, and -0.02 to the next but one, where blank sky of a BASS coadd in g has 0.59,
    0.35 and -0.01.

    Parameters
    ----------
    ratio : float
        Side of the camera's pixels over that of the coadd's.
    """
    if ratio < LARGER:
        near, diagonal = KERNEL
        kernel = np.array([[diagonal, near, diagonal], [near, 1, near], [diagonal, near, diagonal]])
    else:
        taps = _list_taps(ratio)
        kernel = np.outer(taps, taps)
    return kernel / np.sqrt(np.sum(kernel**2))


def find_kernels(survey: Survey) -> list[np.ndarray]:
    """Weights of each band's noise, as of `weigh`."""
    return [weigh(pixel / survey.pixel_scale) for pixel in find_pixels(survey)]


@cache
def find_smoothing(survey: Survey) -> tuple[float, ...]:
    """Find what the noise of many adjacent pixels is over that of as many independent ones, by band."""
    plain = (1 + 4 * sum(KERNEL)) / (1 + 4 * sum(k * k for k in KERNEL)) ** 0.5
    kernels = find_kernels(survey)
    return tuple(plain if len(kernel) == 3 else float(kernel.sum()) for kernel in kernels)


@cache
def _list_taps(ratio: float) -> np.ndarray:
    """Lanczos' kernel at the distances of a coadd's pixels."""
    most = int(np.ceil(LOBES * ratio)) - 1
    at = np.arange(-most, most + 1) / ratio
    return np.sinc(at) * np.sinc(at / LOBES)


def draw_noise(noise: np.ndarray, flux: np.ndarray, rng: np.random.Generator, survey: Survey) -> np.ndarray:
    """Sky and photon noise of a coadd, correlated between adjacent pixels as resampling makes it (see `weigh`).

    Parameters
    ----------
    noise : array (3,), nmgy a native pixel
        In g, r, z.
    flux : array (3, h, w), nmgy a native pixel
        The noiseless image: photons add variance in proportion.
    rng : numpy Generator
    survey : Survey
        Whose camera's pixels are resampled; native ones where they are not known.

    Returns
    -------
    array (3, h, w)
    """
    bands, h, w = flux.shape
    ratios = [pixel / survey.pixel_scale for pixel in find_pixels(survey)]
    margin = max(1 if ratio < LARGER else len(_list_taps(ratio)) // 2 for ratio in ratios)
    white = rng.standard_normal((bands, h + 2 * margin, w + 2 * margin), dtype=np.float32)
    inner, cut = slice(margin - 1, white.shape[1] - margin + 1), slice(margin - 1, white.shape[2] - margin + 1)
    plain = np.array([ratio < LARGER for ratio in ratios])
    smooth = np.empty(flux.shape)
    if plain.any():
        smooth[plain] = _smooth_plain(white[plain, inner, cut])
    for band in np.flatnonzero(~plain):
        smooth[band] = _interpolate(white[band], ratios[band])[margin : margin + h, margin : margin + w]
    sky = np.asarray(noise, np.float32)[:, None, None]
    photons = np.array(_PHOTONS, np.float32)[:, None, None]
    return sky * np.sqrt(1 + np.maximum(flux, 0) * photons / (sky * 0.7)) * smooth


def _smooth_plain(white: np.ndarray) -> np.ndarray:
    """Smooth white noise (n, h + 2, w + 2) by the 3 x 3 kernel."""
    a, b = KERNEL
    rows = white[:, 1:-1] + a * (white[:, 2:] + white[:, :-2])
    side = a * white[:, 1:-1] + b * (white[:, 2:] + white[:, :-2])
    return (rows[:, :, 1:-1] + side[:, :, 2:] + side[:, :, :-2]) / np.sqrt(1 + 4 * a * a + 4 * b * b)


def _interpolate(white: np.ndarray, ratio: float) -> np.ndarray:
    """Smooth white noise (h, w) by Lanczos' kernel along both axes; its edges, as wide as the kernel, are none."""
    taps = (_list_taps(ratio) / np.sqrt(np.sum(_list_taps(ratio) ** 2))).astype(np.float32)
    return convolve1d(convolve1d(white, taps, axis=0, mode="constant"), taps, axis=1, mode="constant")
