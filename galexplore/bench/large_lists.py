"""Lists as large as are taken, and small ones that unfold: each is read, or refused, within the same bounds."""

import bz2
import gzip
from collections.abc import Callable
from io import BytesIO, StringIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits, votable
from astropy.table import Table

from galexplore.bench.fuzz import Reader
from galexplore.tables.lists import LARGEST, MOST_ROWS, read_list

_SMALL = b"id,ra,dec\na,150.1,-0.5\n"


def make_large_readers() -> dict[str, Reader]:
    """Give a reader for each kind, whose second input is the large one."""
    return {name: _pose(make) for name, make in _KINDS.items()}


def _pose(make: Callable[[], bytes]) -> Reader:
    return Reader(lambda: [_SMALL, make()], read_list)


def _table(n: int = MOST_ROWS, more: int = 0) -> Table:
    """Ids and positions (n,), and so many columns of numbers more."""
    rng = np.random.default_rng(0)
    table = Table({"id": [f"J{i:07d}" for i in range(n)], "ra": rng.uniform(0, 360, n), "dec": rng.uniform(-90, 90, n)})
    for i in range(more):
        table[f"m{i}"] = rng.normal(size=n).astype("float32")
    return table


def _text(head: str, row: str, n: int = MOST_ROWS) -> bytes:
    """Make rows of text: `row` is filled with a number, hours and minutes that differ from row to row."""
    rows = (row.format(i=i, h=i % 24, m=i % 60, d=i % 89, f=i * 7919 % 100_000) for i in range(n))
    return (head + "\n" + "\n".join(rows) + "\n").encode()[:LARGEST]


def _store(table: Table, format: str) -> bytes:
    stream = BytesIO()
    if format == "parquet":
        pq.write_table(pa.Table.from_pandas(table.to_pandas()), stream)
    elif format == "fits":
        table.write(stream, format="fits")
    else:
        document = votable.from_table(table)
        document.to_xml(stream, tabledata_format=format)
    return stream.getvalue()


def _repeat_text(size: int, n: int, columns: int = 1) -> bytes:
    """Parquet in which one long text stands in every row, which costs next to nothing on the disk."""
    stream, names = BytesIO(), ["id", *(f"c{i}" for i in range(1, columns))]
    cells = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, "int32")), pa.array(["x" * size])).cast(pa.string())
    pq.write_table(pa.table({name: cells for name in names}), stream, compression="zstd")
    return stream.getvalue()


def _laugh() -> bytes:
    """XML whose entities unfold to a thousand million letters."""
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE v [<!ENTITY a0 "ha">{entities}]><VOTABLE>&a9;</VOTABLE>'.encode()


def _claim_rows() -> bytes:
    """Make a FITS table with a column of texts of 100,000 letters each, packed."""
    column = fits.Column("id", "100000A", array=np.array(["x"] * 190))
    stream = BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns([column])]).writeto(stream)
    return stream.getvalue()


def _comment_header() -> bytes:
    """ECSV whose header of YAML is nearly all of the file."""
    columns = "".join(f"# - {{name: c{i}, datatype: float64, description: of no use}}\n" for i in range(200_000))
    return f"# %ECSV 1.0\n# ---\n# datatype:\n{columns}c0\n1\n".encode()[:LARGEST]


def _ecsv() -> bytes:
    stream = StringIO()
    _table().write(stream, format="ascii.ecsv", delimiter=",")
    return stream.getvalue().encode()[:LARGEST]


_CDS = """Title: A table
================================================================================
Byte-by-byte Description of file: table1.txt
--------------------------------------------------------------------------------
   Bytes Format Units  Label Explanations
--------------------------------------------------------------------------------
   1-  9 A9     ---    Name  Name
  11- 20 F10.6  deg    RAdeg Right ascension
  22- 31 F10.6  deg    DEdeg Declination
--------------------------------------------------------------------------------"""
_SEXAGESIMAL = "{i},{h:02d}:{m:02d}:24.{f:05d},-{d:02d}:{m:02d}:46.{f:05d}"

_KINDS: dict[str, Callable[[], bytes]] = {
    "CSV": lambda: _text("id,ra,dec", "J{i},{h}.{f},{d}.{f}"),
    "CSV of 20 MB": lambda: _text("id,ra,dec,note", "J{i},{h}.{f},{d}.{f}," + "n" * 82),
    "CSV, one field longer": lambda: _text("id,ra,dec", "J{i},{h}.{f},{d}.{f},1"),
    "CSV, sexagesimal": lambda: _text("id,ra,dec", _SEXAGESIMAL),
    "CSV, h m s": lambda: _text("id,ra,dec", "J{i},{h:02d}h{m:02d}m24.{f:05d}s,-{d:02d}d{m:02d}m46.{f:05d}s"),
    "CSV, degrees marked": lambda: _text("id,ra,dec", "J{i},{h}.{f} deg,-{d}.{f} deg"),
    "CSV, one coordinate": lambda: _text("id,coordinates", _SEXAGESIMAL.replace(",-", " -")),
    "CSV, one degree pair": lambda: _text("id;coordinates", "J{i};{h}.{f} -{d}.{f}"),
    "CSV, J-names as positions": lambda: _text("id,coordinates", "J{i},SDSS J{h:02d}{m:02d}24.10-{d:02d}{m:02d}00.0"),
    "CSV of CDS parts": lambda: _text("RAh,RAm,RAs,DE-,DEd,DEm,DEs", "{h},{m},24.{f},-,{d},{m},46.{f}"),
    "CSV, 5,000 columns": lambda: _text(",".join(["ra", "dec", *map("c{}".format, range(4998))]), "1,2," * 2500, 2000),
    "CSV, 10^5 columns": lambda: _text(",".join(map("c{}".format, range(100_000))), "1," * 99_999 + "1", 100),
    "CSV, 10^5 like names": lambda: _text(",".join(["ra"] * 100_000), "1," * 99_999 + "1", 100),
    "CSV, 4,000 like names": lambda: _text("dec," + ",".join(["ra"] * 3_999), "1," * 3_999 + "1", 2000),
    "CSV, comments": lambda: b"# ra dec\n" * (LARGEST // 9),
    "CSV, comments between": lambda: b"ra,dec\n" + b"#\n1,2\n" * 200_000,
    "CSV, names in comments": lambda: _text("# " + "ra dec " * 400_000, "1 2"),
    "CSV, blank lines": lambda: b"ra,dec\n" + b"\n" * (LARGEST - 7),
    "blanks": lambda: b" " * LARGEST,
    "commas": lambda: b"," * LARGEST,
    "one long line": lambda: b"ra,dec\n" + b"1" * (LARGEST - 8) + b",2",
    "a long word": lambda: b"x" * LARGEST,
    "blanks in a line": lambda: b"ra  dec\n1 " + b" " * (LARGEST - 20) + b"2\n",
    "a quote left open": lambda: b'ra,dec\n1,"' + b"2\n" * (LARGEST // 2 - 10),
    "quotes": lambda: b'"' * LARGEST,
    "carriage returns": lambda: _text("id,ra,dec", "J{i},{h}.{f},{d}.{f}").replace(b"\n", b"\r"),
    "UTF-16": lambda: _text("id,ra,dec", "J{i},{h}.{f},{d}.{f}").decode().encode("utf-16")[:LARGEST],
    "Latin-1": lambda: _text("id,ra,dec", "J{i},{h}.{f},{d}.{f},\xe9").decode().encode("latin-1")[:LARGEST],
    "TSV of VizieR": lambda: _text("#\n_RAJ2000\t_DEJ2000\tN\ndeg\tdeg\t\n---\t---\t---", "{h}.{f}\t-{d}.{f}\tJ{i}"),
    "blanks part": lambda: _text("id ra dec", "J{i} {h}.{f} {d}.{f}"),
    "two blanks part": lambda: _text("name  ra  dec", "NGC {i}  {h}.{f}  {d}.{f}"),
    "fixed width": lambda: _text("name         ra       dec      ", "NGC {i:<8d} {h:02d}.{f:05d} {d:02d}.{f:05d}"),
    "ids, one a line": lambda: _text("J1", "J{i}", MOST_ROWS - 1),
    "positions, one a line": lambda: _text("150.1 -0.5", "{h}.{f} -{d}.{f}", MOST_ROWS - 1),
    "sexagesimal, one a line": lambda: _text("", "{h:02d} {m:02d} 24.{f:05d} -{d:02d} {m:02d} 46.{f:05d}"),
    "name and position": lambda: _text("", "NGC {i} {h}.{f} -{d}.{f}"),
    "bars": lambda: _text("| n | ra | dec |\n|---|---|---|", "| J{i} | {h}.{f} | {d}.{f} |"),
    "CDS": lambda: _text(_CDS, "J{i:08d} {h:03d}.{f:06d} {d:03d}.{f:06d}"),
    "SExtractor": lambda: _text("# 1 NUMBER n\n# 2 ALPHA_J2000 a\n# 3 DELTA_J2000 d", "{i} {h}.{f} {d}.{f}"),
    "IPAC": lambda: _text("|ra        |dec       |\n|double    |double    |", " {h:03d}.{f:05d}  {d:03d}.{f:05d} "),
    "ECSV": _ecsv,
    "ECSV, long header": _comment_header,
    "VOTable": lambda: _store(_table(99_000), "tabledata"),
    "VOTable, too long": lambda: _store(_table(), "tabledata")[:LARGEST],
    "VOTable, binary": lambda: _store(_table(80_000), "binary"),
    "VOTable, binary2": lambda: _store(_table(80_000), "binary2"),
    "VOTable, 300 columns": lambda: _store(_table(10_000, 300), "binary2"),
    "XML, laughs": _laugh,
    "XML, deep": lambda: b"<VOTABLE>" + b"<RESOURCE>" * (LARGEST // 10 - 2),
    "XML, elements": lambda: b"<VOTABLE>" + b"<INFO/>" * (LARGEST // 7 - 2) + b"</VOTABLE>",
    "FITS": lambda: _store(_table(), "fits"),
    "FITS, 600 columns": lambda: _store(_table(8_000, 600), "fits"),
    "FITS, long texts": _claim_rows,
    "Parquet": lambda: _store(_table(), "parquet"),
    "Parquet, 600 columns": lambda: _store(_table(8_000, 600), "parquet"),
    "Parquet, one text of 10 kB": lambda: _repeat_text(10_000, MOST_ROWS),
    "Parquet, 600 columns of one text": lambda: _repeat_text(40, MOST_ROWS, 600),
    "Parquet, one text of 10 MB": lambda: _repeat_text(10_000_000, 100),
    "gzip of 90 MB": lambda: gzip.compress(b"ra,dec\n" + b"1,2\n" * 22_000_000, 1),
    "gzip of spaces": lambda: gzip.compress(b" " * 99_000_000, 1),
    "bzip2 of 90 MB": lambda: bz2.compress(b"ra,dec\n" + b"1,2\n" * 22_000_000),
    "gzip of gzip": lambda: gzip.compress(gzip.compress(b"\0" * 2_000_000_000, 9), 9),
}  # fmt: skip
