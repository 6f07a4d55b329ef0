"""Positions on the sky: read from what a person types, as vectors, and how far apart."""

import math
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
from numpy.typing import ArrayLike

from galexplore.errors import InputError

LONGEST = 300  # characters that are looked at

_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
_J_NAME = re.compile(r"J\s*(\d{2})(\d{2})(\d{2})?(\.\d+)?\s*([+-])\s*(\d{2})(\d{2})?(\d{2})?(\.\d+)?(?![\d.])", re.I)
_DEGREES = re.compile(rf"([+-]?(?:{_NUMBER}))\s*(?:d|deg|°)?\s*[,;\s]\s*([+-]?(?:{_NUMBER}))\s*(?:d|deg|°)?", re.I)
_GAP = r"(?:\s*[hmsd:°'′\"″]\s*|\s+)"
_SEXAGESIMAL = re.compile(
    rf"(\d{{1,2}}){_GAP}(\d{{1,2}}){_GAP}({_NUMBER})\s*s?\s*[,;]?\s*"
    rf"([+-]?)\s*(\d{{1,2}}){_GAP}(\d{{1,2}}){_GAP}({_NUMBER})\s*[s\"″]?",
    re.I,
)


def parse_position(text: str) -> tuple[float, float] | None:
    """Read a position out of what was typed.

    Understands degrees ("150.1 -0.5"), sexagesimal ("10:00:24.1 -00:30:00", "10h00m24.1s -00d30m00s"), IAU names
    ("SDSS J100024.10-003000.0") and addresses with `ra` and `dec` in them, such as the Legacy viewer's.

    Returns
    -------
    (ra, dec) in degrees, ICRS, 0 <= ra < 360; or None where the text is no position.

    Raises
    ------
    InputError
        Where it is one, but not on the sky.
    """
    text = text[:LONGEST].strip().replace("−", "-").replace("–", "-")
    if "ra=" in text.lower():
        return _parse_address(text)
    if name := _J_NAME.search(text):
        return _parse_name(name)
    text = re.sub(r"\b(?:ra|dec|icrs|j2000)\b\s*[:=]?", " ", text, flags=re.I).strip(" ,;()")
    if parts := _SEXAGESIMAL.fullmatch(text):
        h, m, s, sign, d, arcmin, arcsec = parts.groups()
        return _check(15 * _add_up(h, m, s), _add_up(d, arcmin, arcsec) * (-1 if sign == "-" else 1))
    if pair := _DEGREES.fullmatch(text):
        return _check(float(pair[1]), float(pair[2]))
    return None


def _parse_address(text: str) -> tuple[float, float] | None:
    """Read `ra` and `dec` of an address's query or fragment, or of a bare "ra=...&dec=..."."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    query: dict[str, str] = {}
    for part in (parts.query, parts.fragment, parts.path):
        query |= {k.lower().rpartition("?")[2]: v[0] for k, v in parse_qs(part).items()}
    try:
        return _check(float(query["ra"]), float(query["dec"].replace(" ", "+")))
    except (KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        return None


def _parse_name(name: re.Match[str]) -> tuple[float, float]:
    """Position that an IAU name tells; such names cut digits off, they do not round."""
    h, m, s, fraction, sign, d, arcmin, arcsec, rest = name.groups()
    hours = _add_up(h, m, (s or "0") + (fraction or "")) if s else _add_up(h, m + (fraction or ""), "0")
    if arcsec:
        degrees = _add_up(d, arcmin, arcsec + (rest or ""))
    else:
        degrees = _add_up(d, (arcmin or "0") + (rest or ""), "0")
    return _check(15 * hours, degrees * (-1 if sign == "-" else 1))


def _add_up(whole: str, minutes: str, seconds: str) -> float:
    """Hours or degrees from their three parts; the sign is never taken from the first part, which may be -00."""
    m, s = float(minutes), float(seconds)
    if m >= 60 or s >= 60:
        raise InputError(f"Minutes and seconds stay below 60; {whole}:{minutes}:{seconds} was given.")
    return float(whole) + m / 60 + s / 3600


def _check(ra: float, dec: float) -> tuple[float, float]:
    if not (math.isfinite(ra) and -180 <= ra <= 360):
        raise InputError(f"A right ascension lies between 0 and 360 degrees (0 and 24 hours); {ra:g} was given.")
    if not (math.isfinite(dec) and -90 <= dec <= 90):
        raise InputError(f"A declination lies between -90 and 90 degrees; {dec:g} was given.")
    return ra % 360, dec


def to_vectors(ra: ArrayLike, dec: ArrayLike) -> np.ndarray:
    """Give unit vectors (N, 3) of positions in degrees: RA's wrap and cos(dec) take care of themselves."""
    ra, dec = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def separate(ra: ArrayLike, dec: ArrayLike, ra0: float, dec0: float) -> np.ndarray:
    """Separations (N,) in arcsec of positions (degrees) from one position; NaN where a position is unknown."""
    chord = np.linalg.norm(to_vectors(ra, dec) - to_vectors(ra0, dec0), axis=-1)
    return np.degrees(2 * np.arcsin(np.clip(chord / 2, 0, 1))) * 3600
