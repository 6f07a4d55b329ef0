"""A selection against the rest: how enriched it is in each kind, and in what it differs."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact, median_abs_deviation, norm

#: Rows beyond which `compare_with_rest` looks at a sample of the rest: its answers would not visibly change.
MOST_COMPARED = 100_000


def measure_enrichment(table: pd.DataFrame, selected: Iterable[str], level: float = 0.95) -> pd.DataFrame:
    """Count each rare kind inside a selection, and say by how much its odds there exceed those outside.

    The odds ratio is (a + 1/2)(d + 1/2) / ((b + 1/2)(c + 1/2)) and the error of its logarithm the root of the summed
    reciprocals of those four cells (Haldane 1956; Gart & Zweifel 1967), so that an empty cell has an answer too; p is
    Fisher's exact test, two-sided.

    Parameters
    ----------
    table : DataFrame
        `id`, `population`.
    selected : iterable of str
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
    ranked = pd.DataFrame(rows, columns=columns).sort_values("low", ascending=False, kind="stable")
    return ranked.reset_index(drop=True)


def _odds(a: int, b: int, c: int, d: int, level: float) -> dict[str, float]:
    cells = np.array([a, b, c, d]) + 0.5
    centre, error = np.log(cells[0] * cells[3] / (cells[1] * cells[2])), np.sqrt((1 / cells).sum())
    low, ratio, high = np.exp(centre + error * norm.ppf(0.5 + level / 2) * np.array([-1, 0, 1]))
    p = fisher_exact([[a, b], [c, d]]).pvalue
    return {"odds_ratio": float(ratio), "low": float(low), "high": float(high), "p": float(p)}


def compare_with_rest(table: pd.DataFrame, selected: Iterable[str], columns: Iterable[str]) -> pd.DataFrame:
    """Rank columns by how much the selected galaxies differ from the rest; angles do not belong here.

    Parameters
    ----------
    table : DataFrame
        `id` and the columns.
    selected : iterable of str
        Ids.
    columns : iterable of str
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
    differences = pd.DataFrame(rows, columns=["column", "selected", "rest", "effect", "auc", "auc_error"])
    order = (differences["auc"] - 0.5).abs().sort_values(ascending=False, kind="stable").index
    return differences.loc[order].reset_index(drop=True)


def _differ(ours: np.ndarray, rest: np.ndarray) -> dict[str, float]:
    middle, spread = float(np.median(rest)), float(median_abs_deviation(rest, scale="normal"))
    shift = float(np.median(ours)) - middle
    auc, error = measure_auc(ours, rest)
    effect = shift / spread if spread > 0 else np.sign(shift) * np.inf if shift else 0.0
    return {"selected": middle + shift, "rest": middle, "effect": float(effect), "auc": auc, "auc_error": error}


def measure_auc(ours: np.ndarray, rest: np.ndarray, weight: np.ndarray | None = None) -> tuple[float, float]:
    """Chance that one of `ours` (n,) exceeds one of `rest` (m,), ties by half, and its standard error.

    Mann & Whitney (1947); the error of Hanley & McNeil (1982). Where the rest count by a weight (m,) each, as many of
    them enter the error as give its sums of weights and of their squares (Kish 1965).
    """
    n, weight = len(ours), np.ones(len(rest)) if weight is None else np.asarray(weight, float)
    order = np.argsort(rest, kind="stable")
    below = np.append(0, np.cumsum(weight[order]))
    left, right = (np.searchsorted(rest[order], ours, side=side) for side in ("left", "right"))
    auc = float((below[left] + below[right]).mean() / (2 * weight.sum()))
    m = weight.sum() ** 2 / (weight**2).sum()
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (auc * (1 - auc) + (n - 1) * (q1 - auc**2) + (m - 1) * (q2 - auc**2)) / (n * m)
    return auc, float(np.sqrt(max(variance, 0)))
