"""What a person types to find a galaxy: an id, a position, an IAU name, a link to a viewer."""

import math
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd

from galexplore.cutout import InputError
from galexplore.location import format_angle

#: A galaxy of the atlas this near to a position that was typed is taken to be the one that was meant [arcsec].
SAME = 60.0
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


@dataclass(frozen=True)
class Found:
    """What a search came to: a galaxy's id or none, and the sentence to say, in plain text.

    `near` says whether the galaxy is surely the one that was meant, so that it may be opened at once.
    """

    id: str | None
    said: str
    near: bool = True


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
    if found := _J_NAME.search(text):
        return _parse_name(found)
    text = re.sub(r"\b(?:ra|dec|icrs|j2000)\b\s*[:=]?", " ", text, flags=re.I).strip(" ,;()")
    if found := _SEXAGESIMAL.fullmatch(text):
        h, m, s, sign, d, arcmin, arcsec = found.groups()
        return _check(15 * _add_up(h, m, s), _add_up(d, arcmin, arcsec) * (-1 if sign == "-" else 1))
    if found := _DEGREES.fullmatch(text):
        return _check(float(found[1]), float(found[2]))
    return None


def _parse_address(text: str) -> tuple[float, float] | None:
    """Read `ra` and `dec` of an address's query or fragment, or of a bare "ra=...&dec=..."."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    query = {}
    for part in (parts.query, parts.fragment, parts.path):
        query |= {k.lower().rpartition("?")[2]: v[0] for k, v in parse_qs(part).items()}
    try:
        return _check(float(query["ra"]), float(query["dec"].replace(" ", "+")))
    except (KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        return None


def _parse_name(found: re.Match) -> tuple[float, float]:
    """Position that an IAU name tells; such names cut digits off, they do not round."""
    h, m, s, fraction, sign, d, arcmin, arcsec, rest = found.groups()
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


def to_vectors(ra, dec) -> np.ndarray:
    """Give unit vectors (N, 3) of positions in degrees: RA's wrap and cos(dec) take care of themselves."""
    ra, dec = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=-1)


def separate(ra, dec, ra0: float, dec0: float) -> np.ndarray:
    """Separations (N,) in arcsec of positions (degrees) from one position; NaN where a position is unknown."""
    chord = np.linalg.norm(to_vectors(ra, dec) - to_vectors(ra0, dec0), axis=-1)
    return np.degrees(2 * np.arcsin(np.clip(chord / 2, 0, 1))) * 3600


def find(table: pd.DataFrame, text: str) -> Found:
    """Find the galaxy that was meant.

    Parameters
    ----------
    table : DataFrame
        `id`, and `ra`, `dec` in degrees where known.
    text : str
        As typed.
    """
    text = text.strip()[:LONGEST]
    ids = table["id"]
    same = np.flatnonzero(ids == text)
    same = same if len(same) else np.flatnonzero(ids.str.casefold() == text.casefold())
    if len(same):
        return Found(str(ids.iloc[same[0]]), f"{ids.iloc[same[0]]} found.")
    try:
        position = parse_position(text)
    except InputError as error:
        return Found(None, str(error))
    if position:
        return _find_nearest(table, *position)
    like = ids[ids.str.contains(text[:40], case=False, regex=False)].head(3).tolist() if len(text) > 1 else []
    hint = f"Perhaps {' or '.join(like)}?" if like else f"Ids look like {ids.iloc[0]}; positions like 150.1 -0.5."
    return Found(None, f"No galaxy here is called “{text[:40]}”. {hint}")


def _find_nearest(table: pd.DataFrame, ra: float, dec: float) -> Found:
    where = f"{ra:.5f} {dec:+.5f}"
    if "ra" not in table or table["ra"].isna().all():
        return Found(None, "The galaxies of this atlas have no positions; search by id.")
    gap = separate(table["ra"], table["dec"], ra, dec)
    i = int(np.nanargmin(gap))
    name, apart = str(table["id"].iloc[i]), format_angle(float(gap[i]))
    if gap[i] <= SAME:
        return Found(name, f"{name} lies {apart} from {where}.")
    return Found(name, f"Nothing of this atlas lies at {where}; the nearest is {name}, {apart} away.", near=False)
