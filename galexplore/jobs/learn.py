"""The first stage of making a model: gather what it is taught by, and fit its weights.

What was learnt stands in `weights.safetensors`, and what of, how and at what cost beside it in `learnt.json`. Whoever
finds both needs none of the galaxies that were learnt from, neither drawn nor rendered.
"""

import json
import math
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import galexplore
from galexplore.errors import InputError
from galexplore.files import hash_file, write_whole
from galexplore.jobs.draws import Report
from galexplore.jobs.gather import (
    draw_alone,
    gather_samples,
    gather_taught,
    read_survey,
    require_catalogue,
    settle_recipe,
)
from galexplore.jobs.publish import CHECKPOINT, LEARNT, WEIGHTS, drop_nan
from galexplore.latents import LATENTS
from galexplore.mock import render
from galexplore.mock import survey as mock
from galexplore.network.embed import Embedder
from galexplore.network.processes import Processes
from galexplore.network.recipes import Network, Training
from galexplore.network.run import drop_checkpoint, read_checkpoint
from galexplore.network.sample import pick_device
from galexplore.network.train import fit
from galexplore.network.vae import CVAE
from galexplore.network.weights import open_weights
from galexplore.places import find_model
from galexplore.survey import Survey

LARGEST = 50_000_000  # bytes that `learnt.json` may have
MOST_TEXT = 200  # characters that may name the hardware
_NUMBERS = ("n_train", "seconds", "galaxies_per_second", "parameters")


@dataclass(frozen=True)
class Plan:
    """What is to be learnt, and from what.

    Attributes
    ----------
    data : Path
        The catalogue.
    data_hash : str
        Its SHA-256, by which a checkpoint is known to be of this data.
    survey : Survey
    network : Network
    training : Training
    weights : dict of str to Tensor, optional
        What it begins with.
    extras : Path, optional
        The table of the recipe's extra galaxies, where they were drawn on another machine.
    """

    data: Path
    data_hash: str
    survey: Survey
    network: Network
    training: Training
    weights: dict[str, Any] | None = None
    extras: Path | None = None

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """Survey, network, training and the data's hash, as JSON holds them."""
        said = {"survey": self.survey.to_dict(), "network": asdict(self.network), "training": asdict(self.training)}
        return json.loads(json.dumps(said | {"data_hash": self.data_hash}))

    def is_of(self, said: dict) -> bool:
        """Whether what a card or a checkpoint says is of this plan."""
        return all(said.get(k) == v for k, v in self.recipe.items())


def make_plan(data: Path, training: Training, survey: Survey, network: Network, start_from: str = "") -> Plan:
    """Settle what is to be learnt from a catalogue.

    Raises
    ------
    InputError
        Where there is no catalogue, or no such model to begin with.
    """
    require_catalogue(data)
    weights = read_start(start_from, network, survey) if start_from else None
    return Plan(data, hash_file(data), survey, network, settle_recipe(data, training), weights)


def read_start(name: str, network: Network, survey: Survey) -> dict[str, Any]:
    """Read the weights of a model that another one begins with.

    Raises
    ------
    InputError
        Where it cannot be opened, or has another network or survey.
    """
    model = Embedder.load(find_model(name), pick_device()).model
    if model.network != network or model.survey != survey:
        raise InputError(f"The model {name!r} has another network or survey than the one that is to begin with it.")
    return {k: v.clone() for k, v in model.state_dict().items()}


def prepare(plan: Plan, report: Report) -> None:
    """Draw and render all that a training learns from, so that the next call finds it done."""
    frame, flux = read_survey(plan.data, plan.survey, report)
    taught, _ = gather_taught(frame, flux, plan.training, plan.survey, report, plan.extras)
    draw_alone(taught, plan.training, plan.survey, report)


def learn(
    plan: Plan,
    frame: pd.DataFrame,
    flux: np.ndarray,
    folder: Path,
    report: Report,
    processes: Processes = Processes(),  # noqa: B008 (frozen)
) -> tuple[CVAE, dict]:
    """Gather what is taught beside the catalogue's galaxies, fit, and keep what was learnt.

    Parameters
    ----------
    plan : Plan
    frame : DataFrame
        The plan's catalogue.
    flux : array (N, B, S, S)
        Its images.
    folder : Path
        Where `weights.safetensors` and `learnt.json` are written, and until then a checkpoint that the next call goes
        on from.

    Returns
    -------
    model : CVAE
    card : dict
        As of `network.train.fit`.
    """

    def tell_epoch(row: dict) -> None:
        scores = "  ".join(f"{k} {v:.4g}" for k, v in row.items())
        report("train", row["epoch"], plan.training.epochs, scores)

    device = processes.device or pick_device()
    taught, images = gather_taught(frame, flux, plan.training, plan.survey, report, plan.extras)
    alone = draw_alone(taught, plan.training, plan.survey, report)
    model, card = fit(
        *gather_samples(frame, flux, taught, images, plan.survey, device, alone),
        folder,
        survey=plan.survey,
        network=plan.network,
        training=plan.training,
        data_hash=plan.data_hash,
        report=tell_epoch,
        note=lambda done, of: report("epoch", done, of),
        processes=processes,
        weights=plan.weights,
    )
    processes.lead(lambda: _keep(folder, card))
    return model, card


def _keep(folder: Path, card: dict) -> None:
    """Write what was learnt beside its weights; the checkpoint has served then."""
    said = card | {"sha256": hash_file(folder / WEIGHTS), "versions": list_versions()}
    write_whole(folder / LEARNT, json.dumps(drop_nan(said), indent=1, allow_nan=False) + "\n")
    drop_checkpoint(folder / CHECKPOINT)


def list_versions() -> dict[str, Any]:
    """Versions that what is learnt depends on: of galexplore, of the simulated survey's draw and of its renderer."""
    return {"galexplore": galexplore.__version__, "mock": mock.VERSION, "render": render.VERSION}


def open_learnt(folder: Path, plan: Plan) -> tuple[CVAE, dict]:
    """Open what was learnt by a plan, here or on another machine.

    Returns
    -------
    model : CVAE
    card : dict
        As of `network.train.fit`.

    Raises
    ------
    InputError
        Where it is missing, damaged, of another recipe or other data, or made by another version.
    """
    path = folder / LEARNT
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("larger than any")
        said = json.loads(path.read_bytes())
        weights, versions = said["sha256"], said["versions"]
        card = plan.recipe | _check_card(said)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path} is damaged, or says nothing of what was learnt; bring it anew.") from error
    if not plan.is_of(said):
        raise InputError(f"{path} is of another recipe or other data than this training.")
    if versions != list_versions():
        raise InputError(f"{path} was written by another version of galexplore; train anew by this one.")
    if not (folder / WEIGHTS).exists() or hash_file(folder / WEIGHTS) != weights:
        raise InputError(f"{folder / WEIGHTS} is not what {LEARNT} was written for; bring both anew.")
    return open_weights(folder / WEIGHTS, plan.network, plan.survey), card


def _check_card(said: dict) -> dict:
    """Take from `learnt.json` what a training's card says beside its recipe; ValueError for what it cannot say."""
    card = {k: said[k] for k in ("n_train", "hardware", *_NUMBERS[1:], "history", "untaught")}
    numbers = [said[k] for k in _NUMBERS] + [v for row in card["history"] for v in row.values()]
    if "score_at_start" in said:
        card["score_at_start"] = said["score_at_start"]
        numbers.append(said["score_at_start"])
    hardware, untaught = card["hardware"], card["untaught"]
    if not (isinstance(hardware, str) and hardware.isprintable() and len(hardware) <= MOST_TEXT):
        raise ValueError("no hardware")
    if not (isinstance(untaught, list) and set(untaught) <= set(LATENTS) and isinstance(card["history"], list)):
        raise ValueError("no latents")
    if not all(v is None or (type(v) in (int, float) and math.isfinite(v)) for v in numbers):
        raise ValueError("no numbers")
    return card


def is_begun(folder: Path, plan: Plan) -> bool:
    """Whether a folder holds a checkpoint of this plan.

    Raises
    ------
    InputError
        Where that is damaged.
    """
    said = read_checkpoint(folder / CHECKPOINT)
    try:
        return said is not None and plan.is_of(json.loads(said["recipe"]))
    except (KeyError, ValueError, AttributeError, RecursionError):  # another tool's
        return False
