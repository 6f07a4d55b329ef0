"""What the free latent means: what it leaks of the physics, and which of a galaxy's looks it follows."""

import numpy as np
import pandas as pd
from scipy.special import gammainc
from scipy.stats import rankdata
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

from galexplore.latents import LABELLED
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
    "magnitude": "magnitude",
    "av": "dust attenuation",
    "z": "redshift",
    "logmass": "stellar mass",
    "logsfr": "star-formation rate",
}


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


def relate_free(table: pd.DataFrame, survey: Survey, resamples: int = 200, seed: int = 0) -> dict[str, list[float]]:
    """Spearman rank correlation of the free latent with what the catalogue knows of a galaxy's looks.

    Returns
    -------
    dict
        `{name of the look: [correlation, bootstrap standard error]}`, the strongest first; only what the table knows.
    """
    looks, generator, out = add_looks(table, survey), np.random.default_rng(seed), {}
    for column, name in LOOKS.items():
        if column == "magnitude":
            column, name = f"mag_{survey.reference}", f"{survey.reference} magnitude"
        if column not in looks:
            continue
        known = np.isfinite(looks[column].to_numpy(float))
        if known.sum() < FEWEST:
            continue
        ranks = [rankdata(x[known]) for x in (looks["lat_free"].to_numpy(float), looks[column].to_numpy(float))]
        rows = generator.integers(0, known.sum(), (resamples, known.sum()))
        spread = np.std([np.corrcoef(ranks[0][i], ranks[1][i])[0, 1] for i in rows], ddof=1)
        out[name] = [float(np.corrcoef(*ranks)[0, 1]), float(spread)]
    return dict(sorted(out.items(), key=lambda item: -abs(item[1][0])))


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
