"""One galaxy drawn large: in colour or in one band, brighter or fainter, inverted, with a bar in arcsec and kpc."""

import math
from io import BytesIO

import numpy as np
from PIL import Image

from galexplore.cosmology import kpc_per_arcsec
from galexplore.cutouts.colour import to_rgb
from galexplore.draw.pictures import add_bar, measure_bar
from galexplore.survey import Survey


def label_bar(redshift: float | None, arcsec: float) -> str:
    """Text of a scale bar: its length in arcsec, and in kpc where a redshift is known."""
    if redshift is None or not math.isfinite(redshift) or redshift <= 0:
        return f'{arcsec:g}"'
    kpc = arcsec * kpc_per_arcsec(redshift)
    return f'{arcsec:g}" = {kpc:.{0 if kpc >= 10 else 1}f} kpc'


def draw_annotated(
    flux: np.ndarray,
    survey: Survey,
    side: int,
    *,
    band: str | None = None,
    brightness: float = 1.0,
    inverted: bool = False,
    redshift: float | None = None,
    field: float | None = None,
    lettering: int = 14,
) -> bytes:
    """Draw an image with a bar and the directions of north and east.

    Parameters
    ----------
    flux : array (B, N, N)
        Nanomaggies per native pixel; row 0 in the south, column 0 in the east.
    survey : Survey
    side : int
        Pixels of the picture.
    band : str, optional
        One of the survey's bands in grey, on the intensity scale of the colours; in colour where none is named.
    brightness : float
        By what the flux is multiplied before it is stretched.
    inverted : bool
        Dark on light, which shows faint light best.
    redshift : float, optional
        For the bar's length in kpc.
    field : float, optional
        Arcsec that the image spans; by default the survey's field.
    lettering : int
        The picture's side over the height of its letters.

    Returns
    -------
    bytes
        JPEG; the top row is north.
    """
    scaled = brightness * np.asarray(flux, np.float32)
    rgb = (to_rgb(scaled, survey) if band is None else _draw_grey(scaled, survey, band))[::-1]
    picture = Image.fromarray(255 - rgb if inverted else rgb).resize((side, side), Image.Resampling.BICUBIC)
    label = label_bar(redshift, measure_bar(survey, field))
    add_bar(picture, survey, label, (40, 44, 52) if inverted else (225, 230, 238), lettering, field)
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=92, subsampling=0)
    return stream.getvalue()


def _draw_grey(flux: np.ndarray, survey: Survey, band: str) -> np.ndarray:
    """One band as the viewer stretches intensity: arcsinh(Q (f s + m)) / sqrt(Q); uint8 (N, N, 3)."""
    i = survey.index(band)
    level = np.maximum(0, np.nan_to_num(flux[i]) * survey.display[i] + survey.display_m)
    grey = np.clip(np.arcsinh(survey.display_q * level) / math.sqrt(survey.display_q), 0, 1)
    return np.repeat((255 * grey).astype(np.uint8)[..., None], 3, axis=2)
