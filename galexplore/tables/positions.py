"""Positions on the sky: read from what a person types, as vectors, and how far apart."""

import re

import numpy as np
from numpy.typing import ArrayLike

from galexplore.errors import InputError
from galexplore.tables.addresses import find_frame, find_places, is_address
from galexplore.tables.designations import read_designation
from galexplore.tables.phrases import clean, unwrap
from galexplore.tables.sexagesimal import add_up, check_position

LONGEST = 2000  # characters that are looked at: a link may be long, and half of one would be another place

_NUMBER = r"(?:\d{1,20}(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2}(?!\d))?"
_UNIT = r"(deg(?:rees?)?|d|°|h(?:ours?|rs?|ourangle)?|rad(?:ians?)?)?"
_DECIMAL = re.compile(rf"([+-]?{_NUMBER})\s*{_UNIT}\s*[,;|/\s]\s*([+-]?)\s?({_NUMBER})\s*{_UNIT}", re.I)
#: A sign alone parts them only where both have a decimal point: 8485-1901 is a name.
_GLUED = re.compile(rf"([+-]?\d{{1,3}}\.\d*)\s*{_UNIT}\s*([+-])\s*(\d{{1,2}}\.\d*)\s*{_UNIT}", re.I)
_MINUTES, _SECONDS = r"\s*[m:'′]\s*|\s+", r"\s*(?:s|\"|″|''|′′)?\s*"
_HALF = rf"(\d{{1,3}})(\s*(?:[hd:°]|deg)\s*|\s+)(\d{{1,2}})(?:{_MINUTES})(\d{{1,20}}(?:\.\d*)?|\.\d+){_SECONDS}"
_SEXAGESIMAL = re.compile(rf"([+-]?)\s*{_HALF}[,;|/]?\s*([+-]?)\s*{_HALF}", re.I)
#: Without seconds, where signs or letters leave no doubt what is what.
_SHORT = r"(\d{1,3})(\s*(?:[hd:°]|deg)\s*|\s+)(\d{1,2}(?:\.\d*)?)\s*[m'′]?\s*"
_TO_MINUTES = re.compile(rf"([+-]?)\s*{_SHORT}[,;]?\s*([+-])\s*{_SHORT}", re.I)
_KEY = r"\b(ra|de)(?:c|cl)?(?:[_.]?(?:j2000(?:\.0)?|icrs|fk5|deg))?(?![a-z])"
_KEYED = re.compile(
    rf"{_KEY}\s*(?:[\[(]([^\])]{{0,20}})[\])])?\s*[=:]?\s*([+-]?\s?[\d.][^,;&=]*?)\s*(?=[,;&)]|{_KEY}|$)", re.I
)
_WORDS = r"\b(?:ra|right ascension|dec|decl|declination)(?![a-z0-9])\s*[:=]?|[αδ]\s*[:=]?"


def parse_position(text: str) -> tuple[float, float] | None:
    """Read a position out of what was typed or pasted.

    Understands degrees ("150.1 -0.5"), sexagesimal ("10:00:24.1 -00:30:00", "10h00m24.1s -00d30m00s", and in degrees
    "150d06m00s -00d30m00s"), names that carry a position ("SDSS J100024.10-003000.0", "2MASX J10002410-0030000",
    "PSO J150.1000-00.5000") and links of the Legacy viewer, Aladin, SkyServer, SIMBAD, NED, ESASky and their like.

    Returns
    -------
    (ra, dec) in degrees, ICRS, 0 <= ra < 360; or None where the text is no position.

    Raises
    ------
    InputError
        Where it is one, but not on the sky, or of another equinox.
    """
    if len(text) > LONGEST:
        return None
    text = clean(text)
    if is_address(text):
        return _parse_address(text)
    text, frame = unwrap(text)
    keyed = {key.lower(): _join_unit(value, unit) for key, unit, value, *_ in _KEYED.findall(text)}
    if len(keyed) == 2:
        return _to_icrs(_parse_numbers(f"{keyed['ra']} {keyed['de']}"), frame)
    if pair := _GALACTIC.fullmatch(text):
        return _to_icrs(_parse_numbers(f"{pair[1]} {pair[2]}"), "galactic")
    return _to_icrs(read_designation(text) or _parse_numbers(text), frame)


_GALACTIC = re.compile(r"(?:l|glon|l_?ii)\s*[=:]?\s*([\d.]+)[,; ]\s*(?:b|glat|b_?ii)\s*[=:]?\s*([+-]?[\d.]+)", re.I)


def _join_unit(value: str, unit: str) -> str:
    """Write a unit that stood in brackets behind a key behind its plain number."""
    unit = unit.strip().lower().rstrip(".")
    return f"{value} {unit}" if re.fullmatch(rf"[+-]?\s?{_NUMBER}", value) and re.fullmatch(_UNIT, unit) else value


def _to_icrs(position: tuple[float, float] | None, frame: str) -> tuple[float, float] | None:
    """Turn a position of a frame into ICRS; what is not of ICRS, J2000 or the galaxy is refused."""
    if position is None or frame == "icrs":
        return position
    if frame != "galactic":
        what = "for the equinox B1950" if frame == "B1950" else f"in {frame[:20]} coordinates"
        raise InputError(f"The position is given {what}; give it in ICRS (J2000).")
    from astropy.coordinates import SkyCoord  # a second of imports

    icrs = SkyCoord(*position, unit="deg", frame="galactic").icrs
    return float(icrs.ra.deg), float(icrs.dec.deg)


def _parse_address(text: str) -> tuple[float, float] | None:
    """Position of a link, in whatever frame it names."""
    frame = find_frame(text)
    for place in find_places(text):
        bare, named = unwrap(clean(place))
        if position := read_designation(bare) or _parse_numbers(bare):
            return _to_icrs(position, frame if named == "icrs" else named)
    return None


def _parse_numbers(text: str) -> tuple[float, float] | None:
    """Read two decimal or two sexagesimal numbers."""
    rest = re.sub(_WORDS, " ", text, flags=re.I).strip(" ,;()")
    rest = re.sub(r"\s+z\s*=\s*[\d.]+$", "", rest)
    return _read_sexagesimal(re.sub(r" 2000(?:\.0)?$", "", rest)) or _read_decimals(rest)


def _read_sexagesimal(text: str) -> tuple[float, float] | None:
    """Read right ascension in hours, or in degrees where its first number is marked with d or °; declination."""
    if parts := _SEXAGESIMAL.fullmatch(text):
        sign, h, mark, m, s, sign_dec, d, mark_dec, arcmin, arcsec = parts.groups()
    elif parts := _TO_MINUTES.fullmatch(text):
        sign, h, mark, m, sign_dec, d, mark_dec, arcmin = parts.groups()
        s = arcsec = "0"
    else:
        return None
    in_degrees = mark.strip().lower() in ("d", "deg", "°")
    if mark_dec.strip().lower() == "h":
        raise InputError(f"A declination is given in degrees, not in hours; {sign_dec}{d}h{arcmin} was given.")
    if sign == "-" and not in_degrees:
        raise InputError(f"A right ascension in hours has no minus; -{h}:{m}:{s} was given.")
    if not in_degrees and float(h) + float(m) / 60 + float(s) / 3600 > 24:
        raise InputError(f"{h}:{m}:{s} is past 24 hours; write d behind {h} where it is degrees.")
    ra = add_up(h, m, s) * (1 if in_degrees else 15) * (-1 if sign == "-" else 1)
    return check_position(ra, add_up(d, arcmin, arcsec) * (-1 if sign_dec == "-" else 1))


def _read_decimals(text: str) -> tuple[float, float] | None:
    """Read two numbers in degrees, or in hours (right ascension) or radians where they are marked so."""
    if not (pair := _DECIMAL.fullmatch(text) or _GLUED.fullmatch(text)):
        return None
    ra, dec = float(pair[1]), float(pair[4]) * (-1 if pair[3] == "-" else 1)
    unit, unit_dec = (pair[2] or "d")[0].lower(), (pair[5] or "d")[0].lower()
    if unit_dec == "h" or (unit == "r") != (unit_dec == "r"):
        return None
    if unit == "r":
        ra, dec = float(np.degrees(ra)), float(np.degrees(dec))
    return check_position(ra * 15 if unit == "h" else ra, dec)


def to_vectors(ra: ArrayLike, dec: ArrayLike) -> np.ndarray:
    """Give unit vectors (N, 3) of positions in degrees: RA's wrap and cos(dec) take care of themselves."""
    ra, dec = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def separate(ra: ArrayLike, dec: ArrayLike, ra0: ArrayLike, dec0: ArrayLike) -> np.ndarray:
    """Separations (N,) in arcsec of positions (degrees) from one, or each from its own; NaN where one is unknown."""
    chord = np.linalg.norm(to_vectors(ra, dec) - to_vectors(ra0, dec0), axis=-1)
    return np.degrees(2 * np.arcsin(np.clip(chord / 2, 0, 1))) * 3600
