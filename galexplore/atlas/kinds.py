"""The kinds that a catalogue's `population` names: galaxies, and what is none."""

from typing import NamedTuple

import pandas as pd


class Kind(NamedTuple):
    """A kind that a catalogue's `population` names, the prefix of its ids, and whether it is a galaxy at all."""

    name: str
    prefix: str
    galaxy: bool = True


#: Every kind but "ordinary", in the order in which they are drawn.
KINDS = (
    Kind("Green Pea", "GP"),
    Kind("Red Spiral", "RS"),
    Kind("Dusty Starburst", "DS"),
    Kind("Post-starburst", "PS"),
    Kind("Blue Elliptical", "BE"),
    Kind("Active Nucleus", "AN"),
    Kind("Merger", "MG"),
    Kind("Lens-like Arc", "LA"),
    Kind("Star", "ST", False),
    Kind("Satellite Trail", "TR", False),
    Kind("Bad Column", "BC", False),
    Kind("Empty Sky", "ES", False),
)
NOT_GALAXIES = tuple(kind.name for kind in KINDS if not kind.galaxy)


def count_suspected(table: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Count what is suspected to be no galaxy among each kind of a labelled catalogue.

    Parameters
    ----------
    table : DataFrame
        `population`, `suspicion` ("" where nothing speaks against a galaxy).

    Returns
    -------
    dict
        Population to (suspected, all).
    """
    grouped = (table["suspicion"] != "").groupby(table["population"], sort=False)
    return {kind: (int(suspected.sum()), len(suspected)) for kind, suspected in grouped}
