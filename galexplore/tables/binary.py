"""Readers of tables that say what their columns are: FITS, VOTable, ECSV, Parquet."""

from collections.abc import Mapping
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.io import fits, votable
from astropy.table import Table
from astropy.table.meta import get_header_from_yaml

from galexplore.errors import InputError
from galexplore.tables.meanings import Meaning
from galexplore.tables.rows import Choice, Rows, flatten, pick_table

MOST_BYTES = 100_000_000  # that the needed columns of a list may take in memory
_BATCH = 1024  # rows that are unpacked before the budget is looked at


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
        hdu.header.remove(
            "COMMENT", ignore_missing=True, remove_all=True
        )  # where astropy keeps what makes objects of columns
        table = Table.read(hdu)
    wanted = choose(described[at]) if choose else None
    return Rows(to_frame(table, wanted), described[at], str(table.meta.get("PROVENAN", "")))


def _describe_fits(hdu: fits.BinTableHDU) -> dict[str, Meaning]:
    """Take what TUNITn, TUCDn, TCOMMn and the comments of TTYPEn say."""
    header, meanings = hdu.header, {}
    for i, name in enumerate(hdu.columns.names, 1):
        text = header.get(f"TCOMM{i}") or header.get(f"TDESC{i}") or header.comments[f"TTYPE{i}"]
        unit, ucd = header.get(f"TUNIT{i}", ""), header.get(f"TUCD{i}", "")
        meanings[name] = Meaning(str(unit), str(ucd), str(text))
    return meanings


def read_votable(data: bytes, choose: Choice | None = None) -> Rows:
    """Read a VOTable: of several tables the first one with what is wanted."""
    document = votable.parse(BytesIO(data), verify="ignore")
    tables = [t for t in document.iter_tables() if t.fields]
    if not tables:
        infos = [i for r in document.resources for i in r.infos] + list(document.infos)
        status = next((i for i in infos if i.name == "QUERY_STATUS" and str(i.value).upper() == "ERROR"), None)
        if status is not None:
            said = " ".join((status.content or "").split())[:120]
            raise InputError(f"The VOTable holds no table but a service's error{': ' + said if said else ''}.")
        raise InputError("The VOTable is damaged or holds no table, and could not be read.")
    described = [
        {f.name or f.ID: Meaning(str(f.unit or ""), f.ucd or "", f.description or "") for f in t.fields} for t in tables
    ]
    at = pick_table(described, choose)
    names = [f.name for f in tables[at].fields]
    table = tables[at].to_table(use_names_over_ids=len(set(names)) == len(names))
    meanings = dict(zip(table.colnames, (_mean(f) for f in tables[at].fields), strict=True))
    provenance = next((i.value for i in document.infos if i.name == "provenance"), "")
    return Rows(to_frame(table, choose(meanings) if choose else None), meanings, provenance)


def _mean(field: votable.tree.Field) -> Meaning:
    return Meaning(str(field.unit or ""), field.ucd or "", field.description or "")


def to_frame(table: Table, wanted: list[str] | None = None) -> pd.DataFrame:
    """Turn an astropy table into a frame: masked numbers NaN, masked text ""; columns of arrays are left out."""
    kept = Table()
    for name in table.colnames if wanted is None else wanted:
        column = table[name]
        if column.dtype.kind in "SUO" and hasattr(column, "filled"):
            column = column.filled("")
        plain = column.reshape(len(column)) if column.ndim > 1 and column.size == len(column) else column
        if plain.ndim > 1:
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
    lines = data.decode("utf-8-sig").splitlines()
    start = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    header = get_header_from_yaml([line[2:] for line in lines[1:start]])
    meanings = {c["name"]: Meaning(c.get("unit", ""), _ucd(c), c.get("description", "")) for c in header["datatype"]}
    plain = {c["name"]: c["datatype"] for c in header["datatype"] if "subtype" not in c}
    wanted = [n for n in (choose(meanings) if choose else meanings) if n in plain]
    options: dict[str, Any] = {"dtype": str, "keep_default_na": False, "usecols": wanted, "index_col": False}
    body = pd.read_csv(StringIO("\n".join(lines[start:])), sep=header.get("delimiter", " "), **options)
    frame = pd.DataFrame({n: _cast(body[n], plain[n]) for n in wanted}, index=body.index)
    return Rows(frame, meanings, (header.get("meta") or {}).get("provenance", ""))


def _ucd(column: Mapping) -> str:
    return (column.get("meta") or {}).get("ucd", "")


def _cast(text: pd.Series, datatype: str) -> pd.Series:
    """Give text of an ECSV column the type that its header says."""
    empty = text == ""
    if datatype.startswith(("int", "uint")):
        if not empty.any():
            return text.astype(np.dtype(datatype))
        whole = [None if e else int(v) for v, e in zip(text, empty, strict=True)]
        return pd.Series(pd.array(whole, dtype="UInt64" if datatype == "uint64" else "Int64"), index=text.index)
    if datatype.startswith("float"):
        return text.mask(empty, "nan").astype("float32" if datatype == "float32" else "float64")
    if datatype == "bool":
        return text.str.lower().isin(["true", "1"])
    return text


def read_parquet(data: bytes, choose: Choice | None = None) -> Rows:
    """Read Parquet, with the index that pandas kept; of a list only what is needed, within a budget."""
    with pq.ParquetFile(BytesIO(data)) as file:
        schema = file.schema_arrow
        meanings = _describe_parquet(schema)
        index = _name_index(schema)
        meanings = {index if n == "__index_level_0__" else n: m for n, m in meanings.items()}
        wanted = choose(meanings) if choose else None
        wanted = wanted and ["__index_level_0__" if n == index and n not in schema.names else n for n in wanted]
        table = file.read() if wanted is None else _read_bounded(file, wanted)
    provenance = (schema.metadata or {}).get(b"provenance", b"").decode()
    return Rows(_from_arrow(table).rename(columns={"__index_level_0__": index}), meanings, provenance)


def _name_index(schema: pa.Schema) -> str:
    """Name the column in which pandas keeps an index without a name: text there is of ids, a number counts rows."""
    field = next((f for f in schema if f.name == "__index_level_0__"), None)
    worded = field is not None and (pa.types.is_string(field.type) or pa.types.is_large_string(field.type))
    names = ("id", "index") if worded else ("index", "__index_level_0__")
    return (
        names[0] if names[0] not in schema.names else names[1] if names[1] not in schema.names else "__index_level_0__"
    )


def _describe_parquet(schema: pa.Schema) -> dict[str, Meaning]:
    """Take what the fields' metadata say, or the header that astropy keeps in a file's."""
    meanings = {}
    for field in schema:
        said = {k.decode(): v.decode("utf-8", "replace") for k, v in (field.metadata or {}).items()}
        meanings[field.name] = Meaning(said.get("unit", ""), said.get("ucd", ""), said.get("description", ""))
    kept = (schema.metadata or {}).get(b"table_meta_yaml")
    if kept:
        for c in get_header_from_yaml(kept.decode().split("\n"))["datatype"]:
            if c["name"] in meanings:
                meanings[c["name"]] = Meaning(c.get("unit", ""), _ucd(c), c.get("description", ""))
    return meanings


def _read_bounded(file: pq.ParquetFile, wanted: list[str]) -> pa.Table:
    """Read columns batch by batch, and stop where they outgrow the budget."""
    batches, held = [], 0
    for batch in file.iter_batches(_BATCH, columns=wanted, use_threads=False):
        held += batch.nbytes
        if held > MOST_BYTES:
            raise InputError(f"The columns {', '.join(wanted)} unfold to more than {MOST_BYTES // 10**6} MB.")
        batches.append(batch)
    if not batches:
        return file.schema_arrow.empty_table().select(wanted)
    return pa.Table.from_batches(batches).select(wanted)


def _from_arrow(table: pa.Table) -> pd.DataFrame:
    """Make a frame in which whole numbers with gaps stay whole, and columns of arrays are as they were read."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_decimal(column.type):
            column = column.cast(pa.float64())
        if pa.types.is_integer(column.type) and column.null_count:
            column = column.cast(pa.uint64() if column.type == pa.uint64() else pa.int64())
            kind = pd.UInt64Dtype() if column.type == pa.uint64() else pd.Int64Dtype()
            columns[name] = column.to_pandas(types_mapper={column.type: kind}.get)
            continue
        values = column.to_pandas()
        if pa.types.is_list(column.type) or pa.types.is_fixed_size_list(column.type):
            flat = flatten(values.to_numpy())
            values = values if flat is None else pd.Series(flat)
        columns[name] = values
    return pd.DataFrame(columns, index=range(table.num_rows))
