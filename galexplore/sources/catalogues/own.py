"""A person's own table as a spectroscopic catalogue: its columns by theirs, and their units looked at."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.tables import catalogue
from galexplore.tables.contract import check_ids
from galexplore.tables.expressions import derive
from galexplore.tables.readers import read_rows

#: Columns that can be mapped.
WANTED = ("id", "ra", "dec", "z", "z_err", "logmass", "logmass_err", "logsfr", "logsfr_err", "population")
_TEXT = ("id", "population")
_LINEAR = re.compile(r"(?i)\s*(10\*\*\w+\s*)?(solmass|m_?sun|m_?sol|m☉|kg|g)\b")
_MOST_LOG = 15.0  # the logarithm of a mass is less, a mass in solar masses more
_TELLING = 20  # rows without a single negative one that tell a rate from its logarithm


def parse_mapping(texts: list[str]) -> dict[str, str]:
    """Read "logmass=log10(MSTAR)" and the like: what a column is called here, and what it is there.

    Raises
    ------
    InputError
        Where one has another form, or names a column that is not asked for.
    """
    mapping = {}
    for text in texts:
        name, equals, expression = (part.strip() for part in text.partition("="))
        if not equals or name not in WANTED or not expression:
            raise InputError(f"{text!r} maps no column; logmass=log10(MSTAR) would, for one of {', '.join(WANTED)}")
        mapping[name] = expression
    return mapping


def read_own(path: Path, mapping: Mapping[str, str]) -> tuple[pd.DataFrame, list[str]]:
    """Read a table and give its columns their names here.

    Parameters
    ----------
    path : Path
        In any format of `tables.catalogue.read`.
    mapping : mapping
        By the names here, a column of the table or an expression of its columns; columns that are called as here need
        none.

    Returns
    -------
    frame : DataFrame
    notes : list of str
        What was taken for what.

    Raises
    ------
    InputError
        Where the table cannot be read or has no positions or redshifts, a mapping cannot be computed, or a unit is not
        that of the column.
    """
    frame = catalogue.read(path)
    meanings = read_rows(Path(path).read_bytes(), catalogue.MOST_UNPACKED).meanings
    return map_columns(frame, {str(n): m.unit for n, m in meanings.items()}, mapping)


def map_columns(
    frame: pd.DataFrame, units: Mapping[str, str], mapping: Mapping[str, str]
) -> tuple[pd.DataFrame, list[str]]:
    """Give the columns of a table their names here; `units` are those that it says, by column. As `read_own`."""
    columns: dict[str, object] = {}
    notes: list[str] = []
    for name in WANTED:
        source = mapping.get(name, name)
        if name not in mapping and name not in frame:
            continue
        if name in _TEXT:
            if source not in frame:
                raise InputError(f"the table has no column {source!r} for {name}; it has {list_columns(frame)}")
            columns[name] = frame[source].astype(str).to_numpy(object)
            continue
        try:
            values = find_values(frame, source)
        except InputError as error:
            raise InputError(
                f"{name}={source} cannot be computed: {str(error).rstrip('.')}; it has {list_columns(frame)}"
            ) from error
        columns[name] = hold_unit(name, source, values, units.get(source, ""), notes)
    made = pd.DataFrame(columns)
    if missing := [n for n in ("ra", "dec", "z") if n not in made]:
        raise InputError(
            f"the table has no {' and no '.join(missing)}; name them, such as --column z=ZSPEC: {list_columns(frame)}"
        )
    if "id" not in made:
        made.insert(0, "id", [f"J{ra:09.5f}{dec:+09.5f}" for ra, dec in zip(made["ra"], made["dec"], strict=True)])
        notes.append("ids were made of the positions")
    check_ids(made.drop_duplicates("id"))
    return made, notes


def list_columns(frame: pd.DataFrame) -> str:
    """List the first columns of a table, for a sentence."""
    names = list(map(str, frame))
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "")


def find_values(frame: pd.DataFrame, source: str) -> np.ndarray:
    """Give a column of numbers (N,), or what an expression of columns comes to; raises InputError where it is none."""
    if source in frame:
        return pd.to_numeric(frame[source], errors="coerce").to_numpy(float)
    return derive(source, frame)


def hold_unit(name: str, source: str, values: np.ndarray, unit: str, notes: list[str]) -> np.ndarray:
    """Hold a label's values against its unit: logarithms of solar masses, and of those a year.

    Raises
    ------
    InputError
        Where they are, or may be, no logarithms.
    """
    known = values[np.isfinite(values)]
    if name == "z" and "/" in unit:
        raise InputError(f"{source} is in {unit}, a velocity; give z={source}/299792.458 where that is meant")
    if name not in ("logmass", "logsfr") or not len(known):
        return values
    linear = bool(_LINEAR.match(unit)) and "log" not in unit.lower() and "dex" not in unit.lower()
    if name == "logmass" and np.median(known) > _MOST_LOG:
        if linear:
            notes.append(f"{source} is in {unit}; its logarithm was taken")
            return _log(values)
        raise InputError(f"{source} holds {np.median(known):.3g}, no logarithm of a mass; give logmass=log10({source})")
    if name == "logmass" and linear:
        notes.append(f"{source} says that it is in {unit}, but holds logarithms, as which it was taken")
    if name == "logsfr" and linear and (known >= 0).all():
        notes.append(f"{source} is in {unit}; its logarithm was taken")
        return _log(values)
    plain = re.fullmatch(r"\w+", source) is not None and "log" not in source.lower() and not unit
    if name == "logsfr" and plain and len(known) >= _TELLING and (known >= 0).all():
        raise InputError(
            f"{source} holds no negative value and does not say its unit: give logsfr=log10({source}) where it is a "
            f"rate, logsfr=({source}) where it is a logarithm"
        )
    return values


def _log(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(values)
    return np.where(np.isfinite(logs), logs, np.nan)
