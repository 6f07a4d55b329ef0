"""Where the imaging that a model has learnt to read cannot be: told without asking anybody.

Of the Legacy Surveys' northern imaging it is known that it lies north of Dec 32.375 and of the Galaxy's plane. Of the
southern, `footprint.moc` is a coverage map in the IVOA's form (MOC, HEALPix of order 5), made by `coverage`: all within
5 degrees of regions of DR10 south, all within 2.6 degrees of where the Dark Energy Camera had taken g, r and z by 2023,
whoever asked for it, so that newer releases are in it, and all beyond 30 degrees from the Galaxy's plane. What is
refused lies outside beyond doubt; whoever is inside may still learn from the server that nothing was imaged there.
Refused are a quarter of the sky, north of Dec 32.375, where other telescopes looked; a sixth, the plane to 10 degrees;
and by the map 3 %.
"""

import math
from functools import cache
from pathlib import Path

from galexplore.survey import DECALS, Survey

#: North of this declination [deg] images are of BASS and MzLS (Dey et al. 2019, AJ 157, 168, section 4).
NORTH = 32.375
#: And beyond this one there are none: BASS and MzLS end near 84.
FARTHEST = 86.0
#: Galactic latitude [deg] nearer than which to the plane nothing is imaged.
PLANE = 10.0
_POLE = math.radians(192.85948), math.radians(27.12825)  # the north pole of our Galaxy, ICRS


def find_latitude(ra: float, dec: float) -> float:
    """Galactic latitude [deg] of a position (degrees, ICRS)."""
    a, d = math.radians(ra), math.radians(dec)
    s = math.sin(d) * math.sin(_POLE[1]) + math.cos(d) * math.cos(_POLE[1]) * math.cos(a - _POLE[0])
    return math.degrees(math.asin(max(-1.0, min(1.0, s))))


@cache
def read_coverage() -> tuple[int, frozenset[int]]:
    """Read the map that ships: its order, and the cells of that order (nested scheme) that are covered."""
    return parse_coverage((Path(__file__).parent / "footprint.moc").read_text())


def parse_coverage(text: str) -> tuple[int, frozenset[int]]:
    """Read a map in the IVOA's ASCII form, as `read_coverage` gives it."""
    cells: dict[int, list[int]] = {}
    order = 0
    for word in text.split():
        place, slash, word = word.partition("/") if "/" in word else ("", "", word)
        order = int(place) if slash else order
        if word:
            first, _, last = word.partition("-")
            cells.setdefault(order, []).extend(range(int(first), int(last or first) + 1))
    most = max(cells)
    parts = (range(c << 2 * (most - o), c + 1 << 2 * (most - o)) for o, some in cells.items() for c in some)
    return most, frozenset(cell for part in parts for cell in part)


def find_cell(ra: float, dec: float, order: int) -> int:
    """Find the HEALPix cell of a position (degrees, ICRS), in the nested scheme (Gorski et al. 2005, ApJ 622, 759)."""
    side, z, turn = 1 << order, math.sin(math.radians(dec)), ra % 360 / 90
    if abs(z) <= 2 / 3:
        across, up = side * (0.5 + turn), side * 0.75 * z
        rising, falling = int(across - up), int(across + up)  # lines on which cells' edges lie
        a, b = rising >> order, falling >> order
        face = (a & 3) | 4 if a == b else a & 3 if a < b else (b & 3) + 8
        x, y = falling & (side - 1), side - 1 - (rising & (side - 1))
    else:
        quarter = min(int(turn), 3)
        reach = side * math.sqrt(3 * (1 - abs(z)))
        a = min(int((turn - quarter) * reach), side - 1)
        b = min(int((1 - turn + quarter) * reach), side - 1)
        face, x, y = (quarter, side - 1 - b, side - 1 - a) if z > 0 else (quarter + 8, a, b)
    within = sum((x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1 for bit in range(order))
    return face << 2 * order | within


def explain_outside(ra: float, dec: float, survey: Survey = DECALS) -> str:
    """Say why no image of a position (degrees, ICRS) can be had that a model has learnt to read; "" where one may be.

    Parameters
    ----------
    ra, dec : float
    survey : Survey
        The model's.
    """
    if dec > NORTH and not survey.is_northern:
        return (
            f"north of Dec {NORTH:g}° the Legacy Surveys are made by other telescopes (BASS and MzLS, with other g and "
            "r filters), on which this model was not trained"
        )
    if survey.is_northern and dec <= NORTH:
        return (
            f"south of Dec {NORTH:g}° the Legacy Surveys are made by another telescope (with the Dark Energy Camera, "
            "and other g and r filters), on which this model was not trained"
        )
    latitude = find_latitude(ra, dec)
    if abs(latitude) < PLANE:
        return f"within {PLANE:g}° of the plane of our Galaxy the Legacy Surveys have no images"
    if survey.is_northern:
        if latitude > 0 and dec < FARTHEST:
            return ""
        return f"BASS and MzLS looked north of our Galaxy's plane alone, and no farther north than Dec {FARTHEST:g}°"
    order, covered = read_coverage()
    if find_cell(ra, dec, order) not in covered:
        return "the Legacy Surveys have no images in g, r and z there"
    return ""
