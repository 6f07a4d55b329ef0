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
    number. `equinox` is a column that says each position's equinox,
    `sign` one that holds the signs of declinations which the pair may lack.
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
    sign: str | None = None

    @property
    def columns(self) -> list[str]:
        """All columns that are needed, each once."""
        names = [self.id, *self.other_ids, *(self.pair or ()), *self.parts, self.whole, self.equinox, self.sign]
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
_SIGNS = ("de-", "sign", "dsign", "design", "decsign", "ns", "northsouth", "hemisphere", "hemi", "dechemisphere")


def find_roles(meanings: Mapping[str, Meaning]) -> Roles:
    """Find the columns of ids and positions among a table's columns, given in their order."""
    old = next((n for n, m in meanings.items() if _is_old(n, m)), None)
    fresh = {n: m for n, m in meanings.items() if not _is_old(n, m)}
    plain = {n: simplify(n) for n in fresh}
    named = _name_parts(fresh)
    parts, remnants = _find_parts(named), list_remnants(fresh)
    whole_axes = {n: k for n, k in plain.items() if n not in remnants}
    pairs = pair_by_ucd({n: fresh[n] for n in whole_axes}, whole_axes) or pair_by_name(whole_axes)
    rivals: list[tuple[str, str]] = []
    if not pairs and not parts:
        rivals = pair_by_words({n: fresh[n] for n in whole_axes})
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
        next((named[w] for w in _SIGNS if w in named), None) if pair else None,
    )


_PART = re.compile(r"(ra|decl?|de)(h(?:ou)?r?s?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?|d(?:eg(?:ree)?s?)?)")


def _name_parts(meanings: Mapping[str, Meaning]) -> dict[str, str]:
    """Columns by the part of a position that their names say: `rah` is RAh or ra_hour, `ded` is DEd, else dec_deg."""
    parts: dict[str, str] = {}
    for name in sorted(reversed(list(meanings)), key=lambda name: -len(str(name))):  # of two the shorter one counts
        word = re.sub(r"[ _./()\[\]]", "", str(name).lower())
        if part := _PART.fullmatch(word):
            word = part[1][:2] + part[2][0]
        if word in (*_PARTS, "rad", *_SIGNS):
            parts[word] = name
    return parts


def _find_parts(named: Mapping[str, str]) -> tuple[str, ...]:
    """Find the columns RAh RAm RAs DE- DEd DEm DEs, or those without a sign of its own; empty where one is missing."""
    parts = tuple(named[p] for p in _PARTS if p in named)
    if len(parts) < len(_PARTS):
        return ()
    sign = next((named[s] for s in _SIGNS if s in named), None)
    return parts if sign is None else (*parts[:3], sign, *parts[3:])


def list_remnants(meanings: Mapping[str, Meaning]) -> set[str]:
    """List the columns of hours or degrees that minutes beside them complete, so that alone they are no position."""
    named = _name_parts(meanings)
    of_ra, of_dec = {"rah", "ram"} <= set(named), {"ded", "dem"} <= set(named) and bool({"des", "rah"} & set(named))
    in_degrees = {"rad", "ram", "ras"} <= set(named)
    words = ("rah", "ram", "ras") * of_ra + ("ded", "dem", "des") * of_dec + ("rad", "ram", "ras") * in_degrees
    return {named[w] for w in (*words, "de-") if w in named}


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
