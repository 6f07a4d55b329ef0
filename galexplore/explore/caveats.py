"""What of an image or of a model may make a galaxy look odd that is not: reasons that are told before any other."""

import numpy as np
import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.statements import ODD
from galexplore.cutouts import artefacts
from galexplore.cutouts.audit import Prepared
from galexplore.latents import LATENTS, MEANS
from galexplore.survey import Survey

#: Share of the frame that was filled in, and of a picture that is saturated, from which the answer may hang on it.
CUT, SATURATED = 0.05, 0.001
#: Share of the ordinary galaxies that lies beyond what is called the edge of what was learnt, at either end.
EDGE = 0.001
#: Properties of which a model has only learnt a range.
BOUNDED = ("redshift", "logmass")

#: Each caveat in a word or two, and in a sentence; the first that holds is told first.
BRIEFLY = artefacts.BRIEFLY | {
    "neighbour": "contaminated by a neighbour",
    "cut": "cut by an edge",
    "saturated": "saturated",
    "edge": "at the edge of what was learnt",
}
SENTENCES = artefacts.SUSPICIONS | {
    "neighbour": "another source within 4″ gives the middle light that is not the galaxy's",
    "cut": "a part of the frame held no data and was filled in",
    "saturated": "a part of the picture is saturated, so that its brightest light is not known",
    "edge": "it lies where hardly any of the galaxies learnt from does: one in a thousand by redshift or mass",
}


def find_edges(atlas: Atlas) -> np.ndarray:
    """Find the ranges (2, 2), low and high, of redshift and log mass within which a model has learnt."""
    at = [LATENTS.index(name) for name in BOUNDED]
    return np.quantile(atlas.latents[atlas.ordinary][:, at].astype(float), (EDGE, 1 - EDGE), axis=0).T


def name_caveats(table: pd.DataFrame, edges: np.ndarray) -> np.ndarray:
    """Name the first caveat of each galaxy (N,): a key of `BRIEFLY`, or "".

    A neighbour and the edge of what was learnt explain what is odd; of a galaxy that is not, they are not told.

    Parameters
    ----------
    table : DataFrame
        Latents, and whichever of these are known: `suspicion`, `contamination` (ratio), `filled` and `saturated`
        (shares of the frame), `percentile` of rarity.
    edges : array (2, 2)
        As `find_edges` gives them.
    """
    nothing = np.zeros(len(table))
    suspicion = table["suspicion"].to_numpy(str) if "suspicion" in table else np.full(len(table), "")
    known = {name: table.get(name, nothing) for name in ("contamination", "filled", "saturated")}
    values = table[[MEANS[LATENTS.index(name)] for name in BOUNDED]].to_numpy(float)
    outside = ((values < edges[:, 0]) | (values > edges[:, 1])).any(axis=1)
    holds = {key: suspicion == key for key in artefacts.SUSPICIONS}
    rare = np.asarray(table.get("percentile", nothing + ODD)) >= ODD
    holds["neighbour"] = rare & (np.asarray(known["contamination"]) > artefacts.CONTAMINATED)
    holds["cut"] = np.asarray(known["filled"]) > CUT
    holds["saturated"] = np.asarray(known["saturated"]) > SATURATED
    holds["edge"] = rare & outside
    return np.select([holds[key] for key in BRIEFLY], list(BRIEFLY), "")


def judge_image(
    prepared: Prepared, row: pd.DataFrame, edges: np.ndarray, survey: Survey, outside: bool = False
) -> tuple[str, str]:
    """Judge one image: what it may be instead of a galaxy, and its first caveat; each a key, or "".

    Parameters
    ----------
    prepared : Prepared
    row : DataFrame
        Its latents.
    edges : array (2, 2)
        As `find_edges` gives them.
    survey : Survey
    outside : bool
        Whether the model has learnt from nothing like it.
    """
    measured = artefacts.measure_artefacts(prepared.flux[None], survey)
    suspicion, contamination = artefacts.suspect(measured), measured["contamination"].to_numpy()
    filled, saturated = 1 - prepared.valid.all(axis=0).mean(), prepared.saturated
    known = {"suspicion": suspicion, "contamination": contamination, "filled": filled, "saturated": saturated}
    caveat = str(name_caveats(row.assign(**known), edges)[0])
    return str(suspicion[0]), caveat or "edge" * outside
