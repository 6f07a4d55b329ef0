"""A survey unlike the embedded one in all that a survey may differ in, and a galaxy seen by it."""

import io

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from galexplore.survey import Survey

FIVE = Survey(
    name="Five",
    bands=("u", "g", "r", "i", "z"),
    zero_point=22.5,
    pixel_scale=0.2,
    native_size=100,
    size=48,
    noise=(0.004, 0.002, 0.003, 0.004, 0.008),
    peak=(0.05, 0.15, 0.40, 0.60, 0.87),
    display=(9.0, 6.0, 3.4, 2.8, 2.2),
    display_m=0.02,
    display_q=15.0,
    rgb=("i", "r", "g"),
    reference="i",
    extinction=(4.2, 3.2, 2.2, 1.6, 1.2),
    layer="",
)

#: Total light of the galaxy in each band, in the order of `FIVE.bands`; no two are alike.
LIGHT = np.array([5.0, 20.0, 50.0, 80.0, 100.0])


def draw_disc(side: int = 140, scale: float = 0.2, seed: int = 1) -> np.ndarray:
    """A round Gaussian galaxy (5, side, side) in flux per native pixel, with the survey's sky noise."""
    at = (np.arange(side) - (side - 1) / 2) * scale
    light = np.exp(-0.5 * (at[:, None] ** 2 + at**2) / 1.5**2) / (2 * np.pi * 1.5**2) * FIVE.pixel_scale**2
    sky = np.random.default_rng(seed).normal(size=(5, side, side)) * np.array(FIVE.noise)[:, None, None]
    return (LIGHT[:, None, None] * light + sky * FIVE.pixel_scale / scale).astype(np.float32)


def as_fits(flux: np.ndarray, bands: str | None, scale: float = 0.2, **cards: object) -> bytes:
    """A FITS cube with a WCS, north up and east left."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval = ["RA---TAN", "DEC--TAN"], [150.0, 2.0]
    wcs.wcs.crpix, wcs.wcs.cdelt = [(flux.shape[-1] + 1) / 2] * 2, [-scale / 3600, scale / 3600]
    header = wcs.to_header()
    header.update(cards | ({"BANDS": bands} if bands else {}))
    stream = io.BytesIO()
    fits.PrimaryHDU(flux, header).writeto(stream)
    return stream.getvalue()


def as_npy(array: np.ndarray) -> bytes:
    """An npy file."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()
