"""Positions in the links of the field's services: the Legacy viewer, Aladin, SkyServer, SIMBAD, NED, ESASky, PS1."""

import re
from urllib.parse import parse_qs, urlsplit

#: Pairs of parameters that hold the two halves of a position, and single ones that hold all of it or a name.
_PAIRS = (("ra", "dec"), ("lon", "lat"), ("ra_j2000", "dec_j2000"), ("targetra", "targetdec"))
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
_WHOLES += ("objname", "ident", "name", "q", "c", "i")
_FRAMES = ("cooframe", "frame", "in_csys", "coosys", "lon_lat_frame")
#: An id behind its usual parameter, or the target in the address of a DESI spectrum.
_ID = re.compile(r"(?:[?&#](?:objid|id|sid|specobjid|targetid|source_id)=|/targetid)([\w-]{1,64})(?![\w-])", re.I)


def is_address(text: str) -> bool:
    """Whether a text is a link, or the parameters of one."""
    return "://" in text or text.lower().startswith("www.") or ("=" in text and ("&" in text or "?" in text))


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
    for key in _WHOLES:
        if key in held:  # "+" of a declination came as a space, or encoded with nothing before it
            value = re.sub(r"(J\d+(?:\.\d+)?) (?=\d)", r"\1+", held[key].strip())
            places.append(re.sub(r"^(\d+(?:\.\d*)?d?)([+-]\d)", r"\1 \2", value))
    return places


def is_galactic(text: str) -> bool:
    """Whether a link says that its position is in galactic longitude and latitude."""
    held = read_parameters(text)
    return any(held.get(key, "").lower().startswith("gal") for key in _FRAMES)


def find_id(text: str) -> str | None:
    """Id of a source that a link asks for (objid, TARGETID); None where it holds none."""
    sought = _ID.search(text)
    return sought[1] if sought else None
