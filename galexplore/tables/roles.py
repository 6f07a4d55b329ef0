"""Which columns of a table hold its ids and positions: told by UCD first, then by the names that the field uses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """What a file says of a column: its unit, UCD and description, as written there; "" where it does not."""

    unit: str = ""
    ucd: str = ""
    description: str = ""


@dataclass(frozen=True)
class Roles:
    """Columns by what they hold; None or empty where a table has none.

    `pair` holds right ascension and declination, `parts` the seven columns RAh RAm RAs DE- DEd DEm DEs, `whole` a
    position as one text. `rivals` are the pairs of which none is more likely than another. `old` is a column of B1950.
    `frame` is what the pair is given in, as astropy calls it.
    """

    id: str | None = None
    pair: tuple[str, str] | None = None
    parts: tuple[str, ...] = ()
    whole: str | None = None
    rivals: tuple[tuple[str, str], ...] = ()
    old: str | None = None
    frame: str = "icrs"

    @property
    def columns(self) -> list[str]:
        """All columns that are needed, each once."""
        names = [self.id, *(self.pair or ()), *self.parts, self.whole]
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
#: Names of right ascension and declination, the likeliest first, as `simplify` gives them.
_RA: tuple[str, ...] = (
    "ra",
    "radeg",
    "raj2000",
    "raicrs",
    "alphaj2000",
    "alphawinj2000",
    "alphapeakj2000",
    "alpha",
    "rightascension",
)
_RA += ("targetra", "objra", "raobj", "ra1", "sra", "ramean", "rastack", "coordra", "plugra", "fiberra", "meanra")
_RA += ("rafk5", "ratarg", "racenter", "rac", "xworld", "xwinworld", "alphasky", "raj2000deg", "radegj2000", "rad2000")
_RA += ("ra2000", "ra2000deg", "rajd", "ifura", "objectra", "racen", "racent", "photra")
_DEC: tuple[str, ...] = (
    "dec",
    "de",
    "decl",
    "decdeg",
    "dedeg",
    "decldeg",
    "dej2000",
    "decj2000",
    "deicrs",
    "decicrs",
    "deltaj2000",
)
_DEC += ("deltawinj2000", "deltapeakj2000", "delta", "declination", "targetdec", "objdec", "decobj", "dec1", "de1")
_DEC += ("sdec", "decmean", "decstack", "coorddec", "plugdec", "fiberdec", "meandec", "decfk5", "defk5", "dectarg")
_DEC += ("deccenter", "decc", "yworld", "ywinworld", "deltasky", "dej2000deg", "decj2000deg", "decdegj2000", "ded2000")
_DEC += ("dec2000", "de2000", "dec2000deg", "de2000deg", "decjd", "ifudec", "objectdec", "deccen", "decent", "photdec")
_WHOLE = (
    "coord",
    "coord1",
    "coords",
    "coordinates",
    "coordinate",
    "position",
    "pos",
    "radec",
    "skycoord",
    "coordsj2000",
)
_UNITS = {"deg", "degree", "degrees", "rad", "radian", "radians", "h", "hr", "hour", "hours", "hrs", "hms", "dms", "d"}
_NOT = {
    "err",
    "error",
    "e",
    "sigma",
    "std",
    "ivar",
    "unc",
    "pm",
    "cov",
    "corr",
    "offset",
    "rms",
    "diff",
    "b1950",
    "var",
}
_PARTS = ("rah", "ram", "ras", "de-", "ded", "dem", "des")


def split_name(name: str) -> list[str]:
    """Words of a column's name in lower case, without what stands in brackets."""
    bare = re.sub(r"[\[(].*?[\])]", " ", str(name)).replace("α", "alpha").replace("δ", "delta")
    bare = re.sub(r"(?<=[a-z])(?=[A-Z]{2}|[A-Z][a-z])", "_", bare.rpartition(".")[2] if _is_dotted(bare) else bare)
    return [w for w in re.split(r"[^a-z0-9]+", bare.lower()) if w]


def _is_dotted(name: str) -> bool:
    """Whether a name is of a part of something, such as `pos.ra`."""
    return re.fullmatch(r"\s*\w+\.(?!icrs\b|fk5\b|deg\b)[A-Za-z]\w*\s*", name, re.I) is not None


def simplify(name: str) -> str:
    """Write a column's name without case, marks, brackets and a trailing unit: `RA [deg]` and `ra_deg` are `ra`."""
    words = split_name(name)
    while len(words) > 1 and words[-1] in _UNITS:
        words.pop()
    return "".join(words)


def find_roles(meanings: Mapping[str, Meaning]) -> Roles:
    """Find the columns of ids and positions among a table's columns, given in their order."""
    old = next((n for n, m in meanings.items() if _is_old(n, m)), None)
    fresh = {n: m for n, m in meanings.items() if not _is_old(n, m)}
    plain = {n: simplify(n) for n in fresh}
    raw = {str(n).strip().lower(): n for n in reversed(fresh)}
    parts = tuple(raw[p] for p in _PARTS if p in raw)
    parts = parts if len(parts) == len(_PARTS) else ()
    pairs = _pair_by_ucd(fresh, plain) or _pair_by_name(plain)
    rivals: list[tuple[str, str]] = []
    if not pairs and not parts:
        rivals = _pair_by_words(fresh)
        pairs, rivals = (rivals, []) if len(rivals) == 1 else ([], rivals)
    pair = pairs[0] if pairs else None
    whole = None if pair or parts else next((n for n, k in plain.items() if k in _WHOLE), None)
    frame = "icrs"
    if not (pair or parts or whole or rivals):
        pair, frame = _pair_by_frame(fresh, plain)
    return Roles(
        _find_id(fresh, plain), pair, () if pair else parts, whole, tuple(rivals), None if pair else old, frame
    )


#: Longitude and latitude of other frames: names as `simplify` gives them, and the UCD's second word.
_OTHER_FRAMES = {
    "galactic": (("glon", "gallon", "gall", "lgal", "galacticlongitude", "galacticl"), "galactic"),
    "barycentricmeanecliptic": (("elon", "ecllon", "eclipticlongitude", "lambdaecl"), "ecliptic"),
}
_LATITUDES = {"gall": "galb", "lgal": "bgal", "galacticl": "galacticb", "lambdaecl": "betaecl"}


def _pair_by_frame(meanings: Mapping[str, Meaning], plain: Mapping[str, str]) -> tuple[tuple[str, str] | None, str]:
    """Find galactic or ecliptic longitude and latitude; l and b count only where both have an angle's unit."""
    first = {k: n for n, k in reversed(list(plain.items()))}
    for frame, (names, word) in _OTHER_FRAMES.items():
        ucds = [next((n for n, m in meanings.items() if m.ucd.lower().split(";")[0] == f"pos.{word}.{a}"), None)
                for a in ("lon", "lat")]  # fmt: skip
        if ucds[0] is not None and ucds[1] is not None:
            return (ucds[0], ucds[1]), frame
        for name in names:
            other = _LATITUDES.get(name, name.replace("longitude", "latitude").replace("lon", "lat"))
            if name in first and other in first:
                return (first[name], first[other]), frame
    if "l" in first and "b" in first and all(_says_angle(first[k], meanings[first[k]]) for k in "lb"):
        return (first["l"], first["b"]), "galactic"
    return None, "icrs"


def _says_angle(name: str, meaning: Meaning) -> bool:
    return re.search(r"\bdeg|\brad\b|°", f"{meaning.unit} {re.sub('_', ' ', name)}", re.I) is not None


def _is_old(name: str, meaning: Meaning) -> bool:
    """Whether a column is a position of equinox B1950."""
    return any("1950" in text for text in (name, meaning.description)) and bool(
        re.search(r"^_?(ra|de)|right|declin|alpha|delta", f"{name} {meaning.description}", re.I)
    )


def _rank_ucd(ucd: str, axis: str) -> int | None:
    """0 for the main position, 1 for a position, None for anything else (an error of one, a proper motion)."""
    ucd = ucd.strip().lower()
    if ucd.startswith("pos_eq_"):  # UCD1
        return {f"pos_eq_{axis}_main": 0, f"pos_eq_{axis}": 1}.get(ucd)
    words = ucd.split(";")
    if words[0] != f"pos.eq.{axis}":
        return None
    return 0 if "meta.main" in words else 1 if len(words) == 1 else None


def _pair_by_ucd(meanings: Mapping[str, Meaning], plain: Mapping[str, str]) -> list[tuple[str, str]]:
    for rank in (0, 1):
        ra, dec = ([n for n, m in meanings.items() if _rank_ucd(m.ucd, a) == rank] for a in ("ra", "dec"))
        if len(ra) == len(dec) == 1 or (rank == 0 and ra and dec):
            return [(ra[0], dec[0])]
        if ra and dec:
            return _pair_by_name({n: plain[n] for n in ra + dec}) or [(ra[0], dec[0])]
    return []


def _pair_by_name(plain: Mapping[str, str]) -> list[tuple[str, str]]:
    first = {k: n for n, k in reversed(list(plain.items()))}
    ra, dec = next((first[k] for k in _RA if k in first), None), next((first[k] for k in _DEC if k in first), None)
    if ra is None or dec is None:
        return []
    twins = _twins(plain[ra])  # the declination of the same kind where there is one: ra_1 with dec_1
    return [(ra, next((first[t] for t in twins if t in first), dec))]


def _twins(ra: str) -> list[str]:
    """Names of the declination that belongs to a right ascension's."""
    for one, others in (("rightascension", ["declination"]), ("alpha", ["delta"]), ("xw", ["yw"])):
        if ra.startswith(one):
            return [ra.replace(one, other) for other in others]
    return [ra.replace("ra", other, 1) for other in ("dec", "de", "decl")] if "ra" in ra else []


def _pair_by_words(meanings: Mapping[str, Meaning]) -> list[tuple[str, str]]:
    """Pairs such as host_ra, host_dec: one word is the axis, and the others are alike."""
    held: dict[tuple[str, ...], dict[str, str]] = {}
    for name in meanings:
        words = [w for w in split_name(name) if w not in _UNITS]
        for axis, names in (("ra", ("ra", "raj2000", "radeg")), ("dec", ("dec", "de", "decl", "dej2000", "decdeg"))):
            if len([w for w in words if w in names]) == 1 and not _NOT & set(words):
                held.setdefault(tuple(w for w in words if w not in names), {}).setdefault(axis, name)
    pairs = [(p["ra"], p["dec"]) for p in held.values() if len(p) == 2]
    return pairs or _pair_glued(meanings)


def _pair_glued(meanings: Mapping[str, Meaning]) -> list[tuple[str, str]]:
    """Pairs such as cra, cdec or RAhours, DEdeg: what stands before or behind the axis is alike, or a unit."""
    held: dict[str, dict[str, str]] = {}
    for name in meanings:
        bare = re.sub(r"[^a-z0-9]", "", str(name).lower())
        if words := re.fullmatch(rf"(ra|decl?|de)({_GLUED_UNITS})", bare):
            held.setdefault("", {}).setdefault("ra" if words[1] == "ra" else "dec", name)
        elif words := re.fullmatch(r"([a-z0-9]{1,8}?)(ra|dec)", bare):
            if words[1] not in _NOT | _OFFSETS and not words[1].startswith(("err", "pm", "sig", "del", "off")):
                held.setdefault(words[1], {}).setdefault(words[2], name)
    return [(p["ra"], p["dec"]) for p in held.values() if len(p) == 2]


_GLUED_UNITS = "hours?|hrs?|h|degrees?|deg|d|radians?|rad"
_OFFSETS = {"d", "e", "u", "s", "er", "mu", "m", "n", "c1950", "delta", "diff", "grad", "extra", "infra"}


def _find_id(meanings: Mapping[str, Meaning], plain: Mapping[str, str]) -> str | None:
    for main in (("meta.id", "meta.main"), ("id_main",)):
        for name, meaning in meanings.items():
            words = meaning.ucd.lower().split(";")
            if words[0] == main[0] and set(main) <= set(words) and plain[name] not in COUNTERS:
                return name
    first = {k: n for n, k in reversed(list(plain.items()))}
    return next((first[k] for k in IDS if k in first), None)
