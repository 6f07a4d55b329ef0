"""What a person types to find a galaxy: an id, a position, an IAU name, a link to a viewer."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.tables.addresses import find_id, is_address
from galexplore.tables.names import format_angle
from galexplore.tables.positions import LONGEST, parse_position, separate

#: A galaxy of the atlas this near to a position that was typed is taken to be the one that was meant [arcsec].
SAME = 60.0
#: A simulated one is found by the position that is shown of it, and by no other: near a real place it says nothing.
ITSELF = 2.0
#: Columns of other surveys' ids that a galaxy can be searched by, in lower case.
OTHER_IDS = ("id", "targetid", "objid", "dr8objid", "object_id", "source_id", "specobjid", "cataid", "iauname", "name")

#: Words before an id that say no more than that it is one.
_WORDS_OF_IDS = ("id", "ids", "object", "obj", "source", "target")


@dataclass(frozen=True)
class Found:
    """What a search came to: a galaxy's id or none, and the sentence to say, in plain text.

    `near` says whether the galaxy is surely the one that was meant, so that it may be opened at once.
    """

    id: str | None
    said: str
    near: bool = True


def find(table: pd.DataFrame, text: str, simulated: bool = False) -> Found:
    """Find the galaxy that was meant.

    Parameters
    ----------
    table : DataFrame
        `id`, and `ra`, `dec` in degrees where known.
    text : str
        As typed.
    simulated : bool
        Whether the table's galaxies are: none of them is offered as what lies next to a place on the sky.
    """
    text = text.strip()[: LONGEST + 1]  # one more, so that a longer one is known as such
    ids = table["id"]
    same = np.flatnonzero(ids == text)
    same = same if len(same) else np.flatnonzero(ids.str.casefold() == text.casefold())
    if len(same):
        return Found(str(ids.iloc[same[0]]), f"{ids.iloc[same[0]]} found.")
    if other := _find_other_id(table, text):
        return other
    try:
        position = parse_position(text)
    except InputError as error:
        return Found(None, str(error))
    if position:
        return _find_nearest(table, *position, simulated)
    like = ids[ids.str.contains(text[:40], case=False, regex=False)].head(3).tolist() if len(text) > 1 else []
    hint = f"Did you mean {' or '.join(like)}?" if like else f"Example of an id: {ids.iloc[0]}; a position: 150.1 -0.5."
    return Found(None, f"This atlas has no galaxy “{text[:40]}”. {hint}")


def _find_other_id(table: pd.DataFrame, text: str) -> Found | None:
    """Find a galaxy by another id that the atlas has (TARGETID, objid), typed alone, behind its name, or in a link."""
    columns = [c for c in map(str, table) if c.lower() in OTHER_IDS]
    if is_address(text):
        sought = find_id(text)
        return _find_linked(table, columns, text, sought) if sought else None
    word = re.fullmatch(r"([a-z_]+)(?:\s*[:=]\s*|\s+)(\S.*)", text, re.I)
    for name in columns:
        named = word is not None and word[1].lower() in (name.lower(), *_WORDS_OF_IDS)
        for sought in (text, word[2] if word and named else None):
            same = np.flatnonzero(table[name].astype(str).str.casefold() == (sought or "").casefold())
            if sought and len(same):
                own = str(table["id"].iloc[same[0]])
                return Found(own, f"{own} has the {name} {sought}.")
    return None


def _find_linked(table: pd.DataFrame, columns: list[str], text: str, sought: str) -> Found | None:
    """Find the galaxy of an id in a link, but where the link's own position is elsewhere."""
    for name in columns:
        same = np.flatnonzero(table[name].astype(str).str.casefold() == sought.casefold())
        if len(same):
            row = table.iloc[same[0]]
            try:
                position = parse_position(text)
            except InputError:
                position = None
            if position and "ra" in table and np.isfinite(row["ra"]):
                if float(separate([row["ra"]], [row["dec"]], *position)[0]) > SAME:
                    return None  # an id of another catalogue, by chance the same
            return Found(str(row["id"]), f"{row['id']} has the {name} {sought}.")
    return None


def _find_nearest(table: pd.DataFrame, ra: float, dec: float, simulated: bool) -> Found:
    where = f"{ra:.5f} {dec:+.5f}"
    if "ra" not in table or table["ra"].isna().all():
        return Found(None, "The galaxies of this atlas have no positions: search by id.")
    gap = separate(table["ra"], table["dec"], ra, dec)
    i = int(np.nanargmin(gap))
    name, apart = str(table["id"].iloc[i]), format_angle(float(gap[i]))
    if gap[i] <= (ITSELF if simulated else SAME):
        return Found(name, f"{name} is {apart} from {where}.")
    if simulated:
        return Found(None, f"This atlas has no galaxy at {where}. Its galaxies are simulated, not on the real sky.")
    return Found(name, f"This atlas has no galaxy at {where}. The nearest is {name}, {apart} away.", near=False)


def list_near(table: pd.DataFrame, ra: float, dec: float, within: float) -> list[tuple[str, float]]:
    """List the galaxies that lie about a place on the sky, but what lies at it, with their separations, nearest first.

    Parameters
    ----------
    ra, dec : float
        ICRS degrees.
    within : float
        Arcsec.
    """
    if "ra" not in table:
        return []
    gap = separate(table["ra"], table["dec"], ra, dec)
    rows = np.flatnonzero((gap > ITSELF) & (gap <= within))
    return [(str(table["id"].iloc[i]), float(gap[i])) for i in rows[np.argsort(gap[rows])]]
