"""A cutout: pixels and where they come from, and how they are averaged onto the model's grid."""

from dataclasses import dataclass

import numpy as np

from galexplore.cutouts.calibration import Calibration
from galexplore.errors import InputError


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
    flux : ndarray (B, H, W), float32
        The bands of a survey in its order, nanomaggies per native pixel of it; row 0 is drawn at the bottom (FITS
        order; the southern edge where north is up); NaN where missing.
    pixel_scale : float or None
        Arcsec a pixel; None where neither the file nor its owner says: ask, then `dataclasses.replace`.
    bands : str
        The bands that the file holds, in the file's order.
    name, kind : str
        The file's bare name, and what it is: "FITS cube", "picture", "array" and the like.
    approximate : bool
        True for a picture, whose stretch was inverted: fluxes are rough.
    ra, dec : float or None
        ICRS degrees of the image's middle, where the file says.
    orientation : (int, float) or None
        Parity (+1 as the sky is seen, E left of N; -1 mirrored) and the position angle [rad, E of N] of the upward
        direction of the image. None where unknown.
    unit : str
        The file's own words for the flux unit; empty where it does not say.
    calibration : tuple of Calibration
        What each band's value of one is, in the survey's order; empty where the file is silent: then `unit` counts.
    invvar : ndarray (B, H, W) or None
        Inverse variance of each pixel, where the file has it.
    saturated : ndarray (B, H, W) of bool or None
        Pictures only: which pixels are clipped at the top of the eight bits.
    notes : tuple of Check
        What the reader itself mended or assumed, under the name of the check it belongs to.
    dereddened : tuple of str
        By band of the survey, what says that it is without the dust of our own Galaxy, "" where nothing does; empty
        where no band says so.
    reddening : str
        A keyword that tells E(B-V) but not whether it was removed, with its value; empty where there is none.
    seeing : tuple of (float or None)
        FWHM of a star by band of the survey, arcsec, None where it is not known; empty where nothing is said.
    seeing_said : tuple of str
        What says so, by band.
    marked : bool
        Whether all that is missing is NaN already, as weights and masks tell: no fill values are looked for then.
    """

    flux: np.ndarray
    pixel_scale: float | None
    bands: str
    name: str = ""
    kind: str = "array"
    approximate: bool = False
    ra: float | None = None
    dec: float | None = None
    orientation: tuple[int, float] | None = None
    unit: str = ""
    invvar: np.ndarray | None = None
    saturated: np.ndarray | None = None
    notes: tuple[Check, ...] = ()
    calibration: tuple[Calibration, ...] = ()
    dereddened: tuple[str, ...] = ()
    reddening: str = ""
    seeing: tuple[float | None, ...] = ()
    seeing_said: tuple[str, ...] = ()
    marked: bool = False


MAX_SIDE = 2048  # pixels: the model's field at 0.016" a pixel


def check_side(*sides: int) -> None:
    """Refuse an image of more than 2048 pixels a side."""
    if max(sides) > MAX_SIDE:
        raise InputError(f"the image has {max(sides)} pixels a side, at most {MAX_SIDE} are read; cut out the galaxy")
