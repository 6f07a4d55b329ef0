"""A cutout: pixels and where they come from, and how they are averaged onto the model's grid."""

from dataclasses import dataclass
from functools import lru_cache
from math import isfinite

import numpy as np
from scipy.sparse import csr_array

from galexplore.config import SURVEY


class InputError(ValueError):
    """Input that cannot be used; its text is one sentence for a person: what is wrong and what would be right.

    Attributes
    ----------
    checks : tuple of Check
        The audit up to and including the check that refused; empty where the input could not even be read.
    """

    def __init__(self, message: str, checks: tuple = ()):
        super().__init__(message)
        self.checks = checks


@dataclass(frozen=True)
class Check:
    """One line of the audit: the check's name, "passed" | "fixed" | "refused", and a sentence with the numbers."""

    check: str
    status: str
    detail: str


@dataclass(frozen=True)
class Cutout:
    """An image of one galaxy as it was read, before anything is mended.

    Attributes
    ----------
    flux : ndarray (3, H, W), float32
        Bands g, r, z in nanomaggies per native 0.262" pixel; row 0 is drawn at the bottom (FITS order; the
        southern edge where north is up); NaN where missing.
    pixel_scale : float or None
        Arcsec a pixel; None where neither the file nor its owner says: ask, then `dataclasses.replace`.
    name, kind : str
        The file's bare name, and what it is: "FITS cube", "picture", "array" and the like.
    bands : str
        The bands that the file holds, in the file's order.
    approximate : bool
        True for a picture, whose stretch was inverted: fluxes are rough.
    ra, dec : float or None
        ICRS degrees of the image's middle, where the file says.
    orientation : (int, float) or None
        Parity (+1 as the sky is seen, E left of N; -1 mirrored) and the position angle [rad, E of N] of the upward
        direction of the image. None where unknown.
    unit : str
        The file's own words for the flux unit; empty where it does not say.
    invvar : ndarray (3, H, W) or None
        Inverse variance of each pixel, where the file has it.
    saturated : ndarray (3, H, W) of bool or None
        Pictures only: which pixels are clipped at the top of the eight bits.
    notes : tuple of Check
        What the reader itself mended or assumed, under the name of the check it belongs to.
    """

    flux: np.ndarray
    pixel_scale: float | None
    name: str = ""
    kind: str = "array"
    bands: str = "grz"
    approximate: bool = False
    ra: float | None = None
    dec: float | None = None
    orientation: tuple[int, float] | None = None
    unit: str = ""
    invvar: np.ndarray | None = None
    saturated: np.ndarray | None = None
    notes: tuple[Check, ...] = ()


@lru_cache(maxsize=256)
def _overlap(n: int, pixel_scale: float, shift: float) -> tuple[slice, csr_array, np.ndarray]:
    """Which of `n` pixels the field touches, the (69, m) share of each output pixel that they cover, and its sum."""
    edges_in = (np.arange(n + 1) - n / 2) * pixel_scale - shift
    edges_out = (np.arange(SURVEY.size + 1) - SURVEY.size / 2) * SURVEY.model_scale
    first = max(np.searchsorted(edges_in, edges_out[0], "right") - 1, 0)
    last = max(min(np.searchsorted(edges_in, edges_out[-1], "left"), n), first)
    low, high = edges_in[first:last], edges_in[first + 1 : last + 1]
    share = np.minimum(edges_out[1:, None], high) - np.maximum(edges_out[:-1, None], low)
    share = (np.maximum(share, 0) / SURVEY.model_scale).astype(np.float32)
    total = share.sum(axis=1)
    total.flags.writeable = False  # shared by every caller through the cache
    return slice(first, last), csr_array(share), total


def _apply(down: csr_array, across: csr_array, flux: np.ndarray) -> np.ndarray:
    """Multiply (C, m, n) pixels by the shares along rows and columns: (C, 69, 69).

    The shares are sparse, three numbers a row at the native scale: quicker than dense products, and in one thread.
    """
    c, m, n = flux.shape
    half = down @ flux.transpose(1, 0, 2).reshape(m, c * n)
    half = half.reshape(SURVEY.size, c, n).transpose(2, 1, 0).reshape(n, c * SURVEY.size)
    return (across @ half).reshape(SURVEY.size, c, SURVEY.size).transpose(1, 2, 0)


def resample(flux, pixel_scale: float, shift: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Average an image over the pixels of the model's grid, each input pixel weighted by the area it shares.

    Surface brightness, that is, mean flux a pixel, is preserved at any input scale. The overlap of two rectangles is
    a product of two lengths, so the whole is two small sparse matrix products.

    Parameters
    ----------
    flux : array (C, H, W)
        Flux a pixel; whatever is not finite counts as missing.
    pixel_scale : float
        Arcsec an input pixel.
    shift : (float, float)
        Arcsec from the image's middle to the middle of the field that is cut: x (right), y (up, towards higher rows).

    Returns
    -------
    float32 array (C, 69, 69)
        The 33.536" field on 0.486" pixels; NaN where less than half of an output pixel is covered by valid input.

    Raises
    ------
    ValueError
        If `flux` has not three axes or `pixel_scale` is not a positive number.
    """
    flux = np.asarray(flux, np.float32)
    if flux.ndim != 3 or not (isfinite(pixel_scale) and pixel_scale > 0):
        raise ValueError(f"need (C, H, W) pixels and a positive pixel scale, got {flux.shape} and {pixel_scale}")
    rows, down, covered_y = _overlap(flux.shape[1], float(pixel_scale), float(shift[1]))
    columns, across, covered_x = _overlap(flux.shape[2], float(pixel_scale), float(shift[0]))
    flux = flux[:, rows, columns]
    valid = np.isfinite(flux)
    if valid.all():
        total, weight = _apply(down, across, flux), covered_y[:, None] * covered_x
    else:
        total = _apply(down, across, np.where(valid, flux, np.float32(0)))
        weight = _apply(down, across, valid.astype(np.float32))
    enough = weight > 0.5 - 1e-4
    return np.where(enough, total / np.where(enough, weight, 1), np.float32(np.nan)).astype(np.float32, copy=False)
