"""Right ascensions and declinations of a column in degrees, whatever they are written in."""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.tables.contract import SENTINELS
from galexplore.tables.roles import Meaning

#: What people write for "unknown" in a column of text.
EMPTY = ("", "nan", "null", "none", "--", "n/a", "na", "-", "masked", "...", "?")
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
    "": ("", "-", "--", "none", "dimensionless", "1", "unitless"),
}
_FACTORS = {"": 1.0, "degrees": 1.0, "hours": 15.0, "radians": 180 / np.pi}
_SEXAGESIMAL = (
    r"([+-])?\s*(\d{1,3})(\s*[hd°:]\s*|\s+)(\d{1,2}(?:\.\d*)?)(?:\s*[m:'′]\s*|\s+|$)"
    r"(?:(\d{1,2}(?:\.\d*)?)\s*(?:s|\"|″|''|′′)?)?"
)


def tell_unit(name: str, meaning: Meaning) -> str:
    """Tell what a column of positions is in: by its unit, else its name, else its description; "" where none says.

    Raises
    ------
    InputError
        If its unit is of no angle.
    """
    unit = re.sub(r"\s+", " ", meaning.unit.strip().strip("\"'[]()").lower())
    for kind, spellings in _UNITS.items():
        if unit in spellings and kind:
            return kind
    if re.fullmatch(r"15(?:\.0*)?\s*\*?\s*deg", unit):  # as astropy writes hour angles
        return "hours"
    if unit not in _UNITS[""]:
        raise InputError(f"The unit of the column {name} is {meaning.unit.strip()[:20]}; it should be deg, rad or h.")
    bracket = re.search(r"[\[(]\s*([^\])]*?)\s*[\])]", name)
    word = bracket[1].lower() if bracket else re.split(r"[^a-z]+", name.lower())[-1] if "_" in name else ""
    for kind in ("degrees", "hours", "radians", "h:m:s", "d:m:s"):
        if word in _UNITS[kind] and word != "d":
            return kind
    text = meaning.description.lower()
    kinds = [k for k, p in _DESCRIBED.items() if re.search(p, text)]
    return kinds[0] if len(kinds) == 1 else ""


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


def is_unknown(values: pd.Series) -> np.ndarray:
    """Whether each cell (N,) is empty, or says in whatever way that nothing is known."""
    if not _is_text(values):
        numbers = values.astype("float64").to_numpy(float, na_value=np.nan)
        return np.isnan(numbers) | np.isin(numbers, SENTINELS) | (np.abs(numbers) > 1e7)
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip().str.lower()
    values = pd.to_numeric(text, errors="coerce")
    return (text.isin(EMPTY) | values.isin(SENTINELS) | (values.abs() > 1e7)).to_numpy(bool)


def add_parts(frame: pd.DataFrame, parts: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Degrees (N,), (N,) of the seven columns RAh, RAm, RAs, DE-, DEd, DEm, DEs of a table of the CDS."""
    h, m, s, d, arcmin, arcsec = (
        pd.to_numeric(frame[n], errors="coerce").astype("float64").to_numpy(float, na_value=np.nan)
        for n in (*parts[:3], *parts[4:])
    )
    south = frame[parts[3]].astype(str).str.strip().str.replace("−", "-").eq("-").to_numpy()
    dec = d + arcmin / 60 + arcsec / 3600
    return 15 * (h + m / 60 + s / 3600), np.where(south, -dec, dec)


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
    if not is_ra and unit in ("hours", "h:m:s") and not _is_text(values):
        raise InputError(f"The unit of the column {name} is hours, which declinations are not given in; give degrees.")
    if not _is_text(values):
        numbers = pd.to_numeric(values, errors="coerce").astype("float64").to_numpy(float, na_value=np.nan)
        return _clean(numbers) * _FACTORS.get(unit, _FACTORS["hours"] if unit == "h:m:s" else 1.0)
    text = values.astype("str").fillna("").str.replace(r"[−–‐‑]", "-", regex=True).str.strip().str.strip("\"'")
    text = text.mask(text.str.lower().isin(EMPTY), "")
    decimal = text.str.replace(r"^([+-]?\d*),(\d+)$", r"\1.\2", regex=True).str.replace(
        r"\s*(?:deg|d|°)$", "", regex=True
    )
    numbers = pd.to_numeric(decimal, errors="coerce").to_numpy(float)
    rest = np.isnan(numbers) & (text != "").to_numpy()
    if not rest.any():
        return _clean(numbers) * _FACTORS.get(unit, _FACTORS["hours"] if is_ra and unit == "h:m:s" else 1.0)
    angles = _read_sexagesimal(text[rest], unit, name, is_ra)
    clear = unit in ("degrees", "radians", "hours")  # of a bare number beside sexagesimal ones nobody knows
    out = _clean(numbers) * _FACTORS[unit] if clear else np.full(len(text), np.nan)
    if not np.isfinite(angles).any():  # nothing here is sexagesimal: the odd word among numbers
        out = _clean(numbers) * _FACTORS.get(unit, 1.0)
    out[rest] = angles
    return out


def _is_text(values: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(values)


def _clean(numbers: np.ndarray) -> np.ndarray:
    """Turn sentinels and what is past any angle into NaN."""
    return np.where(np.isin(numbers, SENTINELS) | ~(np.abs(numbers) <= 1e7), np.nan, numbers)


def _read_sexagesimal(text: pd.Series, unit: str, name: str, is_ra: bool) -> np.ndarray:
    """Read degrees (N,) of sexagesimal text; NaN where it is none."""
    parts = text.str.extract(f"^{_SEXAGESIMAL}$")
    first, minutes = (pd.to_numeric(parts[i], errors="coerce").to_numpy(float) for i in (1, 3))
    seconds = pd.to_numeric(parts[4], errors="coerce").fillna(0.0).to_numpy(float)
    value = np.where((minutes >= 60) | (seconds > 60), np.nan, first + minutes / 60 + seconds / 3600)
    value = np.where((parts[0] == "-").to_numpy(), -value, value)
    if not is_ra:
        return value
    mark = parts[2].fillna("").str.strip()
    hours, degrees = (mark == "h").to_numpy(), mark.isin(["d", "°"]).to_numpy()
    bare = np.isfinite(value) & ~hours & ~degrees
    if bare.any() and unit == "degrees":
        raise InputError(
            f"The column {name} says degrees and holds {text.iloc[int(bare.argmax())][:20]}, which looks like hours; "
            "write h or d behind the first number, or give decimal degrees."
        )
    in_degrees = degrees | (bare if unit == "d:m:s" else False)
    late = np.isfinite(value) & ~in_degrees & (value >= 24)
    if late.any():
        raise InputError(
            f"The column {name} holds {text.iloc[int(late.argmax())][:20]}, past 24 hours; write d behind the first "
            "number where it is degrees, or give decimal degrees."
        )
    return np.where(in_degrees, value, value * 15)
