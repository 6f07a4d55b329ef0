"""A frame to the bytes of each table format, with its provenance as JSON."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits, votable
from astropy.table import Table

from galexplore.tables.columns import find_column


def _to_arrow(frame: pd.DataFrame, provenance: str) -> pa.Table:
    """Make an arrow table; unit, UCD and description in each field's metadata."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    fields = []
    for field in table.schema:
        column = find_column(field.name)
        meaning = {"unit": column.unit, "ucd": column.ucd, "description": column.description} if column else {}
        fields.append(field.with_metadata(meaning))
    return table.cast(pa.schema(fields, metadata={**(table.schema.metadata or {}), "provenance": provenance}))


def to_parquet(frame: pd.DataFrame, provenance: str) -> bytes:
    """Write parquet bytes; unit, UCD and description in each field's metadata; astropy reads text by its width."""
    stream, table = BytesIO(), _to_arrow(frame, provenance)
    words = [name for name in frame if pd.api.types.is_string_dtype(frame[name])]
    widths = {f"table::len::{name}": str(max(map(len, frame[name]), default=1) or 1) for name in words}
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, **widths}), stream, compression="zstd")
    return stream.getvalue()


def stream_parquet(
    frames: Iterable[pd.DataFrame],
    path: Path,
    provenance: str,
    conclude: Callable[[], dict[str, str]] = dict,
) -> None:
    """Write frames of the same columns into one parquet file, a row group each; one is in memory at a time.

    What `conclude` says once all are written joins the file's metadata.
    """
    writer = None
    try:
        for frame in frames:
            table = _to_arrow(frame, provenance)
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd", write_page_checksum=True)
            writer.write_table(table.cast(writer.schema), row_group_size=len(table))
    finally:
        if writer:
            if said := conclude():
                writer.add_key_value_metadata(said)
            writer.close()


def unstream_parquet(path: Path) -> Iterator[pd.DataFrame]:
    """Read a parquet file one row group at a time."""
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group).to_pandas()


def peek_parquet(path: Path) -> tuple[int, dict]:
    """Read the number of rows and the provenance of a parquet file, and nothing else."""
    try:
        footer = pq.read_metadata(path)
        return footer.num_rows, json.loads((footer.metadata or {}).get(b"provenance", b"{}") or b"{}")
    except (OSError, ValueError, pa.ArrowException):
        return 0, {}


def _to_table(frame: pd.DataFrame) -> Table:
    """Make an astropy table of a tidy frame, with units, descriptions and UCDs."""
    table = Table()
    for name in frame:
        values = frame[name].to_numpy()
        table[name] = values.astype(str) if values.dtype == object else values
        if column := find_column(str(name)):
            table[name].unit = column.unit or None
            table[name].description = column.description
            table[name].meta["ucd"] = column.ucd
    return table


def to_fits(frame: pd.DataFrame, provenance: str) -> bytes:
    """Write a FITS binary table; UCD and description as TUCDn and TCOMMn, which TOPCAT reads.

    Units are those of the FITS standard: dex is none, and the description says what a logarithm is of.
    """
    table = _to_table(frame)
    for name in table.colnames:
        if table[name].dtype.kind == "U":  # FITS knows ASCII only, and no strings of length zero
            table[name] = np.char.encode(table[name].data, "ascii", "replace")
    hdu = fits.table_to_hdu(table)
    for i, name in enumerate(table.colnames, 1):
        if column := find_column(name):
            hdu.header[f"TUCD{i}"] = column.ucd
            hdu.header[f"TCOMM{i}"] = column.description
    hdu.header["PROVENAN"] = (provenance, "JSON")
    stream = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(stream)
    return stream.getvalue()


def to_votable(frame: pd.DataFrame, provenance: str) -> bytes:
    """Write a VOTable; provenance in an INFO element."""
    document = votable.from_table(_to_table(frame))
    document.infos.append(votable.tree.Info(name="provenance", value=provenance))
    stream = BytesIO()
    document.to_xml(stream)
    return stream.getvalue()


def to_ecsv(frame: pd.DataFrame, provenance: str) -> bytes:
    """Write ECSV, comma-separated."""
    table = _to_table(frame)
    table.meta["provenance"] = provenance
    stream = StringIO()
    table.write(stream, format="ascii.ecsv", delimiter=",")
    return stream.getvalue().encode()


def to_csv(frame: pd.DataFrame, provenance: str) -> bytes:
    """Write plain CSV, whose texts no spreadsheet takes for a formula."""
    quiet = quiet_formulas(frame)
    texts = quiet.select_dtypes(exclude="number")
    returns = any(
        texts[n].astype(str).str.contains("\r", regex=False).any() for n in texts
    )  # it ends no line in quotes
    return quiet.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL).encode()


#: What a spreadsheet takes for the beginning of a formula, and other tools for a comment; plain numbers are neither.
_FORMULA = re.compile(r"'*[=+\-@\t\r#]")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def quiet_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Write an apostrophe before texts that begin as a formula does, in cells and names; numbers stay numbers.

    A text that begins so behind apostrophes of its own gets one more: `restore_formulas` gives back every text.
    """
    quiet = {n: frame[n].map(_quiet) for n in frame if not pd.api.types.is_numeric_dtype(frame[n])}
    return frame.assign(**{str(n): v for n, v in quiet.items()}).rename(columns=_quiet)


def _quiet(value: Any) -> Any:
    formula = isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value)
    return f"'{value}" if formula else value


#: How each format is written: names to functions.
WRITERS: dict[str, Callable[[pd.DataFrame, str], bytes]] = {
    "parquet": to_parquet,
    "fits": to_fits,
    "votable": to_votable,
    "ecsv": to_ecsv,
    "csv": to_csv,
}
