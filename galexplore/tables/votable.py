"""Reader of VOTables."""

import re
from io import BytesIO

from astropy.io import votable
from astropy.table import Table

from galexplore.errors import InputError
from galexplore.tables.binary import to_frame
from galexplore.tables.meanings import Meaning
from galexplore.tables.rows import Choice, Rows, pick_table

_MOST_CELLS = 300_000  # of a list: what is read in a second; one that is passed over counts as a half
_STREAM = re.compile(rb"(<(?:\w+:)?STREAM[^>]*>)[^<]*(</(?:\w+:)?STREAM>)", re.I)
_ROWS = re.compile(rb"(<(?:\w+:)?TABLEDATA[^>]*>).*?(</(?:\w+:)?TABLEDATA>)", re.I | re.S)


def read_votable(data: bytes, choose: Choice | None = None) -> Rows:
    """Read a VOTable: of several tables the first one with what is wanted, and of that no other column."""
    bare = data if choose is None else _ROWS.sub(rb"\1\2", _STREAM.sub(rb"\1\2", data))
    document = votable.parse(BytesIO(bare), verify="ignore")
    tables = {k: t for k, t in enumerate(document.iter_tables()) if t.fields}
    if not tables:
        raise InputError(_say_empty(document))
    described = {k: dict(zip(_to_table(t).colnames, map(_mean, t.fields), strict=True)) for k, t in tables.items()}
    number = list(described)[pick_table(list(described.values()), choose)]
    table, meanings = tables[number], described[number]
    wanted = choose(meanings) if choose else list(meanings)
    if choose is None:
        kept = _to_table(table)
    else:
        _check_size(data, list(table.fields), len(wanted))
        places = sorted(list(meanings).index(n) for n in wanted) or [0]
        whole = votable.parse(BytesIO(data), verify="ignore", columns=places, table_number=number)
        kept = list(whole.iter_tables())[number].to_table()
        kept.rename_columns(kept.colnames, [list(meanings)[i] for i in places])
    provenance = next((i.value for i in document.infos if i.name == "provenance"), "")
    return Rows(to_frame(kept, wanted or None), meanings, provenance, said=_name_equinox(document, table.fields))


def _to_table(table: votable.tree.TableElement) -> Table:
    """Give an astropy table whose columns are called by their names, or by their IDs where two names are alike."""
    names = [f.name for f in table.fields]
    return table.to_table(use_names_over_ids=len(set(names)) == len(names))


def _say_empty(document: votable.tree.VOTableFile) -> str:
    infos = [i for r in document.resources for i in r.infos] + list(document.infos)
    status = next((i for i in infos if i.name == "QUERY_STATUS" and str(i.value).upper() == "ERROR"), None)
    if status is None:
        return "The VOTable is damaged or holds no table, and could not be read."
    said = " ".join((status.content or "").split())[:120]
    return f"The VOTable holds no table but a service's error{': ' + said if said else ''}."


def _mean(field: votable.tree.Field) -> Meaning:
    return Meaning(str(field.unit or ""), field.ucd or "", field.description or "")


def _name_equinox(document: votable.tree.VOTableFile, fields: list[votable.tree.Field]) -> str:
    """Say B1950 where a table's positions refer to a system of coordinates of that equinox; else nothing."""
    systems = [*document.coordinate_systems, *(c for r in document.resources for c in r.coordinate_systems)]
    old = {c.ID for c in systems if "FK4" in str(c.system).upper() or "1950" in str(c.equinox)}
    alone = bool(old) and len(old) == len(systems) and not any(f.ref for f in fields)  # then it holds for all
    return (
        "B1950"
        if alone or any(f.ref in old and re.search(r"pos|ra|dec", f"{f.ucd} {f.name}", re.I) for f in fields if f.ref)
        else ""
    )


def _check_size(data: bytes, fields: list[votable.tree.Field], needed: int) -> None:
    """Refuse a list of more cells than are read in a second, before any of them is."""
    cells = data.count(b"<TD") + data.count(b":TD")
    streams = sum(len(stream[0]) for stream in _STREAM.finditer(data))
    cells += streams * 3 // 4 * len(fields) // max(sum(map(_measure_cell, fields)), 1)
    if cells * (1 + needed / len(fields)) / 2 > _MOST_CELLS:
        raise InputError(
            f"A list that is a VOTable may have up to {_MOST_CELLS:,} cells, of which those of other columns than ids "
            f"and positions count as half, and this one has about {cells:,}; leave columns out, or give it as FITS, "
            "Parquet or CSV."
        )


def _measure_cell(field: votable.tree.Field) -> int:
    """Bytes of a cell in a binary stream; of one of variable length its count and a word of four letters."""
    one, many = _SIZES.get(field.datatype, 1), str(field.arraysize or 1)
    return one * int(many) if many.isdigit() and len(many) < 7 else 8


_SIZES = {"unicodeChar": 2, "short": 2, "int": 4, "long": 8, "float": 4, "double": 8, "floatComplex": 8}
_SIZES |= {"doubleComplex": 16}
