"""What all peers stand on, and the answers that they give; each answer is kept on disk as soon as it is given."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.files import write_beside
from galexplore.latents import LABELLED
from galexplore.network.sample import Sample
from galexplore.survey import Survey

#: What is answered for each galaxy, in the order of every array of answers (N, 4).
ASKED = ("phi", *LABELLED)


@dataclass(frozen=True)
class Ground:
    """What all peers stand on.

    Attributes
    ----------
    frame, flux : DataFrame, array (N, B, S, S)
        The catalogue and its images.
    survey : Survey
        What they are of.
    taught : DataFrame
        The rows of `sample`: the training split and the extra galaxies.
    sample, validation : Sample
    folder : Path
        Where each peer's answers, latents and weights are kept.
    report : callable
        Called as (stage, done, of).
    """

    frame: pd.DataFrame
    flux: np.ndarray
    survey: Survey
    taught: pd.DataFrame
    sample: Sample
    validation: Sample
    folder: Path
    report: Callable[..., None]

    @property
    def test(self) -> np.ndarray:
        """Places of the test split in the catalogue."""
        return np.flatnonzero(self.frame["split"] == "test")

    @property
    def everything(self) -> Sample:
        """The whole catalogue, rare kinds too."""
        return Sample.gather(self.frame, self.flux, self.survey, self.sample.device)


@dataclass(frozen=True)
class Answer:
    """What a peer says.

    Attributes
    ----------
    values : array (n, 4)
        Of the test split, as `ASKED`; NaN where it cannot.
    details : dict
        What it cost, and how its answer was read.
    latents : array (N, K) or None
        Of all galaxies, where it has any.
    """

    values: np.ndarray
    details: dict
    latents: np.ndarray | None = None


def remember(ground: Ground, name: str, key: str, make: Callable[[Ground], Answer]) -> Answer:
    """Return a peer's answer from the run folder if it was given on the same ground, else make and keep it.

    `<name>.npz` holds `values` (n_test, 4) and, of a peer with latents, `latents` (N, 5) and `ids` of the catalogue.
    """
    path = ground.folder / f"{name}.npz"
    if path.exists():
        with np.load(path, allow_pickle=False) as file:
            details = json.loads(str(file["about"]))
            if details["key"] == key:
                return Answer(file["values"], details, file["latents"] if "latents" in file else None)
    answer = make(ground)
    details = answer.details | {"key": key}
    kept = {"values": answer.values, "about": np.array(json.dumps(details))}
    if answer.latents is not None:
        kept |= {"latents": answer.latents, "ids": ground.frame["id"].to_numpy(str)}
    ground.folder.mkdir(parents=True, exist_ok=True)
    with write_beside(path) as partial:
        np.savez_compressed(partial, allow_pickle=False, **kept)
    return Answer(answer.values, details, answer.latents)
