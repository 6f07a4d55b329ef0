"""More galaxies to learn from than the catalogue holds: drawn and rendered by the mock, in no split but training."""

import os

import numpy as np
import pandas as pd

from galexplore import catalogue
from galexplore.config import cache_folder
from galexplore.mock import render, survey
from galexplore.mock.store import Store


def draw_extras(n: int, seed: int, report) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw `n` training galaxies from a seed of their own and render them; both are kept in the cache.

    Parameters
    ----------
    report : callable
        Called as (stage, done, of, note).

    Returns
    -------
    frame : DataFrame
        Ids begin with "X", the split is "extra".
    flux : float16 array (n, 3, 69, 69)

    Raises
    ------
    ImportError
        Without bagpipes and speclite, unless the draw stands in the cache.
    """
    path = cache_folder() / f"extras-{render.VERSION}-{n}-{seed}.parquet"
    if path.exists():
        frame = catalogue.read(path)
    else:
        try:
            frame = survey.draw_training(n, seed, lambda text: report("draw", 0, None, text))
        except ImportError as error:
            raise ImportError(f"{error}; or train without extra galaxies: --extra 0") from error
        frame = frame.assign(id=[f"X{i + 1:06d}" for i in range(len(frame))], split="extra")
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue.write(frame, path.with_suffix(".partial"), "parquet")
        os.replace(path.with_suffix(".partial"), path)
    store = Store(frame)
    store.render_all(progress=lambda done, of: report("render extras", done, of))
    return frame, store.get(list(frame["id"]))
