"""Where an image lies on the sky, how large its pixels are, and which way is up: measured by steps on the sky."""

import math
from dataclasses import dataclass, replace

import astropy.units as u
import numpy as np
from astropy.coordinates import Angle, SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import ArrayLike

FINEST, COARSEST = 0.001, 60.0  # arcsec: no pixel of a galaxy's image is finer or coarser
SQUARE = 0.01  # sides and right angle may differ by so much
MIDDLE = 1.0  # arcsec: a target that is nearer than this lies in the middle
#: Keywords that name the galaxy's own place, not the telescope's.
TARGETS = (
    *(("RA_OBJ", "DEC_OBJ"), ("RA_TARG", "DEC_TARG"), ("OBJRA", "OBJDEC"), ("OBJ_RA", "OBJ_DEC")),
    *(("TARGRA", "TARGDEC"), ("TARG_RA", "TARG_DEC"), ("RATARG", "DECTARG"), ("RAOBJ", "DECOBJ")),
    *(("TARGETRA", "TARGETDE"), ("RA_TARGE", "DEC_TARG"), ("OBJCTRA", "OBJCTDEC"), ("RA_SRC", "DEC_SRC")),
    *(("RA_GAL", "DEC_GAL"), ("GAL_RA", "GAL_DEC"), ("CUTRA", "CUTDEC"), ("RA_TARGET", "DEC_TARGET")),
)
#: Keywords of the scale of an image without a WCS: one for both axes, or one each.
SCALES = (
    *("PIXSCALE", "PIXSCAL", "PIXELSCL", "PIXSCL", "PIX_SCL", "SECPIX", "PIXELSCALE", "PIXSIZE", "PIXSC", "PSCALE"),
    *("ASECPIX", "ARCSECPP", "PLATESCL", "SCALE", "CCDSCALE", "PIXELSIZ"),
)
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
    scale_said, target_said : str
        Keywords that say so.
    wcs : WCS or None
        The celestial one.
    """

    matrix: np.ndarray | None = None
    known: bool = False
    target: _Pair | None = None
    ra: float | None = None
    dec: float | None = None
    scale_said: str = ""
    target_said: str = ""
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
    unknown = _linear_place(header, middle)
    try:
        wcs = WCS(header).celestial
        if wcs.naxis != 2:
            return unknown
        place = measure_at(wcs, middle)
    except Exception:  # wcslib raises many kinds; a WCS that it cannot read says nothing, and the scale is asked for
        return unknown
    if place is None:
        return unknown
    return _move_to_target(place, header, shape)


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
    named = read_target(header)
    if named is None or place.wcs is None or place.ra is None or place.dec is None:
        return place
    sky, keywords = named
    if sky.separation(SkyCoord(place.ra, place.dec, unit="deg")).arcsec < MIDDLE:
        return place
    x, y = pixel_at(place.wcs, sky)
    if not (-0.5 <= x <= shape[1] - 0.5 and -0.5 <= y <= shape[0] - 0.5):
        return replace(place, target_said=f"{keywords} lie outside the frame: assumed the target in the frame's middle")
    moved = measure_at(place.wcs, (x, y))
    return place if moved is None else replace(moved, target_said=keywords)


def read_target(header: fits.Header) -> tuple[SkyCoord, str] | None:
    """Read the galaxy's own place, degrees or sexagesimal, and the keywords that hold it."""
    for pair in TARGETS:
        if not all(k in header for k in pair):
            continue
        ra, dec = (header[k] for k in pair)
        try:
            right = Angle(ra, u.hourangle if isinstance(ra, str) and _is_sexagesimal(ra) else u.deg)
            sky = SkyCoord(right, Angle(dec if not isinstance(dec, str) else dec.strip(), u.deg))
        except (ValueError, TypeError, u.UnitsError):
            continue
        if math.isfinite(sky.ra.deg) and math.isfinite(sky.dec.deg):
            return sky, f"{pair[0]} and {pair[1]}"
    return None


def _is_sexagesimal(text: str) -> bool:
    """Whether a right ascension is written in hours, minutes and seconds."""
    return (":" in text or " " in text.strip() or "h" in text) and "d" not in text


def _linear_place(header: fits.Header, middle: _Pair) -> Place:
    """Place of an image without a position on the sky: CDELT in a known unit, else PIXSCALE and the like.

    CDELT without a unit counts as degrees, as FITS has it for the sky, if an image of a galaxy may have such pixels.
    """
    named = read_target(header)
    ra, dec = (float(named[0].ra.deg), float(named[0].dec.deg)) if named else (None, None)
    sides, said = _cdelt(header), "CDELT1 and CDELT2"
    if sides is None:
        sides, said = _named_scale(header)
    matrix = None if sides is None else np.array([[-sides[0], 0.0], [0.0, sides[1]]])
    return Place(matrix, False, middle, ra, dec, said if sides else "")


def _cdelt(header: fits.Header) -> _Pair | None:
    if any(str(header.get(f"CTYPE{i}", "")).strip().upper() not in ("", "LINEAR", "PIXEL") for i in (1, 2)):
        celestial = ("RA", "DEC", "GLON", "GLAT", "ELON", "ELAT")
        if not all(str(header.get(f"CTYPE{i}", "")).strip().upper().startswith(celestial) for i in (1, 2)):
            return None  # an axis of something else, such as a wavelength
    try:
        x, y = (
            abs(float(header[f"CDELT{i}"])) * u.Unit(str(header.get(f"CUNIT{i}", "")).strip() or "deg").to(u.arcsec)
            for i in (1, 2)
        )
    except (KeyError, ValueError, TypeError):
        return None
    return (x, y) if FINEST < x < COARSEST and FINEST < y < COARSEST else None


def _named_scale(header: fits.Header) -> tuple[_Pair | None, str]:
    """Read PIXSCALE and the like, or one keyword an axis, in arcsec unless the comment says degrees."""
    for stem in SCALES:
        one = _scale_of(header, stem)
        if one is not None and not (stem == "SCALE" and one == 1):  # which is more often a flux's
            return (one, one), stem
        for keys in ((f"{stem}1", f"{stem}2"), (f"{stem}X", f"{stem}Y"), (f"X{stem}", f"Y{stem}")):
            x, y = (_scale_of(header, k) for k in keys)
            if x is not None and y is not None:
                return (x, y), f"{keys[0]} and {keys[1]}"
    return None, ""


def _scale_of(header: fits.Header, keyword: str) -> float | None:
    value = header.get(keyword)
    if isinstance(value, bool):
        return None
    try:
        scale = abs(float(value)) if float(value) > 0 else math.nan
    except (ValueError, TypeError):
        return None
    comment = str(header.comments[keyword]).lower()
    if "deg" in comment and "arcsec" not in comment:
        scale *= 3600
    elif "mas" in comment.split() or "milliarcsec" in comment:
        scale /= 1000
    elif "arcmin" in comment:
        scale *= 60
    return scale if FINEST < scale < COARSEST else None
