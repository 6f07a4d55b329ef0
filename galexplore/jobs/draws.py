"""More galaxies than the catalogue holds, to learn from and to calibrate by: drawn and rendered by the mock."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.mock import render
from galexplore.mock import survey as mock
from galexplore.network.recipes import Training
from galexplore.places import cache_folder
from galexplore.sources.mock import Store, can_draw
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
    return render_training_galaxies(draw_training_table(n, seed, survey, report), survey, report)


def draw_training_table(n: int, seed: int, survey: Survey, report: Report) -> Path:
    """Draw the table of `draw_training_galaxies`, without rendering them; return where in the cache it is kept."""
    return _keep("extras", "X", "extra", mock.draw_training, n, seed, survey, report)


def render_training_galaxies(table: Path, survey: Survey, report: Report) -> tuple[pd.DataFrame, np.ndarray]:
    """Render the galaxies of a table that `draw_training_table` drew, here or on another machine.

    Raises
    ------
    InputError
        Where it is no such table.
    """
    return _render(table, "extras", survey, report)


def draw_some_taught(
    count: int, training: Training, survey: Survey, report: Report, extras: Path | None = None
) -> tuple[pd.DataFrame, np.ndarray] | None:
    """Draw and render the first `count` of a recipe's extra galaxies, which are in no order; None where it has none.

    Parameters
    ----------
    extras : Path, optional
        Their table, where they were drawn on another machine.
    """
    if not training.extra:
        return None
    path = extras or draw_training_table(training.extra, training.seed, survey, report)
    return _render_frame(catalogue.read(path).head(count), path, "taught", survey, report)


def draw_calibrators(n: int, seed: int, survey: Survey, report: Report) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw `n` ordinary galaxies as the catalogue's own, from a seed of their own, to calibrate by.

    Kept in the cache as those to learn from are. Ids begin with "C", the split is "calibration".
    """
    table = _keep("calibrators", "C", "calibration", _draw_ordinary, n, seed, survey, report)
    return _render(table, "calibrators", survey, report)


def draw_fresh(n: int, seed: int, survey: Survey, report: Report) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw `n` ordinary galaxies as the catalogue's own, from a seed of their own, to score by.

    Kept in the cache as those to learn from are. Ids begin with "F", the split is "fresh".
    """
    advice = "a draw that was scored before stands in the cache"
    return _render(
        _keep("fresh", "F", "fresh", _draw_ordinary, n, seed, survey, report, advice), "fresh", survey, report
    )


def draw_strange(n: int, seed: int, survey: Survey, report: Report) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw what is no galaxy and rare kinds of galaxy (`mock.survey.draw_strange`); as `draw_calibrators`, ids "N"."""
    return _render(_keep("strange", "N", "rare", mock.draw_strange, n, seed, survey, report), "strange", survey, report)


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
    advice: str = "or train without extra galaxies: --extra 0",
) -> Path:
    """Draw galaxies, unless the cache holds them; return where their table stands there."""
    path = cache_folder() / f"{name}-{mock.VERSION}.{render.VERSION}-{n}-{seed}.parquet"
    if not path.exists():
        try:
            frame = draw(n, seed, survey, lambda text: report("draw", 0, None, text))
        except ImportError as error:
            raise ImportError(f"{error}; {advice}") from error
        frame = frame.assign(id=[f"{letter}{i + 1:06d}" for i in range(len(frame))], split=split)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue.write(frame, path)
    return path


def _render(table: Path, name: str, survey: Survey, report: Report) -> tuple[pd.DataFrame, np.ndarray]:
    """Render the galaxies of a table, or take their pictures from the cache."""
    return _render_frame(catalogue.read(table), table, name, survey, report)


def _render_frame(
    frame: pd.DataFrame, table: Path, name: str, survey: Survey, report: Report
) -> tuple[pd.DataFrame, np.ndarray]:
    if not can_draw(frame, survey):
        raise InputError(f"{table} holds no drawn galaxies: it lacks what they are rendered from.")
    store = Store(frame, survey)
    store.render_all(progress=lambda done, of: report(f"render {name}", done, of))
    return frame, store.get(list(frame["id"]))
