"""How bright an image is: the one number of it that calibration needs, measured on the pixels alone."""

import numpy as np

from galexplore.survey import DECALS

RADIUS = 5.0  # arcsec: most of a faint galaxy, and little of its neighbours
FAINTEST = 25.0  # mag; what is fainter, or negative, is told as this


def measure_magnitude(flux: np.ndarray) -> np.ndarray:
    """Measure r magnitudes within 5 arcsec of the middle.

    m = 22.5 - 2.5 log10(sum of flux A), A the native pixels that a model pixel covers; pixels count whose middle lies
    inside. Nothing is subtracted: neighbours and what is left of the sky are in it, for a catalogue's galaxy as for
    an upload.

    Parameters
    ----------
    flux : array (..., 3, 69, 69)
        Nanomaggies per native pixel, without gaps.

    Returns
    -------
    ndarray (...), AB magnitudes
    """
    y, x = (np.mgrid[: DECALS.size, : DECALS.size] - DECALS.size // 2) * DECALS.model_scale
    inside = np.hypot(x, y) <= RADIUS
    band = np.asarray(flux)[..., DECALS.bands.index("r"), :, :]
    total = band[..., inside].astype(float).sum(axis=-1) * (DECALS.model_scale / DECALS.pixel_scale) ** 2
    return DECALS.zero_point - 2.5 * np.log10(np.maximum(total, 10 ** (0.4 * (DECALS.zero_point - FAINTEST))))
