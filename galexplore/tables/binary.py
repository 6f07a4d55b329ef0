"""Readers of FITS tables and ECSV, which say what their columns are."""

import re
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from astropy.table.meta import get_header_from_yaml

from galexplore.errors import InputError
from galexplore.tables.axes import PAIRED
from galexplore.tables.meanings import Meaning, simplify
from galexplore.tables.rows import MOST_ROWS, Choice, Rows, flatten, pick_table, take_ucd

LONGEST_HEADER = 200_000  # characters of ECSV's, and of its like in Parquet


def read_fits(data: bytes, choose: Choice | None = None) -> Rows:
    """Read a FITS table: of several the first one with what is wanted, as LDAC has a header's table before it."""
    with fits.open(BytesIO(data), memmap=False, character_as_bytes=False) as hdus:
        tables = [h for h in hdus if isinstance(h, (fits.BinTableHDU, fits.TableHDU)) and h.name != "COMPRESSED_IMAGE"]
        if not tables:
            raise InputError("The FITS file holds no table.")
        described = [_describe_fits(h) for h in tables]
        at = pick_table(described, choose)
        hdu = tables[at]
        if hdu.fileinfo()["datLoc"] + hdu.header["NAXIS1"] * hdu.header["NAXIS2"] > len(data):
            raise InputError("The FITS table is cut off: it holds fewer rows than its header says.")
        if choose is not None and hdu.header["NAXIS2"] > MOST_ROWS:
            raise InputError(f"A list may have up to {MOST_ROWS:,} rows; this one has {hdu.header['NAXIS2']:,}.")
        wanted = choose(described[at]) if choose else None
        _check_cells(hdu, wanted, len(data))
        table = _take_columns(hdu, wanted) if wanted else _read_whole(hdu)
    keywords = " ".join(f"{k} {hdu.header.get(k, '')}" for k in ("RADESYS", "RADECSYS", "EQUINOX"))
    said = keywords + "\n".join(map(str, hdu.header.get("COMMENT", ()))).replace("\\\n", "")
    return Rows(to_frame(table, wanted), described[at], str(table.meta.get("PROVENAN", "")), said=said)


def _read_whole(hdu: fits.BinTableHDU) -> Table:
    hdu.header.remove("COMMENT", ignore_missing=True, remove_all=True)  # by which astropy makes objects of columns
    return Table.read(hdu)


def _take_columns(hdu: fits.BinTableHDU, wanted: list[str]) -> Table:
    """Take only some columns of a FITS table, so that no other is unpacked."""
    table = Table()
    for name in wanted:
        values, null = hdu.data[name], hdu.columns[name].null
        plain = np.char.rstrip(np.asarray(values)) if values.dtype.kind in "SU" else np.asarray(values)
        masked = null not in (None, "") and plain.dtype.kind in "iu"
        table[name] = MaskedColumn(plain, mask=plain == int(null)) if masked else plain
    table.meta["PROVENAN"] = hdu.header.get("PROVENAN", "")
    return table


def _check_cells(hdu: fits.BinTableHDU, wanted: list[str] | None, size: int) -> None:
    """Refuse cells of variable length that claim more than the whole file holds: each may point to the same bytes."""
    if not isinstance(hdu, fits.BinTableHDU):
        return
    for column in hdu.columns:
        variable = re.fullmatch(r"[01]?([PQ])([LXBIJKAEDCM]).*", str(column.format).strip())
        if variable and (wanted is None or column.name in wanted):
            lengths = hdu.data.view(np.ndarray)[column.name][:, 0].astype("int64")
            claimed = int(np.maximum(lengths, 0).sum()) * _SIZES[variable[2]]
            if claimed > size or (lengths < 0).any():
                raise InputError(f"The cells of the column {column.name} claim more than the whole file holds.")


_SIZES = dict(zip("LXBIJKAEDCM", (1, 1, 1, 2, 4, 8, 1, 4, 8, 8, 16), strict=True))  # bytes of FITS's types


def _describe_fits(hdu: fits.BinTableHDU) -> dict[str, Meaning]:
    """Take what TUNITn, TUCDn, TCOMMn and the comments of TTYPEn say."""
    header, meanings = hdu.header, {}
    for i, name in enumerate(hdu.columns.names, 1):
        text = header.get(f"TCOMM{i}") or header.get(f"TDESC{i}") or header.comments[f"TTYPE{i}"]
        unit, ucd = header.get(f"TUNIT{i}", ""), header.get(f"TUCD{i}", "")
        meanings[name] = Meaning(str(unit), str(ucd), str(text))
    return meanings


def to_frame(table: Table, wanted: list[str] | None = None) -> pd.DataFrame:
    """Turn an astropy table into a frame: masked numbers NaN, masked text ""; columns of arrays are left out."""
    kept = Table()
    for name in table.colnames if wanted is None else wanted:
        column = table[name]
        if column.dtype.kind in "SUO" and hasattr(column, "filled"):
            column = column.filled("")
        plain = column.reshape(len(column)) if column.ndim > 1 and column.size == len(column) else column
        if plain.ndim == 2 and plain.shape[1] == 2 and simplify(name) in PAIRED and wanted is not None:
            plain = np.array([f"{a!r} {d!r}" for a, d in np.ma.filled(plain, np.nan).tolist()])
        elif plain.ndim > 1:
            continue
        if plain.dtype.kind == "O":
            flat = flatten(np.asarray(plain))
            if flat is None:
                continue
            plain = flat
        kept[name] = plain
    frame = kept.to_pandas(index=False)
    for name in frame.select_dtypes(object).columns:
        if any(isinstance(v, bytes) for v in frame[name]):
            frame[name] = [v.decode("utf-8", "replace") if isinstance(v, bytes) else v for v in frame[name]]
    return frame


def read_ecsv(data: bytes, choose: Choice | None = None) -> Rows:
    """Read ECSV: its header says the type of each column, so that numbers are numbers and ids stay text."""
    text = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    top = re.match(r"(?:#[^\n]*(?:\n|$))*", text)
    start = top.end() if top else 0
    if start > LONGEST_HEADER:
        raise InputError(f"The table's header has more than {LONGEST_HEADER:,} characters, and was not read.")
    header = get_header_from_yaml([line[2:] for line in text[:start].split("\n")[1:]])
    meanings = {
        c["name"]: Meaning(c.get("unit", ""), take_ucd(c), c.get("description", "")) for c in header["datatype"]
    }
    plain = {c["name"]: c["datatype"] for c in header["datatype"] if "subtype" not in c}
    wanted = [n for n in (choose(meanings) if choose else meanings) if n in plain]
    reals = [n for n in wanted if plain[n].startswith("float")]
    types = dict.fromkeys(wanted, "str") | dict.fromkeys(reals, "float64")
    options: dict[str, Any] = {"dtype": types, "keep_default_na": False, "usecols": wanted, "index_col": False}
    options |= {"na_values": {n: ["", "nan", "NaN"] for n in reals}, "float_precision": "round_trip"}
    body = pd.read_csv(StringIO(text[start:]), sep=header.get("delimiter", " "), **options)
    frame = pd.DataFrame({n: _cast(body[n], plain[n]) for n in wanted}, index=body.index)
    return Rows(frame, meanings, (header.get("meta") or {}).get("provenance", ""), said=text[:start])


def _cast(text: pd.Series, datatype: str) -> pd.Series:
    """Give text of an ECSV column the type that its header says."""
    if datatype.startswith("float"):
        return text.astype("float32" if datatype == "float32" else "float64")
    empty = text == ""
    if datatype.startswith(("int", "uint")):
        if not empty.any():
            return text.astype(np.dtype(datatype))
        whole = [None if e else int(v) for v, e in zip(text, empty, strict=True)]
        return pd.Series(pd.array(whole, dtype="UInt64" if datatype == "uint64" else "Int64"), index=text.index)
    if datatype == "bool":
        return text.str.lower().isin(["true", "1"])
    return text
