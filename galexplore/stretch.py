"""Flux to network input and back, and flux to the colours a person sees."""

from math import sqrt

import numpy as np

from galexplore.config import SURVEY, Network


def knee(kind: str = "noise", softening: float = Network.softening) -> np.ndarray:
    """Flux (3, 1, 1) at which a stretch turns from linear to compressed.

    The noise stretch: `softening` sigma of a model pixel's sky. The published one: a tenth of the mean peak.
    """
    flux = {"noise": [softening * s for s in SURVEY.model_noise], "published": [p / 10 for p in SURVEY.peak]}
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


def to_rgb(flux):
    """Colours of the Legacy Survey viewer: asinh with a common intensity, z in red, r in green, g in blue.

    rgb = (f s + m) arcsinh(Q I) / (sqrt(Q) I) with I = mean(max(0, f s + m)) over the bands (Lupton et al. 2004).

    Parameters
    ----------
    flux : array (..., 3, H, W)
        Nanomaggies per native pixel, bands g, r, z; NaN is drawn black.

    Returns
    -------
    uint8 array (..., H, W, 3)
        Rows in the order of the input.
    """
    scale = np.asarray(SURVEY.display, np.float32)[:, None, None]
    f = np.maximum(0.0, np.nan_to_num(np.asarray(flux, np.float32)) * scale + SURVEY.display_m)
    intensity = np.maximum(f.mean(axis=-3, keepdims=True), 1e-6)
    q = SURVEY.display_q
    rgb = f * np.arcsinh(q * intensity) / (sqrt(q) * intensity)
    return np.moveaxis((np.clip(rgb[..., ::-1, :, :], 0, 1) * 255).astype(np.uint8), -3, -1)


def from_rgb(rgb):
    """Invert `to_rgb`, roughly: eight bits, clipped cores and negative sky are lost.

    The mean of the three colours is arcsinh(Q I) / sqrt(Q), which gives I, and I gives each band.

    Parameters
    ----------
    rgb : uint8 array (..., H, W, 3)

    Returns
    -------
    float32 array (..., 3, H, W)
        Nanomaggies per native pixel, bands g, r, z.
    """
    c = np.moveaxis(np.asarray(rgb, np.float32) / 255, -1, -3)[..., ::-1, :, :]
    q = SURVEY.display_q
    intensity = np.sinh(sqrt(q) * c.mean(axis=-3, keepdims=True)) / q
    gain = sqrt(q) * intensity / np.maximum(np.arcsinh(q * intensity), 1e-6)
    return (c * gain - SURVEY.display_m) / np.asarray(SURVEY.display, np.float32)[:, None, None]
