"""What the names and words of an expression stand for: columns as arrays, what kind each is, the nearest names."""

import difflib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from galexplore.errors import InputError


def say_kind(value: Any) -> str:
    """Say what a value is: "a number", "a condition" or "text"."""
    if isinstance(value, np.ndarray):
        return {"b": "a condition", "O": "text"}.get(value.dtype.kind, "a number")
    return "text" if isinstance(value, str) else "a condition" if isinstance(value, bool | np.bool_) else "a number"


def read_column(table: pd.DataFrame, name: str) -> np.ndarray:
    """Read a column (N,) as numbers in its own precision (NaN where missing), truths, or text as objects.

    Raises
    ------
    InputError
        Where it holds something else, such as dates.
    """
    column = table[name]
    if isinstance(column, pd.DataFrame):
        raise InputError(f"Several columns are called “{name[:40]}”, so the name is ambiguous.")
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind):
        return column.fillna(False).to_numpy(bool)
    if pd.api.types.is_complex_dtype(kind):
        raise InputError(f"“{name[:40]}” holds complex numbers, which have no order.")
    if pd.api.types.is_numeric_dtype(kind):
        if isinstance(kind, np.dtype):
            return column.to_numpy()
        return column.to_numpy(float, na_value=np.nan) if column.hasnans else np.asarray(column)
    if pd.api.types.is_datetime64_any_dtype(kind) or pd.api.types.is_timedelta64_dtype(kind):
        raise InputError(f"“{name[:40]}” holds dates; only numbers, text and booleans can be used.")
    return column.astype(object).to_numpy()


def is_one_of(value: Any, words: Iterable[Any]) -> Any:
    """Say where text (N,) or a word is one of several words or texts (N,); what is missing is none of them."""
    equal: Any = False
    for word in words:
        if isinstance(value, str) and isinstance(word, str):
            one: Any = value == word
        elif isinstance(value, np.ndarray) and isinstance(word, np.ndarray):
            pairs = zip(value, word, strict=True)
            one = np.fromiter((isinstance(a, str) and isinstance(b, str) and a == b for a, b in pairs), bool)
        else:
            texts, word = (word, value) if isinstance(value, str) else (value, word)
            one = np.fromiter((isinstance(a, str) and a == word for a in texts), bool)
        equal = np.logical_or(equal, one)
    return equal


def find_close(name: str, names: Iterable[str]) -> str:
    """Find the name most like another, whatever its case; "" where none is."""
    plain = {known.lower(): known for known in reversed(list(names))}
    close = difflib.get_close_matches(name.lower(), plain, 1, 0.6)
    return plain[close[0]] if close else ""
