"""Tables in and out: parquet, FITS, VOTable, ECSV and CSV, with units, UCDs, descriptions and provenance."""

import json
import warnings
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.files import write_beside
from galexplore.tables import formats
from galexplore.tables.cells import is_unknown
from galexplore.tables.columns import find_column
from galexplore.tables.contract import SENTINELS
from galexplore.tables.equinox import check_equinox
from galexplore.tables.icrs import place
from galexplore.tables.readers import make_numbers, read_rows

FORMATS = tuple(formats.WRITERS)
MOST_UNPACKED = 2_000_000_000  # bytes that a packed catalogue may unfold to
_SUFFIXES = {"pq": "parquet", "fit": "fits", "vot": "votable", "xml": "votable"}
MAGNITUDES = (9.0, 35.0)  # where those of galaxies lie, and no redshift


def write(frame: pd.DataFrame, target: str | PathLike[str] | BinaryIO, format: str | None = None) -> None:
    """Write a table with its units, UCDs, descriptions and provenance (`frame.attrs`, kept as JSON).

    CSV holds names and values only, as other tools expect of it.

    Parameters
    ----------
    frame : DataFrame
        Columns of `COLUMNS` and any others.
    target : path or binary file
        A file is written beside its place and renamed.
    format : "parquet" | "fits" | "votable" | "ecsv" | "csv", optional
        Else from the path's suffix.

    Raises
    ------
    InputError
        If the format is none of these, or the file cannot be written.
    """
    if format is None and not hasattr(target, "write"):
        format = choose_format(target)
    if format not in FORMATS:
        raise InputError(f"{format} is no table format here; use one of {', '.join(FORMATS)}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy minds units that the standards do not list, such as dex
        data = formats.WRITERS[format](_tidy(frame), json.dumps(frame.attrs, sort_keys=True))
    if hasattr(target, "write"):
        target.write(data)
    else:
        try:
            with write_beside(Path(target)) as partial:
                partial.write_bytes(data)
        except OSError as error:
            raise InputError(f"{target} cannot be written: {(error.strerror or str(error)).lower()}") from error


def choose_format(path: str | PathLike[str]) -> str:
    """Tell from a path's suffix in which of `FORMATS` a table is written there.

    Raises
    ------
    InputError
        If it is none of them.
    """
    suffix = Path(path).suffix.lower().lstrip(".")
    form = _SUFFIXES.get(suffix, suffix)
    if form not in FORMATS:
        raise InputError(f"{form or 'no suffix'} is no table format here; use one of {', '.join(FORMATS)}")
    return form


def write_blocks(frames: Iterable[pd.DataFrame], path: Path, provenance: dict) -> None:
    """Write frames of the same columns as one parquet file, a row group each, with one of them in memory at a time."""
    formats.stream_parquet((_tidy(frame) for frame in frames), path, json.dumps(provenance, sort_keys=True))


def read_blocks(path: Path) -> Iterator[pd.DataFrame]:
    """Yield the row groups of a parquet file that `write_blocks` or `write` wrote, as `read` would give them."""
    return (_settle(frame) for frame in formats.unstream_parquet(path))


def read_provenance(path: Path) -> dict:
    """Read only the provenance of a parquet file; empty where it has none or is damaged."""
    return formats.peek_parquet(path)[1]


def count_rows(path: Path) -> int:
    """Count the rows of a parquet file without reading them."""
    return formats.peek_parquet(path)[0]


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with text as plain strings ("" for none), so that every format can hold it."""
    frame = frame.reset_index(drop=True).copy()
    for name in frame:
        if not (pd.api.types.is_numeric_dtype(frame[name]) or pd.api.types.is_bool_dtype(frame[name])):
            frame[name] = frame[name].fillna("").astype(str)
    return frame


def read(source: str | PathLike[str] | bytes | BinaryIO, format: str | None = None) -> pd.DataFrame:
    """Read a table; ids come back as text exactly as they were, and what is unknown as NaN.

    Plain text may be comma-separated, tab-separated, VizieR's, of fixed width, CDS/MRT, IPAC or SExtractor's; any
    format may be packed by gzip or bzip2. Positions come as `ra` and `dec` in degrees, whatever they were called and in
    whatever unit they stood. Column names are matched without regard to case ("RA" is `ra`), but for Z where it may be
    a magnitude: that stays as it is, and a z that can be nothing else becomes `mag_z`. Sentinels such as -99 in known
    columns become NaN.

    Parameters
    ----------
    source : path, bytes, or binary file
    format : "parquet" | "fits" | "votable" | "ecsv" | "csv", optional
        Else told from the content.

    Returns
    -------
    DataFrame
        Provenance in `attrs`, where the file has it.

    Raises
    ------
    InputError
        If it cannot be read, or if its ids are floating-point numbers, which have lost digits.
    """
    try:
        if isinstance(source, str | PathLike):
            data = Path(source).read_bytes()
        else:
            data = source if isinstance(source, bytes) else source.read()
    except OSError as error:
        name = Path(source).name if isinstance(source, str | PathLike) else "in what was given"
        raise InputError(f"there is no readable table {name}") from error
    if format is not None and format not in FORMATS:
        raise InputError(f"{format} is no table format here; use one of {', '.join(FORMATS)}")
    rows = read_rows(data, MOST_UNPACKED, format)
    frame = _settle(place(make_numbers(rows), rows.meanings, rows.frame))
    if "ra" in frame:
        check_equinox(rows.said)
    try:
        frame.attrs = dict(json.loads(rows.provenance)) if rows.provenance else {}
    except (ValueError, TypeError):  # another tool's, which calls it alike
        frame.attrs = {}
    return frame


def _settle(frame: pd.DataFrame) -> pd.DataFrame:
    """Give known columns their names and types, and turn sentinels into NaN."""
    frame = frame.rename(columns=_name_magnitudes(frame))
    lower = {n: str(n).strip().lower() for n in frame if not _may_be_magnitude(frame, str(n))}
    frame = frame.rename(columns={n: k for n, k in lower.items() if find_column(k) and k not in frame})
    for name in map(str, frame):
        column = find_column(name)
        if column is None:
            continue
        if column.dtype == "str":
            if pd.api.types.is_float_dtype(frame[name]):
                raise InputError(f"the column {name} holds floating-point numbers, which have lost digits; give text")
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "").astype(str)
            continue
        values = pd.to_numeric(frame[name], errors="coerce")
        odd = values.isna().to_numpy() & ~is_unknown(frame[name])
        if odd.any():
            cell = str(frame[name].iloc[int(odd.argmax())])[:30]
            raise InputError(f"the column {name} holds {cell!r}, where numbers belong")
        values = values if pd.api.types.is_float_dtype(values) else values.astype(np.dtype(column.dtype))
        frame[name] = values.mask(values.isin(SENTINELS))
    return frame


def _may_be_magnitude(frame: pd.DataFrame, name: str) -> bool:
    """Tell whether a column Z (not z) may be the magnitude in that band rather than a redshift.

    So it may where G or R stands beside it, whatever it holds, or any other magnitude and values such as those have.
    """
    return name != "z" and str(name).strip().lower() == "z" and (_has_bands(frame) or _is_bright(frame, name))


def _name_magnitudes(frame: pd.DataFrame) -> dict[str, str]:
    """Rename a column z that can only be a magnitude, which would else be taken for a redshift: to mag_z."""
    if "z" in frame and "mag_z" not in frame and _is_bright(frame, "z"):
        return {"z": "mag_z"}
    return {}


def _has_bands(frame: pd.DataFrame) -> bool:
    return any(str(n).strip().lower() in ("g", "r") for n in frame)


def _is_bright(frame: pd.DataFrame, name: str) -> bool:
    """Whether a column's values are such as magnitudes have and no redshift, and other magnitudes stand beside it."""
    beside = _has_bands(frame) or any("mag" in str(n).lower() for n in frame)
    values = pd.to_numeric(frame[name], errors="coerce")
    return beside and bool(values[values.between(*MAGNITUDES)].count() > 0.5 * values[~values.isin(SENTINELS)].count())
