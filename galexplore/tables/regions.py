"""DS9's region files: the centre of each region is a position, and its text an id."""

import re

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.tables.meanings import Meaning
from galexplore.tables.phrases import name_frame
from galexplore.tables.rows import Rows

_CENTRED = r"circle|ellipse|box|point|annulus|panda|epanda|bpanda"
_FRAME = r"icrs|fk5|fk4|j2000|b1950|galactic|ecliptic|image|physical|detector|amplifier|linear|wcs\w?"
_REGION = re.compile(
    rf"(?im)^[ \t]*(?:(?P<alone>{_FRAME})[ \t]*$|(?:(?P<frame>{_FRAME})[ \t]*;)?[ \t]*(?P<sign>[+-]?)"
    rf"(?:(?P<shape>{_CENTRED})[ \t]*\([ \t]*(?P<lon>[^,()\s]+)[ \t]*,[ \t]*(?P<lat>[^,()\s]+)[ \t]*[,)]|\w+[ \t]*\()"
    r"(?P<rest>[^\n]*)$)"
)
_FIRST = re.compile(
    rf"(?i)(?:\s*(?:#[^\n]*|global\b[^\n]*|(?:{_FRAME})[ \t]*)\n)*\s*(?:(?:{_FRAME})[ \t]*;[ \t]*)?[+-]?"
    rf"(?:{_CENTRED}|line|polygon|vector|text|ruler|compass)[ \t]*\("
)


def are_regions(text: str) -> bool:
    """Whether a text is a file of DS9's regions."""
    return _FIRST.match(text) is not None


def read_regions(text: str) -> Rows:
    """Read the centres of circles, ellipses, boxes, annuli and points.

    Raises
    ------
    InputError
        If the regions are not on the sky, in several frames, of B1950, or none has a centre.
    """
    frame, frames, cells, left = "", set(), [], 0
    for region in _REGION.finditer(text):
        frame = (region["alone"] or region["frame"] or frame).lower()
        if region["alone"]:
            continue
        if region["shape"] is None or region["sign"] == "-":
            left += 1
            continue
        frames.add(name_frame(frame) if frame else "")
        label = re.search(r"text=(?:\{([^}]*)\}|\"([^\"]*)\"|'([^']*)')", region["rest"])
        cells.append((next((g for g in label.groups() if g), "") if label else "", region["lon"], region["lat"]))
    if not cells:
        raise InputError("The file of DS9's regions holds no circle, ellipse, box, annulus or point.")
    if frames - {"icrs"} and frames != {"galactic"}:
        raise InputError(
            "The regions are not given in icrs, fk5 or galactic throughout; save them so in DS9, or give ra and dec "
            "(degrees) as CSV."
        )
    names = ("ra", "dec") if frames == {"icrs"} else ("glon", "glat")
    table = pd.DataFrame(cells, columns=["id", *names], dtype=str)
    unit = "" if table[list(names)].map(lambda cell: re.search("[:hmd°]", cell) is not None).any(axis=None) else "deg"
    meanings = {"id": Meaning(), **{n: Meaning(unit) for n in names}}
    if (table["id"] == "").all():
        table, meanings = table[list(names)], {n: meanings[n] for n in names}
    notes = [f"{left:,} of the regions have no centre, or are excluded, and were left out."] if left else []
    return Rows(table, meanings, raw=True, notes=notes)


def write_regions(table: pd.DataFrame, radius: float = 10.0) -> str:
    """Write a circle of `radius` [arcsec] about each galaxy of a table (`id`, `ra`, `dec` [deg]) that has a place."""
    placed = table[np.isfinite(table["ra"]) & np.isfinite(table["dec"])]
    lines = ["# Region file format: DS9 version 4.1", "icrs"]
    for name, ra, dec in zip(placed["id"], placed["ra"], placed["dec"], strict=True):
        label = "".join(c for c in str(name) if c.isprintable() and c not in "{}")
        lines.append(f'circle({ra:.6f},{dec:+.6f},{radius:g}") # text={{{label}}}')
    return "\n".join([*lines, ""])
