"""Positions that the names of sources carry, as the IAU recommends: J and digits, cut off and never rounded."""

import re

from galexplore.tables.sexagesimal import add_up, check_position

#: PSO J150.1000-00.5000, DESI J150.1000-00.5000: three digits before the point are degrees, as no hours have them.
_DECIMAL = re.compile(r"J\s*(\d{3}\.\d+)\s*([+-])\s*(\d{1,2}\.\d+)(?![\d.])", re.I)
_LOOSE = re.compile(
    r"(?:PSO|DESI|LEGACY|DECALS|LS)(?:[\s-]*J|[\s-]+|(?=\d))\s*(\d{1,3}\.\d+)\s*([+-])\s*(\d{1,2}\.\d+)(?![\d.])", re.I
)
#: SDSS J100024.00-003000.0, 2MASX J10002400-0030000, J1000-0030: digits past the seconds are their fraction. What
#: goes on in pairs of digits behind a blank is no name.
_PACKED = re.compile(r"J\s*(?!2000\s)(\d{4,9})(\.\d+)?\s*([+-])\s*(\d{2,8})(\.\d+)?(?![\d.:]|\s+\d\d\b)", re.I)
#: The same where the J was left out, of surveys whose names are of J2000, or of none.
_BARE = re.compile(
    r"(?:(?:SDSS|2MAS[SX]i?|(?:All)?WISEA?|GAMA|HSC|DES|KiDS|LEGACY|LS)\s+)?"
    r"(\d{6}|\d{8}|\d{6}(?=\.))(\.\d+)?\s*([+-])\s*(\d{6,7})(\.\d+)?",
    re.I,
)
_PARTED = re.compile(
    r"J\s*(\d\d):(\d\d):(\d\d(?:\.\d+)?)\s*([+-])\s*(\d\d):(\d\d):(\d\d(?:\.\d+)?)(?![\d.:])",
    re.I,
)


def read_designation(text: str) -> tuple[float, float] | None:
    """Position (ra, dec) [deg] that a name carries; None where it carries none.

    Raises
    ------
    InputError
        Where it is not on the sky.
    """
    if name := _DECIMAL.search(text) or _LOOSE.search(text):
        return check_position(float(name[1]), float(name[3]) * (-1 if name[2] == "-" else 1))
    if name := _PARTED.search(text):
        dec = add_up(*name.group(5, 6, 7)) * (-1 if name[4] == "-" else 1)
        return check_position(15 * add_up(*name.group(1, 2, 3)), dec)
    if name := _PACKED.search(text) or _BARE.fullmatch(text):
        hours = _unpack(name[1], name[2] or "")
        degrees = _unpack(name[4], name[5] or "")
        return check_position(15 * hours, degrees * (-1 if name[3] == "-" else 1))
    return None


def _unpack(digits: str, fraction: str) -> float:
    """Hours or degrees of packed digits: HHMMSSss, HHMMSS.ss, HHMM.m, HHMMm, HHMM or HH."""
    whole, minutes, seconds = digits[:2], digits[2:4], digits[4:]
    if len(seconds) >= 2:
        return add_up(whole, minutes, f"{seconds[:2]}.{seconds[2:]}{fraction[1:]}")
    if len(digits) == 3:  # a lone third digit is a tenth of a degree or an hour
        return add_up(whole, "0", "0") + float(f"0.{minutes}")
    if not minutes:
        return float(whole + fraction)
    return add_up(whole, f"{minutes}.{seconds}{fraction[1:]}", "0")
