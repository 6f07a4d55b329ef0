"""Masses and SFRs of a table of their own, by the ids of the galaxies: a file's, or a HATS catalogue's as PROVABGS."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.posterior.label_errors import TYPICAL_ERRORS
from galexplore.sources.catalogues.hats import HatsCatalogue
from galexplore.sources.catalogues.own import find_values, hold_unit, list_columns
from galexplore.sources.catalogues.selection import LABELS
from galexplore.sources.hats import is_hats
from galexplore.tables import catalogue
from galexplore.tables.readers import read_rows

#: By the names here, what catalogues call them; the first that can be computed is taken.
USUAL = {
    "id": ("id", "TARGETID", "object_id", "CATAID", "specObjID"),
    "logmass": ("logmass", "LOG_MSTAR", "PROVABGS_LOGMSTAR_BF"),
    "logsfr": ("logsfr", "log10(AVG_SFR)"),
}
#: PROVABGS's draws from the posterior, of which the first number of each is the logarithm of the mass.
DRAWS = "PROVABGS_MCMC"


def open_labels(place: str, off: bool = False) -> HatsCatalogue | None:
    """Open a HATS catalogue of labels, of which nothing is read yet; None where the place is a table's file.

    Raises
    ------
    InputError, NetworkError
        As of `HatsCatalogue`.
    """
    return HatsCatalogue(place, off=off) if "://" in place or is_hats(Path(place)) else None


def read_labels(
    place: str,
    mapping: Mapping[str, str],
    off: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> pd.DataFrame:
    """Read masses and SFRs with their errors by `id`.

    Parameters
    ----------
    place : str
        A table's file, or the folder or address (`hf://datasets/...`) of a HATS catalogue, of which one partition at a
        time is in memory and only the columns that are needed are read.
    mapping : mapping
        By the names here, a column there or an expression of columns. What the Multimodal Universe's PROVABGS calls
        them needs none; the error of PROVABGS's masses is the standard deviation of its draws, where none is given.
    off : bool
        Whether the network is switched off.

    Returns
    -------
    DataFrame
        `id` (text), of `logmass`, `logsfr` those that are known with `_err`, or with `_p16` and `_p84`, and `ra`, `dec`
        [deg] where it has them.

    Raises
    ------
    InputError
        Where it cannot be read, or lacks ids or labels.
    NetworkError
        Where it is elsewhere and the network is off.
    """
    whole = open_labels(place, off)
    if whole is None:
        frame = catalogue.read(Path(place))
        units = {
            str(n): m.unit for n, m in read_rows(Path(place).read_bytes(), catalogue.MOST_UNPACKED).meanings.items()
        }
        return map_labels(frame, mapping, units)
    needed = [*_list_expressions(mapping), "ra", "dec"]
    wanted = [c for c in whole.columns if any(_names(c, e) for e in needed)]
    if DRAWS in whole.columns and "logmass_err" not in mapping:
        wanted.append(DRAWS)
    part = HatsCatalogue(place, wanted, off=off) if wanted else whole
    frames = []
    for number, rows in part.read():
        frames.append(map_labels(rows.reset_index(drop=True), mapping))
        progress(number + 1, part.parts)
    return pd.concat(frames, ignore_index=True).drop_duplicates("id") if frames else map_labels(pd.DataFrame(), mapping)


def _list_expressions(mapping: Mapping[str, str]) -> list[str]:
    return [*mapping.values(), *(e for name, usual in USUAL.items() if name not in mapping for e in usual)]


def _names(column: str, expression: str) -> bool:
    """Whether an expression names a column."""
    return re.search(rf"(?<!\w){re.escape(column)}(?!\w)", expression) is not None


def map_labels(frame: pd.DataFrame, mapping: Mapping[str, str], units: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Give the columns of a table of labels their names here; returns and raises as `read_labels` does."""
    lower = {str(c).lower(): str(c) for c in frame}
    name = mapping.get("id") or next((lower[c.lower()] for c in USUAL["id"] if c.lower() in lower), "")
    if name not in frame:
        raise InputError(
            f"the labels have no column id, such as TARGETID; give --column id=NAME: {list_columns(frame)}"
        )
    ids = frame[name].astype(str).str.strip()
    if not ids.str.fullmatch(r"\d+").all():
        bad = ids[~ids.str.fullmatch(r"\d+")].iloc[0]
        raise InputError(f"the labels' ids are no whole numbers, such as {bad[:40]!r}; keep them as text or integers")
    columns: dict[str, object] = {"id": ids.to_numpy(object)}
    if {"ra", "dec"} <= set(lower):
        columns |= {c: find_values(frame, lower[c]) for c in ("ra", "dec")}
    for label in LABELS:
        for column in (label, *(f"{label}_{s}" for s in ("err", "p16", "p84"))):
            source = mapping.get(column) or next((e for e in USUAL.get(column, (column,)) if _can(e, frame)), "")
            if source:
                values = find_values(frame, source)
                columns[column] = hold_unit(column, source, values, (units or {}).get(source, ""), [])
    if not {*LABELS} & set(columns):
        raise InputError(f"the labels have no logmass and no logsfr; name them by --column: {list_columns(frame)}")
    if "logmass" in columns and not {"logmass_err", "logmass_p16"} & set(columns) and DRAWS in frame:
        columns["logmass_err"] = np.array([_spread(draws) for draws in frame[DRAWS]])
    return pd.DataFrame(columns).drop_duplicates("id").reset_index(drop=True)


def fill_errors(labels: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Give labels of which a table states no error at all the field's typical one; tell in sentences which."""
    filled, notes = labels, []
    for label in LABELS:
        if label in labels and not {f"{label}_err", f"{label}_p16"} & set(labels):
            error = TYPICAL_ERRORS[label]
            filled = filled.assign(**{f"{label}_err": error})
            notes.append(f"no error of {label} is stated: {error:g} dex, typical of such, was taken of all")
    return filled, notes


def _can(expression: str, frame: pd.DataFrame) -> bool:
    """Whether a usual expression's column is there."""
    return expression.rpartition("(")[2].rstrip(")") in frame


def _spread(draws: object) -> float:
    """Give the standard deviation of the first numbers of draws (n, k); NaN where there are none."""
    try:
        first = np.array([float(np.asarray(draw)[0]) for draw in draws])  # type: ignore[attr-defined]  # a cell's
    except (TypeError, ValueError, IndexError):
        return np.nan
    return float(np.std(first)) if len(first) > 1 else np.nan
