"""From a catalogue to a model's folder: learn, then calibrate, embed, fit the atlas."""

import shutil
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.atlas import atlas
from galexplore.atlas.recipe import AtlasConfig
from galexplore.cutouts import artefacts
from galexplore.errors import InputError
from galexplore.explore.caveats import join_measured
from galexplore.explore.models import load
from galexplore.explore.seal import read_card
from galexplore.files import hash_file
from galexplore.images import Observed
from galexplore.jobs.draws import Report, draw_some_taught
from galexplore.jobs.gather import gather_calibrators, is_embedded, read_survey
from galexplore.jobs.learn import Plan, learn, make_plan, open_learnt, prepare
from galexplore.jobs.make_domain import gather_strange, make_domain
from galexplore.jobs.make_posterior import BESIDE, embed_beside, embed_calibrators, make_posterior
from galexplore.jobs.publish import (
    LEARNT,
    WEIGHTS,
    check_place,
    hold_name,
    name_partial,
    publish_model,
    write_card,
)
from galexplore.jobs.shifts import teach
from galexplore.latents import ANY_ANGLE, LATENTS, SIGMAS
from galexplore.network.embed import Embedder
from galexplore.network.processes import Processes
from galexplore.network.recipes import Network, Training
from galexplore.network.vae import CVAE
from galexplore.posterior.calibrate import calibrate, list_uncalibrated, scale_at
from galexplore.posterior.domain import FILE as DOMAIN
from galexplore.posterior.metrics import evaluate
from galexplore.sources.kept import KEPT
from galexplore.survey import Survey
from galexplore.tables import catalogue
from galexplore.tables.contract import is_simulated


def train_model(
    name: str,
    data: Path,
    training: Training,
    report: Report,
    survey: Survey,
    network: Network = Network(),  # noqa: B008 (frozen)
    processes: Processes = Processes(),  # noqa: B008 (frozen)
    overwrite: bool = False,
    start_from: str = "",
) -> dict:
    """Make `models/<name>`: weights, card, atlas, and the catalogue and images where they are its own.

    All is made in a folder beside it that nobody lists, and renamed once it is whole; until then a model of that name
    stays as it is. A second call continues where the first one was killed.

    Parameters
    ----------
    name : str
    data : Path
        Catalogue with a `split` column; images of the mock's galaxies are rendered where they are not yet.
    training : Training
        What is drawn as the embedded survey is (`extra`, `calibrators`, `lessons`) is left out for any other catalogue.
    survey : Survey
        What the images are of.
    processes : Processes
        Those that train together; all but the first stop after the training.
    overwrite : bool
        Whether a model of that name may be replaced.
    start_from : str
        A model whose weights it begins with, of the same network and survey.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    InputError
        Where the name is taken or cannot be one, another process trains a model of that name, or the catalogue is
        missing or not fit to be trained on.
    """
    check_place(name, overwrite)
    with nullcontext() if processes.rank else hold_name(name):
        plan = make_plan(data, training, survey, network, start_from)
        return make_model(name, plan, report, processes, overwrite)


def make_model(
    name: str,
    plan: Plan,
    report: Report,
    processes: Processes = Processes(),  # noqa: B008 (frozen)
    overwrite: bool = False,
) -> dict:
    """Do what `train_model` says, while the name is held: learn, unless that is done, and complete the model.

    Where the model's unfinished folder holds what was learnt by this plan, no more is drawn and rendered of what it was
    taught by beside the catalogue's own galaxies than `BESIDE`, for the joint posterior.
    """
    folder = name_partial(name)
    learnt = _find_learnt(folder, plan)
    if learnt and processes.rank:
        processes.leave()
        return learnt[1]
    if processes.size > 1 and not learnt:  # one process draws and renders; the others then find it done
        processes.lead(lambda: prepare(plan, report))
    frame, flux = read_survey(plan.data, plan.survey, report, None if processes.rank else folder)
    model, card = learnt or learn(plan, frame, flux, folder, report, processes)
    processes.leave()
    return card if processes.rank else complete(name, plan, frame, flux, model, card, report, overwrite)


def _find_learnt(folder: Path, plan: Plan) -> tuple[CVAE, dict] | None:
    """Open what a run that was killed later than its training had learnt by this plan; None where there is none."""
    try:
        return open_learnt(folder, plan) if (folder / LEARNT).exists() else None
    except InputError:  # another plan's, or half written: what is not whole is learnt anew
        return None


def complete(
    name: str,
    plan: Plan,
    frame: pd.DataFrame,
    flux: np.ndarray,
    model: CVAE,
    card: dict,
    report: Report,
    overwrite: bool = False,
) -> dict:
    """Make a whole model of what was learnt, in its unfinished folder, and publish it; return its card."""
    folder, training = name_partial(name), plan.training
    _clear(folder)
    calibrators = gather_calibrators(training, plan.survey, report)
    beside = draw_some_taught(BESIDE, training, plan.survey, report, plan.extras)
    lessons = training if training.lessons else None
    card |= finish(frame, Embedder(model), flux, folder, report, calibrators, lessons, beside)
    card |= {"simulated": is_simulated(frame), "made": datetime.now(UTC).date().isoformat()}
    card |= {"sha256": hash_file(folder / WEIGHTS)}
    card |= {"provenance": {str(k): v for k, v in frame.attrs.items()}} if frame.attrs else {}
    if not is_embedded(plan.data):  # the explorer shows a model with the catalogue that it belongs to
        catalogue.write(frame, folder / "catalogue.parquet")
    card = write_card(folder, card)
    if training.lessons:
        teach(load(folder.name), training.lessons, report=lambda text: report("teach", 0, None, text))
    return read_card(publish_model(name, overwrite))


def _clear(folder: Path) -> None:
    """Remove what a run that was killed later than this one's training left in its folder."""
    for path in folder.iterdir():
        if path.name not in (WEIGHTS, LEARNT, "progress", KEPT):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def finish(
    frame: pd.DataFrame,
    embedder: Embedder,
    flux: np.ndarray,
    folder: Path,
    report: Report,
    more: tuple[pd.DataFrame, np.ndarray] | None = None,
    taught: Training | None = None,
    beside: tuple[pd.DataFrame, np.ndarray] | None = None,
) -> dict:
    """Embed a catalogue with a trained, uncalibrated model, calibrate it, and write its joint posterior and its atlas.

    Parameters
    ----------
    more : tuple of DataFrame and array, optional
        Galaxies and images that are calibrated by beside the calibration split.
    taught : Training, optional
        Recipe by which rare kinds and what is no galaxy are drawn, to tell what the answers are good for.
    beside : tuple of DataFrame and array, optional
        Galaxies and images that taught the encoder beside the catalogue's, for the joint posterior.

    Returns
    -------
    dict
        What the card says of it: `calibration`, `uncalibrated` (latents that no label of that split can judge),
        `metrics` (of the validation split), `posterior` (as `make_posterior` says), `atlas`, `honesty`.
    """
    observed = Observed.read(frame, embedder.survey)
    latents, features = embedder.read(flux, observed=observed, progress=lambda done: report("embed", done, len(frame)))
    own = frame.reset_index(drop=True).drop(columns=[c for c in latents if c in frame])
    table = pd.concat([own, latents], axis=1)
    held_out, calibrators = table[table["split"] == "calibration"], None
    others = embed_beside(embedder, *beside, report) if beside else None
    if more:
        calibrators = embed_calibrators(embedder, *more, report)
        held_out = pd.concat([held_out, calibrators], ignore_index=True)
    calibration = calibrate(held_out)
    for calibrated in (t for t in (table, calibrators, others) if t is not None):
        for name, column in zip(LATENTS, SIGMAS, strict=True):
            where = calibrated["mag_aperture"], calibrated["lat_redshift"]
            calibrated[column] *= scale_at(calibration[name], "68", *where)
        calibrated["lat_phi_sigma"] = calibrated["lat_phi_sigma"].clip(upper=ANY_ANGLE)
    posterior, galaxies = make_posterior(table, calibrators, folder, report, others)
    judged = (table["split"] == "validation").to_numpy()
    joint = galaxies[judged] if galaxies is not None else None
    metrics = {"split": "validation"} | evaluate(table[judged], calibration, embedder.survey, joint)
    report("atlas", 0, 1)
    pixels = artefacts.measure_artefacts(flux, embedder.survey)
    made = atlas.build(table, features)
    made.save(folder / "atlas.npz")
    strange = gather_strange(Embedder(embedder.model, calibration), taught, report) if taught else None
    domain = make_domain(table, features, pixels, strange)
    if domain is not None:
        domain.save(folder / DOMAIN)
    artefacts.save(folder / artefacts.FILE, frame, join_measured(pixels, features, domain), embedder.survey)
    report("atlas", 1, 1)
    said = {"calibration": calibration, "uncalibrated": list_uncalibrated(held_out), "metrics": metrics}
    return said | {"posterior": posterior, "atlas": asdict(AtlasConfig()), "honesty": made.honesty}
