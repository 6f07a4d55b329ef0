"""Whether an explanation names the property that was moved.

One true property of a simulated galaxy is shifted to the 3-sigma tail of its conditional, the galaxy lit and rendered
anew, encoded, and its oddness explained.
"""

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from galexplore.config import INTRINSIC
from galexplore.embed import MEANS, SIGMAS

TRUTH = {"redshift": "z_true", "logmass": "logmass_true", "logsfr": "logsfr_true"}
NEAREST = 300  # galaxies alike in the other two properties: their spread is the conditional
FAINTEST, LARGEST = 22.5, 15.0  # r magnitude and arcsec beyond which no survey would have the galaxy
TELLING = 90.0  # percentile of rarity from which the explanation is taken to tell a property


def find_tails(truth: np.ndarray, at: np.ndarray, j: int, sigma: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    """Find the lower and the upper sigma-tail of property j given the others.

    Among the 300 galaxies of the population that are nearest in the others: the median, less and plus `sigma` times the
    distance from it to the 15.9th and the 84.1th percentile.

    Parameters
    ----------
    truth : array (N, 3)
        The population.
    at : array (M, 3)
    """
    others = [i for i in range(truth.shape[1]) if i != j]
    scale = 1.4826 * np.median(np.abs(truth - np.median(truth, axis=0)), axis=0)[others]
    k = np.arange(1, min(NEAREST, len(truth)) + 1)
    near = cKDTree(truth[:, others] / scale).query(at[:, others] / scale, k=k)[1]
    low, middle, high = np.quantile(truth[near][:, :, j], (0.15865, 0.5, 0.84135), axis=1)
    return middle - sigma * (middle - low), middle + sigma * (high - middle)


def relight(table: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Give galaxies of known redshift, mass, SFR and kind a history, a shape, light and a field, from one seed.

    The same seed gives the same draws row by row, so that two tables which differ in one property differ in what
    follows from it.
    """
    from galexplore.mock import light, population, scene, shape

    generator = np.random.default_rng(seed)
    bare = table[[*TRUTH.values(), "kind"]].reset_index(drop=True)
    lit = light.add_light(shape.add_shape(population.add_history(bare, generator), generator))
    return scene.add_fields(lit, generator).assign(oddity="", core=0.0)


def encode(explorer, lit: pd.DataFrame) -> pd.DataFrame:
    """Render and encode those galaxies that a survey would have; the index says which rows of `lit` they are."""
    from galexplore.mock.store import draw_pixels

    with np.errstate(divide="ignore"):
        magnitude = 22.5 - 2.5 * np.log10(sum(lit[f"flux_{part}_r"] for part in ("bulge", "disc", "young")))
    seen = lit[magnitude.between(13, FAINTEST) & (lit["re_arcsec"] < LARGEST)]
    flux = np.stack([draw_pixels(row) for row in seen.to_dict("records")]).astype(np.float32)
    return explorer.embedder.embed(flux).set_index(seen.index)


def measure(explorer, n: int = 200, seed: int = 5, report=lambda text: None) -> dict:
    """Run the test.

    Parameters
    ----------
    n : int
        Galaxies that are shifted, in each of three properties and to either side.

    Returns
    -------
    dict
        `properties`: latent to `n`; `first`: share of the explanations that name it first; `n_told` and
        `first_told`: the same where the galaxy is among the rarest tenth; `instead`: what was named in its place.
        `overall`: mean of the three. Every share comes as [value, standard error].

    Raises
    ------
    ImportError
        Without bagpipes and speclite.
    """
    table = explorer.table[explorer.table["population"] == "ordinary"]
    truth = table[list(TRUTH.values())].to_numpy(float)
    base = table[(table["split"] == "test") & table["z_true"].between(0.03, 0.8) & (table["mag_r"] < 20.5)]
    base = base.sample(min(n, len(base)), random_state=seed).reset_index(drop=True)
    at, found = base[list(TRUTH.values())].to_numpy(float), {}
    for j, (name, column) in enumerate(TRUTH.items()):
        answers = []
        for side, tail in zip(("low", "high"), find_tails(truth, at, j), strict=True):
            inside = (tail > 0.004) & (tail < 1.0) if name == "redshift" else np.isfinite(tail)
            lit = relight(base.assign(**{column: np.where(inside, tail, at[:, j])}), seed)
            answers.append(encode(explorer, lit[inside]))
            report(f"{name} {side}: {len(answers[-1])} of {len(base)}")
        found[name] = judge(explorer.atlas, pd.concat(answers), name)
    out: dict = {"sigma": 3, "galaxies": len(base), "properties": found}
    for score in ("first", "first_told"):
        values, errors = np.array([found[name][score] for name in found]).T
        out[f"overall_{score}"] = [float(np.mean(values)), float(np.sqrt((errors**2).sum()) / len(values))]
    return out


def judge(atlas, answers: pd.DataFrame, name: str) -> dict:
    """Count how often the explanation names a property first."""
    odd = atlas.explain(answers[MEANS].to_numpy(), answers[SIGMAS].to_numpy())
    first = np.array(INTRINSIC)[np.abs(odd.conditional_z).argmax(axis=1)]
    told = atlas.rarity_percentile(odd.distance2) >= TELLING
    kinds, counts = np.unique(first[first != name], return_counts=True)
    instead = {str(kind): round(float(count / len(first)), 3) for kind, count in zip(kinds, counts, strict=True)}
    return {
        "n": len(first),
        "first": _share(first == name),
        "n_told": int(told.sum()),
        "first_told": _share(first[told] == name),
        "instead": instead,
    }


def _share(hits: np.ndarray) -> list[float]:
    if not len(hits):
        return [float("nan"), float("nan")]
    share = float(np.mean(hits))
    return [share, float(np.sqrt(share * (1 - share) / len(hits)))]
