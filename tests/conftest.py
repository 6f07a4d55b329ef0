"""Small, quick stand-ins: analytic galaxies whose every property is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from galexplore.config import SURVEY

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


@pytest.fixture(scope="session")
def real() -> Path:
    """Folder of real cutouts and tables, where this machine has them."""
    if not REAL.exists():
        pytest.skip("no real data beside the project (../shared/real)")
    return REAL


def draw_ellipse(phi: float, size: float = 6.0, ba: float = 0.5, total: float = 60.0) -> np.ndarray:
    """An elliptical Gaussian galaxy (3, 69, 69); `phi` [rad] from north (up, rows rise) through east (left)."""
    y, x = np.mgrid[:69, :69] - 34.0
    along = -x * np.sin(phi) + y * np.cos(phi)
    across = x * np.cos(phi) + y * np.sin(phi)
    profile = np.exp(-0.5 * ((along / size) ** 2 + (across / (size * ba)) ** 2))
    return (profile / profile.sum() * total * np.array([0.5, 1.0, 1.5])[:, None, None]).astype(np.float32)


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
    noise = np.asarray(SURVEY.model_noise)[:, None, None]
    flux = np.stack(images) + generator.normal(size=(n, 3, 69, 69)) * noise
    return frame, flux.astype(np.float32)
