"""Reader of VOTables."""

import re
from io import BytesIO

from astropy.io import votable

from galexplore.errors import InputError
from galexplore.tables.binary import to_frame
from galexplore.tables.meanings import Meaning
from galexplore.tables.rows import Choice, Rows, pick_table

_MOST_CELLS = 300_000  # of a list: what is read in a second
_STREAM = re.compile(rb"(<(?:\w+:)?STREAM[^>]*>)[^<]*(</(?:\w+:)?STREAM>)", re.I)


def read_votable(data: bytes, choose: Choice | None = None) -> Rows:
    """Read a VOTable: of several tables the first one with what is wanted."""
    if choose is not None:
        _check_size(data)
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
    if choose is not None:
        _check_equinox(document, tables[at].fields)
    names = [f.name for f in tables[at].fields]
    table = tables[at].to_table(use_names_over_ids=len(set(names)) == len(names))
    meanings = dict(zip(table.colnames, (_mean(f) for f in tables[at].fields), strict=True))
    provenance = next((i.value for i in document.infos if i.name == "provenance"), "")
    return Rows(to_frame(table, choose(meanings) if choose else None), meanings, provenance)


def _mean(field: votable.tree.Field) -> Meaning:
    return Meaning(str(field.unit or ""), field.ucd or "", field.description or "")


def _check_equinox(document: votable.tree.VOTableFile, fields: list[votable.tree.Field]) -> None:
    """Refuse a table whose positions refer to a system of coordinates of the equinox B1950."""
    systems = [*document.coordinate_systems, *(c for r in document.resources for c in r.coordinate_systems)]
    old = {c.ID for c in systems if "FK4" in str(c.system).upper() or "1950" in str(c.equinox)}
    if any(f.ref in old and re.search(r"pos|ra|dec", f"{f.ucd} {f.name}", re.I) for f in fields if f.ref):
        raise InputError("The list's positions are of equinox B1950 (COOSYS); give them in ICRS (J2000), in degrees.")


def _check_size(data: bytes) -> None:
    """Refuse a list of more cells than are read in a second, before any of them is."""
    cells = data.count(b"<TD") + data.count(b":TD")
    streams = sum(len(stream[0]) for stream in _STREAM.finditer(data))
    if streams:
        bare = votable.parse(BytesIO(_STREAM.sub(rb"\1\2", data)), verify="ignore")
        fields = [list(t.fields) for t in bare.iter_tables() if t.fields]
        sizes = [sum(map(_measure_cell, g)) for g in fields]
        cells += max((streams * 3 // 4 * len(g) // max(n, 1) for g, n in zip(fields, sizes, strict=True)), default=0)
    if cells > _MOST_CELLS:
        raise InputError(
            f"A list that is a VOTable may have up to {_MOST_CELLS:,} cells, and this one has about {cells:,}; leave "
            "only its columns of ids and positions, or give it as FITS, Parquet or CSV."
        )


def _measure_cell(field: votable.tree.Field) -> int:
    """Bytes of a cell in a binary stream; of one of variable length its count and a word of four letters."""
    one, many = _SIZES.get(field.datatype, 1), str(field.arraysize or 1)
    return one * int(many) if many.isdigit() and len(many) < 7 else 8


_SIZES = {"unicodeChar": 2, "short": 2, "int": 4, "long": 8, "float": 4, "double": 8, "floatComplex": 8}
_SIZES |= {"doubleComplex": 16}
