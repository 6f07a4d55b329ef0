"""The cells of a column of text, all at once: without blanks, as numbers, unknown or not."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from galexplore.tables.contract import SENTINELS

#: What people write for "unknown" in a column of text.
EMPTY = ("", "nan", "null", "none", "--", "n/a", "na", "-", "masked", "...", "?")
LONGEST = 200  # characters of a cell that are looked at: no angle and no number has more
LARGEST_NUMBER = 1e7  # what is past it is neither an angle nor a coordinate, but stands for "unknown"
_MINUSES = "[−–—‐‑]"  # what stands for the keyboard's minus in tables that were typeset
_SOUTH, _NORTH = ("-", "-1", "-1.0", "s", "south"), ("+", "1", "1.0", "n", "north")
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3}|[dD][+-][0-9]{2,3})?$"


def trim(values: pd.Series) -> pa.Array:
    """Text (N,) of each cell without blanks around, "" where there is none; of a long one only the beginning."""
    cells = pa.array(values.astype("str").fillna(""), pa.large_string())
    return pc.utf8_slice_codeunits(pc.utf8_trim_whitespace(cells), 0, LONGEST + 1)


def write_minus(cells: pa.Array) -> pa.Array:
    """Write the keyboard's minus for those of typesetters."""
    return pc.replace_substring_regex(cells, _MINUSES, "-")


def is_among(cells: pa.Array, *words: str) -> np.ndarray:
    """Whether each cell (N,) is one of the words."""
    return pc.is_in(cells, pa.array(words, cells.type)).to_numpy(zero_copy_only=False)


def read_signs(values: pd.Series) -> np.ndarray:
    """Signs (N,) that a column says: -1 for minus and south, 1 for plus and north, 0 where a cell says neither.

    A one is a plus only where the whole column holds signs: it may be a Sersic index, too.
    """
    cells = pc.utf8_lower(write_minus(trim(values)))
    south, north, silent = is_among(cells, *_SOUTH), is_among(cells, *_NORTH), is_among(cells, *EMPTY)
    north &= (south | north | silent).all() | is_among(cells, "+", "n", "north")
    return north.astype(int) - south


def parse_numbers(cells: pa.Array) -> np.ndarray:
    """Numbers (N,) of cells without blanks; NaN where a cell holds none."""
    plain = pc.and_(pc.match_substring_regex(cells, _NUMBER), pc.less_equal(pc.utf8_length(cells), LONGEST))
    digits = pc.if_else(plain, pc.utf8_ltrim(cells, "+"), pa.scalar(None, pa.large_string()))
    digits = pc.replace_substring_regex(digits, "[dD]", "e")  # as Fortran writes exponents
    return digits.cast(pa.float64()).to_numpy(zero_copy_only=False)


def is_text(values: pd.Series) -> bool:
    """Whether a column holds anything but numbers."""
    return not pd.api.types.is_numeric_dtype(values)


def to_floats(values: pd.Series) -> np.ndarray:
    """Give a column of numbers as floats (N,), NaN where one is missing."""
    return values.astype("float64").to_numpy(float, na_value=np.nan)


def is_sentinel(numbers: np.ndarray) -> np.ndarray:
    """Whether numbers (N,) stand for "unknown": sentinels, and what is past any angle."""
    return np.isin(numbers, SENTINELS) | (np.abs(numbers) > LARGEST_NUMBER)


def is_unknown(values: pd.Series) -> np.ndarray:
    """Whether each cell (N,) is empty, or says in whatever way that nothing is known."""
    if not is_text(values):
        numbers = to_floats(values)
        return np.isnan(numbers) | is_sentinel(numbers)
    cells = trim(values)
    empty = pc.is_in(pc.utf8_lower(cells), pa.array(EMPTY, pa.large_string())).to_numpy(zero_copy_only=False)
    return empty | is_sentinel(parse_numbers(cells))
