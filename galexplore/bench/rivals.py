"""Other ways to say what makes a galaxy odd, against which the statement is held."""

import numpy as np
import pandas as pd

from galexplore.atlas.basis import BASIS
from galexplore.atlas.rarity import Oddness
from galexplore.explore.explorer import Explorer
from galexplore.jobs.shifts import find_correlation
from galexplore.latents import INTRINSIC, INTRINSIC_AT, MEANS, SIGMAS

#: Galaxies at most of which images are decoded, property by property.
DECODED = 1_500
_AT_ONCE = 256
_SHOWN = ["lat_redshift", "lat_logmass", "lat_logssfr", "lat_free"]


def name_all(explorer: Explorer, rows: pd.DataFrame, odd: Oddness) -> dict[str, np.ndarray]:
    """Name a property of each encoded galaxy (M) by every view alone: places (M,) in `BASIS`; -1 where one says none.

    Parameters
    ----------
    rows : DataFrame
        Latents with their sigmas.
    odd : Oddness
        Of the same galaxies.
    """
    views = {
        "by eye on marginals": look_at_marginals(explorer, rows),
        "marginal z": measure_marginals(explorer, rows).argmax(axis=1),
        "conditional z": np.abs(odd.conditional_z).argmax(axis=1),
        "split": odd.contributions.argmax(axis=1),
        "reconstruction difference": find_largest_change(explorer, rows),
    }
    if explorer.attribution:
        latents, sigma = rows[MEANS].to_numpy(), rows[SIGMAS].to_numpy()
        views["likely cause"] = explorer.attribution.find(odd, latents, sigma).share.argmax(axis=1)
    return views


def measure_marginals(explorer: Explorer, rows: pd.DataFrame) -> np.ndarray:
    """Distances (M, 4) of redshift, mass, sSFR and free latent from the ordinary ones' median, in their spreads."""
    usual = explorer.table.loc[explorer.atlas.ordinary, _SHOWN]
    values = rows.assign(lat_logssfr=rows["lat_logsfr"] - rows["lat_logmass"])[_SHOWN]
    return np.abs(((values - usual.median()) / usual.std()).to_numpy())


def look_at_marginals(explorer: Explorer, rows: pd.DataFrame) -> np.ndarray:
    """Name the property in whose histogram a galaxy lies farthest into a tail, as an eye on a corner plot does.

    That is the published way: the latents are those of the paper, redshift, mass, SFR and the free one, each by itself;
    SFR is taken for sSFR. Where two lie beyond all ordinary galaxies, the distance in spreads decides.
    """
    columns = [f"lat_{name}" for name in INTRINSIC]
    usual = explorer.table.loc[explorer.atlas.ordinary, columns].to_numpy(float)
    values = rows[columns].to_numpy(float)
    far = np.abs(values - np.median(usual, axis=0)) / usual.std(axis=0)
    below = np.column_stack([np.searchsorted(np.sort(u), v) for u, v in zip(usual.T, values.T, strict=True)])
    tail = np.minimum(below, len(usual) - below) / len(usual)
    return (tail - 1e-9 * far).argmin(axis=1)


def find_largest_change(explorer: Explorer, rows: pd.DataFrame, seed: int = 0) -> np.ndarray:
    """Name the property whose counterfactual changes the picture most as it is seen.

    Each property by itself is set to its median given the others, and the galaxy decoded anew; what counts is the
    squared change over the noise of a pixel, of all pixels and bands. Of more than 1,500 galaxies some are drawn, the
    others are named -1.
    """
    latents, sigma, survey = rows[MEANS].to_numpy(float), rows[SIGMAS].to_numpy(float), explorer.survey
    generator = np.random.default_rng(seed)
    places = np.sort(generator.permutation(len(rows))[:DECODED])
    own = find_correlation(explorer, rows)
    moved = make_counterfactuals(explorer, latents, sigma, own)
    noise, named = np.asarray(survey.model_noise)[:, None, None], np.full(len(rows), -1)
    for part in np.array_split(places, len(places) // _AT_ONCE + 1):
        seen = explorer.decode(latents[part])
        changes = [((explorer.decode(moved[part, j]) - seen) / noise) ** 2 for j in range(len(BASIS))]
        named[part] = np.array([change.sum(axis=(1, 2, 3)) for change in changes]).argmax(axis=0)
    return named


def make_counterfactuals(
    explorer: Explorer, latents: np.ndarray, sigma: np.ndarray, correlation: np.ndarray | None
) -> np.ndarray:
    """Latents (M, 4, 5) of galaxies (M, 5) of which each property by itself is set to its median given the others."""
    usual, value = explorer.atlas.usual, latents[:, INTRINSIC_AT]
    mode, covariance = usual.choose(value, sigma[:, INTRINSIC_AT], correlation)
    turn = explorer.atlas.find_turn(mode, covariance)
    deviation = np.einsum("mij,mj->mi", turn, value - usual.centre[mode])
    precision = np.linalg.inv(turn @ covariance @ np.swapaxes(turn, 1, 2))
    step = np.einsum("mij,mj->mi", precision, deviation) / np.einsum("mjj->mj", precision)
    moved = np.repeat(latents[:, None], len(BASIS), axis=1)
    for j in range(len(BASIS)):
        changed = deviation.copy()
        changed[:, j] -= step[:, j]
        moved[:, j, INTRINSIC_AT] = usual.centre[mode] + np.linalg.solve(turn, changed[..., None])[..., 0]
    return moved
