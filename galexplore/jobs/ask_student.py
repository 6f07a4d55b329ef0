"""What a model's student says of galaxies of the model's own catalogue."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from galexplore.explore.explorer import Explorer
from galexplore.images import Observed
from galexplore.latents import ANY_ANGLE, SIGMAS
from galexplore.network.embed_student import StudentEmbedder
from galexplore.places import find_model

BLOCK = 2048  # images that are read at once


def open_student(explorer: Explorer) -> StudentEmbedder:
    """Open a model's student.

    Raises
    ------
    InputError
        Where it has none that is whole and its own.
    """
    return StudentEmbedder.load(find_model(explorer.name), explorer.card["sha256"])


def ask_student(
    explorer: Explorer,
    student: StudentEmbedder,
    rows: pd.DataFrame,
    report: Callable[[int, int], None] = lambda done, of: None,
) -> pd.DataFrame:
    """Let a student look at galaxies that a model has images of.

    Parameters
    ----------
    rows : DataFrame (N)
        Of `explorer.table`.
    report : callable
        Called as (done, of).

    Returns
    -------
    DataFrame (N)
        The same rows, latents, sigmas and magnitudes the student's; without `chi2`, for it reconstructs nothing.
    """
    parts = []
    for start in range(0, len(rows), BLOCK):
        some = rows.iloc[start : start + BLOCK]
        flux = explorer.images.get(list(some["id"])).astype(np.float32)
        parts.append(student.read(flux, Observed.read(some, explorer.survey))[0])
        report(start + len(some), len(rows))
    said = pd.concat(parts, ignore_index=True)
    said[SIGMAS[0]] = said[SIGMAS[0]].clip(upper=ANY_ANGLE)
    own = rows.reset_index(drop=True).drop(columns=[c for c in ("chi2", *said) if c in rows])
    return pd.concat([own, said], axis=1)
