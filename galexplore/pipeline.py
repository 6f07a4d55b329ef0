"""From a catalogue to a model's folder: train, calibrate, embed, fit the atlas."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore import atlas, catalogue
from galexplore.audit import prepare
from galexplore.calibrate import calibrate, scale_at
from galexplore.config import LATENTS, ROOT, AtlasConfig, Network, Training
from galexplore.cutout import InputError
from galexplore.embed import ANY_ANGLE, SIGMAS, Embedder, hash_file
from galexplore.explorer import Explorer
from galexplore.metrics import evaluate
from galexplore.mock.store import Store
from galexplore.readers import read
from galexplore.train import Sample, fit, pick_device

#: Receives (stage, done, of, note) as work proceeds.
Report = Callable[..., None]


def train_model(name: str, data: Path, training: Training, report: Report) -> dict:
    """Make `models/<name>`: weights, card and atlas. A second call continues where the first one was killed.

    Parameters
    ----------
    data : Path
        Catalogue with a `split` column; its images are rendered where they are not yet.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    InputError
        Where the catalogue is missing or breaks the contract.
    """
    if not data.exists():
        raise InputError(f"No catalogue stands at {data}; make one with: galexplore mock")
    frame = catalogue.read(data)
    store = Store(frame)
    store.render_all(progress=lambda done, of: report("render", done, of))
    flux = store.get(list(frame["id"]))
    folder, device = ROOT / "models" / name, pick_device()
    samples = {}
    for split in ("train", "validation"):
        rows = np.flatnonzero(frame["split"] == split)
        samples[split] = Sample.gather(frame.iloc[rows], flux[rows], device)

    def told(row: dict) -> None:
        report("train", row["epoch"], training.epochs, "  ".join(f"{k} {v:.4g}" for k, v in row.items()))

    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    model, card = fit(
        samples["train"],
        samples["validation"],
        folder,
        network=Network(),
        training=training,
        data_hash=digest,
        report=told,
    )
    card |= finish(frame, Embedder(model), flux, folder, report)
    card |= {"simulated": True, "made": datetime.now(UTC).date().isoformat()}
    card |= {"sha256": hash_file(folder / "weights.safetensors")}
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    return card


def finish(frame: pd.DataFrame, embedder: Embedder, flux: np.ndarray, folder: Path, report: Report) -> dict:
    """Embed a catalogue with a trained, uncalibrated model, calibrate it, and write its atlas.

    Returns
    -------
    dict
        What the card says of it: `calibration`, `metrics` (of the validation split), `atlas`, `honesty`.
    """
    latents = embedder.embed(flux, progress=lambda done: report("embed", done, len(frame)))
    table = pd.concat([frame.reset_index(drop=True), latents], axis=1)
    # Neither split taught a weight; one alone is too small to tell a bin's coverage within its 4 %.
    calibration = calibrate(table[table["split"].isin(["calibration", "validation"])])
    for name, column in zip(LATENTS, SIGMAS, strict=True):
        table[column] *= scale_at(calibration[name], "68", table["mag_aperture"], table["lat_redshift"])
    table["lat_phi_sigma"] = table["lat_phi_sigma"].clip(upper=ANY_ANGLE)
    metrics = {"split": "validation"} | evaluate(table[table["split"] == "validation"], calibration)
    report("atlas", 0, 1)
    made = atlas.build(table, embedder.features(flux))
    made.save(folder / "atlas.npz")
    report("atlas", 1, 1)
    return {"calibration": calibration, "metrics": metrics, "atlas": asdict(AtlasConfig()), "honesty": made.honesty}


def embed_files(explorer: Explorer, files: list[Path], pixel_scale: float | None, progress: Callable[[int], None]):
    """Embed cutout files, one galaxy each.

    Returns
    -------
    table : DataFrame
        `id` (the file's name), latents with sigmas, `chi2`, map position, rarity.
    refused : list of (Path, str)
        What could not be used, and why.
    """
    names, ready, refused = [], [], []
    for done, path in enumerate(files, 1):
        try:
            ready.append(prepare(read(path, pixel_scale=pixel_scale)))
            names.append(path.name)
        except InputError as error:
            refused.append((path, str(error)))
        progress(done)
    if not ready:
        return pd.DataFrame(), refused
    return explorer.tabulate(names, ready), refused
