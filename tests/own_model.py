"""A model of a person's own cutouts, small and untrained: what is shown of it, not what it knows, is looked at."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.latents import LATENTS, MEANS, SIGMAS
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from tests.analytic import draw_ellipse

N = 60


def draw_own(n: int = N) -> tuple[pd.DataFrame, np.ndarray]:
    """Galaxies with ids and images and little else: no population, no split, no redshift, no magnitudes."""
    generator = np.random.default_rng(3)
    frame = pd.DataFrame({"id": [f"NGC{i:04d}" for i in range(n)], "logmass": generator.normal(10, 0.4, n)})
    frame["chi2"] = generator.uniform(0, 9, n)  # called as a column that the atlas adds
    images = [draw_ellipse(generator.uniform(0, 3), generator.uniform(3, 8), 0.5, 60) for _ in range(n)]
    noise = generator.normal(size=(n, 3, 69, 69)) * np.asarray(DECALS.model_noise)[:, None, None]
    return frame, (np.stack(images) + noise).astype(np.float32)


class Given:
    """Images in memory; one of `galexplore.images.Images`."""

    def __init__(self, ids, flux):
        self.flux = dict(zip(ids, flux, strict=True))

    def __contains__(self, identifier):
        return identifier in self.flux

    def get(self, ids):
        return np.stack([self.flux[i] for i in ids])

    def wcs(self, identifier):
        return None


def make_own_model(folder: Path, kept: int = N, frame: pd.DataFrame | None = None) -> None:
    """Write a model's folder with its catalogue, atlas, and images of the first `kept` galaxies."""
    import torch
    from safetensors.torch import save_file

    from galexplore.atlas.atlas import Atlas
    from galexplore.jobs.publish import write_card
    from galexplore.network.embed import Embedder
    from galexplore.network.recipes import Network, Training
    from galexplore.network.vae import CVAE
    from galexplore.sources.keeping import keep
    from galexplore.sources.kept import KEPT

    torch.manual_seed(0)
    own, flux = draw_own()
    frame = own if frame is None else frame
    network = Network(stem=4, widths=(8, 8, 8, 8), brushes=(8, 8, 8, 8), photometer=16, hidden=16)
    model = CVAE(network, DECALS)
    folder.mkdir(parents=True)
    survey = {"survey": json.dumps(DECALS.to_dict())}
    save_file(model.state_dict(), folder / "weights.safetensors", survey)
    table, generator = Embedder(model).embed(flux), np.random.default_rng(1)
    latents, sigma = table[MEANS].to_numpy() + generator.normal(0, 0.1, (N, 5)), table[SIGMAS].to_numpy()
    Atlas(
        id=own["id"].to_numpy(str),
        population=np.full(N, "ordinary"),
        latents=latents.astype(np.float32),
        sigma=sigma.astype(np.float32),
        position=generator.normal(size=(N, 2)).astype(np.float32),
        chi2=table["chi2"].to_numpy(np.float32),
        centre=np.median(latents[:, 1:], axis=0),
        covariance=np.cov(latents[:, 1:].T),
        scale=latents[:, 1:].std(axis=0),
    ).save(folder / "atlas.npz")
    catalogue.write(frame, folder / "catalogue.parquet")
    keep(Given(own["id"], flux), own["id"][:kept], folder / KEPT, DECALS)
    sha = hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()
    card = {
        "survey": DECALS.to_dict(),
        "network": asdict(network),
        "training": asdict(Training(extra=0)),
        "calibration": {name: {"scale68": 1.0, "scale95": 1.96} for name in LATENTS},
        "metrics": {"n": N, "split": "validation", "reconstruction": {"chi2": [1.0, 0.1]}, "bins": {}, "free": {}},
        "n_train": N,
        "parameters": 1000,
        "seconds": 60.0,
        "hardware": "a test",
        "galaxies_per_second": 1.0,
        "made": "2024-01-01",
        "sha256": sha,
        "data_hash": hashlib.sha256((folder / "catalogue.parquet").read_bytes()).hexdigest(),
    }
    write_card(folder, card)


def add_student(folder: Path) -> dict:
    """Put a student that has learnt nothing beside a model; return its card."""
    import torch

    from galexplore.explore.seal import read_card
    from galexplore.network.embed_student import save_student
    from galexplore.network.student import Student, StudentNetwork

    torch.manual_seed(1)
    small, card = StudentNetwork(widths=(4, 4, 4), photometer=8, hidden=8), read_card(folder)
    said = {"teacher": card["sha256"], "network": asdict(small)}
    said |= {"survey": card["survey"], "calibration": card["calibration"]}
    return save_student(Student(small, DECALS), None, folder, said)
