"""Which columns of a table hold its ids and positions: told by UCD first, then by the names that the field uses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from galexplore.tables.axes import WHOLE, pair_by_frame, pair_by_name, pair_by_ucd, pair_by_words
from galexplore.tables.meanings import Meaning, simplify


@dataclass(frozen=True)
class Roles:
    """Columns by what they hold; None or empty where a table has none.

    `pair` holds right ascension and declination, `parts` the columns RAh RAm RAs DE- DEd DEm DEs (DE- may be missing),
    `whole` a position as one text. `rivals` are the pairs of which none is more likely than another. `old` is a column
    of B1950. `frame` is what the pair is given in, as astropy calls it. `other_ids` count where `id` is a mere running
    number. `equinox` is a column that says each position's equinox.
    """

    id: str | None = None
    pair: tuple[str, str] | None = None
    parts: tuple[str, ...] = ()
    whole: str | None = None
    rivals: tuple[tuple[str, str], ...] = ()
    old: str | None = None
    frame: str = "icrs"
    other_ids: tuple[str, ...] = ()
    equinox: str | None = None

    @property
    def columns(self) -> list[str]:
        """All columns that are needed, each once."""
        names = [self.id, *self.other_ids, *(self.pair or ()), *self.parts, self.whole, self.equinox]
        return list(dict.fromkeys(n for n in names if n is not None))


#: Names of ids, the likeliest first, as `simplify` gives them.
IDS: tuple[str, ...] = (
    "id",
    "name",
    "objid",
    "objectid",
    "sourceid",
    "iauname",
    "dr8objid",
    "dr7objid",
    "objiddr7",
    "targetid",
    "mainid",
)
IDS += ("designation", "objname", "objectname", "sourcename", "targetname", "object", "galaxy", "source", "target")
IDS += ("galid", "atlasid", "id1", "idx", "obj", "names", "galaxyname", "label")
IDS += ("specobjid", "cataid", "lsid", "galaxyid", "uid", "ident", "identifier", "objno", "objidps1", "coaddobjectid")
#: Names of mere counters: no ids, whatever stands in them.
COUNTERS = (
    "",
    "recno",
    "row",
    "rowid",
    "rownumber",
    "index",
    "number",
    "num",
    "no",
    "nr",
    "seq",
    "n",
    "unnamed0",
    "level0",
)
_PARTS = ("rah", "ram", "ras", "ded", "dem", "des")
_SIGNS = ("de-", "sign", "dsign", "design", "decsign")


def find_roles(meanings: Mapping[str, Meaning]) -> Roles:
    """Find the columns of ids and positions among a table's columns, given in their order."""
    old = next((n for n, m in meanings.items() if _is_old(n, m)), None)
    fresh = {n: m for n, m in meanings.items() if not _is_old(n, m)}
    plain = {n: simplify(n) for n in fresh}
    parts = _find_parts(fresh)
    pairs = pair_by_ucd(fresh, plain) or pair_by_name(plain)
    rivals: list[tuple[str, str]] = []
    if not pairs and not parts:
        rivals = pair_by_words(fresh)
        pairs, rivals = (rivals, []) if len(rivals) == 1 else ([], rivals)
    pair = pairs[0] if pairs and not set(pairs[0]) <= set(parts) else None
    whole = None if pair or parts else next((n for n, k in plain.items() if k in WHOLE), None)
    frame = "icrs"
    if not (pair or parts or whole or rivals):
        pair, frame = pair_by_frame(fresh, plain)
    ids = _find_ids(fresh, plain)
    return Roles(
        ids[0] if ids else None,
        pair,
        () if pair else parts,
        whole,
        tuple(rivals),
        None if pair else old,
        frame,
        tuple(ids[1:3]),
        next((n for n, k in plain.items() if k == "equinox"), None) if pair or parts or whole else None,
    )


def _find_parts(meanings: Mapping[str, Meaning]) -> tuple[str, ...]:
    """Find the columns RAh RAm RAs DE- DEd DEm DEs, or those without a sign of its own; empty where one is missing."""
    raw: dict[str, str] = {}
    for name in reversed(list(meanings)):
        raw[re.sub(r"^decl?(?=[dms]$)", "de", re.sub(r"[ _.]", "", str(name).lower()))] = name
    parts = tuple(raw[p] for p in _PARTS if p in raw)
    if len(parts) < len(_PARTS):
        return ()
    sign = next((raw[s] for s in _SIGNS if s in raw), None)
    return parts if sign is None else (*parts[:3], sign, *parts[3:])


def _is_old(name: str, meaning: Meaning) -> bool:
    """Whether a column is a position of equinox B1950."""
    return any("1950" in text for text in (name, meaning.unit, meaning.description)) and bool(
        re.search(r"^_?(ra|de)|right|declin|alpha|delta|coord|position", f"{name} {meaning.description}", re.I)
    )


def _find_ids(meanings: Mapping[str, Meaning], plain: Mapping[str, str]) -> list[str]:
    """Find the columns that may hold ids, the likeliest first."""
    ids: list[str] = []
    for main in (("meta.id", "meta.main"), ("id_main",)):
        for name, meaning in meanings.items():
            words = meaning.ucd.lower().split(";")
            if words[0] == main[0] and set(main) <= set(words) and plain[name] not in COUNTERS:
                ids.append(name)
    first = {k: n for n, k in reversed(list(plain.items()))}
    return list(dict.fromkeys([*ids, *(first[k] for k in IDS if k in first)]))
