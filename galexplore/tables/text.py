"""Readers of tables that are plain text, whatever parts their columns: every value stays text as it stood."""

import re
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.tables.layout import Layout, find_layout
from galexplore.tables.meanings import Meaning
from galexplore.tables.pasted import unfold
from galexplore.tables.placed import cut_columns, find_card_layout, read_placed
from galexplore.tables.regions import are_regions, read_regions
from galexplore.tables.rows import Choice, Rows


def decode(data: bytes) -> str:
    """Decode text by its byte-order mark, else as UTF-8, else as Latin-1; lines end in a newline."""
    if data.startswith((b"PK\x03\x04", b"\xfd7zXZ")):
        raise InputError(
            "The file is no table but a spreadsheet (xlsx, ods) or an archive (zip, xz); give the table in it as CSV."
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    if "\0" in text[:100_000]:
        raise InputError("The file is no table that is known here: use CSV, TSV, ECSV, VOTable, FITS or Parquet.")
    text = text.replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")  # a lone one is of a cell where lines end otherwise


def read_text(data: bytes, choose: Choice | None = None) -> Rows:
    """Read a table of text: CSV, TSV, VizieR's, fixed width, CDS/MRT, IPAC, SExtractor's or DS9's, or a pasted list.

    Raises
    ------
    InputError
        If rows have more fields than the header has names, or it is something else (a web page, JSON, a spreadsheet).
    """
    text = decode(data)
    head = text[:100_000].lstrip()
    if re.match(r"<(?:!doctype )?html|<head", head, re.I):
        raise InputError("The file is a web page (HTML), no table.")
    if are_regions(head):
        return read_regions(text)
    text = unfold(text)
    head = text[:100_000].lstrip()
    if re.match(r'[\[{]\s*(?:["{\[]|$)', head):
        raise InputError("The file is JSON, no table that is known here: use CSV, FITS, VOTable, ECSV or Parquet.")
    if re.search(r"\\begin\{|\\startdata|(?m:&.*\\\\[ \t]*$)", head):
        raise InputError("The file is LaTeX, no table that is known here: use CSV, FITS, VOTable, ECSV or Parquet.")
    for kind, sign in (
        ("mrt", "Byte-by-byte Description of file" in head),
        ("ipac", re.match(r"(?:\\[^\n]*\n)*(?:\|[^\n]*\|[ \t]*\n){1,4}[^|\n]", head) is not None),
    ):
        if sign:
            rows = read_placed(text, kind, choose)
            rows.said = _take_comments(head)
            return rows
    layout = find_card_layout(text) or find_layout(text)
    rows = _read_layout(layout, choose)
    rows.said = "\n".join([_take_comments(head), *layout.notes])
    return rows


def _take_comments(head: str) -> str:
    """Comments, and keywords behind a backslash, before the rows."""
    comments = re.match(r"(?:[ \t]*[#\\!%;][^\n]*\n|[ \t]*\n)*", head)
    return comments[0] if comments else ""


def _read_layout(layout: Layout, choose: Choice | None) -> Rows:
    """Read the rows of a text whose layout is known."""
    layout.names = [re.sub(_QUIET, r"\1", n) for n in layout.names]
    meanings = {n: Meaning(u) for n, u in zip(layout.names, layout.units, strict=True)}
    wanted = (choose(meanings) if choose else None) or None
    frame = (
        cut_columns(layout.body, layout.names, layout.edges, [*layout.edges[1:], None])
        if layout.edges
        else _read_parted(layout, wanted)
    )
    frame = frame if wanted is None else frame[wanted]
    if layout.delimiter == "|":  # whose fields are padded
        frame = frame.apply(lambda column: column.str.strip())
    if layout.delimiter == "," and "'" in layout.body:
        frame = frame.apply(_restore_formulas)
    notes = list(layout.notes)
    return Rows(frame, meanings, raw=True, notes=notes, headless=layout.headless, delimiter=layout.delimiter)


def _read_parted(layout: Layout, wanted: list[str] | None) -> pd.DataFrame:
    """Read rows whose fields a delimiter parts, only those columns that are wanted."""
    names = [*layout.names, "\0more"]
    blanks = layout.delimiter.startswith("\\") and not layout.headless
    needed = {*(names if wanted is None else wanted), "\0more", *(names[-2:-1] if blanks else ())}
    columns = [n for n in names if n in needed]
    delimiter, body = layout.delimiter, layout.body
    if delimiter == r"\s{2,}":  # which the fast reader does not know
        delimiter, body = "\t", re.sub(r"[^\S\n]{2,}|\t", "\t", re.sub(r"(?m)^[^\S\n]+|[^\S\n]+$", "", body))
    part = " " if delimiter == r"\s+" else delimiter
    first = part.join("x" for _ in names) + "\n"  # so that a field too many is seen in every row
    options: dict[str, Any] = {
        "names": names,
        "usecols": columns,
        "dtype": str,
        "keep_default_na": False,
        "na_filter": False,
    }
    options |= {"engine": "c", "header": None, "index_col": False, "skipinitialspace": True}
    try:
        frame = pd.read_csv(StringIO(first + body), sep=delimiter, **options)
    except pd.errors.ParserError as error:
        numbers = re.search(r"saw (\d+)", str(error))
        if numbers is None:
            raise InputError("The table ends within a quoted field, and could not be read.") from error
        raise InputError(_say_ragged(int(numbers[1]), layout)) from error
    frame = frame.iloc[1:].reset_index(drop=True).fillna("")
    if (frame["\0more"] != "").any():
        raise InputError(_say_ragged(len(names), layout))
    short = np.flatnonzero(frame[names[-2]] == "") if blanks and '""' not in body else np.array([], int)
    if len(short):  # an empty field among blanks moves all others, and nobody sees it
        raise InputError(
            f"Row {short[0] + 1} has fewer fields than the header, which names {len(layout.names)}; separate them by "
            "commas, for blanks do not show which field is empty."
        )
    return frame.drop(columns="\0more")


#: The apostrophe that was written before what a spreadsheet would take for a formula.
_QUIET = r"^'('*[=+\-@\t\r#])"


def _restore_formulas(text: pd.Series) -> pd.Series:
    return text.str.replace(_QUIET, r"\1", regex=True)


def _say_ragged(many: int, layout: Layout) -> str:
    return f"A row has {many} or more fields, where the table's header names {len(layout.names)}."
