"""How an image is averaged onto the model's grid."""

from functools import lru_cache
from math import isfinite

import numpy as np
from astropy.wcs import WCS
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from galexplore.survey import Survey


@lru_cache(maxsize=256)
def _overlap(n: int, pixel_scale: float, shift: float, survey: Survey) -> tuple[slice, csr_array, np.ndarray]:
    """Which of `n` pixels the field touches, the (S, m) share of each output pixel that they cover, and its sum."""
    edges_in = (np.arange(n + 1) - n / 2) * pixel_scale - shift
    edges_out = (np.arange(survey.size + 1) - survey.size / 2) * survey.model_scale
    first = max(np.searchsorted(edges_in, edges_out[0], "right") - 1, 0)
    last = max(min(np.searchsorted(edges_in, edges_out[-1], "left"), n), first)
    low, high = edges_in[first:last], edges_in[first + 1 : last + 1]
    share = np.minimum(edges_out[1:, None], high) - np.maximum(edges_out[:-1, None], low)
    share = (np.maximum(share, 0) / survey.model_scale).astype(np.float32)
    total = share.sum(axis=1)
    total.flags.writeable = False  # shared by every caller through the cache
    return slice(first, last), csr_array(share), total


def _apply(down: csr_array, across: csr_array, flux: np.ndarray) -> np.ndarray:
    """Multiply (C, m, n) pixels by the shares along rows and columns: (C, S, S).

    The shares are sparse, three numbers a row at the native scale: quicker than dense products, and in one thread.
    """
    (c, m, n), size = flux.shape, down.shape[0]
    half = down @ flux.transpose(1, 0, 2).reshape(m, c * n)
    half = half.reshape(size, c, n).transpose(2, 1, 0).reshape(n, c * size)
    return (across @ half).reshape(size, c, size).transpose(1, 2, 0)


def resample(
    flux: ArrayLike, pixel_scale: float, survey: Survey, shift: tuple[float, float] = (0.0, 0.0)
) -> np.ndarray:
    """Average an image over the pixels of the model's grid, each input pixel weighted by the area it shares.

    Surface brightness, that is, mean flux a pixel, is preserved at any input scale. The overlap of two rectangles is
    a product of two lengths, so the whole is two small sparse matrix products.

    Parameters
    ----------
    flux : array (C, H, W)
        Flux a pixel; whatever is not finite counts as missing.
    pixel_scale : float
        Arcsec an input pixel.
    survey : Survey
        Whose grid it is.
    shift : (float, float)
        Arcsec from the image's middle to the middle of the field that is cut: x (right), y (up, towards higher rows).

    Returns
    -------
    float32 array (C, S, S)
        The survey's field on the model's pixels; NaN where less than half of an output pixel is covered by valid input.

    Raises
    ------
    ValueError
        If `flux` has not three axes or `pixel_scale` is not a positive number.
    """
    flux = np.asarray(flux, np.float32)
    if flux.ndim != 3 or not (isfinite(pixel_scale) and pixel_scale > 0):
        raise ValueError(f"need (C, H, W) pixels and a positive pixel scale, got {flux.shape} and {pixel_scale}")
    rows, down, covered_y = _overlap(flux.shape[1], float(pixel_scale), float(shift[1]), survey)
    columns, across, covered_x = _overlap(flux.shape[2], float(pixel_scale), float(shift[0]), survey)
    flux = flux[:, rows, columns]
    valid = np.isfinite(flux)
    if valid.all():
        total, weight = _apply(down, across, flux), covered_y[:, None] * covered_x
    else:
        total = _apply(down, across, np.where(valid, flux, np.float32(0)))
        weight = _apply(down, across, valid.astype(np.float32))
    enough = weight > 0.5 - 1e-4
    return np.where(enough, total / np.where(enough, weight, 1), np.float32(np.nan)).astype(np.float32, copy=False)


def make_wcs(size: int, scale: float, ra: float | None = None, dec: float | None = None) -> WCS:
    """Describe where the pixels of an image (size, size) lie: north up, east left, the middle at a position.

    Parameters
    ----------
    size : int
        Pixels a side.
    scale : float
        Arcsec a pixel.
    ra, dec : float, optional
        Of the middle [deg, ICRS]; where they are not known, only the pixel scale is told.
    """
    wcs = WCS(naxis=2)
    wcs.wcs.crpix, wcs.wcs.cdelt = [(size + 1) / 2] * 2, [-scale / 3600, scale / 3600]
    if ra is not None and dec is not None and isfinite(ra) and isfinite(dec):
        wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.radesys = ["RA---TAN", "DEC--TAN"], [ra, dec], "ICRS"
    return wcs
