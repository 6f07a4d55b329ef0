"""Ranked galaxies in groups that a person can go through: by what is said of them, and by likeness."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from galexplore.atlas.groups import diversify, group, spread
from galexplore.atlas.statements import AMBIGUOUS
from galexplore.explore.explorer import Explorer
from galexplore.latents import SIGMAS

#: Groups that the ranking is parted into; how many are on a page, and of one reason at most; tiles of each before it
#: opens.
GROUPS, A_PAGE, SAME, TILES = 40, 8, 2, 8
#: Galaxies that are grouped at most, from the top of the ranking, and suspected artefacts beside them.
MOST, SUSPECTS = 2_400, 1_000


@dataclass(frozen=True)
class OddGroup:
    """Galaxies that are odd for the same reason, and alike.

    Attributes
    ----------
    reason : str
        The table's `statement`: "high sSFR", "empty sky".
    rows : ndarray (N,) of int
        Places in the explorer's table, in the order of the ranking.
    tiles : ndarray (T,) of int
        Those that stand for the group: the first, and others that show how various it is.
    """

    reason: str
    rows: np.ndarray
    tiles: np.ndarray


def choose_grouped(explorer: Explorer, order: np.ndarray) -> np.ndarray:
    """Choose from places in the order of a ranking those that are grouped: the first galaxies, and what may be none.

    Suspected artefacts are there whatever their rank; they come to groups of their own, for that is what is said of
    them.
    """
    if "suspicion" not in explorer.table:
        return order[:MOST]
    suspected = (explorer.table["suspicion"] != "").to_numpy()[order]
    kept = np.cumsum(~suspected) <= MOST
    return order[np.where(suspected, np.cumsum(suspected) <= SUSPECTS, kept)]


def list_reasons(explorer: Explorer, rows: np.ndarray) -> list[str]:
    """List by what pages vary, of galaxies at places (N,): the statement; of an ambiguous one what it names first."""
    said = explorer.table["statement"].to_numpy(str)[rows]
    first = [words.partition(" or ")[0] for words in explorer.statements.brief()[rows]]
    return np.where(said == AMBIGUOUS, first, said).tolist()


def gather_groups(explorer: Explorer, order: np.ndarray, groups: int = GROUPS) -> list[OddGroup]:
    """Gather ranked galaxies, at places (N,) of the table, in groups; the reasons alternate, the oddest come first."""
    points = describe_places(explorer, order)
    reasons = explorer.table["statement"].to_numpy(str)[order]
    of = group(reasons, points, min(groups, -(-len(order) // TILES)))  # of a small atlas a row holds several, too
    gathered = []
    for k in range(of.max(initial=-1) + 1):
        inside = np.flatnonzero(of == k)
        tiles = order[inside[spread(points[inside], TILES)]]
        gathered.append(OddGroup(str(reasons[inside[0]]), order[inside], tiles))
    return [gathered[k] for k in diversify([one.reason for one in gathered], A_PAGE, SAME)]


def describe_places(explorer: Explorer, rows: np.ndarray) -> np.ndarray:
    """Describe galaxies by where they lie in latent space and how well that is known: (N, 9), of like widths.

    Both follow from the image: a ring, a lens and a star hide among others' latents, but not among their errors. What
    lies far out is drawn in (asinh), lest it make up the groups by itself.
    """
    errors = np.log(np.maximum(explorer.table[SIGMAS].to_numpy(float), 1e-9))
    usual = errors[explorer.atlas.ordinary]
    low, middle, high = np.quantile(usual, (0.16, 0.5, 0.84), axis=0)
    width = np.maximum((high - low) / 2, 1e-6)
    return np.nan_to_num(np.arcsinh(np.column_stack([explorer.atlas.points[rows], (errors[rows] - middle) / width])))


def describe_group(table: pd.DataFrame, rows: np.ndarray) -> str:
    """Say where the middle two thirds of a group lie: "z 0.11 to 0.25, log M 9.1 to 9.6"."""
    words = []
    for name, called, digits in (("lat_redshift", "z", 2), ("lat_logmass", "log M", 1), ("lat_logssfr", "log sSFR", 1)):
        if name not in table or not np.isfinite(values := table[name].to_numpy(float)[rows]).any():
            continue
        low, high = np.nanquantile(values, (1 / 6, 5 / 6))
        ends = [f"{end:.{digits}f}".replace("-", "−") for end in (low, high)]
        words.append(f"{called} {' to '.join(dict.fromkeys(ends))}")
    return ", ".join(words)
