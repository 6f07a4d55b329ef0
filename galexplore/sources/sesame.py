"""Names of objects to positions, by Sesame of the CDS, which asks SIMBAD, NED and VizieR in turn."""

import re
from dataclasses import dataclass
from urllib.parse import quote_plus

from galexplore.errors import InputError
from galexplore.sources.answers import Answer
from galexplore.sources.transport import ServerError, Session
from galexplore.tables.addresses import is_address
from galexplore.tables.positions import parse_position
from galexplore.tables.sexagesimal import check_position

SESAME = "https://cds.unistra.fr/cgi-bin/nph-sesame/-oI/SNV"
LONGEST = 60  # characters of a name
AGE = 30 * 86_400.0  # seconds that a position is kept: names are given new positions now and then
_MOST, _SECONDS = 100_000, 10.0
_POSITION = re.compile(r"^%J\s+(\d+(?:\.(\d*))?)\s+([+-]?\d+(?:\.(\d*))?)", re.M)


class UnknownNameError(ServerError):
    """No name server knows the name."""


@dataclass(frozen=True)
class Resolved:
    """A name that was resolved.

    Attributes
    ----------
    name : str
        As the name server spells it.
    ra, dec : float
        ICRS degrees.
    kind : str
        SIMBAD's short code of what it is, such as GiG; empty where nobody says.
    by : str
        Which server knew it.
    rounding : float
        Arcsec to which the position is written.
    """

    name: str
    ra: float
    dec: float
    kind: str
    by: str
    rounding: float


def check_name(text: str) -> str:
    """Give a name that can be asked for, on one line and with single spaces.

    Raises
    ------
    InputError
        Where it is no name.
    """
    name = " ".join(text.split())
    if not name.isprintable() or not re.search("[A-Za-z]", name) or len(name) > LONGEST:
        raise InputError(f"{text[:40]!r} is not an object name; an example is NGC 4565")
    return name


def resolve(session: Session, text: str) -> Resolved:
    """Find the position of a name.

    Raises
    ------
    UnknownNameError
        Where no server knows it.
    ServerError, InputError
        As of `Session.fetch`; where the text is no name.
    """
    name = check_name(text)
    answer = session.fetch(
        f"{SESAME}?{quote_plus(name)}", check=lambda a: _check(a, name), age=AGE, most=_MOST, seconds=_SECONDS
    )
    return _read(answer, name)


def _check(answer: Answer, name: str) -> None:
    _read(answer, name)


def _read(answer: Answer, name: str) -> Resolved:
    """Read an answer in Sesame's short form: a line for each datum, the first letters say of what."""
    text = answer.body.decode("utf-8", "replace")
    if not re.match(r"\s*# ?\S", text) or "#=" not in text:
        raise ServerError("the name resolver Sesame sends an answer that cannot be read; try again later")
    place = _POSITION.search(text)
    if place is None:
        raise UnknownNameError(f"neither SIMBAD nor NED nor VizieR knows “{name}”")
    ra, dec = check_position(float(place[1]), float(place[3]))
    digits = min(len(place[2] or ""), len(place[4] or ""))
    before = text[: place.start()]
    by = (re.findall(r"^#=\S+?=([A-Za-z]+)", before, re.M) or ["Sesame"])[-1]
    return Resolved(
        _find(text, r"^%I\.0\s+(.+)$") or name, ra, dec, _find(text, r"^%C\.0\s+(\S+)"), by, 3600 * 10.0**-digits
    )


def _find(text: str, pattern: str) -> str:
    match = re.search(pattern, text, re.M)
    return "".join(c for c in match[1].strip() if c.isprintable())[:LONGEST] if match else ""


def find_place(session: Session, text: str) -> Resolved:
    """Find what a person means: a position in any form that is read without asking anybody, else a name.

    Raises
    ------
    InputError
        As of `resolve`, and where it is a position that is not on the sky.
    """
    if position := parse_position(text):
        return Resolved(f"{position[0]:.5f} {position[1]:+.5f}", *position, kind="", by="", rounding=0.0)
    if is_address(text):
        raise InputError("the link holds no position that can be read; degrees such as 146.7142 -1.0413 can be")
    return resolve(session, text)
