"""The positions of a catalogue in ICRS, in degrees: all of them, or a sentence on the first that cannot be read."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.tables.cells import is_text, is_unknown
from galexplore.tables.degrees import add_parts, tell_units, to_degrees, to_icrs
from galexplore.tables.meanings import Meaning
from galexplore.tables.roles import find_roles
from galexplore.tables.sexagesimal import check_sign


def place(frame: pd.DataFrame, meanings: Mapping[str, Meaning], written: pd.DataFrame) -> pd.DataFrame:
    """Give the positions of a table as `ra` and `dec` in degrees, whatever they are called and written in.

    Parameters
    ----------
    frame : DataFrame
    meanings : mapping of str to Meaning
    written : DataFrame
        The same before numbers were made of its texts: the number of -00 has no sign.

    Raises
    ------
    InputError
        If one of them cannot be read.
    """
    columns = [str(n) for n in frame]
    names = {n.strip().lower(): n for n in reversed(columns)}
    roles = find_roles({n: meanings.get(n, Meaning()) for n in columns})
    pair = (names["ra"], names["dec"]) if "ra" in names and "dec" in names else roles.pair
    if pair is None and (not roles.parts or "ra" in names or "dec" in names):
        return frame
    if pair is None:
        ra, dec = add_parts(written, roles.parts)
        _check_parts(written, roles.parts, ra, dec)
        return pd.concat([pd.DataFrame({"ra": ra, "dec": dec}, index=frame.index), frame], axis=1)
    check_sign(frame, roles.sign, pair[1])
    units = tell_units(pair, meanings)
    in_icrs = roles.frame == "icrs" or pair != roles.pair
    angles: dict[str, np.ndarray] = {}
    for name, unit, is_ra in zip(pair, units, (in_icrs, False), strict=True):
        angles[name] = to_degrees(frame[name], unit, name, is_ra)
        lost = np.isnan(angles[name]) & ~is_unknown(frame[name])
        if lost.any():
            cell = str(frame[name].iloc[int(lost.argmax())])[:30]
            raise InputError(f"the column {name} holds {cell!r}, where degrees or sexagesimal angles belong")
    if not in_icrs:
        off = np.abs(angles[pair[1]]) > 90
        if off.any():
            cell = str(frame[pair[1]].iloc[int(off.argmax())])[:30]
            raise InputError(f"the column {pair[1]} holds {cell!r}, off the sky: latitudes go from -90 to 90 degrees")
        ra, dec = to_icrs(angles[pair[0]], angles[pair[1]], roles.frame)
        return pd.concat([pd.DataFrame({"ra": ra, "dec": dec}, index=frame.index), frame], axis=1)
    return frame.assign(**angles).rename(
        columns={n: k for n, k in zip(pair, ("ra", "dec"), strict=True) if k not in names}
    )


def _check_parts(frame: pd.DataFrame, parts: tuple[str, ...], ra: np.ndarray, dec: np.ndarray) -> None:
    """Refuse positions in parts of which each says something, and all together no place on the sky."""
    numbers = [*parts[:3], *parts[-3:]]
    known = ~np.any([is_unknown(frame[n]) for n in numbers], axis=0)
    lost = known & ~((ra <= 360) & (np.abs(dec) <= 90))
    if lost.any():
        row = frame.iloc[int(lost.argmax())]
        said = " ".join(str(row[n])[:20] for n in parts)
        unsigned = not is_text(frame[parts[-3]]) and row[parts[-3]] == 0
        hint = (
            f"the number 0 in {parts[-3]} has lost its sign, give it as text" if unsigned else "minutes stay below 60"
        )
        raise InputError(f"the position in row {int(lost.argmax()) + 1} is {said!r}, which cannot be read; {hint}")
