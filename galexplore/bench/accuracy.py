"""Redshift, mass and SFR of the test split scored, for the model and its peers, over the same resamples."""

import numpy as np
import pandas as pd

from galexplore.bench.ground import Answer
from galexplore.latents import LABELLED, angle_difference


def score(values: np.ndarray, test: pd.DataFrame) -> dict[str, float]:
    """R^2 and squared Pearson r of z, mass and SFR, and the median error of phi [deg] where ba < 0.7."""
    out = {}
    for i, (name, column) in enumerate(LABELLED.items(), 1):
        known = np.isfinite(test[column].to_numpy(float))
        label, value = test[column].to_numpy(float)[known], values[known, i]
        out[f"r2_{name}"] = 1 - np.sum((value - label) ** 2) / np.sum((label - label.mean()) ** 2)
        out[f"pearson_r2_{name}"] = np.corrcoef(value, label)[0, 1] ** 2
    flat = ((test["ba"] < 0.7) & np.isfinite(test["phi"])).to_numpy()
    out["phi_median_deg"] = np.degrees(np.median(np.abs(angle_difference(values[flat, 0], test["phi"][flat]))))
    return {k: float(v) for k, v in out.items()}


def compare_peers(
    answers: dict[str, Answer], test: pd.DataFrame, resamples: int = 200, seed: int = 0
) -> dict[str, dict]:
    """Score every peer, and ours less each, over the same resamples of the test split.

    Returns
    -------
    dict
        By peer: `scores` and, but for ours, `ours_less`, each {score: [value, standard error]}; and `about`.
    """
    test = test[[*LABELLED.values(), "phi", "ba"]].reset_index(drop=True)
    rows = np.random.default_rng(seed).integers(0, len(test), (resamples, len(test)))
    drawn = {k: pd.DataFrame([score(a.values[i], test.iloc[i]) for i in rows]) for k, a in answers.items()}
    exact = {k: score(a.values, test) for k, a in answers.items()}
    out = {}
    for k, answer in answers.items():
        compared = {"about": {n: v for n, v in answer.details.items() if n != "key"}}
        compared["scores"] = _with_errors(exact[k], drawn[k])
        if k != "ours":
            gap = {n: exact["ours"][n] - v for n, v in exact[k].items()}
            compared["ours_less"] = _with_errors(gap, drawn["ours"] - drawn[k])
        out[k] = compared
    return out


def _with_errors(values: dict[str, float], drawn: pd.DataFrame) -> dict[str, list[float]]:
    return {k: [v, float(drawn[k].std())] for k, v in values.items() if np.isfinite(v)}
