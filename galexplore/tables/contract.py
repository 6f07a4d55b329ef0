"""What a table promises: a name for every row, values within bounds, and whether its galaxies are simulated."""

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.tables.columns import find_column

#: What other catalogues write for "unknown"; read as NaN.
SENTINELS = (-99.0, -999.0, -9999.0)


def check_ids(frame: pd.DataFrame) -> None:
    """Refuse a table whose `id` does not name every row, and each by another name.

    Raises
    ------
    InputError
        One sentence: no column, an empty id, or the first one that stands twice.
    """
    if "id" not in frame:
        raise InputError("the table has no column id")
    ids = frame["id"]
    twice = ids[ids.duplicated()]
    if len(twice) or (ids == "").any():
        which = f"{str(twice.iloc[0])[:40]!r} stands twice" if len(twice) else "one is empty"
        raise InputError(f"the column id must name every row, and no two alike; {which}")


def validate(frame: pd.DataFrame) -> None:
    """Hold a table against the contract.

    Raises
    ------
    InputError
        One sentence that names the first column, in the table's order, that breaks it: no `id` or a repeated one,
        text where numbers belong, an infinite value, a sentinel, or a value out of bounds.
    """
    if "id" not in frame:
        raise InputError("the table has no column id")
    for name in frame:
        values, column = frame[name], find_column(str(name))
        if column is None:
            continue
        if column.dtype == "str":
            if not all(isinstance(v, str) for v in values):
                raise InputError(f"the column {name} must hold text only")
            if name == "id":
                check_ids(frame)
            continue
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            raise InputError(f"the column {name} must hold numbers")
        known = values[values.notna()]
        bad = known[known.isin(SENTINELS) | ~known.between(column.low, column.high) | ~np.isfinite(known)]
        if len(bad):
            raise InputError(f"the column {name} holds {bad.iloc[0]:g}, outside {column.low:g} to {column.high:g}")


def is_simulated(frame: pd.DataFrame) -> bool:
    """Whether a catalogue's galaxies are simulated: told by its provenance, else by the parameters of the mock in it.

    The provenance says `simulated`; that of older simulated surveys says what was asked for as `survey`, seed included.
    """
    simulated = frame.attrs.get("simulated")
    if isinstance(simulated, bool):
        return simulated
    return '"seed"' in str(frame.attrs.get("survey", "")) or set(frame) >= _DRAWN_FROM


_DRAWN_FROM = {"seed", "phi_true", "inclination", "re_arcsec", "oddity"}  # as no measured catalogue has them
