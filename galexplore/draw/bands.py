"""The very pixels that were encoded: to look at, band by band, and to take away."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from galexplore.cutouts.stretch import stretch
from galexplore.survey import Survey

FILLED = np.array([86, 180, 233])  # tint of what was filled in


def draw_bands(flux: np.ndarray, valid: np.ndarray, survey: Survey, side: int = 230) -> bytes:
    """Draw each band in grey, side by side, as the network sees it; pixels that were filled in are tinted blue.

    Parameters
    ----------
    flux : array (B, S, S)
        Nanomaggies per native pixel.
    valid : bool array (B, S, S)
        False where the image had no data.
    survey : Survey

    Returns
    -------
    bytes
        PNG, north up and east left; from three sigma below the sky to the brightest pixel of all.
    """
    seen = stretch(flux, survey)
    low, high = -np.arcsinh(1.0), max(float(seen.max()), 1.0)
    grey = 255 * np.clip((seen - low) / (high - low), 0, 1)[..., None].repeat(3, axis=-1)
    grey = np.where(valid[..., None], grey, 0.5 * grey + 0.5 * FILLED)
    gap, count, font = 6, len(survey.bands), ImageFont.load_default(16)
    canvas = Image.new("RGBA", (count * side + (count - 1) * gap, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(canvas)
    for i, (band, image) in enumerate(zip(survey.bands, grey, strict=True)):
        picture = Image.fromarray(image[::-1].astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)
        canvas.paste(picture, (i * (side + gap), 0))
        draw.text((i * (side + gap) + 8, 6), band, fill=(232, 196, 106), font=font)
    stream = BytesIO()
    canvas.save(stream, "PNG")
    return stream.getvalue()


def write_npy(flux: np.ndarray) -> bytes:
    """Write the pixels as a float32 npy of shape (B, S, S)."""
    stream = BytesIO()
    np.save(stream, np.ascontiguousarray(flux, np.float32), allow_pickle=False)
    return stream.getvalue()
