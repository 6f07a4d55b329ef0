"""How well rare kinds are found: by a classifier on the latents, by rarity, by likeness to a few examples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import hypergeom
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import RobustScaler
from sklearn.svm import SVC

from galexplore.atlas.likeness import measure_likeness

#: The published false-alarm rate, at which a recall is given.
FALSE_ALARMS = 0.07

#: False-alarm rates at which a receiver operating characteristic is given.
RATES = np.unique(np.concatenate([np.linspace(0, 0.2, 81), np.linspace(0.2, 1, 41)]))


#: Columns of the three tables of a classification.
_COLUMNS = (
    ["truth", "called", "share", "error"],
    ["kind", "false_alarms", "recall", "low", "high"],
    ["kind", "n", "recall", "error", "auc", "auc_error"],
)


@dataclass(frozen=True)
class Classification:
    """What a classifier on the latents finds.

    Attributes
    ----------
    confusion : DataFrame
        `truth`, `called`, `share` (of the truth's galaxies) and `error` (standard, over folds and draws).
    roc : DataFrame
        `kind`, `false_alarms` (rate among held-out normal galaxies), `recall`, `low`, `high` (one standard deviation
        over folds and draws to either side, within 0 and 1).
    recall : DataFrame
        `kind`, `n`, `recall`, `error` at the false-alarm rate asked for, and `auc`, `auc_error`.
    """

    confusion: pd.DataFrame
    roc: pd.DataFrame
    recall: pd.DataFrame


def classify(
    points: np.ndarray,
    population: np.ndarray,
    kinds: Sequence[str] = ("Green Pea", "Red Spiral"),
    *,
    false_alarms: float = FALSE_ALARMS,
    normals: int = 1000,
    folds: int = 5,
    draws: int = 4,
    seed: int = 0,
    weight: np.ndarray | None = None,
) -> Classification:
    """Test how well kinds are told from ordinary galaxies, as Gagliano & Villar (2023, section 5) did.

    A support vector machine with a radial kernel on robustly scaled latents, classes weighed equally. In each of
    `folds` stratified folds it learns from the other folds' rare galaxies and `normals` ordinary ones, and is asked
    about the fold's rare galaxies and ordinary ones that it has not seen; all that is repeated for `draws` shuffles.
    The confusion is of all kinds at once; each kind's recall is that of a machine of its own against ordinary
    galaxies, at the threshold that the wanted rate of held-out ordinary galaxies passes.

    Parameters
    ----------
    points : array (N, J)
        Latents, orientation left out.
    population : array (N,) of str
    kinds : sequence of str
    false_alarms : float
        The rate at which the recall is given.
    normals : int
        Ordinary galaxies that each machine learns from, half of all at most.
    weight : array (N,), optional
        What each galaxy counts for, where a machine learns and where false alarms are counted.

    Returns
    -------
    Classification
        Its tables are empty where no kind has two galaxies a fold.
    """
    names = ("ordinary", *[kind for kind in kinds if (population == kind).sum() >= 2 * folds])
    if len(names) == 1:
        return Classification(*(pd.DataFrame(columns=columns) for columns in _COLUMNS))
    chosen = np.isin(population, names)
    points, truth = np.asarray(points, float)[chosen], np.asarray(population)[chosen]
    weight = np.ones(len(truth)) if weight is None else np.asarray(weight, float)[chosen]
    shares: list[np.ndarray] = []
    curves: dict[str, list[np.ndarray]] = {kind: [] for kind in names[1:]}
    for draw in range(draws):
        generator = np.random.default_rng([seed, draw])
        for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed + draw).split(points, truth):
            usual = train[truth[train] == "ordinary"]
            taught = generator.choice(usual, min(normals, len(usual)), replace=False)
            rare = train[truth[train] != "ordinary"]
            called = _teach(points, truth, np.concatenate([taught, rare]), weight).predict(points[test])
            shares.append(_share(truth[test], called, names))
            for kind in names[1:]:
                at = np.concatenate([taught, rare[truth[rare] == kind]])
                score = _teach(points, truth == kind, at, weight).decision_function(points[test])
                plain = truth[test] == "ordinary"
                at_rates = np.append(RATES, false_alarms), weight[test][plain]
                curves[kind].append(recall_at(score[truth[test] == kind], score[plain], *at_rates))
    return _summarise(names, np.array(shares), {k: np.array(v) for k, v in curves.items()}, truth, folds)


def call_kinds(
    points: np.ndarray,
    population: np.ndarray,
    kinds: Sequence[str],
    asked: np.ndarray,
    normals: int = 1000,
    seed: int = 0,
) -> np.ndarray:
    """Say what galaxies that are of none of the kinds are called, by the machine of `classify` for all kinds at once.

    Parameters
    ----------
    points : array (N, J)
        Latents, orientation left out, of which it learns.
    population : array (N,) of str
    kinds : sequence of str
    asked : array (M, J)
        Latents of those that are called.
    normals : int
        Ordinary galaxies that it learns from, at most.

    Returns
    -------
    ndarray (M,) of str
        A kind, or "ordinary".
    """
    usual, rare = np.flatnonzero(population == "ordinary"), np.flatnonzero(np.isin(population, kinds))
    taught = np.random.default_rng(seed).choice(usual, min(normals, len(usual)), replace=False)
    at = np.concatenate([taught, rare])
    if not len(asked) or not len(rare) or not len(usual):
        return np.full(len(asked), "ordinary", dtype=object)
    return _teach(np.asarray(points, float), population, at, np.ones(len(population))).predict(asked)


def _teach(points: np.ndarray, truth: np.ndarray, at: np.ndarray, weight: np.ndarray) -> Pipeline:
    machine = make_pipeline(RobustScaler(), SVC(kernel="rbf", class_weight="balanced"))
    return machine.fit(points[at], truth[at], svc__sample_weight=weight[at])


def _share(truth: np.ndarray, called: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Share of each true kind (rows) that is called each kind (columns)."""
    return np.array([[np.mean(called[truth == t] == n) for n in names] for t in names])


def recall_at(ours: np.ndarray, usual: np.ndarray, rates: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Share of `ours` whose score exceeds that which just the given rates of `usual` exceed, by their weight if any."""
    order = np.argsort(-usual, kind="stable")
    counted = np.ones(len(usual)) if weight is None else np.asarray(weight, float)[order]
    passed = np.cumsum(counted) / max(counted.sum(), 1e-300)
    allowed = np.searchsorted(passed, np.asarray(rates) + 1e-9, side="right")
    threshold = np.append(usual[order], -np.inf)[allowed]
    return 1 - np.searchsorted(np.sort(ours), threshold, side="right") / len(ours)


def _summarise(
    names: Sequence[str], shares: np.ndarray, curves: dict[str, np.ndarray], truth: np.ndarray, folds: int
) -> Classification:
    """Average over folds and draws; the draws use the same galaxies again, so only folds make an error smaller."""
    mean, error = shares.mean(axis=0), shares.std(axis=0, ddof=1) / np.sqrt(folds)
    pairs = [(i, j) for i in range(len(names)) for j in range(len(names))]
    confusion = pd.DataFrame(
        [{"truth": names[i], "called": names[j], "share": mean[i, j], "error": error[i, j]} for i, j in pairs]
    )
    rows, recalls = [], []
    for kind, all_curves in curves.items():
        curve, at = all_curves[:, :-1], all_curves[:, -1]
        middle, spread = curve.mean(axis=0), curve.std(axis=0, ddof=1)
        bands = {"low": np.maximum(middle - spread, 0), "high": np.minimum(middle + spread, 1)}
        rows.append(pd.DataFrame({"kind": kind, "false_alarms": RATES, "recall": middle} | bands))
        area = np.trapezoid(curve, RATES, axis=1)
        recall = {"kind": kind, "n": int((truth == kind).sum()), "recall": at.mean()}
        recall |= {"error": at.std(ddof=1) / np.sqrt(folds)}
        recalls.append(recall | {"auc": area.mean(), "auc_error": area.std(ddof=1) / np.sqrt(folds)})
    return Classification(confusion, pd.concat(rows, ignore_index=True), pd.DataFrame(recalls))


def recover(score: np.ndarray, rare: np.ndarray, fractions: np.ndarray | None = None) -> pd.DataFrame:
    """Tell how many of the rare galaxies are found among the first of a ranking.

    Parameters
    ----------
    score : array (N,)
        The highest is looked at first; equal scores count as their average would in a random order.
    rare : bool array (N,)
    fractions : array, optional
        Shares of the ranking that are looked at.

    Returns
    -------
    DataFrame
        `inspected` (share), `recovered` (share of the rare), `error` (binomial), and `random`, `random_low`,
        `random_high`: what a random order recovers, with its 95 % interval (hypergeometric).
    """
    fractions = np.geomspace(1e-3, 1, 61) if fractions is None else np.atleast_1d(fractions)
    n, total = len(score), int(rare.sum())
    values, inverse, counts = np.unique(-np.asarray(score, float), return_inverse=True, return_counts=True)
    looked = np.append(0, np.cumsum(counts))
    hits = np.append(0, np.cumsum(np.bincount(inverse, weights=rare, minlength=len(values))))
    first = np.maximum(np.round(fractions * n), 1)
    share = np.interp(first, looked, hits) / total
    low, high = (hypergeom.ppf(q, n, total, first) / total for q in (0.025, 0.975))
    error = np.sqrt(share * (1 - share) / total)
    columns = {"inspected": first / n, "recovered": share, "error": error, "random": first / n}
    return pd.DataFrame(columns | {"random_low": low, "random_high": high})


def recover_from_examples(
    points: np.ndarray,
    rare: np.ndarray,
    examples: int = 10,
    *,
    draws: int = 20,
    seed: int = 0,
    fractions: np.ndarray | None = None,
) -> pd.DataFrame:
    """Tell how many rare galaxies a search by likeness to a few of them finds, averaged over draws of the examples.

    Parameters
    ----------
    points : array (N, J)
        Intrinsic latents in units of the ordinary galaxies' spread (`Atlas.points`).
    rare : bool array (N,)
    examples : int
        Half of the rare galaxies at most.

    Returns
    -------
    DataFrame
        As `recover` gives it, of the galaxies that were not examples; `error` is the standard deviation over draws.
    """
    generator, at, curves = np.random.default_rng(seed), np.flatnonzero(rare), []
    for _ in range(draws):
        shown = generator.choice(at, max(1, min(examples, len(at) // 2)), replace=False)
        rest = np.ones(len(points), bool)
        rest[shown] = False
        curves.append(recover(-measure_likeness(points[rest], points[shown]), rare[rest], fractions))
    mean = sum(curves[1:], start=curves[0]) / len(curves)
    mean["error"] = np.std([c["recovered"] for c in curves], axis=0, ddof=1) if draws > 1 else 0.0
    return mean
