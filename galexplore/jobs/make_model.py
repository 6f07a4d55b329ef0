"""From a catalogue to a model's folder: train, calibrate, embed, fit the atlas."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.atlas import atlas
from galexplore.atlas.recipe import AtlasConfig
from galexplore.cutouts import artefacts
from galexplore.errors import InputError
from galexplore.explore.models import load
from galexplore.files import hash_file
from galexplore.jobs.draws import draw_calibrators, draw_extras
from galexplore.jobs.shifts import teach
from galexplore.latents import ANY_ANGLE, LATENTS, SIGMAS
from galexplore.network.embed import Embedder
from galexplore.network.processes import Team
from galexplore.network.recipes import Network, Training
from galexplore.network.sample import Device, Sample, pick_device
from galexplore.network.train import fit
from galexplore.places import DATA, models_folder
from galexplore.posterior.calibrate import calibrate, scale_at
from galexplore.posterior.metrics import evaluate
from galexplore.sources.mock import Store
from galexplore.survey import Survey
from galexplore.tables import catalogue

#: Receives (stage, done, of, note) as work proceeds.
Report = Callable[..., None]


def train_model(
    name: str,
    data: Path,
    training: Training,
    report: Report,
    survey: Survey,
    network: Network = Network(),  # noqa: B008 (frozen)
    team: Team = Team(),  # noqa: B008 (frozen)
) -> dict:
    """Make `models/<name>`: weights, card and atlas. A second call continues where the first one was killed.

    Parameters
    ----------
    data : Path
        Catalogue with a `split` column; its images are rendered where they are not yet.
    survey : Survey
        What the images are of.
    team : Team
        The processes that train together; all but the first stop after the training.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    InputError
        Where the catalogue is missing or breaks the contract.
    """
    if team.size > 1:  # one process draws and renders; the others then find it done
        team.lead(lambda: gather_taught(*read_survey(data, survey, report), training, survey, report))
    frame, flux = read_survey(data, survey, report)
    folder, device = models_folder() / name, team.device or pick_device()

    def told(row: dict) -> None:
        report("train", row["epoch"], training.epochs, "  ".join(f"{k} {v:.4g}" for k, v in row.items()))

    model, card = fit(
        *gather_samples(frame, flux, *gather_taught(frame, flux, training, survey, report), device),
        folder,
        survey=survey,
        network=network,
        training=training,
        data_hash=hashlib.sha256(data.read_bytes()).hexdigest(),
        report=told,
        note=lambda done, of: report("epoch", done, of),
        team=team,
    )
    team.leave()
    if team.rank:
        return card
    calibrators = gather_calibrators(data, training, survey, report)
    card |= finish(frame, Embedder(model), flux, folder, report, calibrators)
    card |= {"simulated": True, "made": datetime.now(UTC).date().isoformat()}
    card |= {"sha256": hash_file(folder / "weights.safetensors")}
    if data.resolve() != DATA.resolve():  # the explorer shows a model with the catalogue that it belongs to
        shutil.copyfile(data, folder / "catalogue.parquet")
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    if calibrators is None:
        return card
    lesson = teach(load(name), training.lessons, report=lambda text: report("teach explanations", 0, None, text))
    return card | {"attribution": lesson}


def read_survey(data: Path, survey: Survey, report: Report) -> tuple[pd.DataFrame, np.ndarray]:
    """Read a catalogue and its images (N, B, S, S), rendered where they are not yet.

    Raises
    ------
    InputError
        Where there is none.
    """
    if not data.exists():
        raise InputError(f"No catalogue stands at {data}; make one with: galexplore mock")
    frame = catalogue.read(data)
    store = Store.beside(data, frame, survey)
    store.render_all(progress=lambda done, of: report("render", done, of))
    return frame, store.get(list(frame["id"]))


def gather_taught(
    frame: pd.DataFrame, flux: np.ndarray, training: Training, survey: Survey, report: Report
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows and images of the training split, with the recipe's extra galaxies."""
    rows = np.flatnonzero(frame["split"] == "train")
    if not training.extra:
        return frame.iloc[rows], flux[rows]
    extra, more = draw_extras(training.extra, training.seed, survey, report)
    return pd.concat([frame.iloc[rows], extra], ignore_index=True), np.concatenate([flux[rows], more])


def gather_calibrators(
    data: Path, training: Training, survey: Survey, report: Report
) -> tuple[pd.DataFrame, np.ndarray] | None:
    """Draw the recipe's calibrators; None for a catalogue other than the embedded one, which they do not resemble."""
    if not training.extra or data.resolve() != DATA.resolve():
        return None
    return draw_calibrators(training.calibrators, training.seed + 1, survey, report)


def gather_samples(
    frame: pd.DataFrame, flux: np.ndarray, taught: pd.DataFrame, images: np.ndarray, device: Device
) -> tuple[Sample, Sample]:
    """Put what is taught, and the validation split, on a device."""
    rows = np.flatnonzero(frame["split"] == "validation")
    return Sample.gather(taught, images, device), Sample.gather(frame.iloc[rows], flux[rows], device)


def finish(
    frame: pd.DataFrame,
    embedder: Embedder,
    flux: np.ndarray,
    folder: Path,
    report: Report,
    more: tuple[pd.DataFrame, np.ndarray] | None = None,
) -> dict:
    """Embed a catalogue with a trained, uncalibrated model, calibrate it, and write its atlas.

    Parameters
    ----------
    more : tuple of DataFrame and array, optional
        Galaxies and images that are calibrated by beside the calibration split.

    Returns
    -------
    dict
        What the card says of it: `calibration`, `metrics` (of the validation split), `atlas`, `honesty`.
    """
    latents = embedder.embed(flux, progress=lambda done: report("embed", done, len(frame)))
    table = pd.concat([frame.reset_index(drop=True), latents], axis=1)
    held_out = table[table["split"] == "calibration"]
    if more:
        seen = embedder.embed(more[1], progress=lambda done: report("embed calibrators", done, len(more[0])))
        held_out = pd.concat([held_out, pd.concat([more[0].reset_index(drop=True), seen], axis=1)], ignore_index=True)
    calibration = calibrate(held_out)
    for name, column in zip(LATENTS, SIGMAS, strict=True):
        table[column] *= scale_at(calibration[name], "68", table["mag_aperture"], table["lat_redshift"])
    table["lat_phi_sigma"] = table["lat_phi_sigma"].clip(upper=ANY_ANGLE)
    metrics = {"split": "validation"} | evaluate(table[table["split"] == "validation"], calibration, embedder.survey)
    report("atlas", 0, 1)
    made = atlas.build(table, embedder.features(flux))
    made.save(folder / "atlas.npz")
    survey = embedder.survey
    artefacts.save(folder / "pixels.npz", frame, artefacts.measure(flux, survey), survey)
    report("atlas", 1, 1)
    return {"calibration": calibration, "metrics": metrics, "atlas": asdict(AtlasConfig()), "honesty": made.honesty}
