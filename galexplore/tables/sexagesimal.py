"""Angles as people write them: sums of hours, minutes and seconds, and the bounds of the sky."""

import math

import pandas as pd

from galexplore.errors import InputError
from galexplore.tables.cells import read_signs, trim, write_minus


def add_up(whole: str, minutes: str, seconds: str) -> float:
    """Hours or degrees from their three parts; the sign is never taken from the first part, which may be -00."""
    m, s = float(minutes), float(seconds)
    if m >= 60 or s >= 60:
        raise InputError(f"Minutes and seconds stay below 60; {whole}:{minutes}:{seconds} was given.")
    return float(whole) + m / 60 + s / 3600


def check_position(ra: float, dec: float) -> tuple[float, float]:
    """Refuse a position [deg] that is not on the sky, else give it with 0 <= ra < 360."""
    if not (math.isfinite(ra) and -180 <= ra <= 360):
        raise InputError(f"A right ascension lies between 0 and 360 degrees (0 and 24 hours); {ra:g} was given.")
    if not (math.isfinite(dec) and -90 <= dec <= 90):
        raise InputError(f"A declination lies between -90 and 90 degrees; {dec:g} was given.")
    return ra % 360, dec


def check_sign(frame: pd.DataFrame, sign: str | None, dec: str) -> None:
    """Refuse declinations whose minus stands in a column of its own.

    Raises
    ------
    InputError
        If `sign` says minus, or south, where the column `dec` does not.
    """
    if sign is None:
        return
    south = read_signs(frame[sign]) < 0
    if south.any() and not any("-" in cell for cell in write_minus(trim(frame[dec][south])).to_pylist()):
        raise InputError(f"The minus of declinations stands in the column {sign}; write it before their degrees.")
