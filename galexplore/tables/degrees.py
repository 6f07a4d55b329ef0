"""Right ascensions and declinations of a column in degrees, whatever they are written in."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from galexplore.errors import InputError
from galexplore.tables.cells import (
    EMPTY,
    LARGEST_NUMBER,
    LONGEST,
    is_among,
    is_text,
    parse_numbers,
    read_signs,
    to_floats,
    trim,
    write_minus,
)
from galexplore.tables.contract import SENTINELS
from galexplore.tables.meanings import Meaning

_UNITS = {
    "degrees": (
        "deg",
        "degs",
        "degree",
        "degrees",
        "decimal degrees",
        "decimal deg",
        "d",
        "°",
        "ddeg",
        "deg.",
        "angle[deg]",
    ),
    "hours": ("h", "hr", "hrs", "hour", "hours", "hourangle", "decimal hours", "hour angle"),
    "radians": ("rad", "rads", "radian", "radians"),
    "h:m:s": ("h:m:s", "hh:mm:ss", "hms", "hourangle:m:s", "h m s", "hh mm ss", "hh:mm:ss.s", "hh:mm:ss.ss"),
    "d:m:s": ("d:m:s", "dd:mm:ss", "dms", "deg:m:s", "d m s", "dd mm ss", "dd:mm:ss.s", "sexagesimal", "d:m:s.s"),
    "arcmin": ("arcmin", "arcmins", "arcminute", "arcminutes", "amin"),
    "arcsec": ("arcsec", "arcsecs", "arcsecond", "arcseconds", "asec", "as"),
    "mas": ("mas", "milliarcsec", "milliarcsecond", "milliarcseconds"),
    "": ("", "-", "--", "none", "dimensionless", "1", "unitless", "coord", "angle"),
}
_FACTORS = {"": 1.0, "degrees": 1.0, "hours": 15.0, "radians": 180 / np.pi}
_FACTORS |= {"arcmin": 1 / 60, "arcsec": 1 / 3600, "mas": 1 / 3_600_000}
_FRACTION = r"[0-9]{1,2}(?:\.[0-9]*)?"
_SEXAGESIMAL = (
    r"(?i)^(?P<sign>[+-]?)\s*(?P<first>[0-9]{1,3})(?P<mark>\s*[hd°:]\s*|\s+)"
    rf"(?:(?P<whole>[0-9]{{1,2}})(?:\s*[m:'′]\s*|\s+)(?P<seconds>{_FRACTION})\s*(?:s|\"|″|''|′′)?"
    rf"|(?P<minutes>{_FRACTION})\s*[m:'′]?)$"
)


def tell_unit(name: str, meaning: Meaning) -> str:
    """Tell what a column of positions is in: by its unit, else its name, else its description; "" where none says.

    Raises
    ------
    InputError
        If its unit is of no angle.
    """
    unit = _clean_unit(meaning.unit)
    for kind, spellings in _UNITS.items():
        if unit in spellings and kind:
            return kind
    if re.fullmatch(r"15(?:\.0*)?\s*\*?\s*deg", unit):  # as astropy writes hour angles
        return "hours"
    if unit not in _UNITS[""]:
        raise InputError(f"The unit of the column {name} is {meaning.unit.strip()[:20]}; it should be deg, rad or h.")
    if name.strip().lower() == "al2000":  # HyperLEDA's, in decimal hours
        return "hours"
    if glued := re.fullmatch(
        r"_?(?:ra|decl?|de)[_ ]?(h|hrs?|hours?|d|deg|degrees?|rad|radians?|hms|dms)", name.strip(), re.I
    ):
        word = glued[1].lower()
        return {"hms": "h:m:s", "dms": "d:m:s"}.get(word) or {"h": "hours", "d": "degrees", "r": "radians"}[word[0]]
    bracket = re.search(r"[\[(]\s*([^\])]*?)\s*[\])]", name)
    word = bracket[1].lower() if bracket else re.split(r"[^a-z]+", name.lower())[-1] if "_" in name else ""
    for kind in ("degrees", "hours", "radians", "h:m:s", "d:m:s", "arcmin", "arcsec", "mas"):
        if word in _UNITS[kind] and word != "d":
            return kind
    text = meaning.description.lower()
    kinds = [k for k, p in _DESCRIBED.items() if re.search(p, text)]
    return kinds[0] if len(kinds) == 1 else ""


def _clean_unit(unit: str) -> str:
    """Write a unit in lower case, without what stands around it: brackets, quotes, a frame or an equinox."""
    bare = unit.strip().lower().replace("(s)", "s")
    bare = re.sub(r"[\[({,; ]*\b(?:j2000(?:\.0)?|icrs|fk5|equinox)\b[\])}]*", "", bare)
    inside = re.fullmatch(r"\w*\s*[\[({]\s*([^\])}]+?)\s*[\])}]", bare)
    return re.sub(r"\s+", " ", inside[1] if inside else bare).strip(" \"'[](){}")


_DESCRIBED = {
    "radians": r"\bradians?\b|[\[(]rad[\])]",
    "hours": r"\bhours?\b|[\[(](?:h|hr)[\])]|\bhourangle\b",
    "degrees": r"\bdegrees?\b|\bdeg\b",
}


def tell_units(pair: tuple[str, str], meanings: Mapping[str, Meaning]) -> tuple[str, str]:
    """Tell the units of right ascension and declination; radians of one are the other's where that says nothing."""
    ra, dec = (tell_unit(str(n), meanings.get(n, Meaning())) for n in pair)
    if "radians" in (ra, dec) and "" in (ra, dec):
        return "radians", "radians"
    return ra, dec


def add_parts(frame: pd.DataFrame, parts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Degrees (N,), (N,) of columns of hours, minutes, seconds, and degrees, minutes, seconds; NaN where one is none.

    The sign stands in a column of its own before the degrees, as in the tables of the CDS, or with them: a minus in
    either counts. Of a number it is lost where the degrees are zero, and with it the position.
    """
    numbers = [parts[i] for i in (0, 1, 2, -3, -2, -1)]
    signs = read_signs(frame[parts[3]]) if len(parts) == 7 else np.zeros(len(frame), int)
    minus = pc.starts_with(write_minus(trim(frame[parts[-3]])), "-").to_numpy(zero_copy_only=False)
    south = minus | (signs < 0)
    h, m, s, d, arcmin, arcsec = (_read_part(frame[n]) for n in numbers)
    for minutes in (m, s, arcmin, arcsec):
        minutes[~((minutes >= 0) & (minutes <= 60))] = np.nan
    if not is_text(frame[parts[-3]]):
        d[(d == 0) & ~minus & (signs == 0)] = np.nan
    dec = np.abs(d) + arcmin / 60 + arcsec / 3600
    return 15 * (np.where(h >= 0, h, np.nan) + m / 60 + s / 3600), np.where(south, -dec, dec)


def _read_part(values: pd.Series) -> np.ndarray:
    return parse_numbers(write_minus(trim(values))).copy() if is_text(values) else to_floats(values).copy()


def to_icrs(lon: np.ndarray, lat: np.ndarray, frame: str) -> tuple[np.ndarray, np.ndarray]:
    """Turn longitudes and latitudes (N,), (N,) [deg] of one of astropy's frames into ICRS; NaN where one is none."""
    from astropy.coordinates import SkyCoord  # a second of imports

    known = np.isfinite(lon) & (np.abs(lat) <= 90)
    ra, dec = np.full((2, len(lon)), np.nan)
    kept = SkyCoord(lon[known], lat[known], unit="deg", frame=frame).icrs
    ra[known], dec[known] = kept.ra.deg, kept.dec.deg
    return ra, dec


def to_degrees(values: pd.Series, unit: str, name: str, is_ra: bool) -> np.ndarray:
    """Turn a column into degrees (N,); NaN where it is empty, a sentinel, or cannot be read.

    Parameters
    ----------
    values : Series
        Numbers, or text: decimal, or sexagesimal.
    unit : str
        As `tell_unit` gives it. Sexagesimal right ascensions are hours, but where they or their unit say degrees.
    name : str
        Of the column, for what is refused.

    Raises
    ------
    InputError
        If hours and degrees cannot be told apart, or a declination is said to be in hours.
    """
    factor = _FACTORS.get(unit, _FACTORS["hours"] if is_ra and unit == "h:m:s" else 1.0)
    if not is_text(values):
        _check_unit(to_floats(values), unit, name, is_ra)
        return _scale(to_floats(values), factor)
    cells = trim(values)
    numbers = parse_numbers(cells)
    rest = np.flatnonzero(np.isnan(numbers))
    angles = np.full(len(cells), np.nan)
    if len(rest):
        words = _write_plainly(cells.take(pa.array(rest)))
        numbers[rest] = parse_numbers(words)
        angles[rest] = _read_sexagesimal(words, unit, name, is_ra)
    _check_unit(numbers, unit, name, is_ra)
    if not np.isfinite(angles).any():  # at most the odd word among numbers
        return _scale(numbers, factor)
    # A bare number beside sexagesimal right ascensions is degrees where one is past 24 hours; else nobody knows.
    clear = unit in ("degrees", "radians", "hours", "arcmin", "arcsec", "mas") or not is_ra
    clear = clear or (unit == "" and bool((_scale(numbers, 1.0) > 24).any()))
    return np.where(np.isfinite(angles), angles, _scale(numbers, factor) if clear else np.nan)


def _check_unit(numbers: np.ndarray, unit: str, name: str, is_ra: bool) -> None:
    """Refuse declinations that are numbers and said to be hours."""
    if not is_ra and unit in ("hours", "h:m:s") and np.isfinite(numbers).any():
        raise InputError(f"The unit of the column {name} is hours, which declinations are not given in; give degrees.")


def _scale(numbers: np.ndarray, factor: float) -> np.ndarray:
    """Turn numbers into degrees, sentinels and what is past any angle into NaN."""
    degrees = numbers * factor
    return np.where(np.isin(numbers, SENTINELS) | (np.abs(degrees) > LARGEST_NUMBER), np.nan, degrees)


def _write_plainly(cells: pa.Array) -> pa.Array:
    """Write cells that are no plain numbers with the keyboard's minus and a point, without quotes and `deg`."""
    cells = write_minus(cells)
    for raised, letter in ("ʰh", "ᵐm", "ˢs", "ᵈd"):
        cells = pc.replace_substring(cells, raised, letter)
    cells = pc.utf8_trim_whitespace(pc.utf8_trim(pc.utf8_ltrim(cells, "="), "\"'"))  # ="1.5" as Excel writes it
    unknown = pc.or_(
        pc.is_in(pc.utf8_lower(cells), pa.array(EMPTY, cells.type)), pc.greater(pc.utf8_length(cells), LONGEST)
    )
    cells = pc.if_else(unknown, "", cells)
    cells = pc.replace_substring_regex(cells, r"^([+-]?[0-9]*),([0-9]+)$", r"\1.\2")
    return pc.replace_substring_regex(cells, r"^([+-]?[0-9.]+)\s*(?:deg|d|°)$", r"\1")


def _read_sexagesimal(cells: pa.Array, unit: str, name: str, is_ra: bool) -> np.ndarray:
    """Read degrees (N,) of sexagesimal text; NaN where it is none."""
    parts = pc.extract_regex(cells, _SEXAGESIMAL)
    texts = {key: pc.struct_field(parts, key) for key in ("sign", "first", "mark", "whole", "seconds", "minutes")}
    first, whole, seconds, minutes = (parse_numbers(texts[k]) for k in ("first", "whole", "seconds", "minutes"))
    minutes = np.where(np.isnan(minutes), whole, minutes)
    seconds = np.nan_to_num(seconds)
    value = np.where((minutes >= 60) | (seconds > 60), np.nan, first + minutes / 60 + seconds / 3600)
    value = np.where(is_among(texts["sign"], "-"), -value, value)
    mark = pc.utf8_lower(pc.utf8_trim_whitespace(texts["mark"]))
    hours, degrees = is_among(mark, "h"), is_among(mark, "d", "°")
    if not is_ra:
        return np.where(hours, np.nan, value)
    bare = np.isfinite(value) & ~hours & ~degrees
    if bare.any() and unit == "degrees":
        raise InputError(
            f"The column {name} says degrees and holds {str(cells[int(bare.argmax())])[:20]}, which looks like hours; "
            "write h or d behind the first number, or give decimal degrees."
        )
    in_degrees = degrees | (bare if unit == "d:m:s" else False)
    behind = np.isfinite(value) & ~in_degrees & is_among(texts["sign"], "-")
    if behind.any():
        raise InputError(
            f"The column {name} holds {str(cells[int(behind.argmax())])[:20]}; a right ascension in hours has no minus."
        )
    late = np.isfinite(value) & ~in_degrees & (value > 24)
    if late.any():
        raise InputError(
            f"The column {name} holds {str(cells[int(late.argmax())])[:20]}, past 24 hours; write d behind the first "
            "number where it is degrees, or give decimal degrees."
        )
    return np.where(in_degrees, value, value * 15)
