"""Looks of simulated galaxies moved, of which no latent is taught: how concentrated their mass is, and how dusty.

Redshift, mass, SFR and size stay. What an explanation says of such a galaxy shows what it takes another cause for.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from galexplore.atlas.causes import SIDES
from galexplore.explore.explorer import Explorer
from galexplore.jobs.shifts import BRIGHT, FAINTEST, encode, relight
from galexplore.jobs.tails import find_tails, list_truth

#: What is moved, and the column of the catalogue that says it.
LOOKS = {"concentration": "bulge_mass_fraction", "dust": "av"}
DUSTIEST = 8.0  # A_V [mag] up to which light is simulated


def list_looks(table: pd.DataFrame) -> np.ndarray:
    """List the log10 odds of the bulge's share of the mass and log10 A_V (N, 2) of simulated galaxies."""
    share = np.clip(table["bulge_mass_fraction"].to_numpy(float), 1e-3, 0.999)
    return np.column_stack([np.log10(share / (1 - share)), np.log10(np.maximum(table["av"].to_numpy(float), 1e-3))])


def set_look(shaped: pd.DataFrame, name: str, value: np.ndarray) -> pd.DataFrame:
    """Give galaxies, before they are lit, a look of `LOOKS` as `list_looks` has it (N,), the others as they are.

    A bulge of more mass lets the disc reach farther out, so that the half-light radius stays; dust dims disc and bulge
    alike.
    """
    if name == "dust":
        factor = 10**value / np.maximum(shaped["av"].to_numpy(float), 1e-3)
        return shaped.assign(av=10**value, bulge_av=shaped["bulge_av"] * factor)
    share = 1 / (1 + 10**-value)
    reach = (1 + 0.25 * share) / (1 + 0.25 * shaped["bulge_mass_fraction"])  # as `mock.shape` draws it
    return shaped.assign(bulge_mass_fraction=share, disc_re=shaped["disc_re"] * reach)


def shift_looks(
    explorer: Explorer,
    splits: tuple[str, ...],
    n: int,
    seed: int,
    report: Callable[[str], None],
    reach: tuple[float, float] = (3.0, 3.0),
) -> dict[str, pd.DataFrame]:
    """Move each look of ordinary, bright galaxies with a disc to both tails of its conditional, and encode them.

    The conditional is that of galaxies of the same redshift, mass and specific star-formation rate.

    Parameters
    ----------
    splits : tuple of str
        Whose galaxies.
    n : int
        Galaxies at most.
    reach : (float, float)
        Sigma of the least and the largest shift; each galaxy's is drawn between them.

    Returns
    -------
    dict
        Look to the latents table of the galaxies in which it was moved: `high`, `size` (sigma), as of `shifts.shift`.
        Empty where the catalogue does not tell how its galaxies are built.
    """
    table = explorer.table
    if not {*LOOKS.values(), "elliptical", "kind"} <= set(table):
        return {}
    wanted = (table["population"] == "ordinary") & (table["elliptical"] < 0.5) & table["z_true"].between(0.03, 0.8)
    table = table[wanted]
    chosen = table["split"].isin(splits) & (table[f"mag_{explorer.survey.reference}"] < BRIGHT)
    base = table[chosen].sample(min(n, int(chosen.sum())), random_state=seed).reset_index(drop=True)
    if base.empty:
        return {}
    size = np.random.default_rng(seed).uniform(*reach, len(base))
    answers = {}
    for k, name in enumerate(LOOKS):
        truth, at = (np.column_stack([list_truth(t)[:, :3], list_looks(t)[:, k]]) for t in (table, base))
        parts = []
        for high, tail in enumerate(find_tails(truth, at, 3, size)):
            lit = relight(base, None, seed, explorer.survey, partial(set_look, name=name, value=tail))
            drawn = (lit["elliptical"] < 0.5) & (lit["av"] <= DUSTIEST)
            seen = encode(explorer, lit[drawn], FAINTEST)
            parts.append(seen.assign(high=bool(high), size=size[seen.index]))
            report(f"{name} {SIDES[high]}: {len(seen)} of {len(base)}")
        answers[name] = pd.concat(parts)
    return answers
