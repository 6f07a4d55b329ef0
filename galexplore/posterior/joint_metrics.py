"""How honest a joint posterior is: likelihood, PIT, coverage with and without a known redshift, and of all at once."""

import numpy as np
import pandas as pd
from scipy.stats import kstest, median_abs_deviation, norm

from galexplore.latents import LABELLED, LOGSSFR
from galexplore.posterior.calibrate import LEVEL68, LEVEL95
from galexplore.posterior.coordinates import PROPERTIES, straighten
from galexplore.posterior.gaussians import log_density
from galexplore.posterior.joint import JointPosterior
from galexplore.posterior.label_errors import read_errors, read_label

NEAR = 0.1  # redshift below which mass depends on it most
BINS = 4  # of redshift, each with as many galaxies
FEWEST = 30  # galaxies that may say something
_DRAWS = 200  # from each posterior, to reckon coverage of all three properties by
_AT_ONCE = 1000  # galaxies whose draws are in memory at a time


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
        A row a galaxy: `redshift`, `logmass`, `logsfr`, `logssfr`, and `logmass_given`, `logsfr_given`,
        `logssfr_given`, those told the redshift's label. NaN where a label is not known. In closed form they are what
        the rank statistics of simulation-based calibration (SBC: Talts et al. 2018, arXiv:1804.06788) tend to.
    """
    blurred = joint.blurred(values, errors)
    known = np.isfinite(values[:, 0])
    told = blurred.given(redshift=np.where(known, values[:, 0], 1.0))
    labels = dict(zip((*PROPERTIES, LOGSSFR), (*values.T, values[:, 2] - values[:, 1]), strict=True))
    places = {name: blurred.marginal(name).cdf(value) for name, value in labels.items()}
    for name, value in list(labels.items())[1:]:
        places[f"{name}_given"] = np.where(known, told.marginal(name).cdf(value), np.nan)
    return pd.DataFrame(places)


def measure_expected_coverage(
    joint: JointPosterior, values: np.ndarray, errors: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Share (M,) of each posterior that lies nearer to a random point than its galaxy's labels do, by draws.

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
    return _rank(distance < (((truth - point) / spread) ** 2).sum(axis=-1)[:, None], seed)


def measure_highest_density(joint: JointPosterior, values: np.ndarray, errors: np.ndarray, seed: int = 0) -> np.ndarray:
    """Share (M,) of each posterior that lies at a higher density than its galaxy's labels do, by draws.

    Where it is below 0.68 the labels lie in the smallest region that holds 68 % (in the coordinates: ln z, log M, log
    SFR). Over the galaxies of which all three labels are known these are uniform from 0 to 1 if the posteriors are
    right (Harrison et al. 2015, MNRAS 451, 2610).
    """
    rows, every = np.isfinite(values).all(axis=1), np.ones(len(PROPERTIES), bool)
    truth, blurred, higher = straighten(values[rows]), joint[rows].blurred(values[rows], errors[rows]), []
    for start in range(0, len(truth), _AT_ONCE):
        some = blurred[start : start + _AT_ONCE]
        mixture = some.weights[:, None], some.means[:, None], some.covariances[:, None]
        drawn = straighten(some.sample(_DRAWS, seed + start))
        own = log_density(mixture, truth[start : start + _AT_ONCE, None], every)
        higher.append(log_density(mixture, drawn, every) > own)
    return _rank(np.concatenate(higher), seed)


def _rank(lower: np.ndarray, seed: int) -> np.ndarray:
    """Place (M,) of labels among draws (M, D), of which a mask says which lie before it, at random between these."""
    return (lower.sum(axis=1) + np.random.default_rng(seed + 2).random(len(lower))) / (lower.shape[1] + 1)


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
    single = {name: places[name].to_numpy() for name in places}
    whole = {"highest_density": measure_highest_density(joint, values, errors, seed)}
    whole["tarp"] = measure_expected_coverage(joint, values, errors, seed)
    covered = {name: _cover(np.abs(2 * share - 1)) for name, share in single.items()}
    return {
        "n": len(values),
        "log_likelihood": _average(likelihood),
        "above_independent": _average(likelihood - independent),
        "coverage": covered | {name: _cover(share) for name, share in whole.items()},
        "bins": _cover_bins(values[:, 0], np.abs(2 * single["logmass_given"] - 1)),
        "uniform": {name: _test_uniform(share) for name, share in (single | whole).items()},
        "told": _compare_scatter(joint, values),
    }


def _average(values: np.ndarray) -> list[float]:
    return [float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))]


def _cover(needed: np.ndarray) -> dict[str, list[float]]:
    """Share of labels inside the 68.3 and 95 % by the levels that just hold each, with its binomial standard error."""
    covered = {}
    for key, level in (("68", LEVEL68), ("95", LEVEL95)):
        share = float(np.mean(needed <= level))
        covered[key] = [share, float(np.sqrt(share * (1 - share) / len(needed)))]
    return covered


def _cover_bins(redshift: np.ndarray, needed: np.ndarray) -> list[dict]:
    edges = np.quantile(redshift, np.linspace(0, 1, BINS + 1))
    which = np.clip(np.searchsorted(edges, redshift, "right") - 1, 0, BINS - 1)
    inside = [which == i for i in range(BINS)]
    return [
        {"low": float(edges[i]), "high": float(edges[i + 1]), "n": int(inside[i].sum())}
        | {"coverage": _cover(needed[inside[i]])}
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
