"""Matched controls: ordinary galaxies of the same redshift and mass, against which a kind shows what is its own.

A kind that is nearby and massive differs from all others in what goes with distance and mass. What is left of that
difference against controls of the same redshift and mass is what the kind is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree
from scipy.stats import norm

from galexplore.atlas.enrichment import measure_auc

#: Standardised distance beyond which a galaxy is no control of another; controls of each; galaxies that get any.
CALIPER, RATIO, MOST = 0.25, 3, 3_000
#: Standardised mean difference below which groups count as balanced (Austin 2009; Stuart 2010, arXiv:1010.5586).
BALANCED = 0.1
#: Narrower calipers, tried in turn where the first leaves groups unbalanced, and galaxies that must be left.
NARROWER, FEWEST = (0.2, 0.15, 0.1, 0.07, 0.05), 10
_QUERY = 64  # nearest of the pool that are looked at before more are


@dataclass(frozen=True)
class Matching:
    """Controls of a set of galaxies, by places in their table.

    Attributes
    ----------
    cases : ndarray (N,) of int
        The galaxies that have controls.
    controls : ndarray (M,) of int
        M <= `RATIO` N, each of them once.
    weight : ndarray (M,)
        What each control counts for: those of a case count one together.
    alone : int
        Galaxies that have none, for nothing of the pool is near: they are left out.
    caliper : float
        Standardised distance within which controls were sought.
    balance : DataFrame
        `column`; `cases`, `raw`, `controls`: means of the cases, of the whole pool, and of the controls; `smd_raw`,
        `smd_matched`: standardised mean differences from the pool and from the controls.
    """

    cases: np.ndarray
    controls: np.ndarray
    weight: np.ndarray
    alone: int
    caliper: float
    balance: pd.DataFrame

    @property
    def imbalance(self) -> float:
        """The largest of the standardised mean differences of what was matched by; infinite where there is none."""
        largest = self.balance["smd_matched"].abs().max(skipna=False)
        return float(largest) if np.isfinite(largest) else float("inf")

    @property
    def balanced(self) -> bool:
        """Whether cases and controls have the same means of what they were matched by, to a tenth of their spread."""
        return self.imbalance < BALANCED


def balance_controls(
    table: pd.DataFrame, cases: np.ndarray, pool: np.ndarray, columns: Sequence[str], seed: int = 0
) -> Matching:
    """Match controls to cases, as `match_controls`, within the widest caliper that leaves them balanced.

    A narrower caliper leaves out the cases that lie where the pool has no like: nearer or more massive than any. Where
    no caliper balances them, and leaves ten, the one is taken that comes nearest to it.
    """
    best = match_controls(table, cases, pool, columns, seed=seed)
    for caliper in NARROWER:
        if best.balanced or not len(best.cases):
            break
        narrower = match_controls(table, cases, pool, columns, caliper=caliper, seed=seed)
        if len(narrower.cases) < FEWEST:
            break
        best = min(best, narrower, key=lambda matching: matching.imbalance)
    return best


def match_controls(
    table: pd.DataFrame,
    cases: np.ndarray,
    pool: np.ndarray,
    columns: Sequence[str],
    *,
    ratio: int = RATIO,
    caliper: float = CALIPER,
    seed: int = 0,
) -> Matching:
    """Match controls to cases: nearest neighbours without replacement in standardised columns.

    The columns are taken in units of their standard deviation among the cases. In each of `ratio` rounds every case
    takes its nearest one of the pool that is still free, the cases that lie farthest from the pool first, for they have
    the least choice (Rubin 1973; Stuart 2010, arXiv:1010.5586).

    Parameters
    ----------
    table : DataFrame
    cases, pool : int array
        Places in it, none in both. Of more than 3,000 cases some are drawn.
    columns : sequence of str
        By which they are matched; where one is not known, a galaxy is neither case nor control.
    ratio : int
        Controls of each case, at most.
    caliper : float
        Standardised distance beyond which nothing is a control.
    seed : int
        Of the draw.
    """
    values = table[list(columns)].to_numpy(float)
    known = np.isfinite(values).all(axis=1)
    cases, pool = (np.asarray(rows, int)[known[rows]] for rows in (cases, pool))
    if len(cases) > MOST:
        cases = np.sort(np.random.default_rng(seed).choice(cases, MOST, replace=False))
    if not len(cases) or not len(pool):
        nothing = _balance(values, cases[:0], pool, pool[:0], np.empty(0), columns)
        return Matching(cases[:0], pool[:0], np.empty(0), len(cases), caliper, nothing)
    spread = values[cases].std(axis=0, ddof=1) if len(cases) > 1 else np.ones(values.shape[1])
    spread = np.where(spread > 0, spread, 1.0)
    tree, at = cKDTree(values[pool] / spread), values[cases] / spread
    free, taken = np.ones(len(pool), bool), list[tuple[int, int]]()
    order = np.argsort(-tree.query(at)[0], kind="stable")
    for _ in range(ratio):
        for i in order:
            j = _find_free(tree, at[i], free, caliper)
            if j >= 0:
                free[j] = False
                taken.append((i, j))
    pairs = np.array(taken, int).reshape(-1, 2)
    matched, controls = cases[np.unique(pairs[:, 0])], pool[pairs[:, 1]]
    weight = 1 / np.bincount(pairs[:, 0], minlength=len(cases))[pairs[:, 0]]
    balance = _balance(values, matched, pool, controls, weight, columns)
    return Matching(matched, controls, weight, len(cases) - len(matched), caliper, balance)


def _find_free(tree: cKDTree, at: np.ndarray, free: np.ndarray, caliper: float) -> int:
    """Find the nearest place of a tree that is free and within the caliper; -1 for none."""
    k = min(_QUERY, tree.n)
    while True:
        distance, index = tree.query(at, k=np.arange(1, k + 1), distance_upper_bound=caliper)
        inside = np.isfinite(distance)
        open_ = np.flatnonzero(inside & free[np.minimum(index, tree.n - 1)])
        if len(open_):
            return int(index[open_[0]])
        if not inside.all() or k == tree.n:
            return -1
        k = min(4 * k, tree.n)


def _balance(
    values: np.ndarray,
    cases: np.ndarray,
    pool: np.ndarray,
    controls: np.ndarray,
    weight: np.ndarray,
    columns: Sequence[str],
) -> pd.DataFrame:
    """Means and standardised mean differences of what was matched by; the unit is the root of the mean variance."""
    rows, equal = [], np.ones(len(pool))
    for j, column in enumerate(columns):
        ours, all_, theirs = (values[places, j] for places in (cases, pool, controls))
        others = ((all_, equal), (theirs, weight))
        means = [float(ours.mean()) if len(ours) else np.nan, *(_weigh(*other)[0] for other in others)]
        gaps = [_differ(ours, *other) for other in others]
        names = ("cases", "raw", "controls", "smd_raw", "smd_matched")
        rows.append({"column": column} | dict(zip(names, [*means, *gaps], strict=True)))
    return pd.DataFrame(rows)


def _weigh(values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Weighted mean and unbiased variance; NaN of fewer than two."""
    if not len(values):
        return float("nan"), float("nan")
    mean = float(np.average(values, weights=weight))
    left = 1 - (weight**2).sum() / weight.sum() ** 2
    return mean, float(np.average((values - mean) ** 2, weights=weight) / left) if left > 0 else float("nan")


def _differ(ours: np.ndarray, other: np.ndarray, weight: np.ndarray) -> float:
    if min(len(ours), len(other)) < 2:
        return np.nan
    mean, variance = _weigh(other, weight)
    spread = np.sqrt((ours.var(ddof=1) + variance) / 2)
    return float((ours.mean() - mean) / spread) if spread > 0 else 0.0


def compare_sets(
    table: pd.DataFrame,
    ours: np.ndarray,
    theirs: np.ndarray,
    columns: Iterable[str],
    level: float = 0.95,
    weight: np.ndarray | None = None,
) -> pd.DataFrame:
    """Say how well each column tells two sets apart.

    Parameters
    ----------
    table : DataFrame
    ours, theirs : int array
        Places in it.
    columns : iterable of str
    level : float
        Of the interval.
    weight : array (M,), optional
        What each of `theirs` counts for.

    Returns
    -------
    DataFrame
        `column`; `ours`, `theirs` (medians); `auc`, the chance that one of ours exceeds one of theirs (Mann & Whitney
        1947); `low`, `high`: its interval by the error of Hanley & McNeil (1982). Columns unknown of either are left
        out; medians do not heed the weights.
    """
    wide, rows = norm.ppf(0.5 + level / 2), []
    weight = np.ones(len(theirs)) if weight is None else weight
    for column in columns:
        one, other = (table[column].to_numpy(float)[places] for places in (ours, theirs))
        known = np.isfinite(other)
        one, other = one[np.isfinite(one)], other[known]
        if min(len(one), len(other)) < 2:
            continue
        auc, error = measure_auc(one, other, weight[known])
        ends = {"low": max(auc - wide * error, 0.0), "high": min(auc + wide * error, 1.0)}
        medians = {"ours": float(np.median(one)), "theirs": float(np.median(other))}
        rows.append({"column": column} | medians | {"auc": auc} | ends)
    return pd.DataFrame(rows, columns=["column", "ours", "theirs", "auc", "low", "high"])


def compare_matched(
    table: pd.DataFrame, cases: np.ndarray, pool: np.ndarray, matching: Matching, columns: Iterable[str]
) -> pd.DataFrame:
    """Compare cases with all of a pool and with their controls, side by side.

    Returns
    -------
    DataFrame
        `column`, `ours`, `theirs` (medians of the cases and of the pool); `raw`, `raw_low`, `raw_high`: AUC against
        the pool; `matched`, `matched_low`, `matched_high`: that against the controls, NaN where there are none; what
        the controls leave most of comes first.
    """
    columns = list(columns)
    raw = compare_sets(table, cases, pool, columns).rename(columns={"auc": "raw", "low": "raw_low", "high": "raw_high"})
    own = compare_sets(table, matching.cases, matching.controls, columns, weight=matching.weight)
    own = own.rename(columns={"auc": "matched", "low": "matched_low", "high": "matched_high"})
    ways = ["matched", "matched_low", "matched_high"]
    both = raw.merge(own[["column", *ways]].astype(dict.fromkeys(ways, float)), on="column", how="left")
    order = (both["matched"] - 0.5).abs().sort_values(ascending=False, kind="stable").index
    return both.loc[order].reset_index(drop=True)
