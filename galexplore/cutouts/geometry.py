"""Where an image lies on the sky, how large its pixels are, and which way is up: measured by steps on the sky."""

import math
from dataclasses import dataclass, replace

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import ArrayLike

from galexplore.cutouts.scales import COARSEST, FINEST, read_scales
from galexplore.cutouts.targets import read_targets
from galexplore.cutouts.wcs_cards import celestial_axes, mend_wcs, spell_types, unused_turn

SQUARE = 0.01  # sides and right angle may differ by so much
MIDDLE = 1.0  # arcsec: a target that is nearer than this lies in the middle
_Pair = tuple[float, float]


@dataclass(frozen=True)
class Place:
    """Where an image lies; None where its header is silent.

    Attributes
    ----------
    matrix : ndarray (2, 2) or None
        Arcsec towards east and north (rows) of a step of one pixel along x and y (columns), at the target's pixel.
        Where only the scale is known, north is up and east left in it, and `known` is False.
    known : bool
        Whether the header says where north is.
    target : (float, float) or None
        Pixel (x, y) of the target, counted from 0; the image's middle where the header names no other.
    ra, dec : float or None
        ICRS degrees of the target.
    scale_said, wcs_said : str
        Keywords that say so.
    target_said, middle_said : str
        Keywords that name a target off the frame's middle, or in it.
    assumed : str
        What was assumed of the orientation; empty where nothing was.
    wcs : WCS or None
        The celestial one.
    """

    matrix: np.ndarray | None = None
    known: bool = False
    target: _Pair | None = None
    ra: float | None = None
    dec: float | None = None
    scale_said: str = ""
    wcs_said: str = ""
    target_said: str = ""
    middle_said: str = ""
    assumed: str = ""
    wcs: WCS | None = None

    @property
    def sides(self) -> _Pair | None:
        """Arcsec of a pixel along x and y."""
        if self.matrix is None:
            return None
        x, y = np.hypot(*self.matrix)
        return float(x), float(y)

    @property
    def pixel_scale(self) -> float | None:
        """Arcsec a pixel, the root of its area."""
        return None if self.matrix is None else float(math.sqrt(abs(np.linalg.det(self.matrix))))

    @property
    def is_square(self) -> bool:
        """Whether both sides agree within 1 % and stand upright on each other; True where nothing is known."""
        if self.matrix is None or self.sides is None:
            return True
        x, y = self.sides
        lean = float(self.matrix[:, 0] @ self.matrix[:, 1]) / (x * y)
        return max(x, y) / min(x, y) < 1 + SQUARE and abs(lean) < SQUARE

    @property
    def orientation(self) -> tuple[int, float] | None:
        """Parity, and position angle [rad, E of N] of the upward direction; None where the header does not say."""
        if self.matrix is None or not self.known:
            return None
        parity = 1 if np.linalg.det(self.matrix) < 0 else -1
        return parity, float(np.arctan2(self.matrix[0, 1], self.matrix[1, 1]))


def find_place(header: fits.Header, shape: tuple[int, int]) -> Place:
    """Read scale, centre and orientation off a header, by steps on the sky where it has a celestial WCS.

    Parameters
    ----------
    header : Header
    shape : (int, int)
        Rows and columns.
    """
    middle = ((shape[1] - 1) / 2, (shape[0] - 1) / 2)
    header, assumed = mend_wcs(header)
    try:
        wcs = _celestial(header)
        place = measure_at(wcs, middle) if wcs.naxis == 2 else None
    except Exception:  # wcslib raises many kinds; a WCS that it cannot read says nothing, and the scale is asked for
        place = None
    if place is None:
        return _linear_place(header, middle)
    said = f"the WCS ({spell_types(header)})"
    return replace(_move_to_target(place, header, shape), wcs_said=said, assumed=assumed)


def _celestial(header: fits.Header) -> WCS:
    """Open the WCS on the sky alone; distortions go with its first two axes or not at all."""
    if celestial_axes(header) == [1, 2]:
        return WCS(header, naxis=2)
    return WCS(header).celestial


#: Frames that a WCS may be in beside RA and Dec, whose own (FK4, FK5, ICRS) and GLON astropy knows by itself. FITS
#: paper II, section 3.1: ELON is the mean ecliptic's, SLON the supergalactic.
_FRAMES = {"ELON": "barycentricmeanecliptic", "SLON": "supergalactic"}


def sky_at(wcs: WCS, x: ArrayLike, y: ArrayLike) -> SkyCoord | None:
    """ICRS positions of pixels, whatever the frame and the order of the axes; None in a frame not of the sky."""
    if wcs.wcs.lngtyp in ("RA", "GLON"):
        return wcs.pixel_to_world(x, y).icrs
    frame = _FRAMES.get(wcs.wcs.lngtyp)
    if frame is None:
        return None
    world = wcs.pixel_to_world_values(x, y)
    return SkyCoord(world[wcs.wcs.lng], world[wcs.wcs.lat], unit="deg", frame=frame).icrs


def pixel_at(wcs: WCS, sky: SkyCoord) -> _Pair:
    """Pixel (x, y) of a position; the reverse of `sky_at`."""
    frame = _FRAMES.get(wcs.wcs.lngtyp)
    if frame is None:
        x, y = wcs.world_to_pixel(sky)
    else:
        there = sky.transform_to(frame).spherical
        world = [there.lon.deg, there.lat.deg]
        x, y = wcs.world_to_pixel_values(*(world if wcs.wcs.lng == 0 else world[::-1]))
    return float(x), float(y)


def measure_at(wcs: WCS, pixel: _Pair) -> Place | None:
    """Measure an image by half a pixel's step to each side of a pixel; None where the sky there makes no sense.

    Any frame, axis order, projection, distortion, rotation and parity: only positions on the sky are compared.
    """
    x, y = pixel
    steps = np.array([[0, 0], [-0.5, 0], [0.5, 0], [0, -0.5], [0, 0.5]])
    sky = sky_at(wcs, x + steps[:, 0], y + steps[:, 1])
    if sky is None:
        return None
    points = sky.cartesian.xyz.value.T
    ra, dec = float(sky.ra.rad[0]), float(sky.dec.rad[0])
    east = np.array([-math.sin(ra), math.cos(ra), 0])
    north = np.array([-math.sin(dec) * math.cos(ra), -math.sin(dec) * math.sin(ra), math.cos(dec)])
    along = np.stack([points[2] - points[1], points[4] - points[3]])
    matrix = np.degrees(np.stack([along @ east, along @ north])) * 3600
    sides = np.hypot(*matrix)
    if not np.isfinite(matrix).all() or not all(FINEST < s < COARSEST for s in sides):
        return None
    if abs(np.linalg.det(matrix)) < 0.05 * sides.prod():
        return None
    return Place(matrix, True, pixel, math.degrees(ra) % 360, math.degrees(dec), "the WCS", wcs=wcs)


def _move_to_target(place: Place, header: fits.Header, shape: tuple[int, int]) -> Place:
    """Take the place that the header calls the target's, where it lies in the frame and over 1" off its middle."""
    outside = ""
    for sky, keywords in read_targets(header):
        if place.wcs is None or place.ra is None or place.dec is None:
            break
        if sky.separation(SkyCoord(place.ra, place.dec, unit="deg")).arcsec < MIDDLE:
            return replace(place, middle_said=f"the target of {keywords}")
        x, y = pixel_at(place.wcs, sky)
        if -0.5 <= x <= shape[1] - 0.5 and -0.5 <= y <= shape[0] - 0.5:
            moved = measure_at(place.wcs, (x, y))
            if moved is not None:
                return replace(moved, target_said=keywords)
        outside = outside or keywords
    said = f"{outside} lie outside the frame: assumed the target in the frame's middle"
    return replace(place, target_said=said) if outside else place


def _linear_place(header: fits.Header, middle: _Pair) -> Place:
    """Place of an image without a position on the sky that can be read: CDELT or CD, else PIXSCALE and the like."""
    named = next(read_targets(header), None)
    ra, dec = (float(named[0].ra.deg), float(named[0].dec.deg)) if named else (None, None)
    sides, said = read_scales(header)
    matrix = None if sides is None else np.array([[-sides[0], 0.0], [0.0, sides[1]]])
    types = spell_types(header)
    turned = "" if types else unused_turn(header)
    assumed = f"the WCS ({types}) cannot be read: assumed N up, E left" if types else turned
    return Place(matrix, False, middle, ra, dec, said if sides else "", assumed=assumed)
