"""A model, or its student, scored on one split of its catalogue, or on galaxies that are drawn for nothing else."""

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.images import Observed
from galexplore.jobs.ask_student import ask_student, open_student
from galexplore.jobs.draws import Report, draw_fresh
from galexplore.latents import LABELLED
from galexplore.posterior.calibrate import LEVEL68, LEVEL95
from galexplore.posterior.lag import measure_lag
from galexplore.posterior.metrics import TRUE, evaluate

A_BIN = 1000  # newly drawn galaxies in a bin, whose share inside 68 % is known to 1.5 %
BEYOND = 0.04  # of a share inside an interval, from what it should be


def score_model(explorer: Explorer, split: str) -> dict:
    """Score what a model says of a split: `split`, `simulated`, and what `metrics.evaluate` finds.

    Raises
    ------
    InputError
        Where the catalogue has no such split.
    """
    rows = _choose(explorer, split)
    joint = explorer.list_posteriors(np.flatnonzero(rows))
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


def score_fresh(explorer: Explorer, n: int, seed: int, report: Report) -> dict:
    """Score a model on `n` newly drawn galaxies of the simulated survey, in bins of a thousand.

    Returns
    -------
    dict
        As of `score_model`, with `seed`, and bins by the Galaxy's dust (`ebv`) too;
        `beyond`, how many of the shares inside the intervals of redshift, mass and SFR lie more than `BEYOND` from what
        they should be, `of` so many, in all bins but those of what is true, for nobody knows that.

    Raises
    ------
    ImportError
        Without bagpipes and speclite, unless the draw stands in the cache.
    InputError
        Where the model is of another catalogue than the embedded one.
    """
    if not explorer.simulated:
        raise InputError(
            f"The catalogue of {explorer.name!r} is not simulated: no galaxy can be drawn as those of it are."
        )
    frame, flux = draw_fresh(n, seed, explorer.survey, report)
    observed = Observed.read(frame, explorer.survey)
    seen = explorer.embedder.embed(flux, observed=observed, progress=lambda done: report("embed", done, len(frame)))
    table = pd.concat([frame.reset_index(drop=True), seen], axis=1)
    joint = explorer.density.infer(table) if explorer.density else None
    more = {"dust": table["ebv"].to_numpy(float)} if "ebv" in table else {}
    scores = evaluate(table, explorer.card["calibration"], explorer.survey, joint, more=more, most=max(2, n // A_BIN))
    return {"split": "fresh", "seed": seed, "simulated": True} | count_beyond(scores["bins"]) | scores


def count_beyond(bins: dict[str, list[dict]]) -> dict[str, int]:
    """Count the shares inside intervals that lie more than `BEYOND` from what they should be: `beyond`, `of`."""
    off = [
        abs(row[latent][f"coverage{k}"][0] - level)
        for axis, rows in bins.items()
        if axis not in TRUE
        for row in rows
        for latent in LABELLED
        if latent in row
        for k, level in ((68, LEVEL68), (95, LEVEL95))
    ]
    return {"beyond": sum(share > BEYOND for share in off), "of": len(off)}


def _choose(explorer: Explorer, split: str) -> np.ndarray:
    """Rows (N,) of a model's table that are of a split."""
    if "split" not in explorer.table:
        raise InputError("The catalogue has no column split, so that nothing of it is known to be held out.")
    rows = (explorer.table["split"] == split).to_numpy()
    if not rows.any():
        raise InputError(f"There is no split {split!r}; there are {', '.join(explorer.table['split'].unique())}.")
    return rows
