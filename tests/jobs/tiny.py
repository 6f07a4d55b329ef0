"""A catalogue of one's own with images beside it, and a model of it that trains in a second."""

from dataclasses import replace

import numpy as np
import pandas as pd

from galexplore.jobs import make_model
from galexplore.network.recipes import Network, Training
from galexplore.sources.keeping import keep
from galexplore.sources.kept import KEPT
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from tests.analytic import draw_ellipse
from tests.own_model import Given

TINY = Network(stem=4, widths=(4, 4, 4, 4), brushes=(4, 4, 4, 4), photometer=8, hidden=8)
BRIEF = Training(epochs=1, batch=16)


def nothing(*args, **kwargs):
    pass


def write_own(folder, spoil=lambda frame: frame, n=48):
    """Write a catalogue of real galaxies, as far as anyone can tell, and its images beside it."""
    generator = np.random.default_rng(3)
    frame = pd.DataFrame({"id": [f"own-{i}" for i in range(n)], "ra": np.linspace(10, 20, n), "dec": 1.0})
    frame["z"], frame["logmass"] = generator.uniform(0.02, 0.4, n), generator.normal(10, 0.5, n)
    frame["logsfr"], frame["phi"] = generator.normal(0, 0.5, n), generator.uniform(0, np.pi, n)
    for column, error in {"z": 1e-4, "logmass": 0.1, "logsfr": 0.2, "phi": 0.1}.items():
        frame[f"{column}_err"] = error
    frame["split"] = np.resize(["train", "train", "validation", "calibration"], n)
    rows = zip(frame["phi"], frame["z"], frame["logmass"], strict=True)
    flux = np.stack([draw_ellipse(phi, 2 + 4 * (1 - z), 0.5, 10 ** (mass - 9)) for phi, z, mass in rows])
    flux = (flux + generator.normal(0, 0.003, flux.shape)).astype(np.float32)
    ids, frame = frame["id"], spoil(frame)
    folder.mkdir(parents=True, exist_ok=True)
    catalogue.write(frame, folder / "catalogue.parquet")
    ids = list(ids)
    keep(Given(ids, flux), ids, folder / KEPT, DECALS)
    return folder / "catalogue.parquet", frame, flux


def train_own(name, data, training=BRIEF, seed=1, report=nothing, overwrite=False):
    """Train a tiny model of a catalogue."""
    return make_model.train_model(name, data, replace(training, seed=seed), report, DECALS, TINY, overwrite=overwrite)
