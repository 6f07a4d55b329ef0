"""Position angles measured on images, by the second moments of the light that belongs to the galaxy in the middle."""

import warnings
from dataclasses import dataclass

import numpy as np

from galexplore.cutouts.background import sky_noise
from galexplore.survey import Survey

_THRESHOLD = 2.0  # of the sky's noise, above which pixels belong to a source
_LEAST = 12  # pixels that a source has
_ROUND = 0.9  # axis ratio beyond which an angle means little


@dataclass(frozen=True)
class Shape:
    """A galaxy's orientation and axis ratio.

    Attributes
    ----------
    phi, phi_err : float
        Position angle of the major axis, E of N, and its standard error, radians; NaN where round or not found.
    ba : float
        Axis ratio; NaN where not found.
    """

    phi: float
    phi_err: float
    ba: float


UNKNOWN = Shape(np.nan, np.nan, np.nan)


def measure_shape(flux: np.ndarray, survey: Survey) -> Shape:
    """Measure the galaxy in the middle of an image (B, S, S), north up and east left, in all bands together.

    As Gagliano & Villar (2023, section 2) did: photutils' segmentation, and the second moments of the segment in the
    middle. The standard error is that of the moments of a profile with so much light above so much noise.

    Raises
    ------
    ImportError
        Without photutils.
    """
    try:
        from photutils.segmentation import SourceCatalog, detect_sources
    except ImportError as error:
        raise ImportError("measuring position angles needs photutils: pip install 'galexplore[sky]'") from error
    noise = np.asarray(sky_noise(flux), float).reshape(-1, 1, 1)
    if not (noise > 0).all() or not np.isfinite(flux).all():
        return UNKNOWN
    stacked = (flux / noise).sum(axis=0) / np.sqrt(len(flux))  # signal to noise a pixel
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # photutils says where it finds nothing
        segments = detect_sources(stacked, _THRESHOLD, n_pixels=_LEAST)
        middle = stacked.shape[0] // 2
        label = 0 if segments is None else int(segments.data[middle, middle])
        if not label:
            return UNKNOWN
        source = SourceCatalog(stacked, segments).select_label(label)
    major, minor = float(source.semimajor_axis.value), float(source.semiminor_axis.value)
    if not 0 < minor <= major:
        return UNKNOWN
    ba = minor / major
    if ba > _ROUND:
        return Shape(np.nan, np.nan, ba)
    # photutils counts from the x axis (west to east is -x here) towards y (north); E of N is 90 degrees less.
    phi = float(np.mod(np.radians(float(source.orientation.value)) - np.pi / 2, np.pi))
    total = float(source.segment_flux)
    area = float(source.area.value)
    uncertain = 0.5 * np.sqrt(area) / max(total, 1e-9) * (1 + ba**2) / max(1 - ba**2, 1e-3) * np.sqrt(2)
    return Shape(phi, float(np.clip(uncertain, 0.02, 0.9)), ba)
