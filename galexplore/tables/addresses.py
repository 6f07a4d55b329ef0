"""Positions in the links of the field's services: the Legacy viewer, Aladin, SkyServer, SIMBAD, NED, VizieR, PS1."""

import re
from urllib.parse import parse_qs, urlsplit

from galexplore.tables.phrases import name_frame

#: Pairs of parameters that hold the two halves of a position, and single ones that hold all of it or a name.
_PAIRS = (("ra", "dec"), ("ra", "de"), ("lon", "lat"), ("ra_j2000", "dec_j2000"), ("targetra", "targetdec"))
_WHOLES: tuple[str, ...] = (
    "target",
    "coord",
    "coords",
    "coordinates",
    "pos",
    "position",
    "radec",
    "mark",
    "center",
    "centre",
)
_WHOLES += ("-c", "locstr", "searchquery", "skycoord", "cone", "obj", "objname", "ident", "name", "q", "c", "i")
_FRAMES = ("cooframe", "frame", "in_csys", "coosys", "lon_lat_frame", "csys")
_EQUINOXES = ("in_equinox", "cooequi", "equinox", "-c.eq")
#: An id behind its usual parameter, or the target in the address of a DESI spectrum.
_ID = re.compile(r"(?:[?&#](?:objid|id|sid|specobjid|targetid|source_id)=|/targetid)([\w-]{1,64})(?![\w-])", re.I)


def is_address(text: str) -> bool:
    """Whether a text is a link, or the parameters of one."""
    worded = "://" in text or re.match(r"(?:www\.|[a-z0-9.-]+\.[a-z]{2,6}/)", text, re.I) is not None
    return worded or ("=" in text and ("&" in text or "?" in text))


def read_parameters(text: str) -> dict[str, str]:
    """Read all parameters of a link, by name in lower case: of its query, its fragment, or a bare list of them."""
    try:
        parts = urlsplit(text)
        held: dict[str, str] = {}
        for part in (parts.path, parts.fragment, parts.query):
            fresh = {k.lower().rpartition("?")[2]: v[0] for k, v in parse_qs(part, max_num_fields=100).items()}
            held |= fresh
        return held
    except ValueError:
        return {}


def find_places(text: str) -> list[str]:
    """Texts of a link that may be a position, the likeliest first: each to be read as what a person types."""
    held = read_parameters(text)
    places = [f"{held[a].strip()} {held[b].strip()}" for a, b in _PAIRS if a in held and b in held]
    if mark := re.search(r"#\s*([+-]?\d[\d.]*[,+-][\d.+-]+)$", text):
        places.append(mark[1])
    for key in _WHOLES:
        if key in held:  # "+" of a declination came as a space, or encoded with nothing before it
            value = re.sub(r"(J\d+(?:\.\d+)?) (?=\d)", r"\1+", held[key].strip())
            places.append(re.sub(r"^(\d+(?:\.\d*)?d?)([+-]\d)", r"\1 \2", value))
    return places


def find_frame(text: str) -> str:
    """Name the frame in which a link says that its position is; ICRS where it says none."""
    held = read_parameters(text)
    frames = [name_frame(held[key]) for key in _FRAMES if held.get(key)]
    if any("1950" in held.get(key, "") for key in _EQUINOXES):
        return "B1950"
    return next((f for f in frames if f != "icrs"), "icrs")


def find_id(text: str) -> str | None:
    """Id of a source that a link asks for (objid, TARGETID); None where it holds none."""
    sought = _ID.search(text)
    return sought[1] if sought else None
