"""Images for the eye: flux to JPEG bytes, north up and east left, with a scale bar."""

import math
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from galexplore.cutouts.colour import to_rgb
from galexplore.survey import Survey

#: A diverging scale with dark grey at zero, so that an empty residual looks like an empty sky: what the model lacks
#: glows orange, what it has too much of glows blue.
_TOO_FAINT, _TOO_BRIGHT = np.array([255, 176, 92]), np.array([96, 170, 255])
_ZERO = np.array([26, 26, 26])  # the grey of an empty sky in `to_rgb`

#: Residual at which the scale saturates, in sigma of the sky noise.
RESIDUAL_RANGE = 15.0

#: Lengths of a picture's bar [arcsec].
BARS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def draw_galaxy(flux: np.ndarray, survey: Survey, side: int = 138, bar: bool = False) -> bytes:
    """Draw an image as the Legacy Survey viewer would.

    Parameters
    ----------
    flux : array (B, N, N)
        Nanomaggies per native pixel over the survey's field; row 0 in the south, column 0 in the east.
    survey : Survey
    side : int
        Pixels of the picture.
    bar : bool
        Whether to draw a bar of some arcsec and the directions of north and east.

    Returns
    -------
    bytes
        JPEG; the top row is north.
    """
    return _encode(to_rgb(flux, survey)[::-1], survey, side, bar)


def draw_residual(residual: np.ndarray, survey: Survey, side: int = 138) -> bytes:
    """Draw observed minus modelled flux (B, N, N), averaged over the bands in units of their sky noise, as JPEG.

    Orange where the galaxy is brighter than the model, blue where it is fainter, dark grey where they agree; an arcsinh
    in between, saturated at 15 sigma.
    """
    return _encode(_colour_residual(residual, survey)[::-1], survey, side, False)


def _colour_residual(residual: np.ndarray, survey: Survey) -> np.ndarray:
    """Colours (..., H, W, 3) of residual flux (..., B, H, W)."""
    noise = np.asarray(survey.model_noise)[:, None, None]
    sigma = np.nan_to_num(residual / noise).mean(axis=-3)
    level = np.clip(np.arcsinh(sigma / 2) / math.asinh(RESIDUAL_RANGE / 2), -1, 1)[..., None]
    return (_ZERO + (np.where(level > 0, _TOO_FAINT, _TOO_BRIGHT) - _ZERO) * np.abs(level)).astype(np.uint8)


def draw_placeholder(side: int = 138, words: str = "no image") -> bytes:
    """Draw what stands where a galaxy has no image: words on a quiet ground, as JPEG."""
    picture = Image.new("RGB", (side, side), (34, 38, 45))
    font = ImageFont.load_default(max(11, side // 9))
    ImageDraw.Draw(picture).text((side / 2, side / 2), words, fill=(143, 163, 191), font=font, anchor="mm")
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def draw_comparison(seen: np.ndarray, drawn: np.ndarray, survey: Survey) -> Image.Image:
    """Draw galaxies (N, B, S, S) above what a model makes of them, and below both the difference."""
    rows = [to_rgb(seen, survey), to_rgb(drawn, survey), _colour_residual(seen - drawn, survey)]
    return Image.fromarray(np.concatenate([np.concatenate(row[:, ::-1], axis=1) for row in rows]))


def _encode(rgb: np.ndarray, survey: Survey, side: int, bar: bool) -> bytes:
    picture = Image.fromarray(rgb).resize((side, side), Image.Resampling.BICUBIC)
    if bar:
        add_bar(picture, survey)
    stream = BytesIO()
    fine = side < 2 * survey.size  # else half as many pixels still hold every colour of the model's grid
    picture.save(stream, "JPEG", quality=90, subsampling="4:4:4" if fine else "4:2:0")
    return stream.getvalue()


def zoom_in(flux: np.ndarray, survey: Survey, zoom: float) -> tuple[np.ndarray, float]:
    """Cut the middle of images (..., N, N) of the survey's field; return it with the arcsec a side that it spans.

    As many pixels as the field over `zoom` holds, one more where the middle would move by half of one.
    """
    side = flux.shape[-1]
    kept = min(side, max(1, round(side / zoom)))
    kept += (side - kept) % 2
    edge = (side - kept) // 2
    return flux[..., edge : edge + kept, edge : edge + kept], kept / side * survey.field


def measure_bar(survey: Survey, field: float | None = None) -> float:
    """Arcsec of the bar on a picture of `field` arcsec, the survey's by default: round, a third of the side at most."""
    return max((b for b in BARS if b <= 0.35 * (field or survey.field)), default=BARS[0])


def add_bar(
    picture: Image.Image,
    survey: Survey,
    label: str | None = None,
    ink: tuple[int, int, int] = (225, 230, 238),
    lettering: int = 32,
    field: float | None = None,
) -> None:
    """Draw a bar of `measure_bar` arcsec with its label at the lower left, and N and E at the lower right.

    `lettering` is the picture's side over the letters' height, `field` the arcsec that it spans.
    """
    arcsec, field = measure_bar(survey, field), field or survey.field
    label = f'{arcsec:g}"' if label is None else label
    side = picture.width
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(max(15, side // lettering))
    margin, length, arm = side // 24, round(arcsec / field * side), side // 16
    y = side - margin
    draw.line([(margin, y), (margin + length, y)], fill=ink, width=max(1, side // 200))
    centred = draw.textlength(label, font) <= length
    where = ((margin + length / 2, y - 3), "mb") if centred else ((margin, y - 3), "lb")
    draw.text(where[0], label, fill=ink, font=font, anchor=where[1])
    x = side - margin
    draw.line([(x - arm, y), (x, y), (x, y - arm)], fill=ink, width=max(1, side // 300))
    draw.text((x, y - arm - 2), "N", fill=ink, font=font, anchor="mb")
    draw.text((x - arm - 3, y), "E", fill=ink, font=font, anchor="rm")


def draw_histogram(values: np.ndarray, low: float, high: float, bins: int = 60) -> str:
    """Draw the histogram of values (N,) between a slider's ends as an SVG strip that stretches to any width."""
    count, _ = np.histogram(values, bins=bins, range=(low, high))
    top = 30 * np.sqrt(count / max(1, count.max()))  # square root: the rare ends stay visible
    step = 600 / bins
    path = "".join(f"L{i * step:.0f},{32 - h:.1f}L{(i + 1) * step:.0f},{32 - h:.1f}" for i, h in enumerate(top))
    size = 'viewBox="0 0 600 32" preserveAspectRatio="none" width="600" height="32"'
    path = f'<path d="M0,32{path}L600,32Z" fill="#8FA3BF" fill-opacity="0.45"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{path}</svg>'
