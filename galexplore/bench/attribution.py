"""Whether an explanation names the property that was moved (`galexplore.jobs.shifts`)."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from galexplore.explore.explorer import Explorer
from galexplore.jobs.shifts import shift
from galexplore.latents import INTRINSIC, MEANS, SIGMAS

TELLING = 90.0  # percentile of rarity from which the explanation is taken to tell a property


def measure_attribution(
    explorer: Explorer, n: int = 200, seed: int = 5, report: Callable[[str], None] = lambda text: None
) -> dict:
    """Run the test on galaxies of the test split.

    Parameters
    ----------
    n : int
        Galaxies that are shifted, in each of four properties and to either side.

    Returns
    -------
    dict
        `properties`: latent to `n`; `first`: share of the explanations that name it first; `n_told` and
        `first_told`: the same where the galaxy is among the rarest tenth; `instead`: what was named in its place.
        `overall_first`, `overall_first_told`: mean over redshift, mass and SFR. Every share comes as [value, standard
        error].

    Raises
    ------
    ImportError
        Without bagpipes and speclite.
    """
    galaxies, answers = shift(explorer, ("test",), n, seed, report)
    properties = {name: count_named(explorer, rows, name) for name, rows in answers.items()}
    out: dict = {"sigma": 3, "galaxies": galaxies, "properties": properties}
    for score in ("first", "first_told"):
        values, errors = np.array([named[score] for name, named in properties.items() if name != "free"]).T
        out[f"overall_{score}"] = [float(np.mean(values)), float(np.sqrt((errors**2).sum()) / len(values))]
    return out


def count_named(explorer: Explorer, answers: pd.DataFrame, name: str) -> dict:
    """Count how often the explanation names a property first."""
    latents, sigma = answers[MEANS].to_numpy(), answers[SIGMAS].to_numpy()
    odd = explorer.atlas.explain(latents, sigma)
    causes = explorer.find_causes(odd, latents, sigma)
    most = np.abs(odd.conditional_z).argmax(axis=1) if causes is None else causes.first
    first = np.array(INTRINSIC)[most]
    telling = explorer.atlas.rarity_percentile(odd.distance2) >= TELLING
    kinds, counts = np.unique(first[first != name], return_counts=True)
    instead = {str(kind): round(float(count / len(first)), 3) for kind, count in zip(kinds, counts, strict=True)}
    return {
        "n": len(first),
        "first": _share(first == name),
        "n_told": int(telling.sum()),
        "first_told": _share(first[telling] == name),
        "instead": instead,
    }


def _share(hits: np.ndarray) -> list[float]:
    if not len(hits):
        return [float("nan"), float("nan")]
    share = float(np.mean(hits))
    return [share, float(np.sqrt(share * (1 - share) / len(hits)))]
