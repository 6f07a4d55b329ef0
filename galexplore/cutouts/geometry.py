"""Where an image lies on the sky, how large its pixels are, and which way is up: read off its header."""

import math
from dataclasses import dataclass

import astropy.units as u
import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales

from galexplore.errors import InputError

FINEST, COARSEST = 0.001, 60.0  # arcsec: no pixel of a galaxy's image is finer or coarser


@dataclass(frozen=True)
class Place:
    """Where an image lies, as `Cutout` has it; None where its header is silent.

    Attributes
    ----------
    pixel_scale : float or None
        Arcsec a pixel.
    ra, dec : float or None
        ICRS degrees of the image's middle.
    orientation : (int, float) or None
        Parity, and position angle [rad, E of N] of the upward direction.
    """

    pixel_scale: float | None
    ra: float | None = None
    dec: float | None = None
    orientation: tuple[int, float] | None = None


def check_aligned(where: list[Place]) -> None:
    """Refuse bands whose centres differ by more than half a pixel or whose scales differ by more than 1 %."""
    first = where[0]
    for other in where[1:]:
        if first.pixel_scale is None or other.pixel_scale is None:
            continue
        if first.ra is None or first.dec is None or other.ra is None or other.dec is None:
            continue
        east = (other.ra - first.ra + 180) % 360 - 180
        apart = 3600 * math.hypot(east * math.cos(math.radians(first.dec)), other.dec - first.dec)
        if apart > 0.5 * first.pixel_scale or abs(other.pixel_scale / first.pixel_scale - 1) > 0.01:
            raise InputError(f'the bands do not cover the same pixels: their centres are {apart:.1f}" apart')


def find_place(header: fits.Header, shape: tuple[int, int]) -> Place:
    """Read pixel scale, centre and orientation off the WCS; None where it is silent or cannot be understood.

    Where there is no celestial one, the scale alone may still be known (`_linear_scale`).
    """
    unknown = Place(_linear_scale(header))
    try:
        wcs = WCS(header).celestial
        if wcs.naxis != 2:
            return unknown
        scales = proj_plane_pixel_scales(wcs) * 3600
        matrix = wcs.pixel_scale_matrix
        centre = wcs.pixel_to_world((shape[1] - 1) / 2, (shape[0] - 1) / 2).icrs
        ra, dec = float(centre.ra.deg), float(centre.dec.deg)
    except Exception:  # wcslib raises many kinds; a WCS that it cannot read says nothing, and the scale is asked for
        return unknown
    if not np.isfinite(scales).all() or scales.min() <= 0:
        return unknown
    if scales.max() / scales.min() > 1.01:
        raise InputError(f'the pixels are {scales[0]:.3f}" by {scales[1]:.3f}"; square ones are needed')
    orientation = None
    if wcs.wcs.lngtyp == "RA":
        parity = 1 if np.linalg.det(matrix) < 0 else -1
        orientation = (parity, float(np.arctan2(matrix[0, 1], matrix[1, 1])))
    return Place(float(np.sqrt(scales.prod())), ra, dec, orientation)


def _linear_scale(header: fits.Header) -> float | None:
    """Read the pixel scale [arcsec] of an image without a place on the sky: PIXSCALE, else CDELT in a known unit.

    CDELT without a unit counts as degrees, as FITS has it for the sky, if an image of a galaxy may have such pixels.

    Raises
    ------
    InputError
        If the pixels are not square.
    """
    scale = header.get("PIXSCALE")
    if isinstance(scale, float | int) and not isinstance(scale, bool) and FINEST < scale < COARSEST:
        return float(scale)
    if any(str(header.get(f"CTYPE{i}", "")).strip().upper() not in ("", "LINEAR") for i in (1, 2)):
        return None  # an axis of something else, such as a wavelength
    try:
        steps = [
            abs(float(header[f"CDELT{i}"])) * u.Unit(str(header.get(f"CUNIT{i}", "")).strip() or "deg").to(u.arcsec)
            for i in (1, 2)
        ]
    except (KeyError, ValueError, TypeError):
        return None
    if not all(FINEST < step < COARSEST for step in steps):
        return None
    if max(steps) / min(steps) > 1.01:
        raise InputError(f'the pixels are {steps[0]:.3f}" by {steps[1]:.3f}"; square ones are needed')
    return math.sqrt(steps[0] * steps[1])
