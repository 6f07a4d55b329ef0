"""The sky's noise and the sky's level."""

import numpy as np

from galexplore.survey import Survey

SKY_SIGMA = 5.0  # a flat edge further from zero than this is a sky level, not a galaxy


def sky_noise(model: np.ndarray) -> np.ndarray:
    """Noise of a model pixel from differences of neighbours, blind to smooth light: 1.4826 median |d|.

    d = (a - b - c + e) / 2 over each square of four pixels, which removes any plane.

    Parameters
    ----------
    model : ndarray (C, S, S)
        NaN where missing.

    Returns
    -------
    ndarray (C,)
        NaN where too few pixels are valid to tell.
    """
    d = (model[:, 1:, 1:] - model[:, :-1, 1:] - model[:, 1:, :-1] + model[:, :-1, :-1]) / 2
    enough = np.isfinite(d).sum(axis=(1, 2)) >= 50
    return np.array([1.4826 * np.nanmedian(abs(b)) if ok else np.nan for b, ok in zip(d, enough, strict=True)])


def sky_level(model: np.ndarray, survey: Survey) -> np.ndarray:
    """Level of a sky that was not subtracted; zero where the edge is faint or where it may be the galaxy.

    The outer 4" are cut into eight sectors by direction. Only an edge that is further than 5 sigma from zero and the
    same all around (all sectors but one, for a neighbour, within 8 % and 0.3 sigma) is sky: a galaxy that fills
    the frame is fainter in the corners than on the sides.

    Parameters
    ----------
    model : ndarray (C, S, S)
        NaN where missing.

    Returns
    -------
    ndarray (C,)
    """
    x = np.arange(survey.size) - (survey.size - 1) / 2
    edge = np.maximum(abs(x)[:, None], abs(x)) > survey.size / 2 - 4.0 / survey.model_scale
    sector = np.round(np.degrees(np.arctan2(x[:, None], x)) / 45).astype(int) % 8
    levels = np.zeros(len(model))
    noise = np.fmax(sky_noise(model), 0.5 * np.array(survey.model_noise))
    for i, band in enumerate(model):
        valid = np.isfinite(band) & edge
        medians = [np.median(band[valid & (sector == k)]) for k in range(8) if (valid & (sector == k)).sum() > 20]
        if len(medians) < 6:
            continue
        level = np.median(medians)
        off = np.sort(np.abs(medians - level))[-2]
        if abs(level) > SKY_SIGMA * noise[i] and off < 0.08 * abs(level) + 0.3 * noise[i]:
            levels[i] = level
    return levels
