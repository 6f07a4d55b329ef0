"""Analytic galaxies whose every property is known, and where real data stand."""

from pathlib import Path

import numpy as np

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"


def draw_ellipse(phi: float, size: float = 6.0, ba: float = 0.5, total: float = 60.0) -> np.ndarray:
    """An elliptical Gaussian galaxy (3, 69, 69); `phi` [rad] from north (up, rows rise) through east (left)."""
    y, x = np.mgrid[:69, :69] - 34.0
    along = -x * np.sin(phi) + y * np.cos(phi)
    across = x * np.cos(phi) + y * np.sin(phi)
    profile = np.exp(-0.5 * ((along / size) ** 2 + (across / (size * ba)) ** 2))
    return (profile / profile.sum() * total * np.array([0.5, 1.0, 1.5])[:, None, None]).astype(np.float32)
