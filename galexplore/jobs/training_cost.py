"""What a training will cost, told before it begins: time by a short pass on this machine, disk and memory."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.files import measure_room
from galexplore.jobs.gather import is_embedded, read_catalogue
from galexplore.jobs.learn import Plan, is_begun, open_learnt
from galexplore.jobs.publish import CHECKPOINT, name_partial
from galexplore.latents import LABELLED
from galexplore.network.embed import Embedder
from galexplore.network.processes import Processes
from galexplore.network.run import Run, read_checkpoint
from galexplore.network.sample import Sample, describe_hardware, pick_device
from galexplore.network.train import train_epoch, validate
from galexplore.network.vae import CVAE

_BATCHES = 2  # that are timed, after one that warms up
_LOOKED_AT = 64  # images whose eight looks are timed
#: Copies of the weights in a checkpoint: as they are, averaged, the best, and the optimiser's two moments.
_COPIES = 5
_BESIDE = 4_000_000  # bytes of a model but its weights and images, and
_A_ROW = 1500  # those of a row in its catalogue, its atlas and what its pixels say
_PROGRAM = 1.0e9  # bytes that the libraries and a batch take
_COPIES_OF_IMAGES = 2.0  # in memory: the catalogue's, and those of the splits that are learnt from and judged by


@dataclass(frozen=True)
class TrainingCost:
    """What a training costs, or what is left of one that was begun.

    Attributes
    ----------
    galaxies : int
        That it learns from.
    passes : str
        Over them, as far as they are left, in words.
    pace : float
        Galaxies a second, as measured.
    seconds : float
        For the passes, and to embed the catalogue.
    disk, memory : int
        Bytes.
    hardware : str
        On which the pace was measured.
    drawn : int
        Galaxies that are drawn and rendered first.
    """

    galaxies: int
    passes: str
    pace: float
    seconds: float
    disk: int
    memory: int
    hardware: str
    drawn: int

    def __str__(self) -> str:
        took = f"{self.seconds / 60:.0f} min" if self.seconds < 7200 else f"{self.seconds / 3600:.1f} hours"
        took = took if self.seconds >= 90 else f"{self.seconds:.0f} s"
        first = (
            f", {self.drawn:,} of which are drawn and rendered first, unless the cache has them" if self.drawn else ""
        )
        return (
            f"{self.galaxies:,} galaxies to learn from{first}, {self.passes}: about {took} at the {self.pace:,.0f} "
            f"galaxies a second of a short pass just now ({self.hardware}), and some minutes more for calibration and "
            f"atlas; {self.disk / 1e9:.2f} GB on disk, {self.memory / 1e9:.1f} GB of memory"
        )


@dataclass(frozen=True)
class Pace:
    """Galaxies a second that this machine learns from, scores and embeds."""

    learn: float
    score: float
    embed: float


def measure_pace(plan: Plan) -> Pace:
    """Time a few batches of noise through the plan's network, on the device that it would train on."""
    device, n = pick_device(), plan.training.batch
    rng = np.random.default_rng(0)
    flux = rng.normal(size=(n, *plan.survey.shape)) * np.asarray(plan.survey.model_noise)[:, None, None]
    flux = flux.astype(np.float32)
    frame = pd.DataFrame({column: rng.uniform(0.1, 1.0, n) for column in LABELLED.values()})
    frame = frame.assign(phi=rng.uniform(0, np.pi, n))
    sample = Sample.gather(frame, flux, plan.survey, device)
    run = Run.start(sample, plan.survey, plan.network, plan.training)

    def learn() -> None:
        train_epoch(run, sample, plan.training, 0, Processes(), lambda done, of: None)

    learn()  # warms up
    taken = _time(learn, _BATCHES)
    few = flux[:_LOOKED_AT]
    embedder = Embedder(run.load(run.averaged))
    return Pace(
        _BATCHES * n / taken,
        n / _time(lambda: validate(embedder.model, sample)),
        len(few) / _time(lambda: embedder.read(few)),
    )


def _time(act: Callable[[], Any], times: int = 1) -> float:
    """Seconds that so many calls take."""
    start = time.perf_counter()
    for _ in range(times):
        act()
    return max(time.perf_counter() - start, 1e-6)


def estimate_training(name: str, plan: Plan, processes: int = 1) -> TrainingCost:
    """Estimate what a training costs before it begins, or what is left of one that was killed.

    Parameters
    ----------
    name : str
        Of the model.
    plan : Plan
    processes : int
        That train together, a device each.

    Raises
    ------
    InputError
        As of `read_catalogue`; where the disk has too little room.
    """
    frame, training = read_catalogue(plan.data), plan.training
    taught, judged = ((frame["split"] == split).sum() for split in ("train", "validation"))
    galaxies, embedded = int(taught) + training.extra, is_embedded(plan.data)
    pace, epochs = measure_pace(plan), _count_left(name, plan)
    passes, learning = f"{epochs} passes at most", epochs * (galaxies / pace.learn / processes + judged / pace.score)
    if training.minutes and epochs:
        passes, learning = f"as many passes as {training.minutes:g} min take at most", 60 * training.minutes
    image = 2 * int(np.prod(plan.survey.shape))
    weights = 4 * sum(p.numel() for p in CVAE(plan.network, plan.survey).parameters())
    cost = TrainingCost(
        galaxies,
        passes,
        pace.learn,
        learning + (len(frame) + training.calibrators) / pace.embed,
        (1 + _COPIES) * weights + _BESIDE + len(frame) * (_A_ROW + (0 if embedded else image)),
        round(_PROGRAM + _COPIES_OF_IMAGES * image * (len(frame) + training.extra * (2 if training.alone else 1))),
        describe_hardware(pick_device()),
        training.extra,
    )
    folder = name_partial(name)
    if cost.disk > (free := measure_room(folder)):
        raise InputError(
            f"The model takes {cost.disk / 1e9:.2f} GB while it is made, and {free / 1e9:.2f} are free in "
            f"{folder.parent}; make room, or let $GALEXPLORE_MODELS name another folder."
        )
    return cost


def _count_left(name: str, plan: Plan) -> int:
    """Count the passes that are left of a plan; by its checkpoint, where it was begun."""
    folder = name_partial(name)
    with suppress(InputError):  # there is none, or another plan's
        open_learnt(folder, plan)
        return 0
    said = (read_checkpoint(folder / CHECKPOINT) or {}) if is_begun(folder, plan) else {}
    return max(0, plan.training.epochs - len(json.loads(said.get("history", "[]"))))
