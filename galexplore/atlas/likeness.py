"""What is like a galaxy or a few of them, of which kind it may be, and its twins in all but the free latent.

Distances are those of the atlas: intrinsic latents in units of the ordinary galaxies' robust spread.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.stats import beta

from galexplore.atlas.atlas import Atlas
from galexplore.errors import InputError
from galexplore.latents import LABELLED


def measure_likeness(points: np.ndarray, examples: np.ndarray, nearest: int = 3) -> np.ndarray:
    """Mean distance (N,) of points (N, J) to the nearest few of the examples (M, J): small is alike.

    A few, not one: a single odd example would otherwise draw in all that surrounds it.
    """
    k = np.arange(1, min(nearest, len(examples)) + 1)
    return cKDTree(examples).query(points, k=k)[0].mean(axis=1)


def find_similar(atlas: Atlas, ids: Iterable[str], k: int = 50) -> pd.DataFrame:
    """Find the galaxies most like a set of examples: the smallest mean distance to their three nearest examples.

    Parameters
    ----------
    atlas : Atlas
    ids : iterable of str
        The examples; those that the atlas does not hold are passed over.
    k : int

    Returns
    -------
    DataFrame
        `id`, `population`, `distance` (latent, in units of the ordinary galaxies' spread); the most alike first, the
        examples themselves left out.

    Raises
    ------
    InputError
        If the atlas holds none of the ids.
    """
    example = np.isin(atlas.id, np.asarray(list(ids), str))
    if not example.any():
        raise InputError("None of these ids is in the atlas; give ids as its table writes them")
    points = atlas.points
    distance = np.where(example, np.inf, measure_likeness(points, points[example]))
    order = np.argsort(distance, kind="stable")[: min(k, int((~example).sum()))]
    return pd.DataFrame({"id": atlas.id[order], "population": atlas.population[order], "distance": distance[order]})


def find_twins(table: pd.DataFrame, identifier: str, k: int = 8, among: np.ndarray | None = None) -> pd.DataFrame:
    """Find matched twins: the same redshift, mass and SFR within the errors, and the most different free latent.

    Each of the three differs by at most one combined sigma. Galaxies that are worse reconstructed than 99 % of the
    ordinary ones are left out: their latents describe something else.

    Parameters
    ----------
    table : DataFrame
        `id`, `population`, `lat_<name>`, `lat_<name>_sigma`, `chi2_percentile`.
    identifier : str
    k : int
    among : ndarray (N,) of bool, optional
        Those that may be twins, of the rows of the table; all by default.

    Returns
    -------
    DataFrame
        `id`, `population`, the latents `lat_redshift`, `lat_logmass`, `lat_logsfr` and `lat_free`, `mismatch` (root
        mean square of the three differences, in sigma) and `free_difference` (in sigma); the most different first.
        Empty where no galaxy matches.
    """
    itself = (table["id"] == identifier).to_numpy()
    own, good = int(np.argmax(itself)), (table["chi2_percentile"] <= 99).to_numpy() & ~itself
    rows = np.flatnonzero(good if among is None else good & among)

    def differ(name: str, rows: np.ndarray) -> np.ndarray:
        value, sigma = (table[f"lat_{name}{end}"].to_numpy(float) for end in ("", "_sigma"))
        return (value[rows] - value[own]) / np.hypot(sigma[rows], sigma[own])

    for name in LABELLED:
        rows = rows[np.abs(differ(name, rows)) <= 1]
    free = differ("free", rows)
    first = np.argsort(-np.abs(free), kind="stable")[:k]
    gaps = np.column_stack([differ(name, rows[first]) for name in LABELLED])
    columns = ["id", "population", *(f"lat_{name}" for name in (*LABELLED, "free"))]
    twins = table[columns].iloc[rows[first]].reset_index(drop=True)
    return twins.assign(mismatch=np.sqrt((gaps**2).mean(axis=1)), free_difference=free[first])


def resemble(atlas: Atlas, latents: np.ndarray, k: int = 50, prior: dict[str, float] | None = None) -> pd.DataFrame:
    """Say how likely a galaxy is of each kind, by counting kinds among the k atlas galaxies nearest to it.

    A neighbour of a kind counts as prior / (the kind's share of the atlas). The default prior is that share itself:
    the answer is then the plain share of the neighbours, and holds for a survey that is mixed as the atlas is.
    Give a prior where the kinds are known to be rarer or more frequent.

    Parameters
    ----------
    atlas : Atlas
    latents : array (5,) or (1, 5)
    k : int
    prior : dict, optional
        Kind to its share; kinds left out keep theirs.

    Returns
    -------
    DataFrame
        `population`, `neighbours` (their number), `probability`, and `low`, `high`: the 68 % interval of the share
        (Jeffreys), weighed alike; the likeliest kind first. Kinds without a neighbour are left out.
    """
    _, index = atlas.neighbours(latents, k)
    kinds, counts = np.unique(atlas.population[index[0]], return_counts=True)
    every, totals = np.unique(atlas.population, return_counts=True)
    share = dict(zip(every, totals / totals.sum(), strict=True))
    wanted = share | (prior or {})
    weight = np.array([wanted[kind] / share[kind] for kind in kinds])
    n = counts.sum()

    def weigh(fraction: np.ndarray) -> np.ndarray:
        rest = (weight * counts).sum() - weight * counts  # the other kinds, as they are
        other = np.where(n > counts, rest / np.maximum(n - counts, 1), 1.0)
        return weight * fraction / np.maximum(weight * fraction + other * (1 - fraction), 1e-300)

    ends = [beta.ppf(q, counts + 0.5, n - counts + 0.5) for q in (0.15865, 0.84135)]
    columns = {"population": kinds, "neighbours": counts, "probability": weigh(counts / n)}
    columns |= {"low": weigh(ends[0]), "high": weigh(np.where(counts == n, 1, ends[1]))}
    table = pd.DataFrame(columns)
    return table.sort_values("probability", ascending=False, kind="stable").reset_index(drop=True)
