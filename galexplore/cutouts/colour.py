"""Flux to the colours that a person sees, and back."""

from math import sqrt

import numpy as np

from galexplore.survey import DECALS


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
    scale = np.asarray(DECALS.display, np.float32)[:, None, None]
    f = np.maximum(0.0, np.nan_to_num(np.asarray(flux, np.float32)) * scale + DECALS.display_m)
    intensity = np.maximum(f.mean(axis=-3, keepdims=True), 1e-6)
    q = DECALS.display_q
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
    q = DECALS.display_q
    intensity = np.sinh(sqrt(q) * c.mean(axis=-3, keepdims=True)) / q
    gain = sqrt(q) * intensity / np.maximum(np.arcsinh(q * intensity), 1e-6)
    return (c * gain - DECALS.display_m) / np.asarray(DECALS.display, np.float32)[:, None, None]
