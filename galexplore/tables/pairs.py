"""Many positions, each written as one text: the two usual ways all at once, any other as what a person types."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from galexplore.errors import InputError
from galexplore.tables.cells import LONGEST, is_among, parse_numbers, trim, write_minus
from galexplore.tables.designations import read_designation
from galexplore.tables.positions import parse_position

_MOST_UNUSUAL = 50_000  # positions that are read one by one
_NUMBER = r"(?:[0-9]{1,20}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?"
_DECIMAL = rf"^(?P<ra>[+-]?{_NUMBER})\s*[,;\s]\s*(?P<dec>[+-]?{_NUMBER})$"
_HALF = (
    r"(?P<first{0}>[0-9]{{1,3}})(?P<mark{0}>\s*(?:[hd:°]|deg)\s*|\s+)(?P<minutes{0}>[0-9]{{1,2}})(?:\s*[m:'′]\s*|\s+)"
    r"(?P<seconds{0}>[0-9]{{1,20}}(?:\.[0-9]*)?|\.[0-9]+)\s*(?:s|\"|″|''|′′)?\s*"
)
_SEXAGESIMAL = rf"(?i)^(?P<sign>[+-]?)\s*{_HALF.format('')}[,;]?\s*(?P<south>[+-]?)\s*{_HALF.format('_dec')}$"


def parse_positions(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Read many positions, each as `parse_position` would.

    Returns
    -------
    ra, dec : ndarray (N,)
        Degrees; NaN where a text holds no position, or one that is not on the sky.
    """
    cells = write_minus(trim(values))
    cells = pc.utf8_trim(cells, " ,;()[]")
    ra, dec = _read_decimals(cells)
    rest = np.flatnonzero(np.isnan(ra))
    ra[rest], dec[rest], usual = _read_sexagesimal(cells.take(pa.array(rest)))
    with np.errstate(invalid="ignore"):
        off = ~((ra >= -180) & (ra <= 360) & (np.abs(dec) <= 90))
    ra[off], dec[off] = np.nan, np.nan
    rest = rest[~usual]
    ra[rest], dec[rest] = _read_names(cells.take(pa.array(rest)))
    rest = rest[np.isnan(ra[rest]) & (pc.utf8_length(cells.take(pa.array(rest))).to_numpy() > 0)]
    return _read_singly(cells, rest, ra, dec, parse_position)


def parse_names(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Degrees (N,), (N,) of the positions that names of sources carry, as `read_designation` reads each; else NaN."""
    cells = trim(values)
    ra, dec = _read_names(cells)
    likely = pc.match_substring_regex(cells, r"(?i)J\s*[0-9]{3}|[0-9]{3}\.?[0-9]*\s*[+-]\s*[0-9]{2}")
    return _read_singly(
        cells, np.flatnonzero(np.isnan(ra) & likely.to_numpy(zero_copy_only=False)), ra, dec, read_designation
    )


def _read_singly(
    cells: pa.Array,
    rest: np.ndarray,
    ra: np.ndarray,
    dec: np.ndarray,
    parse: Callable[[str], tuple[float, float] | None],
) -> tuple[np.ndarray, np.ndarray]:
    """Read what is written in no usual way, one by one."""
    if len(rest) > _MOST_UNUSUAL:
        raise InputError(
            f"More than {_MOST_UNUSUAL:,} positions are written in an unusual way, such as "
            f"{cells[int(rest[0])].as_py()[:30]!r}; give them in degrees."
        )
    for i in rest:
        text = cells[int(i)].as_py()
        try:
            ra[i], dec[i] = (parse(text) if len(text) <= LONGEST else None) or (np.nan, np.nan)
        except InputError:
            continue
    return ra % 360, dec


#: SDSS J100024.00-003000.0 and its like, and 2MASX J10002400-0030000, which leaves the points out.
_NAME = (
    r"(?i)^(?:(?:SDSS|2MAS[SX]|(?:All)?WISEA?|GAMA|HSC|DES|KiDS|LS|LEGACY)\s*)?J(?P<h>[0-9]{2})(?P<m>[0-9]{2})"
    r"(?P<s>[0-9]{2}(?:\.[0-9]+)?)(?P<south>[+-])(?P<d>[0-9]{2})(?P<arcmin>[0-9]{2})(?P<arcsec>[0-9]{2}(?:\.[0-9]+)?)$"
)
_POINTLESS = r"(?i)J([0-9]{6})([0-9]{2})([+-])([0-9]{6})([0-9])$"


def _read_names(cells: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """Degrees (N,), (N,) of names that carry hours, minutes and seconds in full; else NaN."""
    parts = pc.extract_regex(pc.replace_substring_regex(cells, _POINTLESS, r"J\1.\2\3\4.\5"), _NAME)
    h, m, s, d, arcmin, arcsec = (
        parse_numbers(pc.struct_field(parts, key)) for key in ("h", "m", "s", "d", "arcmin", "arcsec")
    )
    with np.errstate(invalid="ignore"):
        fine = (m < 60) & (s < 60) & (arcmin < 60) & (arcsec < 60) & (h < 24)
        ra, dec = 15 * (h + m / 60 + s / 3600), d + arcmin / 60 + arcsec / 3600
        fine &= dec <= 90
    dec = np.where(is_among(pc.struct_field(parts, "south"), "-"), -dec, dec)
    return np.where(fine, ra, np.nan), np.where(fine, dec, np.nan)


def _read_decimals(cells: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    parts = pc.extract_regex(cells, _DECIMAL)
    ra, dec = (parse_numbers(pc.struct_field(parts, name)).copy() for name in ("ra", "dec"))
    return ra, dec


def _read_sexagesimal(cells: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Degrees (N,), (N,) of texts in hours (degrees where marked so), minutes, seconds; whether each is one."""
    parts = pc.extract_regex(cells, _SEXAGESIMAL)
    sums = []
    for half in ("", "_dec"):
        first, minutes, seconds = (
            parse_numbers(pc.struct_field(parts, name + half)) for name in ("first", "minutes", "seconds")
        )
        with np.errstate(invalid="ignore"):
            sums.append(np.where((minutes < 60) & (seconds < 60), first + minutes / 60 + seconds / 3600, np.nan))
    mark, mark_dec = (pc.utf8_lower(pc.utf8_trim_whitespace(pc.struct_field(parts, m))) for m in ("mark", "mark_dec"))
    in_degrees = is_among(mark, "d", "deg", "°")
    behind = is_among(pc.struct_field(parts, "sign"), "-")
    ra = np.where(in_degrees, np.where(behind, -sums[0], sums[0]), np.where(behind, np.nan, 15 * sums[0]))
    dec = np.where(is_among(pc.struct_field(parts, "south"), "-"), -sums[1], sums[1])
    dec = np.where(is_among(mark_dec, "h"), np.nan, dec)
    return ra, dec, parts.is_valid().to_numpy(zero_copy_only=False)
