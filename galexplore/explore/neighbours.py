"""The galaxies that are shown beside one of the atlas: its neighbours in latent space, and no artefacts."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from galexplore.atlas.likeness import find_similar
from galexplore.explore.explorer import Explorer
from galexplore.explore.table import find_artefacts
from galexplore.latents import MEANS
from galexplore.tables.positions import separate

DUPLICATE = 100.0  # arcsec: the same galaxy, or a piece of it, catalogued twice


def find_neighbours(explorer: Explorer, identifier: str, k: int = 8) -> pd.DataFrame:
    """List the k galaxies nearest in latent space to one of the atlas, itself left out, and what is no galaxy.

    So are real galaxies within 100 arcsec of it: two catalogue entries of one galaxy are trivially alike. Positions of
    simulated ones mean nothing, so none of them is left out.

    Returns
    -------
    DataFrame
        As `Explorer.list_neighbours`.
    """
    row = explorer.table.iloc[explorer.find_rows([identifier])[0]]
    near = explorer.list_neighbours(row[MEANS].to_numpy(float), 3 * k + 1)
    near = near[(near["id"] != identifier).to_numpy()]
    return near[~_are_duplicates(explorer, near["id"], [identifier])].head(k).reset_index(drop=True)


def find_alike(explorer: Explorer, ids: Sequence[str], k: int = 48, artefacts: bool = False) -> pd.DataFrame:
    """List the k galaxies most like a set of examples; duplicates of the examples are left out as above.

    So is what is no galaxy, but with `artefacts`.

    Returns
    -------
    DataFrame
        As `galexplore.atlas.likeness.find_similar`.

    Raises
    ------
    InputError
        If the atlas holds none of the ids.
    """
    out = np.zeros(len(explorer.table), bool) if artefacts else find_artefacts(explorer.table)
    alike = find_similar(explorer.atlas, ids, 2 * k + int(out.sum()))
    alike = alike[~alike["id"].isin(set(explorer.table["id"].to_numpy()[out]))].head(2 * k)
    return alike[~_are_duplicates(explorer, alike["id"], ids)].head(k).reset_index(drop=True)


def _are_duplicates(explorer: Explorer, names: pd.Series, ids: Iterable[str]) -> np.ndarray:
    """Which of some galaxies (N,) are real and lie within 100 arcsec of any of the ids."""
    table = explorer.table
    if explorer.simulated or "ra" not in table:
        return np.zeros(len(names), bool)
    sky = table[["ra", "dec"]].to_numpy(float)
    examples = sky[explorer.find_rows(ids)]
    examples = examples[np.isfinite(examples).all(axis=1)]
    places = sky[[explorer.find_rows([name])[0] for name in names]]
    return np.array(
        [bool((separate(examples[:, 0], examples[:, 1], ra, dec) <= DUPLICATE).any()) for ra, dec in places], bool
    )
