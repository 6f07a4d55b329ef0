"""Many positions, each written as one text: the two usual ways all at once, any other as what a person types."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from galexplore.errors import InputError
from galexplore.tables.cells import LONGEST, parse_numbers, trim
from galexplore.tables.positions import parse_position

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
    cells = pc.replace_substring_regex(trim(values), "[−–—‐‑]", "-")
    cells = pc.utf8_trim(cells, " ,;()[]")
    ra, dec = _read_decimals(cells)
    rest = np.flatnonzero(np.isnan(ra))
    ra[rest], dec[rest], usual = _read_sexagesimal(cells.take(pa.array(rest)))
    with np.errstate(invalid="ignore"):
        off = ~((ra >= -180) & (ra <= 360) & (np.abs(dec) <= 90))
    ra[off], dec[off] = np.nan, np.nan
    for i in rest[~usual]:
        text = cells[int(i)].as_py()
        try:
            ra[i], dec[i] = (parse_position(text) if text and len(text) <= LONGEST else None) or (np.nan, np.nan)
        except InputError:
            continue
    return ra % 360, dec


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
    mark = pc.utf8_lower(pc.utf8_trim_whitespace(pc.struct_field(parts, "mark")))
    in_degrees = _is_in(mark, ["d", "deg", "°"])
    behind = _is_in(pc.struct_field(parts, "sign"), ["-"])
    ra = np.where(in_degrees, np.where(behind, -sums[0], sums[0]), np.where(behind, np.nan, 15 * sums[0]))
    dec = np.where(_is_in(pc.struct_field(parts, "south"), ["-"]), -sums[1], sums[1])
    return ra, dec, parts.is_valid().to_numpy(zero_copy_only=False)


def _is_in(cells: pa.Array, words: list[str]) -> np.ndarray:
    return pc.is_in(cells, pa.array(words, cells.type)).to_numpy(zero_copy_only=False)
