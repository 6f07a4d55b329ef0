"""Flux to the network's input and back."""

import numpy as np
from numpy.typing import ArrayLike

from galexplore.survey import Survey

#: The noise stretch's knee in sigma of sky noise: linear below it, logarithmic above.
SOFTENING = 3.0


def knee(survey: Survey, kind: str = "noise", softening: float = SOFTENING) -> np.ndarray:
    """Flux (B, 1, 1) at which a stretch turns from linear to compressed.

    The noise stretch: `softening` sigma of a model pixel's sky. The published one: a tenth of the mean peak.
    """
    flux = {"noise": [softening * s for s in survey.model_noise], "published": [p / 10 for p in survey.peak]}
    return np.asarray(flux[kind], np.float32)[:, None, None]


def stretch(flux: ArrayLike, survey: Survey, kind: str = "noise") -> np.ndarray:
    """Compress flux for the network.

    "noise": u = arcsinh(f / (3 sigma)), sigma the typical sky noise of a model pixel in that band (Lupton et al. 1999):
    linear within the noise, logarithmic above it, so that both ends survive. "published": u = tanh(arcsinh(10 f / p)),
    p the mean peak of a galaxy in that band (Gagliano & Villar 2023), which is v / sqrt(1 + v^2) with v = 10 f / p.

    Parameters
    ----------
    flux : array (..., B, H, W)
        Nanomaggies per native pixel.
    survey : Survey
    kind : {"noise", "published"}

    Returns
    -------
    array (..., B, H, W), dimensionless
    """
    v = np.asarray(flux, np.float32) / knee(survey, kind)
    return np.arcsinh(v) if kind == "noise" else v / np.sqrt(1 + v * v)


def unstretch(u: ArrayLike, survey: Survey, kind: str = "noise") -> np.ndarray:
    """Invert `stretch`: network space (..., B, H, W) back to nanomaggies per native pixel."""
    u = np.asarray(u, np.float32)
    return (np.sinh(u) if kind == "noise" else u / np.sqrt(1 - np.minimum(u * u, 0.9998))) * knee(survey, kind)
