"""One galaxy drawn large: in colour or in one band, brighter or fainter, inverted, with a bar in arcsec and kpc."""

import math
from io import BytesIO

import numpy as np
from PIL import Image

from galexplore.cosmology import kpc_per_arcsec
from galexplore.cutouts.colour import to_rgb
from galexplore.draw.pictures import add_bar
from galexplore.survey import DECALS


def label_bar(redshift: float | None, arcsec: float = 10.0) -> str:
    """Text of a scale bar: its length in arcsec, and in kpc where a redshift is known."""
    if redshift is None or not math.isfinite(redshift) or redshift <= 0:
        return f'{arcsec:.0f}"'
    kpc = arcsec * kpc_per_arcsec(redshift)
    return f'{arcsec:.0f}" = {kpc:.{0 if kpc >= 10 else 1}f} kpc'


def draw_portrait(
    flux: np.ndarray,
    side: int,
    *,
    band: str | None = None,
    brightness: float = 1.0,
    inverted: bool = False,
    redshift: float | None = None,
) -> bytes:
    """Draw an image with a bar and the directions of north and east.

    Parameters
    ----------
    flux : array (3, N, N)
        Nanomaggies per native pixel over the survey's field; row 0 in the south, column 0 in the east.
    side : int
        Pixels of the picture.
    band : "g" | "r" | "z", optional
        One band in grey, on the intensity scale of the colours; all three in colour where none is named.
    brightness : float
        By what the flux is multiplied before it is stretched.
    inverted : bool
        Dark on light, which shows faint light best.
    redshift : float, optional
        For the bar's length in kpc.

    Returns
    -------
    bytes
        JPEG; the top row is north.
    """
    scaled = brightness * np.asarray(flux, np.float32)
    rgb = (to_rgb(scaled) if band is None else _draw_grey(scaled, DECALS.bands.index(band)))[::-1]
    picture = Image.fromarray(255 - rgb if inverted else rgb).resize((side, side), Image.Resampling.BICUBIC)
    add_bar(picture, label_bar(redshift), (40, 44, 52) if inverted else (225, 230, 238), lettering=14)
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=92, subsampling=0)
    return stream.getvalue()


def _draw_grey(flux: np.ndarray, i: int) -> np.ndarray:
    """One band as the viewer stretches intensity: arcsinh(Q (f s + m)) / sqrt(Q); uint8 (N, N, 3)."""
    level = np.maximum(0, np.nan_to_num(flux[i]) * DECALS.display[i] + DECALS.display_m)
    grey = np.clip(np.arcsinh(DECALS.display_q * level) / math.sqrt(DECALS.display_q), 0, 1)
    return np.repeat((255 * grey).astype(np.uint8)[..., None], 3, axis=2)
