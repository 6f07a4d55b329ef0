"""Flux to the colours that a person sees, and back."""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from galexplore.errors import InputError
from galexplore.survey import Survey


def to_rgb(flux: ArrayLike, survey: Survey) -> np.ndarray:
    """Colours of the Legacy Survey viewer: asinh with a common intensity, in the three bands that the survey names.

    rgb = (f s + m) arcsinh(Q I) / (sqrt(Q) I) with I = mean(max(0, f s + m)) over the three bands (Lupton et al. 2004).

    Parameters
    ----------
    flux : array (..., B, H, W)
        Nanomaggies per native pixel, in the survey's bands; NaN is drawn black.
    survey : Survey

    Returns
    -------
    uint8 array (..., H, W, 3)
        Rows in the order of the input.
    """
    places, order = _place_colours(survey)
    scale = np.asarray(survey.display, np.float32)[places, None, None]
    planes = np.nan_to_num(np.asarray(flux, np.float32)[..., places, :, :])
    f = np.maximum(0.0, planes * scale + survey.display_m)
    intensity = np.maximum(f.mean(axis=-3, keepdims=True), 1e-6)
    q = survey.display_q
    rgb = f * np.arcsinh(q * intensity) / (sqrt(q) * intensity)
    return np.moveaxis((np.clip(rgb[..., order, :, :], 0, 1) * 255).astype(np.uint8), -3, -1)


def _place_colours(survey: Survey) -> tuple[list[int], list[int]]:
    """Places of the drawn bands among the survey's, ascending, and which of these are red, green and blue."""
    colours = [survey.index(b) for b in survey.rgb]
    places = sorted(set(colours))
    return places, [places.index(c) for c in colours]


def from_rgb(rgb: ArrayLike, survey: Survey) -> np.ndarray:
    """Invert `to_rgb`, roughly: eight bits, clipped cores and negative sky are lost.

    The mean of the three colours is arcsinh(Q I) / sqrt(Q), which gives I, and I gives each band.

    Parameters
    ----------
    rgb : uint8 array (..., H, W, 3)
    survey : Survey

    Returns
    -------
    float32 array (..., 3, H, W)
        Nanomaggies per native pixel, in the survey's bands.

    Raises
    ------
    InputError
        Where the survey has bands that a picture does not show.
    """
    if not survey.has_pictures:
        drawn = " and ".join([", ".join(survey.rgb[:2]), survey.rgb[2]])
        raise InputError(
            f"a picture shows {drawn} alone, but {survey.name} has the bands {survey.band_words}: give the FITS cutout"
        )
    order = [survey.rgb.index(b) for b in survey.bands]
    c = np.moveaxis(np.asarray(rgb, np.float32) / 255, -1, -3)[..., order, :, :]
    q = survey.display_q
    intensity = np.sinh(sqrt(q) * c.mean(axis=-3, keepdims=True)) / q
    gain = sqrt(q) * intensity / np.maximum(np.arcsinh(q * intensity), 1e-6)
    return (c * gain - survey.display_m) / np.asarray(survey.display, np.float32)[:, None, None]
