"""The galaxies that are told beside one of the atlas: its neighbours in latent space."""

import numpy as np
import pandas as pd

from galexplore.embed import MEANS
from galexplore.search import separate

DUPLICATE = 100.0  # arcsec: the same galaxy, or a piece of it, catalogued twice


def find_neighbours(explorer, identifier: str, k: int = 8) -> pd.DataFrame:
    """List the k galaxies nearest in latent space to one of the atlas, itself left out.

    So are real galaxies within 100 arcsec of it: two catalogue entries of one galaxy are trivially alike. Positions of
    simulated ones mean nothing, so none of them is left out.

    Returns
    -------
    DataFrame
        As `Explorer.neighbours`.
    """
    table = explorer.table
    row = table.iloc[explorer.find_rows([identifier])[0]]
    near = explorer.neighbours(row[MEANS].to_numpy(float), 3 * k + 1)
    keep = (near["id"] != identifier).to_numpy()
    if not explorer.simulated and "ra" in table and np.isfinite(row["ra"]):
        places = [explorer.find_rows([name])[0] for name in near["id"]]
        gap = separate(table["ra"].to_numpy()[places], table["dec"].to_numpy()[places], row["ra"], row["dec"])
        keep = keep & ~(gap <= DUPLICATE)
    return near[keep].head(k).reset_index(drop=True)
