"""One reader of tables for catalogues and lists: the format from the content, then the rows."""

import warnings
from collections.abc import Callable

import pandas as pd

from galexplore.errors import InputError
from galexplore.files import unpack
from galexplore.tables.binary import read_ecsv, read_fits
from galexplore.tables.columns import find_column
from galexplore.tables.parquet import read_parquet
from galexplore.tables.rows import Choice, Rows
from galexplore.tables.text import read_text
from galexplore.tables.votable import read_votable

READERS: dict[str, Callable[[bytes, Choice | None], Rows]] = {
    "parquet": read_parquet,
    "fits": read_fits,
    "votable": read_votable,
    "ecsv": read_ecsv,
    "csv": read_text,
}


def recognise(data: bytes) -> str:
    """Tell a table's format from its first bytes; "csv" stands for all that is plain text."""
    start = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"SIMPLE  ="):
        return "fits"
    if start.startswith((b"<?xml", b"<VOTABLE", b"<!--")) or b"<VOTABLE" in start:
        return "votable"
    if start.startswith(b"<") and not start[:15].lower().startswith((b"<!doctype html", b"<html", b"<head")):
        return "votable"
    return "ecsv" if start.startswith(b"# %ECSV") else "csv"


def read_rows(data: bytes, most: int, format: str | None = None, choose: Choice | None = None) -> Rows:
    """Read a table, packed or not.

    Parameters
    ----------
    data : bytes
    most : int
        Bytes that a packed file may unfold to.
    format : str, optional
        One of `READERS`, else told from the content.
    choose : callable, optional
        Which columns to read, else all.

    Raises
    ------
    InputError
        In one sentence, whatever a library makes of a damaged file.
    """
    data = unpack(data, most)
    if not data.strip():
        raise InputError("the table is empty, and could not be read")
    format = format or recognise(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return READERS[format](data, choose)
    except InputError:
        raise
    except RecursionError as error:
        raise InputError("the table is nested too deeply, and could not be read") from error
    except Exception as error:  # what a library says of a damaged file never reaches a person raw
        name = "table of text" if format == "csv" else f"{format} table"
        raise InputError(f"the table is damaged or no {name}, and could not be read") from error


def make_numbers(rows: Rows) -> pd.DataFrame:
    """Turn columns of text into numbers where nothing is lost by it, so that no id is ever rounded."""
    if not rows.raw:
        return rows.frame
    columns = {}
    for name in rows.frame:
        known = find_column(str(name).strip().lower())
        columns[name] = rows.frame[name] if known and known.dtype == "str" else _numbers(rows.frame[name], bool(known))
    return pd.DataFrame(columns, index=rows.frame.index)


def _numbers(text: pd.Series, known: bool) -> pd.Series:
    """Turn a column of text into booleans, integers or floats where nothing is lost by it."""
    values = text.str.strip()
    if len(values) and values.isin(["True", "False"]).all():
        return values == "True"
    empty = values.str.lower().isin(["", "nan", "null", "none", "--", "n/a"])
    if not known and values.str.fullmatch(r"0\d+").any():  # leading zeros are of ids
        return text
    try:
        if len(values) and not empty.any() and values.str.fullmatch(r"[+-]?\d{1,18}").all():
            return values.astype("int64")
        if values.str.fullmatch(r"\d{16,}").any():  # an identifier too long for a float
            return text
        return values.mask(empty, "nan").astype("float64")
    except ValueError:
        return text
