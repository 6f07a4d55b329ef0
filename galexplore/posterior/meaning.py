"""What the free latent means: what it leaks of the physics, which of a galaxy's looks it follows, and its name."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import gammainc
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

from galexplore.latents import LABELLED, MEANS
from galexplore.posterior.label_errors import read_label
from galexplore.survey import Survey

FEWEST = 30  # galaxies that may say something of the free latent

#: What of a galaxy's looks the simulated catalogue knows, and how it is called.
LOOKS = {
    "re_arcsec": "size",
    "concentration": "concentration",
    "colour_gradient": "colour gradient",
    "inclination": "inclination",
    "bulge_fraction": "bulge fraction",
    "neighbour_flux": "neighbours' flux",
    "seeing": "seeing",
    "magnitude": "magnitude",
    "av": "dust attenuation",
    "z": "redshift",
    "logmass": "stellar mass",
    "logsfr": "star-formation rate",
}
#: Those that are a galaxy's structure, and what it is like where they are low and where they are high.
STRUCTURE = {
    "size": ("compact", "extended"),
    "concentration": ("diffuse", "concentrated"),
    "bulge fraction": ("disc", "bulge"),
    "inclination": ("face-on", "edge-on"),
}
#: When the free latent is the galaxy's own: rank correlation with the neighbours' flux, below; partial one with a
#: structural look given redshift, mass and SFR, at least; share of its variance that those three tell, at most.
LIMITS = {"neighbours": 0.1, "structure": 0.5, "told": 0.25}


def measure_leakage(table: pd.DataFrame, resamples: int = 200, seed: int = 0) -> dict[str, list[float]]:
    """R^2 of predicting label - latent of each physics latent from the free one, with its bootstrap error.

    A cubic spline with ten knots, five-fold cross-validated: 0 where the free latent knows nothing that the physics
    latents should have said, and below where there is only noise to learn.

    Parameters
    ----------
    table : DataFrame
        A catalogue joined with its latents table.

    Returns
    -------
    dict
        `{latent: [R^2, standard error]}` of those with 30 known labels or more.
    """
    out, generator = {}, np.random.default_rng(seed)
    for latent, column in LABELLED.items():
        rest = read_label(table, column) - table[f"lat_{latent}"].to_numpy(float)
        known = np.isfinite(rest)
        if known.sum() < FEWEST:
            continue
        free, rest = table["lat_free"].to_numpy(float)[known, None], rest[known]
        learner = make_pipeline(SplineTransformer(10, knots="quantile"), Ridge(1e-3))
        guess = cross_val_predict(learner, free, rest, cv=KFold(5, shuffle=True, random_state=seed))
        rows = generator.integers(0, len(rest), (resamples, len(rest)))
        spread = np.std([_explained(rest[i], guess[i]) for i in rows], ddof=1) if resamples > 1 else 0.0
        out[latent] = [_explained(rest, guess), float(spread)]
    return out


def _explained(truth: np.ndarray, guess: np.ndarray) -> float:
    return float(1 - np.sum((truth - guess) ** 2) / np.sum((truth - truth.mean()) ** 2))


def relate_free(
    table: pd.DataFrame, survey: Survey, resamples: int = 200, seed: int = 0, given: bool = False
) -> dict[str, list[float]]:
    """Spearman rank correlation of the free latent with what the catalogue knows of a galaxy's looks.

    Parameters
    ----------
    given : bool
        Whether it is the partial one: of what the ranks of the catalogue's redshift, mass and SFR leave of the ranks
        of both, in straight lines. Those three are then left out.

    Returns
    -------
    dict
        `{name of the look: [correlation, bootstrap standard error]}`, the strongest first; only what the table knows.
    """
    generator, out = np.random.default_rng(seed), {}
    labels = np.array([read_label(table, c) for c in LABELLED.values()])
    labels = labels[np.isfinite(labels).sum(axis=1) >= FEWEST] if given else labels[:0]
    for name, look in _list_looks(table, survey).items():
        known = np.isfinite(look) & np.isfinite(labels).all(axis=0)
        if known.sum() < FEWEST or (given and name in map(LOOKS.get, LABELLED.values())):
            continue
        design = np.column_stack([np.ones(known.sum()), *(rankdata(label[known]) for label in labels)])
        ranks = np.array([rankdata(x[known]) for x in (table["lat_free"].to_numpy(float), look)]).T
        rest = (ranks - design @ np.linalg.lstsq(design, ranks)[0]).T
        if (rest.std(axis=1) < 1e-6 * len(design)).any():  # all alike, or told by the labels
            continue
        rows = generator.integers(0, known.sum(), (resamples, known.sum()))
        spread = np.std([np.corrcoef(rest[0][i], rest[1][i])[0, 1] for i in rows], ddof=1)
        out[name] = [float(np.corrcoef(*rest)[0, 1]), float(spread)]
    return dict(sorted(out.items(), key=lambda item: -abs(item[1][0])))


def _list_looks(table: pd.DataFrame, survey: Survey) -> dict[str, np.ndarray]:
    """List what a table knows of its galaxies' looks (N), by their names."""
    looks, band = add_looks(table, survey), survey.reference
    columns = {column: column for column in LOOKS} | {"magnitude": f"mag_{band}", "seeing": f"psf_{band}"}
    names = LOOKS | {"magnitude": f"{band} magnitude"}
    return {names[k]: looks[c].to_numpy(float) for k, c in columns.items() if c in looks}


def measure_told(table: pd.DataFrame, resamples: int = 200, seed: int = 0) -> list[float]:
    """R^2 of predicting the free latent from those of redshift, mass and SFR, with its bootstrap error.

    Boosted trees, five-fold cross-validated; nothing where there are too few galaxies.
    """
    known, free = table[MEANS[1:4]].to_numpy(float), table["lat_free"].to_numpy(float)
    if len(table) < FEWEST or not free.std():
        return []
    folds = KFold(5, shuffle=True, random_state=seed)
    trees = HistGradientBoostingRegressor(max_iter=60, max_leaf_nodes=8, min_samples_leaf=50, random_state=seed)
    guess = cross_val_predict(trees, known, free, cv=folds)
    rows = np.random.default_rng(seed).integers(0, len(free), (resamples, len(free)))
    return [_explained(free, guess), float(np.std([_explained(free[i], guess[i]) for i in rows], ddof=1))]


def name_free(partial: Mapping[str, list[float]]) -> str:
    """Name the free latent by what it measures: "structure: compact to extended"; empty where it is no structure.

    By the structural look that it follows most closely where redshift, mass and SFR are given, if no less closely than
    `LIMITS` asks for and more closely than it follows the neighbours' flux or the seeing.

    Parameters
    ----------
    partial : mapping
        Of `relate_free` with these three given.
    """
    strength = {name: abs(value) for name, (value, _) in partial.items()}
    best = max((name for name in STRUCTURE if name in strength), key=strength.__getitem__, default="")
    alien = max(strength.get(LOOKS[k], 0.0) for k in ("neighbour_flux", "seeing"))
    if not best or strength[best] < LIMITS["structure"] or strength[best] <= alien:
        return ""
    low, high = STRUCTURE[best][:: 1 if partial[best][0] > 0 else -1]
    return f"structure: {low} to {high}"


def describe_free(table: pd.DataFrame, survey: Survey, resamples: int = 200, seed: int = 0) -> dict:
    """Measure what the free latent means, name it, and hold it against `LIMITS`.

    Returns
    -------
    dict
        `leakage` (`measure_leakage`), `spearman` and `partial` (`relate_free`, and with redshift, mass and SFR given),
        `told` (`measure_told`), `name` (`name_free`) and `holds`: of each of `LIMITS` that can be judged, whether it
        does.
    """
    spearman, partial = (relate_free(table, survey, resamples, seed, given) for given in (False, True))
    told, holds = measure_told(table, resamples, seed), {}
    if LOOKS["neighbour_flux"] in spearman:
        holds["neighbours"] = abs(spearman[LOOKS["neighbour_flux"]][0]) < LIMITS["neighbours"]
    if structural := [abs(partial[name][0]) for name in STRUCTURE if name in partial]:
        holds["structure"] = max(structural) >= LIMITS["structure"]
    if told:
        holds["told"] = told[0] <= LIMITS["told"]
    measured = {"leakage": measure_leakage(table, resamples, seed), "spearman": spearman, "partial": partial}
    return measured | {"told": told, "name": name_free(partial), "holds": holds}


def add_looks(table: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Add `concentration` and `colour_gradient` (of the bulge less the disc's) where the table knows both.

    The colour is that of the survey's first band less its last; the concentration is in its reference band.
    """
    blue, red = survey.bands[0], survey.bands[-1]
    bands, parts = {blue, red, survey.reference}, ("bulge", "disc", "young")
    needed = {"bulge_n", "bulge_re", "disc_re", "bulge_fraction", *(f"flux_{p}_{b}" for p in parts for b in bands)}
    if not needed <= set(table.columns):
        return table
    flux = {b: [table[f"flux_{p}_{b}"].to_numpy(float) for p in parts] for b in bands}
    with np.errstate(divide="ignore", invalid="ignore"):
        outer = -2.5 * np.log10((flux[blue][1] + flux[blue][2]) / (flux[red][1] + flux[red][2]))
        gradient = -2.5 * np.log10(flux[blue][0] / flux[red][0]) - outer
    gradient = np.where(np.isfinite(gradient) & (table["bulge_fraction"] < 0.95).to_numpy(), gradient, np.nan)
    return table.assign(concentration=_concentrate(table, flux[survey.reference]), colour_gradient=gradient)


def _concentrate(table: pd.DataFrame, flux: list[np.ndarray]) -> np.ndarray:
    """Concentration C = 5 log10(r80 / r20) (Bershady et al. 2000) of a Sersic bulge and an exponential disc.

    Both are taken as round; r20 and r80 hold a fifth and four fifths of the light, without seeing.
    """
    n, inner, outer = (table[c].to_numpy(float)[:, None] for c in ("bulge_n", "bulge_re", "disc_re"))
    radius = np.geomspace(0.02, 8, 120) * np.maximum(inner, outer)
    slope = 2 * n - 1 / 3 + 0.009876 / n  # Prugniel & Simien (1997)
    grown = flux[0][:, None] * gammainc(2 * n, slope * (radius / inner) ** (1 / n))
    grown += (flux[1] + flux[2])[:, None] * gammainc(2, 1.678 * radius / outer)
    total = np.sum(flux, axis=0)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = [radius[np.arange(len(n)), (grown / total >= share).argmax(axis=1)] for share in (0.2, 0.8)]
    return np.where(total[:, 0] > 0, 5 * np.log10(ends[1] / ends[0]), np.nan)
