"""How much worse one table of answers is than another for the same galaxies, over the same resamples."""

import numpy as np
import pandas as pd

from galexplore.latents import LABELLED
from galexplore.posterior.label_errors import read_label


def measure_lag(
    better: pd.DataFrame, other: pd.DataFrame, *, resamples: int = 200, seed: int = 0
) -> dict[str, list[float]]:
    """R^2 of one table of answers less that of another, by latent that has labels.

    Parameters
    ----------
    better, other : DataFrame
        Answers (`lat_<latent>`) by `id`; the labels are those of `other`. Galaxies that either lacks do not count.
    resamples, seed : int
        Of the paired bootstrap: both are scored on the same galaxies of every draw.

    Returns
    -------
    dict
        Latent to [difference, standard error]; without latents whose labels have no spread.
    """
    means = [f"lat_{name}" for name in LABELLED]
    both = other.set_index("id").join(better.set_index("id")[means].add_suffix("_better"), how="inner")
    lag = {}
    for latent, column in LABELLED.items():
        label = read_label(both, column)
        errors = np.column_stack([both[f"lat_{latent}{whose}"].to_numpy(float) - label for whose in ("_better", "")])
        known = np.isfinite(errors).all(axis=1)
        label, squared = label[known], errors[known] ** 2
        if len(label) < 2 or label.min() == label.max():
            continue
        draws = np.random.default_rng(seed).integers(0, len(label), (resamples, len(label)))
        drawn = [_subtract(label[i], squared[i]) for i in draws]
        lag[latent] = [_subtract(label, squared), float(np.std(drawn, ddof=1))]
    return lag


def _subtract(label: np.ndarray, squared: np.ndarray) -> float:
    """R^2 of the first column (N, 2) of squared errors less that of the second."""
    first, second = squared.sum(axis=0)
    return float((second - first) / np.sum((label - label.mean()) ** 2))
