"""What a file says of a column, and the words of a column's name."""

import re
from dataclasses import dataclass

#: Words behind a name that are units.
UNITS = {"deg", "degree", "degrees", "rad", "radian", "radians", "h", "hr", "hour", "hours", "hrs", "hms", "dms", "d"}


@dataclass(frozen=True)
class Meaning:
    """What a file says of a column: its unit, UCD and description, as written there; "" where it does not."""

    unit: str = ""
    ucd: str = ""
    description: str = ""


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
    while len(words) > 1 and words[-1] in UNITS:
        words.pop()
    return "".join(words)
