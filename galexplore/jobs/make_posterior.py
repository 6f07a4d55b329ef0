"""The joint posterior of a trained model: fitted to what its frozen encoder says, calibrated, and kept beside it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.explore import seal
from galexplore.explore.models import open_model
from galexplore.files import hash_file
from galexplore.images import Observed
from galexplore.jobs.draws import draw_calibrators, draw_some_taught
from galexplore.jobs.gather import Report, is_embedded
from galexplore.jobs.publish import hold_name, write_card
from galexplore.network.embed import Embedder
from galexplore.network.fit_density import LEAST, Fitting, Labelled, fit_density
from galexplore.network.recipes import Training
from galexplore.places import DATA, models_folder
from galexplore.posterior.density import read_magnitude
from galexplore.posterior.joint import FILE, JointPosterior
from galexplore.posterior.metrics import evaluate
from galexplore.posterior.recalibrate import recalibrate

BESIDE = 12_000  # of the galaxies that taught the encoder beside the catalogue's: so many teach its posterior, too


def make_posterior(
    table: pd.DataFrame,
    more: pd.DataFrame | None,
    folder: Path,
    report: Report,
    beside: pd.DataFrame | None = None,
    fitting: Fitting = Fitting(),  # noqa: B008 (frozen)
) -> tuple[dict | None, JointPosterior | None]:
    """Fit a density head to the training split, calibrate it, and write it.

    Parameters
    ----------
    table : DataFrame
        The catalogue joined with its calibrated latents, in the atlas's order.
    more : DataFrame, optional
        Galaxies that are calibrated by beside the calibration split; `told`, where it stands there, is the share of the
        bands whose seeing the encoder was told.
    folder : Path
        Of the model, with its weights.
    beside : DataFrame, optional
        Galaxies, and their latents, that taught the encoder beside the catalogue's. What is seldom in a catalogue would
        else be drawn towards the crowd here, though the encoder has learnt better.

    Returns
    -------
    card : dict or None
        What the card says of it under `posterior`: `taught` and `calibrated` (galaxies), `fitting` (the recipe),
        `likelihoods` (number of components to the validation split's, nats in standardised coordinates) and `prior`
        (density of the galaxies that taught it, as `JointPosterior.to_dict` gives it). None where fewer than 500
        galaxies of the training split have all three labels: there is no joint posterior then.
    galaxies : JointPosterior or None
        Of all galaxies (N).
    """
    teaching = pd.concat([table[table["split"] == "train"], beside], ignore_index=True)
    taught, validation = Labelled.gather(teaching), Labelled.gather(table[table["split"] == "validation"])
    if taught.count < LEAST or not validation.count:
        return None, None
    density, likelihoods = fit_density(taught, validation, fitting, lambda *done: report("posterior", *done))
    held_out = table[table["split"] == "calibration"]
    if more is not None:
        held_out = pd.concat([held_out, more], ignore_index=True)
    judges, raw = Labelled.gather(held_out), density.infer_raw(held_out)
    told = held_out["told"].fillna(1.0).to_numpy() if "told" in held_out else None
    recalibration = recalibrate(raw, read_magnitude(held_out), judges.values, judges.errors, told)
    density = replace(density, recalibration=recalibration)
    density.save(folder / FILE, hash_file(folder / "weights.safetensors"))
    said = {"taught": taught.count, "calibrated": judges.count, "fitting": asdict(fitting)}
    said |= {"likelihoods": {str(k): v for k, v in likelihoods.items()}, "prior": density.prior.to_dict()}
    return said, density.infer(table)


def refit_posterior(name: str, report: Report, calibrators: int = 0) -> dict:
    """Fit the joint posterior of a model that has been trained, whose other files stay as they are.

    Parameters
    ----------
    name : str
        A model of one's own; what its atlas knows of its galaxies is all that is needed.
    calibrators : int
        Galaxies that are drawn as the embedded survey's, and rendered, to calibrate by beside the calibration split.
        With them `BESIDE` of those that taught the encoder beside the catalogue's are drawn, and teach it too.

    Returns
    -------
    dict
        What the card now says under `posterior`.

    Raises
    ------
    InputError
        Where the model is the shipped one of an installed package or its catalogue is not the embedded one though
        calibrators are asked for, or too few labels are known.
    """
    folder = models_folder() / name
    if not (folder / "card.json").exists():
        raise InputError(f"There is no model {name!r} of your own; train one with: galexplore train --name {name}")
    with hold_name(name):
        return _refit(name, folder, report, calibrators)


def _refit(name: str, folder: Path, report: Report, calibrators: int) -> dict:
    card = seal.read_card(folder)
    card["files"].pop(FILE, None)  # the one that stands there may be damaged, or of other weights
    with _set_aside(folder / FILE):
        explorer = open_model(name, folder, card)
    if "split" not in explorer.table:
        raise InputError(f"The catalogue of {name!r} has no column split, so that nothing tells what may teach.")
    more, beside, training = None, None, Training(**explorer.card["training"])
    own = folder / "catalogue.parquet"
    if calibrators:
        if not is_embedded(own if own.exists() else DATA):
            raise InputError(
                "Calibrators are drawn as the embedded survey's galaxies, which are mixed with no other's."
            )
        frame, flux = draw_calibrators(calibrators, training.seed + 1, explorer.survey, report)
        more = embed_calibrators(explorer.embedder, frame, flux, report)
        if (some := draw_some_taught(BESIDE, training, explorer.survey, report)) is not None:
            beside = embed_beside(explorer.embedder, *some, report)
    said, galaxies = make_posterior(explorer.table, more, folder, report, beside)
    if galaxies is None:
        raise InputError(
            f"Fewer than {LEAST} galaxies of the training split have all three labels: too few to learn how they err."
        )
    judged = (explorer.table["split"] == "validation").to_numpy()
    scores = evaluate(explorer.table[judged], explorer.card["calibration"], explorer.survey, galaxies[judged])
    rest = {k: v for k, v in card.items() if k != "files"}
    write_card(folder, rest | {"posterior": said, "metrics": {"split": "validation"} | scores})
    return said or {}


def embed_calibrators(embedder: Embedder, frame: pd.DataFrame, flux: np.ndarray, report: Report) -> pd.DataFrame:
    """Embed calibrators, every other one without its seeing, for intervals must hold with and without.

    Returns
    -------
    DataFrame
        Of `frame`'s columns, the latents, and `told`, the share of the bands whose seeing was told.
    """
    observed = Observed.read(frame, embedder.survey)
    observed.seeing[::2] = np.nan
    return _embed(embedder, frame, flux, observed, "embed calibrators", report).assign(told=observed.share)


def embed_beside(embedder: Embedder, frame: pd.DataFrame, flux: np.ndarray, report: Report) -> pd.DataFrame:
    """Embed galaxies that taught the encoder, as the catalogue is; a table as of `embed_calibrators`."""
    return _embed(embedder, frame, flux, Observed.read(frame, embedder.survey), "embed what taught", report)


def _embed(
    embedder: Embedder, frame: pd.DataFrame, flux: np.ndarray, observed: Observed, stage: str, report: Report
) -> pd.DataFrame:
    seen = embedder.embed(flux, observed=observed, progress=lambda done: report(stage, done, len(frame)))
    return pd.concat([frame.reset_index(drop=True), seen], axis=1)


@contextmanager
def _set_aside(path: Path) -> Iterator[None]:
    """Let a file be as if it were not there."""
    aside = path.with_name(f".{path.name}.aside")
    if path.exists():
        os.replace(path, aside)
    try:
        yield
    finally:
        if aside.exists():
            os.replace(aside, path)
