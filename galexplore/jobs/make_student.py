"""A model's student: taught by what the model says of its own galaxies, calibrated, and kept beside it."""

import copy
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.explore.models import load
from galexplore.images import Observed
from galexplore.jobs.gather import (
    Report,
    gather_calibrators,
    gather_samples,
    gather_taught,
    read_survey,
    settle_recipe,
)
from galexplore.jobs.make_domain import find_pulls
from galexplore.jobs.publish import drop_nan, hold_name
from galexplore.latents import ANY_ANGLE, LATENTS, SIGMAS
from galexplore.network.distil import Distilling, Lessons, distil, find_taught, keep_taught
from galexplore.network.embed_student import StudentEmbedder, read_weights, save_student
from galexplore.network.recipes import Training
from galexplore.network.sample import Sample, describe_hardware
from galexplore.network.student import Student
from galexplore.network.vae import CVAE
from galexplore.places import DATA, cache_folder, find_model
from galexplore.posterior.calibrate import calibrate, scale_at
from galexplore.posterior.domain import Domain, fit
from galexplore.posterior.lag import measure_lag
from galexplore.posterior.metrics import evaluate
from galexplore.tables.columns import ORDINARY

HELD_OUT = ("validation", "calibration")


def teach_student(
    name: str,
    report: Report,
    distilling: Distilling = Distilling(),  # noqa: B008 (frozen)
    start_from: str = "",
) -> dict:
    """Teach a model's student from the galaxies that taught the model, calibrate it, and write it beside the model.

    What the model says of those galaxies is kept in the cache, so that a second call need not ask it again.

    Parameters
    ----------
    name : str
        A model with its galaxies' images.
    report : callable
        Called as (stage, done, of, note).
    start_from : str
        A model with whose student's weights it begins, at a third of the pace.

    Returns
    -------
    dict
        The student's card: `network`, `distilling`, `history`, `calibration`, `metrics` (validation split) and `lag`:
        how much less R^2 than the teacher it has there, by latent.

    Raises
    ------
    InputError
        Where there is no such model or student, or the catalogue has no split.
    """
    explorer, folder = load(name), find_model(name)
    own = folder / "catalogue.parquet"
    data = own if own.exists() else DATA
    training = settle_recipe(data, Training(**explorer.card["training"]))
    survey, teacher = explorer.survey, explorer.embedder.model
    frame, flux = read_survey(data, survey, report)
    count = int((frame["split"] == "train").sum()) + training.extra if "split" in frame else 0
    if not count:
        raise InputError("The model's catalogue has no column split, so that nothing tells what may judge a student.")
    weights = None
    if start_from:
        weights, begun = read_weights(find_model(start_from), survey)
        distilling = replace(distilling, start_from=begun, learning_rate=distilling.learning_rate / 3)
    key = f"{explorer.card['sha256']} {explorer.card['data_hash']} {count} {training.seed}"

    def gather() -> tuple[Sample, Sample]:
        taught = gather_taught(frame, flux, training, survey, report)
        return gather_samples(frame, flux, *taught, survey, explorer.embedder.device)

    student, history, hardware = _teach(teacher, gather, training, distilling, key, report, weights)
    calibrators = gather_calibrators(training, survey, report)
    said = _judge(student, frame, flux, calibrators, report)
    card = {
        "teacher": explorer.card["sha256"],
        "survey": survey.to_dict(),
        "network": asdict(student.network),
        "distilling": asdict(distilling),
        "n_train": count,
        "hardware": hardware,
        "seconds": history[-1]["seconds"],
        "parameters": sum(p.numel() for p in student.parameters()),
        "history": history,
        "made": datetime.now(UTC).date().isoformat(),
    }
    card |= {k: said[k] for k in ("calibration", "metrics")}
    judged = said["table"][said["table"]["split"] == "validation"]
    card["lag"] = {latent: value for latent, (value, _) in measure_lag(explorer.table, judged).items()}
    with hold_name(name):
        return save_student(student, said["domain"], folder, drop_nan(card))


def _teach(
    teacher: CVAE,
    gather: Callable[[], tuple[Sample, Sample]],
    training: Training,
    distilling: Distilling,
    key: str,
    report: Report,
    weights: dict[str, Any] | None,
) -> tuple[Student, list[dict], str]:
    """Ask the teacher and teach the student; what comes of either is kept in the cache and found there again."""
    place, recipe = cache_folder(), f"{key} {asdict(distilling)}"
    place.mkdir(parents=True, exist_ok=True)
    asked, taught = (place / f"{name}-{key[:16]}.safetensors" for name in ("lessons", "student"))
    if (found := find_taught(taught, recipe, teacher)) is not None:
        return found
    sample, validation = gather()
    lessons = Lessons.load(asked, key)
    if lessons is None:
        lessons = Lessons.ask(teacher, sample, lambda done, of: report("ask the teacher", done, of))
        lessons.save(asked, key)

    def tell(row: dict) -> None:
        note = "  ".join(f"{k} {v:.4g}" for k, v in row.items())
        report("teach", int(row["seconds"]), int(60 * distilling.minutes), note)

    student, history = distil(teacher, lessons, sample, validation, training, distilling, report=tell, weights=weights)
    hardware = describe_hardware(sample.device)
    keep_taught(student, history, hardware, taught, recipe)
    return student, history, hardware


def _judge(
    student: Student,
    frame: pd.DataFrame,
    flux: np.ndarray,
    calibrators: tuple[pd.DataFrame, np.ndarray] | None,
    report: Report,
) -> dict:
    """Calibrate a student, score it on the validation split, and learn the limits of what it has learnt."""
    raw = StudentEmbedder(copy.deepcopy(student))
    table, features = _embed(raw, frame, flux, report)
    held_out = table[table["split"] == "calibration"]
    if calibrators is not None:
        held_out = pd.concat([held_out, _embed(raw, *calibrators, report, untold=True)[0]], ignore_index=True)
    calibration = calibrate(held_out)
    for name, column in zip(LATENTS, SIGMAS, strict=True):
        table[column] *= scale_at(calibration[name], "68", table["mag_aperture"], table["lat_redshift"])
    table["lat_phi_sigma"] = table["lat_phi_sigma"].clip(upper=ANY_ANGLE)
    metrics = evaluate(table[table["split"] == "validation"], calibration, raw.survey)
    return {
        "calibration": calibration,
        "metrics": {"split": "validation"} | metrics,
        "domain": _limit(table, features, pd.DataFrame()),
        "table": table,
    }


def _embed(
    embedder: StudentEmbedder, frame: pd.DataFrame, flux: np.ndarray, report: Report, untold: bool = False
) -> tuple[pd.DataFrame, np.ndarray]:
    """Embed a catalogue; the seeing of every other galaxy withheld where asked for."""
    observed = Observed.read(frame, embedder.survey)
    if untold:
        observed.seeing[::2] = np.nan
    seen, features = embedder.read(flux, observed, progress=lambda done: report("embed", done, len(frame)))
    own = frame.reset_index(drop=True).drop(columns=[c for c in seen if c in frame])
    return pd.concat([own, seen], axis=1), features


def _limit(table: pd.DataFrame, features: np.ndarray, pixels: pd.DataFrame) -> Domain | None:
    """Learn where ordinary galaxies lie among a student's features; None where they are too few."""
    usual = (table["population"] == ORDINARY).to_numpy() & table["split"].isin(["train", *HELD_OUT]).to_numpy()
    held_out = table["split"].isin(HELD_OUT).to_numpy()[usual]
    if min(held_out.sum(), (~held_out).sum()) < 4 * features.shape[1]:
        return None
    return fit(features[usual], pixels, held_out, find_pulls(table[usual]))
