"""A model, or its student, scored on one split of its catalogue."""

import numpy as np

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.jobs.ask_student import ask_student, open_student
from galexplore.posterior.lag import measure_lag
from galexplore.posterior.metrics import evaluate


def score_model(explorer: Explorer, split: str) -> dict:
    """Score what a model says of a split: `split`, `simulated`, and what `metrics.evaluate` finds.

    Raises
    ------
    InputError
        Where the catalogue has no such split.
    """
    rows = _choose(explorer, split)
    joint = explorer.posteriors[rows] if explorer.posteriors is not None else None
    scores = evaluate(explorer.table[rows], explorer.card["calibration"], explorer.survey, joint)
    return {"split": split, "simulated": explorer.simulated} | scores


def score_student(explorer: Explorer, split: str) -> dict:
    """Score what a model's student says of a split, by its own calibration.

    Returns
    -------
    dict
        As of `score_model`, with `measured_by` and `lag`: the model's R^2 less the student's, by latent, each with the
        bootstrap error of the difference (`posterior.lag`).

    Raises
    ------
    InputError
        Where the catalogue has no such split, its images are not there, or the model has no student of its own.
    """
    rows, student = _choose(explorer, split), open_student(explorer)
    table = ask_student(explorer, student, explorer.table[rows])
    scores = evaluate(table, student.calibration, explorer.survey)
    said = {"split": split, "simulated": explorer.simulated, "measured_by": "student"}
    return said | {"lag": measure_lag(explorer.table, table)} | scores


def _choose(explorer: Explorer, split: str) -> np.ndarray:
    """Rows (N,) of a model's table that are of a split."""
    if "split" not in explorer.table:
        raise InputError("The catalogue has no column split, so that nothing of it is known to be held out.")
    rows = (explorer.table["split"] == split).to_numpy()
    if not rows.any():
        raise InputError(f"There is no split {split!r}; there are {', '.join(explorer.table['split'].unique())}.")
    return rows
