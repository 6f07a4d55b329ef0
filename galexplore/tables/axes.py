"""Which two columns are the axes of a position: told by UCD first, then by the names that the field uses."""

import re
from collections.abc import Mapping

from galexplore.tables.meanings import UNITS, Meaning, split_name

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
_RA += ("al2000", "ra2000", "ra2000deg", "rajd", "ifura", "objectra", "racen", "racent", "photra")
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
WHOLE = (
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
    "hmsdms",
    "poseq",
    "skycoords",
)
#: Of these the ones that hold ra and dec where a cell holds two numbers; others may be places on a detector.
PAIRED = ("radec", "skycoord", "skycoords", "coordsj2000")
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
    "d",
    "delta",
    "del",
    "off",
    "dra",
    "ddec",
    *("prec", "precision", "sun", "moon", "step", "size", "width", "min", "max", "corner", "shift", "scatter", "res"),
    *("residual", "residuals", "uncert", "uncertainty", "dot", "rate"),
}


def _rank_ucd(ucd: str, axis: str) -> int | None:
    """0 for the main position, 1 for a position, None for anything else (an error of one, a proper motion)."""
    ucd = ucd.strip().lower()
    if ucd.startswith("pos_eq_"):  # UCD1
        return {f"pos_eq_{axis}_main": 0, f"pos_eq_{axis}": 1}.get(ucd)
    words = ucd.split(";")
    if words[0] != f"pos.eq.{axis}":
        return None
    return 0 if "meta.main" in words else 1 if set(words[1:]) <= {"src"} else None


def pair_by_ucd(meanings: Mapping[str, Meaning], plain: Mapping[str, str]) -> list[tuple[str, str]]:
    """Find the pair whose UCDs say that it is the main position, else a position."""
    for rank in (0, 1):
        ra, dec = ([n for n, m in meanings.items() if _rank_ucd(m.ucd, a) == rank] for a in ("ra", "dec"))
        if len(ra) == len(dec) == 1 or (rank == 0 and ra and dec):
            return [(ra[0], dec[0])]
        if ra and dec:
            return pair_by_name({n: plain[n] for n in ra + dec}) or [(ra[0], dec[0])]
    return []


def pair_by_name(plain: Mapping[str, str]) -> list[tuple[str, str]]:
    """Find the likeliest pair by the names that the field uses."""
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


def pair_by_words(meanings: Mapping[str, Meaning]) -> list[tuple[str, str]]:
    """Pairs such as host_ra, host_dec: one word is the axis, and the others are alike."""
    held: dict[tuple[str, ...], dict[str, str]] = {}
    for name in meanings:
        words = split_name(name)
        while len(words) > 1 and words[-1] in UNITS:
            words.pop()
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


_GLUED_UNITS = "hms|dms|hours?|hrs?|h|degrees?|deg|d|radians?|rad"
_OFFSETS = {"d", "e", "u", "s", "er", "mu", "m", "n", "c1950", "delta", "diff", "grad", "extra", "infra"}


#: Longitude and latitude of other frames: names as `simplify` gives them, and the UCD's second word.
_OTHER_FRAMES = {
    "galactic": (("glon", "gallon", "gall", "lgal", "galacticlongitude", "galacticl"), "galactic"),
    "barycentricmeanecliptic": (("elon", "ecllon", "eclipticlongitude", "lambdaecl"), "ecliptic"),
}
_LATITUDES = {"gall": "galb", "lgal": "bgal", "galacticl": "galacticb", "lambdaecl": "betaecl"}


def pair_by_frame(meanings: Mapping[str, Meaning], plain: Mapping[str, str]) -> tuple[tuple[str, str] | None, str]:
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
