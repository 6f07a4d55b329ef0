"""The scale of an image without a WCS: CDELT or CD in a known unit, else PIXSCALE and the like."""

import math
import re

import astropy.units as u
from astropy.io import fits

from galexplore.cutouts.flux_units import is_bounded

FINEST, COARSEST = 0.001, 60.0  # arcsec: no pixel of a galaxy's image is finer or coarser
#: Keywords of the scale: one for both axes, or one each.
SCALES = (
    *("PIXSCALE", "PIXSCAL", "PIXELSCL", "PIXSCL", "PIX_SCL", "SECPIX", "PIXELSCALE", "PIXSIZE", "PIXSC", "PSCALE"),
    *("ASECPIX", "ARCSECPP", "PLATESCL", "SCALE", "CCDSCALE", "PIXELSIZ", "PLTSCALE", "PIX_SIZE", "PXSCALE", "PIXELSZ"),
    *("IMSCALE", "ARCPIX", "PIXEL_SCALE", "PIXEL SCALE", "ESO INS PIXSCALE", "D001SCAL", "PIXSCLE", "GS_SCALE"),
)
_Pair = tuple[float, float]


def is_celestial(ctype: object) -> bool:
    """Whether a CTYPE names an axis of the sky."""
    return bool(re.match(r"(RA|DEC|[GES]L(ON|AT))(-|$)", str(ctype).strip().upper()))


def read_scales(header: fits.Header) -> tuple[_Pair | None, str]:
    """Arcsec of a pixel along x and y without a WCS on the sky, and what says so; None where nothing does."""
    for read, said in ((_cdelt, "CDELT1 and CDELT2"), (_cd, "CD1_1 to CD2_2")):
        sides = read(header)
        if sides is not None:
            return sides, said
    return read_named(header)


def _units(header: fits.Header) -> list[float] | None:
    """Arcsec in the unit of each axis; None where an axis is of something else, such as a wavelength.

    CDELT without a unit counts as degrees, as FITS has it for the sky, if an image of a galaxy may have such pixels.
    """
    types = [str(header.get(f"CTYPE{i}", "")).strip().upper() for i in (1, 2)]
    if any(t not in ("", "LINEAR", "PIXEL") for t in types) and not all(map(is_celestial, types)):
        return None
    if not all(is_bounded(str(header.get(f"CUNIT{i}", ""))) for i in (1, 2)):
        return None
    try:
        return [float(u.Unit(str(header.get(f"CUNIT{i}", "")).strip() or "deg").to(u.arcsec)) for i in (1, 2)]
    except (ValueError, TypeError):
        return None


def _possible(x: float, y: float) -> _Pair | None:
    return (x, y) if FINEST < x < COARSEST and FINEST < y < COARSEST else None


def _cdelt(header: fits.Header) -> _Pair | None:
    units = _units(header)
    try:
        x, y = (abs(float(header[f"CDELT{i + 1}"])) * s for i, s in enumerate(units or ()))
    except (KeyError, ValueError, TypeError):
        return None
    return _possible(x, y)


def _cd(header: fits.Header) -> _Pair | None:
    units = _units(header)
    if units is None or "CD1_1" not in header or "CD2_2" not in header:
        return None
    try:
        cd = [[float(header.get(f"CD{i}_{j}", 0)) * units[i - 1] for j in (1, 2)] for i in (1, 2)]
    except (ValueError, TypeError):
        return None
    return _possible(math.hypot(cd[0][0], cd[1][0]), math.hypot(cd[0][1], cd[1][1]))


def read_named(header: fits.Header) -> tuple[_Pair | None, str]:
    """Read PIXSCALE and the like, or one keyword an axis, in arcsec unless the comment says otherwise.

    JWST's area of a pixel comes last (PIXAR_A2, arcsec squared; PIXAR_SR, steradians).
    """
    for stem in SCALES:
        one = _scale_of(header, stem)
        if one is not None and not (stem == "SCALE" and one == 1):  # which is more often a flux's
            return (one, one), f"{stem} = {_text(header, stem)}"
        for keys in ((f"{stem}1", f"{stem}2"), (f"{stem}X", f"{stem}Y"), (f"X{stem}", f"Y{stem}")):
            x, y = (_scale_of(header, k) for k in keys)
            if x is not None and y is not None:
                return (x, y), f"{keys[0]} and {keys[1]} = {_text(header, keys[0])} and {_text(header, keys[1])}"
    for keyword, area in (("PIXAR_A2", 1.0), ("PIXAR_SR", (180 * 3600 / math.pi) ** 2)):
        try:
            side = math.sqrt(float(header[keyword]) * area)
        except (KeyError, ValueError, TypeError):
            continue
        if _possible(side, side):
            return (side, side), f"{keyword} = {_text(header, keyword)}"
    return None, ""


def _text(header: fits.Header, keyword: str) -> str:
    return str(header[keyword]).strip()[:20]


def unread_scale(header: fits.Header) -> str:
    """Name a keyword of the scale that is there and says nothing that can be used: "PIXSCALE = unknown"."""
    return next((f"{k} = {_text(header, k)}" for k in SCALES if k in header and k != "SCALE"), "")


def contradicting_scales(header: fits.Header, scale: float, most: float) -> str:
    """Name a keyword whose scale differs from `scale` [arcsec] by more than a share; empty where none does."""
    sides, said = read_named(header)
    if sides is None or said.startswith(("SCALE", "PIXSIZE", "PIXELSIZ", "PLATESCL", "CCDSCALE")):
        return ""  # those may be a flux's factor, micrometres, or the camera's before it was resampled
    return said if abs(math.sqrt(sides[0] * sides[1]) / scale - 1) > most else ""


def _scale_of(header: fits.Header, keyword: str) -> float | None:
    """Read a scale in arcsec: by the unit behind the number, else by the comment's, else what is possible."""
    value = header.get(keyword)
    match = re.match(r"\s*([-+]?[\d.]+([eEdD][-+]?\d+)?)\s*(.*)$", str(value))
    if isinstance(value, bool) or value is None or match is None:
        return None
    try:
        scale = float(match[1].upper().replace("D", "E"))
    except ValueError:
        return None
    if not (math.isfinite(scale) and scale > 0):
        return None
    unit = _arcsec_in(match[3]) or _arcsec_in(str(header.comments[keyword]))
    for factor in (unit, 1.0, 3600.0):
        if factor and FINEST < scale * factor < COARSEST:
            return scale * factor
    return None


def _arcsec_in(text: str) -> float | None:
    """Arcsec in the unit that a text names; None where it names none."""
    text = text.lower()
    units = (
        (r"milli-?arc-?sec|\bmas\b", 1e-3),
        (r"arc-?sec|\bas\b|\"|\basec", 1.0),
        (r"arc-?min", 60.0),
        (r"\bdeg|°", 3600.0),
        (r"\brad", 180 * 3600 / math.pi),
    )
    return next((factor for pattern, factor in units if re.search(pattern, text)), None)
