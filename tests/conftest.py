"""Small, quick stand-ins: analytic galaxies whose every property is known."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from galexplore.survey import DECALS
from tests.analytic import REAL, draw_ellipse

os.environ.setdefault("GALEXPLORE_OFFLINE", "1")  # no test asks a server; those of servers open sessions of their own


@pytest.fixture(scope="session")
def real() -> Path:
    """Folder of real cutouts and tables, where this machine has them."""
    if not REAL.exists():
        pytest.skip("no real data beside the project (../shared/real)")
    return REAL


@pytest.fixture(scope="session")
def sky() -> tuple[pd.DataFrame, np.ndarray]:
    """400 analytic galaxies: size falls with redshift, flux rises with mass, blueness with SFR."""
    generator = np.random.default_rng(7)
    n = 400
    frame = pd.DataFrame({"id": [f"T{i:03d}" for i in range(n)], "z": generator.uniform(0.02, 0.9, n)})
    frame["logmass"] = generator.normal(10.3, 0.5, n)
    frame["logsfr"] = generator.normal(0.3, 0.5, n)
    frame["phi"] = generator.uniform(0, np.pi, n)
    frame["ba"] = generator.uniform(0.3, 0.6, n)
    for column, error in {"z": 1e-3, "logmass": 0.05, "logsfr": 0.1, "phi": 0.05}.items():
        frame[f"{column}_err"] = error
    frame["population"] = np.where(np.arange(n) < 380, "ordinary", "Green Pea")
    frame["split"] = np.resize(["train", "train", "train", "validation", "calibration", "test"], n)
    images = []
    for row in frame.itertuples():
        image = draw_ellipse(row.phi, 2 + 6 * (1 - row.z), row.ba, 10 ** (row.logmass - 9))
        image[0] *= 10 ** (0.3 * row.logsfr)
        images.append(image)
    noise = np.asarray(DECALS.model_noise)[:, None, None]
    flux = np.stack(images) + generator.normal(size=(n, 3, 69, 69)) * noise
    return frame, flux.astype(np.float32)


@pytest.fixture(scope="session")
def servers():
    """A stand-in of the sky's servers; its `origin` is where it stands."""
    from galexplore.sources.stand_in.server import StandIn

    with StandIn() as stand_in:
        stand_in.origin = stand_in.start()
        yield stand_in


@pytest.fixture
def server(servers):
    """The stand-in as it was started: asked for nothing, without plans, with every layer."""
    from galexplore.sources.servers import LAYERS

    servers.asked.clear()
    servers._plan.clear()
    servers.jobs._jobs.clear()
    servers.layers = LAYERS
    return servers


@pytest.fixture
def session(server, tmp_path):
    """A session that asks the stand-in, for which no time passes."""
    from galexplore.sources.transport import Session
    from tests.sources.answering import Passing

    return Session(stand_in=server.origin, clock=Passing(), folder=tmp_path / "answers")
