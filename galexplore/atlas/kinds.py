"""The kinds that a catalogue's `population` names: galaxies, and what is none."""

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd


class Kind(NamedTuple):
    """A kind that a catalogue's `population` names.

    Attributes
    ----------
    name, prefix : str
        What it is called, and how its ids begin.
    galaxy : bool
        Whether it is a galaxy at all.
    definition : str
        What it is, in a sentence, with who described it.
    statement : str
        What should be said of it (`galexplore.atlas.statements`), "" where no one property is what it is.
    """

    name: str
    prefix: str
    galaxy: bool = True
    definition: str = ""
    statement: str = ""


#: Every kind but "ordinary", in the order in which they are drawn.
KINDS = (
    Kind(
        "Green Pea",
        "GP",
        definition="Compact starburst at z = 0.1-0.35, green because of strong [O III] emission "
        "(Cardamone et al. 2009).",
        statement="high sSFR",
    ),
    Kind(
        "Red Spiral",
        "RS",
        definition="Face-on spiral disc, red because it has few young stars (Masters et al. 2010).",
        statement="low sSFR",
    ),
    Kind(
        "Dusty Starburst",
        "DS",
        definition="SFR about ten times that of the main sequence, with a few magnitudes of dust attenuation "
        "(Sanders & Mirabel 1996).",
        statement="high sSFR",
    ),
    Kind(
        "Post-starburst",
        "PS",
        definition="E+A galaxy: a starburst that ended about 0.3 Gyr ago, no ongoing star formation "
        "(Wild et al. 2009).",
        statement="low sSFR",
    ),
    Kind(
        "Blue Elliptical",
        "BE",
        definition="Early-type morphology, but blue because of young stars (Schawinski et al. 2009).",
        statement="high sSFR",
    ),
    Kind(
        "Active Nucleus",
        "AN",
        definition="Massive galaxy with a blue central point source about as bright as its stars, "
        "as in Seyfert 1 galaxies (Khachikian & Weedman 1974).",
    ),
    Kind("Merger", "MG", definition="Two interacting discs with tidal tails (Toomre & Toomre 1972)."),
    Kind(
        "Lens-like Arc",
        "LA",
        definition="Luminous red galaxy with a blue arc around it, as in a gravitational lens (Bolton et al. 2006).",
    ),
    Kind("Star", "ST", False, "Foreground star, not a galaxy."),
    Kind("Satellite Trail", "TR", False, "Artefact: satellite trail across the field, in one band."),
    Kind("Bad Column", "BC", False, "Artefact: bad columns of the detector, in one band."),
    Kind("Empty Sky", "ES", False, "Empty sky: no source at the centre."),
)
NOT_GALAXIES = tuple(kind.name for kind in KINDS if not kind.galaxy)


#: Share of each kind among what a cutout as bright as r = 20 holds on the real sky, to an order of magnitude: Green
#: Peas are 2 of some 2,000 galaxies a square degree (Cardamone et al. 2009), Red Spirals 6 % of nearby face-on spirals
#: (Masters et al. 2010), E+A galaxies 0.2 % (Wild et al. 2009); the others are what surveys of them commonly meet.
SKY = {
    "Green Pea": 1e-3,
    "Red Spiral": 1e-3,
    "Dusty Starburst": 2e-3,
    "Post-starburst": 2e-3,
    "Blue Elliptical": 5e-3,
    "Active Nucleus": 5e-3,
    "Merger": 2e-2,
    "Lens-like Arc": 1e-4,
    "Star": 1e-2,
    "Satellite Trail": 1e-3,
    "Bad Column": 1e-3,
    "Empty Sky": 1e-3,
}


def mix_sky(kinds: Iterable[str]) -> dict[str, float]:
    """Share of each of some kinds on the real sky, of those that `SKY` knows; what is left is ordinary."""
    shares = {kind: SKY[kind] for kind in kinds if kind in SKY}
    return shares | {"ordinary": 1 - sum(shares.values())} if shares else {}


def define_kind(name: str) -> str:
    """Say in a sentence what a kind is; "" for one that a catalogue of its own names."""
    if name == "ordinary":
        return "A typical galaxy of a spectroscopic survey, not of a rare kind."
    return next((kind.definition for kind in KINDS if kind.name == name), "")


def name_statement(name: str) -> str:
    """Say in two words what should be said of a kind; "" where that is no one property's side."""
    return next((kind.statement for kind in KINDS if kind.name == name), "")


def count_artefacts(kinds: pd.Series) -> int:
    """Count what is no galaxy, of the number of each kind by its name."""
    return int(kinds.reindex(NOT_GALAXIES).sum())


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
