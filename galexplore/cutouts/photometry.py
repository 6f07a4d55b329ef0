"""How bright an image is: the one number of it that calibration needs, measured on the pixels alone."""

import numpy as np

from galexplore.survey import Survey

RADIUS = 5.0  # arcsec: most of a faint galaxy, and little of its neighbours
FAINTEST = 25.0  # mag; what is fainter, or negative, is told as this


def measure_magnitude(flux: np.ndarray, survey: Survey) -> np.ndarray:
    """Measure magnitudes in the survey's reference band within 5 arcsec of the middle.

    m = m0 - 2.5 log10(sum of flux A), m0 the survey's zero point, A the native pixels that a model pixel covers; pixels
    count whose middle lies inside. Nothing is subtracted: neighbours and what is left of the sky are in it, for a
    catalogue's galaxy as for an upload.

    Parameters
    ----------
    flux : array (..., B, S, S)
        Nanomaggies per native pixel, without gaps.

    Returns
    -------
    ndarray (...), AB magnitudes
    """
    y, x = (np.mgrid[: survey.size, : survey.size] - (survey.size - 1) / 2) * survey.model_scale
    inside = np.hypot(x, y) <= RADIUS
    band = np.asarray(flux)[..., survey.index(survey.reference), :, :]
    total = band[..., inside].astype(float).sum(axis=-1) * (survey.model_scale / survey.pixel_scale) ** 2
    return survey.zero_point - 2.5 * np.log10(np.maximum(total, 10 ** (0.4 * (survey.zero_point - FAINTEST))))
