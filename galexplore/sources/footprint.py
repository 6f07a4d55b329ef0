"""Where the Legacy Surveys' southern imaging cannot be: told without asking anybody.

No map of the footprint ships: what is refused here is what lies outside beyond doubt, and whoever is inside may still
learn from the server that nothing was imaged there. The plane of our Galaxy is left out to 10 degrees (no brick of
DR10 lies nearer than 13), a sixth of the sky; north of Dec 32.375, a quarter, are other telescopes' images.
"""

import math

#: North of this declination [deg] images are of BASS and MzLS (Dey et al. 2019, AJ 157, 168, section 4).
NORTH = 32.375
#: Galactic latitude [deg] nearer than which to the plane nothing is imaged.
PLANE = 10.0
_POLE = math.radians(192.85948), math.radians(27.12825)  # the north pole of our Galaxy, ICRS


def find_latitude(ra: float, dec: float) -> float:
    """Galactic latitude [deg] of a position (degrees, ICRS)."""
    a, d = math.radians(ra), math.radians(dec)
    s = math.sin(d) * math.sin(_POLE[1]) + math.cos(d) * math.cos(_POLE[1]) * math.cos(a - _POLE[0])
    return math.degrees(math.asin(max(-1.0, min(1.0, s))))


def explain_outside(ra: float, dec: float) -> str:
    """Say why no image of a position (degrees, ICRS) can be had that a model has learnt to read; "" where one may be.

    Parameters
    ----------
    ra, dec : float
    """
    if dec > NORTH:
        return (
            f"north of Dec {NORTH:g}° the Legacy Surveys are made by other telescopes (BASS and MzLS, with another g "
            "and r), which this model has not learnt"
        )
    if abs(find_latitude(ra, dec)) < PLANE:
        return f"within {PLANE:g}° of the plane of our Galaxy the Legacy Surveys have no images"
    return ""
