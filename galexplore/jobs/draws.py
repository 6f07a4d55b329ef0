"""More galaxies than the catalogue holds, to learn from and to calibrate by: drawn and rendered by the mock."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from galexplore.mock import render
from galexplore.mock import survey as mock
from galexplore.places import cache_folder
from galexplore.sources.mock import Store
from galexplore.survey import Survey
from galexplore.tables import catalogue

#: Receives (stage, done, of, note) as work proceeds.
Report = Callable[..., None]


def draw_training_galaxies(n: int, seed: int, survey: Survey, report: Report) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw `n` training galaxies from a seed of their own and render them; both are kept in the cache.

    Parameters
    ----------
    survey : Survey
    report : callable
        Called as (stage, done, of, note).

    Returns
    -------
    frame : DataFrame
        Ids begin with "X", the split is "extra".
    flux : float16 array (n, B, S, S)

    Raises
    ------
    ImportError
        Without bagpipes and speclite, unless the draw stands in the cache.
    """
    return _keep("extras", "X", "extra", mock.draw_training, n, seed, survey, report)


def draw_calibrators(n: int, seed: int, survey: Survey, report: Report) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw `n` ordinary galaxies as the catalogue's own, from a seed of their own, to calibrate by.

    Kept in the cache as those to learn from are. Ids begin with "C", the split is "calibration".
    """
    return _keep("calibrators", "C", "calibration", _draw_ordinary, n, seed, survey, report)


def draw_strange(n: int, seed: int, survey: Survey, report: Report) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw what is no galaxy and rare kinds of galaxy (`mock.survey.draw_strange`); as `draw_calibrators`, ids "N"."""
    return _keep("strange", "N", "rare", mock.draw_strange, n, seed, survey, report)


def _draw_ordinary(n: int, seed: int, survey: Survey, progress: Callable[[str], None]) -> pd.DataFrame:
    return mock.draw_block(n, seed, 0, survey, last=False, progress=progress)


def _keep(
    name: str,
    letter: str,
    split: str,
    draw: Callable[[int, int, Survey, Callable[[str], None]], pd.DataFrame],
    n: int,
    seed: int,
    survey: Survey,
    report: Report,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw and render galaxies, or take them from the cache."""
    path = cache_folder() / f"{name}-{mock.VERSION}.{render.VERSION}-{n}-{seed}.parquet"
    if path.exists():
        frame = catalogue.read(path)
    else:
        try:
            frame = draw(n, seed, survey, lambda text: report("draw", 0, None, text))
        except ImportError as error:
            raise ImportError(f"{error}; or train without extra galaxies: --extra 0") from error
        frame = frame.assign(id=[f"{letter}{i + 1:06d}" for i in range(len(frame))], split=split)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue.write(frame, path)
    store = Store(frame, survey)
    store.render_all(progress=lambda done, of: report(f"render {name}", done, of))
    return frame, store.get(list(frame["id"]))
