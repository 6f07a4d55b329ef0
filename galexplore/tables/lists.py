"""A person's own list of galaxies, read: ids, or positions in degrees, out of whatever table they stand in."""

import re

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.files import MAX_UNPACKED, unpack
from galexplore.tables.bare import RUNNING, is_running, read_bare
from galexplore.tables.cells import is_text, is_unknown, parse_numbers, trim
from galexplore.tables.degrees import add_parts, tell_unit, tell_units, to_degrees, to_icrs
from galexplore.tables.equinox import check_equinox
from galexplore.tables.meanings import Meaning
from galexplore.tables.pairs import parse_positions
from galexplore.tables.readers import read_rows
from galexplore.tables.roles import Roles, find_roles
from galexplore.tables.rows import MOST_ROWS, Rows
from galexplore.tables.sexagesimal import check_sign

MOST_LINES = 1_000_000  # of text, comments and blank ones among them
LARGEST = 20 << 20  # bytes


def read_list(data: bytes) -> pd.DataFrame:
    """Read an uploaded table or a plain list of ids or positions, one a line.

    Returns
    -------
    DataFrame
        `id` (text), or `ra` and `dec` [deg], or all three. `attrs["notes"]` holds sentences to say, and
        `attrs["assumed"]` is whether positions are degrees only because nothing says what they are.

    Raises
    ------
    InputError
        If it is too large, cannot be read, or has neither ids nor positions.
    """
    if not data or len(data) > LARGEST:
        raise InputError("The list is empty." if not data else f"A list may have up to {LARGEST >> 20} MB.")
    data = unpack(data, MAX_UNPACKED)
    if not data.startswith((b"SIMPLE", b"PAR1")) and max(data.count(b"\n"), data.count(b"\r")) > MOST_LINES:
        raise InputError(f"A list may have up to {MOST_LINES:,} lines of text, and {MOST_ROWS:,} rows.")
    rows = read_rows(data, MAX_UNPACKED, choose=lambda meanings: find_roles(meanings).columns)
    if len(rows.frame) > MOST_ROWS:
        raise InputError(f"A list may have up to {MOST_ROWS:,} rows; this one has {len(rows.frame):,}.")
    roles = find_roles(rows.meanings)
    if not roles.columns or rows.headless:
        return read_bare(rows, roles)
    columns, notes, assumed = {}, list(rows.notes), False
    if roles.equinox is not None and rows.frame[roles.equinox].astype(str).str.contains("1950").any():
        raise InputError(f"Positions are of equinox B1950 ({roles.equinox}); give them in ICRS (J2000), in degrees.")
    if roles.pair or roles.parts or roles.whole:
        columns["ra"], columns["dec"], assumed = _read_positions(rows, roles, notes)
    name = _choose_ids(rows.frame, roles)
    if name is not None:
        placed = bool(columns) and bool(np.isfinite(columns["ra"] + columns["dec"]).any())
        if not placed and len(rows.frame) > 1 and is_running(rows.frame[name]):
            raise InputError(RUNNING)
        ids = _read_ids(rows.frame[name], name, bool(columns))
        columns = columns if ids is None else {"id": ids} | columns
    if columns.keys() == {"ra", "dec"} and len(rows.frame) and not np.isfinite(columns["ra"] + columns["dec"]).any():
        raise InputError(_say_unreadable(rows.frame, roles))
    frame = pd.DataFrame(columns)
    frame.attrs = {"notes": notes, "assumed": assumed}
    frame.attrs["hours_assumed"] = bool(roles.pair) and not assumed and _are_bare(rows, roles)
    return frame


def _choose_ids(frame: pd.DataFrame, roles: Roles) -> str | None:
    """Choose the column of ids: the likeliest one, but where that is a running number and another is not."""
    names = [n for n in (roles.id, *roles.other_ids) if n is not None and n in frame]
    return next((n for n in names if not is_running(frame[n])), names[0] if names else None)


def _read_ids(values: pd.Series, name: str, placed: bool) -> np.ndarray | None:
    """Ids (N,) as text, exact as they stand; None where they are rounded numbers beside positions.

    Raises
    ------
    InputError
        If they are rounded numbers, and there is nothing else to go by.
    """
    text = values.astype(object).where(values.notna(), "").astype(str).str.strip()
    rounded = pd.api.types.is_float_dtype(values) or text.str.fullmatch(r"\d(?:\.\d+)?[eE]\+?\d+").any()
    if rounded and placed:
        return None
    if rounded:
        raise InputError(f"The ids in {name} are floating-point numbers, which have lost digits; give them as text.")
    return text.to_numpy(object)


def _read_positions(rows: Rows, roles: Roles, notes: list[str]) -> tuple[np.ndarray, np.ndarray, bool]:
    """Positions (N,), (N,) in degrees, and whether that is assumed; what could not be read is noted."""
    frame, assumed = rows.frame, False
    check_equinox(rows.said)
    bare = np.zeros(len(frame), bool)
    if missing := [
        n for n in (*(roles.pair or ()), *roles.parts, *([roles.whole] if roles.whole else ())) if n not in frame
    ]:
        raise InputError(
            f"The cells of the column {missing[0]} hold several values each; give right ascension and declination in "
            "columns of their own, ra and dec."
        )
    if roles.pair:
        check_sign(frame, roles.sign, roles.pair[1])
        units = tell_units(roles.pair, rows.meanings)
        ra, dec = (
            to_degrees(frame[n], u, n, i == 0 and roles.frame == "icrs")
            for i, (n, u) in enumerate(zip(roles.pair, units, strict=True))
        )
        lost = (np.isnan(ra) & ~is_unknown(frame[roles.pair[0]])) | (np.isnan(dec) & ~is_unknown(frame[roles.pair[1]]))
        bare = np.isnan(ra) & np.isfinite(parse_numbers(trim(frame[roles.pair[0]])))
        marked = any(frame[n].astype(str).str.contains(r"\d\s*[hd°:\s]\s*\d", regex=True).any() for n in roles.pair)
        assumed = units[0] == "" and not marked and roles.frame == "icrs"
    elif roles.parts:
        ra, dec = add_parts(frame, roles.parts)
        lost = np.isnan(ra) | np.isnan(dec)
    else:
        _check_whole(str(roles.whole), rows.meanings)
        ra, dec = parse_positions(frame[roles.whole])
        lost = np.isnan(ra) & ~is_unknown(frame[roles.whole])
    far, off = np.abs(ra) > 360.001, np.abs(dec) > 90
    far &= ~off
    ra, dec = np.where(off | far, np.nan, ra), np.where(off | far, np.nan, dec)
    if roles.frame != "icrs":
        ra, dec = to_icrs(ra, dec, roles.frame)
        kind = "galactic" if roles.frame == "galactic" else "ecliptic"
        notes.append(f"{' and '.join(map(str, roles.pair or ()))} are {kind} coordinates; they were turned into ICRS.")
    for bad, what in (
        (lost & ~bare, "could not be read"),
        (lost & bare, "could not be read, for a bare number among sexagesimal ones may be hours or degrees"),
        (off, "off the sky: declinations go from -90 to 90 degrees"),
        (far, "off the sky: right ascensions go from 0 to 360 degrees; check the unit of the column"),
    ):
        if bad.any() and (what[0] == "o" or roles.id is not None or (np.isfinite(ra) & np.isfinite(dec)).any()):
            which = ", ".join(str(i + 1) for i in np.flatnonzero(bad)[:5])
            count = f"{bad.sum():,} position{'s' if bad.sum() > 1 else ''}"
            notes.append(f"{count} {what} (row {which}{', …' if bad.sum() > 5 else ''}).")
    return ra, dec, assumed


def _check_whole(name: str, meanings: dict[str, Meaning]) -> None:
    """Refuse positions in one column that are said to be in another frame, or in another unit than degrees."""
    if frame := re.search("galactic|ecliptic", f"{name} {meanings[name].description}", re.I):
        raise InputError(f"The positions in the column {name} are {frame[0].lower()}; give ra and dec (ICRS, degrees).")
    try:
        unit = tell_unit(name, meanings[name])
    except InputError:  # whatever else stands there says nothing against degrees, or hours, minutes and seconds
        return
    if unit in ("radians", "hours", "arcmin", "arcsec", "mas"):
        raise InputError(f"The positions in the column {name} are in {unit}; give them in degrees.")


def _are_bare(rows: Rows, roles: Roles) -> bool:
    """Whether right ascensions are sexagesimal and nothing says that they are hours."""
    name = (roles.pair or ("",))[0]
    if not is_text(rows.frame[name]) or tell_units(roles.pair or ("", ""), rows.meanings)[0] not in ("", "h:m:s"):
        return False
    marked = rows.meanings[name].unit.strip() or rows.frame[name].iloc[:100].astype(str).str.contains("[hd°]").any()
    return not marked


def _say_unreadable(frame: pd.DataFrame, roles: Roles) -> str:
    names = roles.pair or roles.parts or (roles.whole,)
    first = " ".join(str(frame[n].iloc[0])[:20] for n in names)
    return (
        f"None of the positions in {', '.join(map(str, names))} can be read, such as {first!r}; give them in degrees."
    )
