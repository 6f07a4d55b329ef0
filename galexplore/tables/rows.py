"""What every reader gives: the rows of a table, with what its file says of the columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from galexplore.tables.meanings import Meaning

MOST_ROWS = 200_000  # of a list
#: Given what a file says of its columns, which of them to read; None reads them all, within no bounds.
Choice = Callable[[Mapping[str, Meaning]], list[str]]


@dataclass
class Rows:
    """A table as it was read.

    `raw` says that all values are text as it stood in the file, of which numbers are yet to be made. `notes` are
    sentences to say; `headless` is whether the names were made up; `delimiter` is what parted the fields of a text;
    `said` is what the file says beside its columns and rows: comments, a title, keywords of the frame.
    """

    frame: pd.DataFrame
    meanings: dict[str, Meaning]
    provenance: str = ""
    raw: bool = False
    notes: list[str] = field(default_factory=list)
    headless: bool = False
    delimiter: str = ""
    said: str = ""


def pick_table(tables: list[dict[str, Meaning]], choose: Choice | None) -> int:
    """Choose among the tables of a file: the first one with what is wanted, else the first."""
    if choose is not None:
        for i, meanings in enumerate(tables):
            if choose(meanings):
                return i
    return 0


def flatten(values: np.ndarray) -> np.ndarray | None:
    """Give a column whose cells hold one value each as one of plain values; None where cells hold several."""
    if values.ndim > 1:
        return values.reshape(len(values)) if values.size == len(values) else None
    if values.dtype == object:
        kinds = {type(v) for v in values[:1000]}
        if kinds & {list, tuple, np.ndarray}:
            cells = [np.ravel(v) if isinstance(v, (list, tuple, np.ndarray)) else np.ravel([v]) for v in values]
            if any(len(c) > 1 for c in cells):
                return None
            plain = [c[0] if len(c) else None for c in cells]
            return pd.Series(plain).to_numpy()
    return values


def take_ucd(column: Mapping[str, Any]) -> str:
    """UCD of a column in the header that astropy writes for ECSV and Parquet."""
    return (column.get("meta") or {}).get("ucd", "")
