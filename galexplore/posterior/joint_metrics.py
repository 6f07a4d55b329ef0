"""How honest a joint posterior is: likelihood, PIT, coverage with and without a known redshift, expected coverage."""

import numpy as np
import pandas as pd
from scipy.stats import kstest, median_abs_deviation, norm

from galexplore.latents import LABELLED, LOGSSFR
from galexplore.posterior.calibrate import LEVEL68, LEVEL95
from galexplore.posterior.coordinates import PROPERTIES, straighten
from galexplore.posterior.joint import JointPosterior
from galexplore.posterior.label_errors import read_errors, read_label

NEAR = 0.1  # redshift below which mass depends on it most
BINS = 4  # of redshift, each with as many galaxies
FEWEST = 30  # galaxies that may say something
_DRAWS = 200  # from each posterior, to reckon expected coverage by


def read_labels(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Read redshift, log M and log SFR (N, 3) of a catalogue and their standard errors, NaN where not known.

    A redshift that is not positive is not known.
    """
    values = np.stack([read_label(table, c) for c in LABELLED.values()], axis=1)
    errors = np.stack([read_errors(table, c) for c in LABELLED.values()], axis=1)
    return np.where(np.isfinite(straighten(values)), values, np.nan), errors


def place_labels(joint: JointPosterior, values: np.ndarray, errors: np.ndarray) -> pd.DataFrame:
    """Probability integral transforms: where in its predicted distribution each label falls, its own error added.

    Returns
    -------
    DataFrame
        A row a galaxy: `redshift`, `logmass`, `logsfr`, `logssfr`, and `logmass_given`, `logsfr_given`, those told the
        redshift's label. NaN where a label is not known.
    """
    blurred = joint.blurred(values, errors)
    known = np.isfinite(values[:, 0])
    told = blurred.given(redshift=np.where(known, values[:, 0], 1.0))
    ssfr, places = values[:, 2] - values[:, 1], {}
    for name, value in zip((*PROPERTIES, LOGSSFR), (*values.T, ssfr), strict=True):
        places[name] = blurred.marginal(name).cdf(value)
    for j in (1, 2):
        places[f"{PROPERTIES[j]}_given"] = np.where(known, told.marginal(PROPERTIES[j]).cdf(values[:, j]), np.nan)
    return pd.DataFrame(places)


def measure_expected_coverage(
    joint: JointPosterior, values: np.ndarray, errors: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Share (M,) of each posterior that lies nearer to a random point than its galaxy's labels do.

    TARP (Lemos et al. 2023, arXiv:2302.03026): over the galaxies of which all three labels are known these are uniform
    from 0 to 1 if and only if the posteriors are right. The points are uniform over the box of the labels, distances in
    units of their spread in each coordinate.
    """
    rows = np.isfinite(values).all(axis=1)
    truth, blurred = straighten(values[rows]), joint[rows].blurred(values[rows], errors[rows])
    draws = straighten(blurred.sample(_DRAWS, seed))
    low, high, spread = truth.min(axis=0), truth.max(axis=0), truth.std(axis=0)
    point = np.random.default_rng(seed + 1).uniform(low, high, truth.shape)
    distance = (((draws - point[:, None]) / spread) ** 2).sum(axis=-1)
    return (distance < (((truth - point) / spread) ** 2).sum(axis=-1)[:, None]).mean(axis=1)


def score_joint(table: pd.DataFrame, joint: JointPosterior, seed: int = 0) -> dict:
    """Score joint posteriors (N) against the labels of a catalogue joined with its latents (N).

    Returns
    -------
    dict
        `n` (galaxies of which all labels are known); `log_likelihood` (nats a galaxy) and `above_independent` (by how
        much that is above the product of the three calibrated Gaussians), each with its standard error; `coverage`
        ({quantity: {"68", "95": [share, standard error]}}, of what is told the redshift too, as `logmass_given`);
        `bins` (of redshift: `low`, `high`, `n`, `coverage` of the mass told the redshift); `uniform` ({what:
        {"statistic", "limit", "p"}}, Kolmogorov's of each PIT and of `tarp`, and what chance allows at 95 %);
        `told` (scatter of mass with and without the redshift, overall and below z = 0.1, and their ratio). Empty where
        fewer than 30 galaxies have all labels.
    """
    values, errors = read_labels(table)
    rows = np.isfinite(values).all(axis=1)
    if rows.sum() < FEWEST:
        return {}
    table, joint, values, errors = table[rows], joint[rows], values[rows], errors[rows]
    likelihood = joint.blurred(values, errors).log_pdf(values)
    independent = np.zeros(len(values))
    for j, name in enumerate(PROPERTIES):
        width = np.hypot(table[f"lat_{name}_sigma"].to_numpy(float), errors[:, j])
        independent += norm.logpdf(values[:, j], table[f"lat_{name}"].to_numpy(float), width)
    places = place_labels(joint, values, errors)
    tests = {name: _test_uniform(places[name].to_numpy()) for name in places}
    tests["tarp"] = _test_uniform(measure_expected_coverage(joint, values, errors, seed))
    return {
        "n": len(values),
        "log_likelihood": _average(likelihood),
        "above_independent": _average(likelihood - independent),
        "coverage": {name: _cover(places[name].to_numpy()) for name in places},
        "bins": _cover_bins(values[:, 0], places["logmass_given"].to_numpy()),
        "uniform": tests,
        "told": _compare_scatter(joint, values),
    }


def _average(values: np.ndarray) -> list[float]:
    return [float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))]


def _cover(places: np.ndarray) -> dict[str, list[float]]:
    """Share of labels inside the central 68.3 and 95 %, with its binomial standard error."""
    covered = {}
    for key, level in (("68", LEVEL68), ("95", LEVEL95)):
        share = float(np.mean(np.abs(places - 0.5) <= level / 2))
        covered[key] = [share, float(np.sqrt(share * (1 - share) / len(places)))]
    return covered


def _cover_bins(redshift: np.ndarray, places: np.ndarray) -> list[dict]:
    edges = np.quantile(redshift, np.linspace(0, 1, BINS + 1))
    which = np.clip(np.searchsorted(edges, redshift, "right") - 1, 0, BINS - 1)
    inside = [which == i for i in range(BINS)]
    return [
        {"low": float(edges[i]), "high": float(edges[i + 1]), "n": int(inside[i].sum())}
        | {"coverage": _cover(places[inside[i]])}
        for i in range(BINS)
        if inside[i].any()
    ]


def _test_uniform(places: np.ndarray) -> dict[str, float]:
    """Kolmogorov's distance from a uniform distribution, what chance allows of it at 95 %, and its probability."""
    test = kstest(places, "uniform")
    return {"statistic": float(test.statistic), "limit": float(1.358 / np.sqrt(len(places))), "p": float(test.pvalue)}


def _compare_scatter(joint: JointPosterior, values: np.ndarray) -> dict[str, dict]:
    """Robust scatter of the mass [dex] from the image alone and told the redshift."""
    untold = joint.marginal("logmass").median - values[:, 1]
    told = joint.given(redshift=values[:, 0]).marginal("logmass").median - values[:, 1]
    out = {}
    for name, rows in (("all", np.ones(len(values), bool)), ("near", values[:, 0] < NEAR)):
        if rows.sum() >= FEWEST:
            scatter = [float(median_abs_deviation(e[rows], scale="normal")) for e in (untold, told)]
            out[name] = {"untold": scatter[0], "told": scatter[1], "ratio": scatter[1] / scatter[0]}
    return out
