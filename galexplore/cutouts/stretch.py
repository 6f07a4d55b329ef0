"""Flux to the network's input and back."""

import numpy as np

from galexplore.survey import DECALS

#: The noise stretch's knee in sigma of sky noise: linear below it, logarithmic above.
SOFTENING = 3.0


def knee(kind: str = "noise", softening: float = SOFTENING) -> np.ndarray:
    """Flux (3, 1, 1) at which a stretch turns from linear to compressed.

    The noise stretch: `softening` sigma of a model pixel's sky. The published one: a tenth of the mean peak.
    """
    flux = {"noise": [softening * s for s in DECALS.model_noise], "published": [p / 10 for p in DECALS.peak]}
    return np.asarray(flux[kind], np.float32)[:, None, None]


def stretch(flux, kind: str = "noise"):
    """Compress flux for the network.

    "noise": u = arcsinh(f / (3 sigma)), sigma the typical sky noise of a model pixel in that band (Lupton et al. 1999):
    linear within the noise, logarithmic above it, so that both ends survive. "published": u = tanh(arcsinh(10 f / p)),
    p the mean peak of a galaxy in that band (Gagliano & Villar 2023), which is v / sqrt(1 + v^2) with v = 10 f / p.

    Parameters
    ----------
    flux : array (..., 3, H, W)
        Nanomaggies per native pixel.
    kind : {"noise", "published"}

    Returns
    -------
    array (..., 3, H, W), dimensionless
    """
    v = np.asarray(flux, np.float32) / knee(kind)
    return np.arcsinh(v) if kind == "noise" else v / np.sqrt(1 + v * v)


def unstretch(u, kind: str = "noise"):
    """Invert `stretch`: network space (..., 3, H, W) back to nanomaggies per native pixel."""
    u = np.asarray(u, np.float32)
    return (np.sinh(u) if kind == "noise" else u / np.sqrt(1 - np.minimum(u * u, 0.9998))) * knee(kind)
