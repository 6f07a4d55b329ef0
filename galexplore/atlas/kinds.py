"""The kinds of galaxies, and a selection among them: how enriched it is, how it differs from the rest, what is like it.

All distances are those of the atlas: intrinsic latents in units of the ordinary galaxies' robust spread.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.stats import beta, fisher_exact, median_abs_deviation, norm, rankdata

from galexplore.atlas.atlas import Atlas
from galexplore.errors import InputError
from galexplore.latents import LABELLED


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
#: Rows beyond which `compare` looks at a sample of the rest: its answers would not change by a visible amount.
MOST_COMPARED = 100_000


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


def enrich(table: pd.DataFrame, selected, level: float = 0.95) -> pd.DataFrame:
    """Count each rare kind inside a selection, and say by how much its odds there exceed those outside.

    The odds ratio is (a + 1/2)(d + 1/2) / ((b + 1/2)(c + 1/2)) and the error of its logarithm the root of the summed
    reciprocals of those four cells (Haldane 1956; Gart & Zweifel 1967), so that an empty cell has an answer too; p is
    Fisher's exact test, two-sided.

    Parameters
    ----------
    table : DataFrame
        `id`, `population`.
    selected : sequence of str
        Ids.
    level : float
        Of the interval.

    Returns
    -------
    DataFrame
        `population`, `inside` and `total` (numbers), `odds_ratio`, `low`, `high`, `p`; one row a kind other than
        "ordinary", what is most surely enriched first.
    """
    inside = table["id"].isin(set(selected)).to_numpy()
    codes, kinds = pd.factorize(table["population"])
    within, totals = (np.bincount(c, minlength=len(kinds)) for c in (codes[inside], codes))
    rows = []
    for kind, a, total in zip(kinds, within.tolist(), totals.tolist(), strict=True):
        if kind != "ordinary":
            b, c = int(inside.sum()) - a, total - a
            odds = _odds(a, b, c, len(table) - a - b - c, level)
            rows.append({"population": kind, "inside": a, "total": total} | odds)
    columns = ["population", "inside", "total", "odds_ratio", "low", "high", "p"]
    found = pd.DataFrame(rows, columns=columns).sort_values("low", ascending=False, kind="stable")
    return found.reset_index(drop=True)


def _odds(a: int, b: int, c: int, d: int, level: float) -> dict[str, float]:
    cells = np.array([a, b, c, d]) + 0.5
    centre, error = np.log(cells[0] * cells[3] / (cells[1] * cells[2])), np.sqrt((1 / cells).sum())
    low, ratio, high = np.exp(centre + error * norm.ppf(0.5 + level / 2) * np.array([-1, 0, 1]))
    p = fisher_exact([[a, b], [c, d]]).pvalue
    return {"odds_ratio": float(ratio), "low": float(low), "high": float(high), "p": float(p)}


def compare(table: pd.DataFrame, selected, columns) -> pd.DataFrame:
    """Rank columns by how much the selected galaxies differ from the rest; angles do not belong here.

    Parameters
    ----------
    table : DataFrame
        `id` and the columns.
    selected : sequence of str
        Ids.
    columns : sequence of str
        Numeric; values that are not known are left out.

    Returns
    -------
    DataFrame
        `column`; `selected` and `rest` (medians); `effect`, their difference in units of the rest's robust spread
        (the sigma of a normal distribution of its median absolute deviation); `auc`, the chance that a selected
        galaxy's value exceeds one of the rest (Mann & Whitney 1947), and `auc_error` (Hanley & McNeil 1982). What
        tells them apart best comes first.
    """
    inside = table["id"].isin(set(selected)).to_numpy()
    keep = np.flatnonzero(~inside)
    if len(keep) > MOST_COMPARED:
        keep = np.random.default_rng(0).choice(keep, MOST_COMPARED, replace=False)
    rows = []
    for column in columns:
        values = table[column].to_numpy(float)
        ours, rest = values[inside], values[keep]
        ours, rest = ours[np.isfinite(ours)], rest[np.isfinite(rest)]
        if len(ours) and len(rest):
            rows.append({"column": column} | _differ(ours, rest))
    found = pd.DataFrame(rows, columns=["column", "selected", "rest", "effect", "auc", "auc_error"])
    order = (found["auc"] - 0.5).abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order].reset_index(drop=True)


def _differ(ours: np.ndarray, rest: np.ndarray) -> dict[str, float]:
    n, m, middle = len(ours), len(rest), float(np.median(rest))
    spread = float(median_abs_deviation(rest, scale="normal"))
    shift = float(np.median(ours)) - middle
    auc = (rankdata(np.concatenate([ours, rest]))[:n].sum() - n * (n + 1) / 2) / (n * m)
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (auc * (1 - auc) + (n - 1) * (q1 - auc**2) + (m - 1) * (q2 - auc**2)) / (n * m)
    effect = shift / spread if spread > 0 else np.sign(shift) * np.inf if shift else 0.0
    told = {"selected": middle + shift, "rest": middle, "effect": float(effect)}
    return told | {"auc": float(auc), "auc_error": float(np.sqrt(max(variance, 0)))}


def measure_likeness(points: np.ndarray, examples: np.ndarray, nearest: int = 3) -> np.ndarray:
    """Mean distance (N,) of points (N, J) to the nearest few of the examples (M, J): small is alike.

    A few, not one: a single odd example would otherwise draw in all that surrounds it.
    """
    k = np.arange(1, min(nearest, len(examples)) + 1)
    return cKDTree(examples).query(points, k=k)[0].mean(axis=1)


def find_similar(atlas: Atlas, ids, k: int = 50) -> pd.DataFrame:
    """Find the galaxies most like a set of examples: the smallest mean distance to their three nearest examples.

    Parameters
    ----------
    atlas : Atlas
    ids : sequence of str
        The examples; those that the atlas does not hold are passed over.
    k : int

    Returns
    -------
    DataFrame
        `id`, `population`, `distance` (latent, in units of the population's spread); the most alike first, the
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


def find_twins(table: pd.DataFrame, identifier: str, k: int = 8) -> pd.DataFrame:
    """Find matched twins: the same redshift, mass and SFR within the errors, and the most different free latent.

    Each of the three differs by at most one combined sigma. Galaxies that are worse reconstructed than 99 % of the
    ordinary ones are left out: their latents describe something else.

    Parameters
    ----------
    table : DataFrame
        `id`, `population`, `lat_<name>`, `lat_<name>_sigma`, `chi2_percentile`.
    identifier : str
    k : int

    Returns
    -------
    DataFrame
        `id`, `population`, the latents `lat_redshift`, `lat_logmass`, `lat_logsfr` and `lat_free`, `mismatch` (root
        mean square of the three differences, in sigma) and `free_difference` (in sigma); the most different first.
        Empty where no galaxy matches.
    """
    row = table[table["id"] == identifier].iloc[0]

    def differ(name: str) -> np.ndarray:
        gap = table[f"lat_{name}"] - row[f"lat_{name}"]
        return (gap / np.hypot(table[f"lat_{name}_sigma"], row[f"lat_{name}_sigma"])).to_numpy(float)

    gaps = np.column_stack([differ(name) for name in LABELLED])
    good = (np.abs(gaps) <= 1).all(axis=1) & (table["chi2_percentile"] <= 99).to_numpy()
    good &= (table["id"] != identifier).to_numpy()
    latents = {f"lat_{name}": table[f"lat_{name}"] for name in (*LABELLED, "free")}
    found = pd.DataFrame({"id": table["id"], "population": table["population"]} | latents)
    found["mismatch"], found["free_difference"] = np.sqrt((gaps**2).mean(axis=1)), differ("free")
    found = found[good]
    order = found["free_difference"].abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order[:k]].reset_index(drop=True)


def resemble(atlas: Atlas, latents: np.ndarray, k: int = 50, prior: dict[str, float] | None = None) -> pd.DataFrame:
    """Say how likely a galaxy is of each kind, by counting kinds among the k atlas galaxies nearest to it.

    A neighbour of a kind counts as prior / (the kind's share of the atlas). The default prior is that share itself:
    what is told is then the plain share of the neighbours, and holds for a survey that is mixed as the atlas is.
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
    found = pd.DataFrame(columns)
    return found.sort_values("probability", ascending=False, kind="stable").reset_index(drop=True)
