"""Decoded images to files for talks and papers: an animation and a montage, each saying that it is a model."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from galexplore.cutouts.colour import to_rgb
from galexplore.survey import Survey

INK, PAPER = (201, 209, 220), (11, 14, 19)
SAID = "model reconstruction"
MOST_FRAMES = 400


def _spell(note: str) -> str:
    """Write a note with the signs that every font has."""
    return note.replace("M☉", "Msun").replace("\u00a0", " ")


def _draw(flux: np.ndarray, survey: Survey, side: int) -> Image.Image:
    return Image.fromarray(to_rgb(flux, survey)[::-1]).resize((side, side), Image.Resampling.BICUBIC)


def draw_animation(frames: np.ndarray, notes: Sequence[str], survey: Survey, side: int = 320, step: int = 110) -> bytes:
    """Draw decoded images as a GIF that runs to its end and back, without end.

    Parameters
    ----------
    frames : array (N, B, S, S)
        Nanomaggies per native pixel.
    notes : sequence of str
        A line under each frame.
    survey : Survey
    side : int
        Pixels of the picture.
    step : int
        Milliseconds a frame.

    Returns
    -------
    bytes
        GIF. The words "model reconstruction" are part of every frame.
    """
    if not 0 < len(frames) <= MOST_FRAMES:
        raise ValueError(f"an animation takes 1 to {MOST_FRAMES} frames, not {len(frames)}")
    font, line = ImageFont.load_default(max(12, side // 24)), max(22, side // 13)
    pictures = []
    for flux, note in zip(frames, notes, strict=True):
        picture = Image.new("RGB", (side, side + line), PAPER)
        picture.paste(_draw(flux, survey, side))
        draw = ImageDraw.Draw(picture)
        draw.text((6, side + line / 2), _spell(note), fill=INK, font=font, anchor="lm")
        draw.text((side - 6, side + line / 2), SAID, fill=INK, font=font, anchor="rm")
        pictures.append(picture)
    # One palette for all, else the colours of the sky flicker from frame to frame.
    strip = Image.fromarray(np.concatenate([np.asarray(p) for p in pictures]))
    palette = strip.quantize(256, method=Image.Quantize.MEDIANCUT)
    flat = [p.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG) for p in pictures]
    stream, around = BytesIO(), [*flat, *flat[-2:0:-1]]
    flat[0].save(stream, "GIF", save_all=True, append_images=around[1:], duration=step, loop=0, comment=SAID.encode())
    return stream.getvalue()


def draw_montage(
    frames: np.ndarray, notes: Sequence[str], columns: int, title: str, survey: Survey, side: int = 207
) -> bytes:
    """Draw decoded images as one PNG, row by row, a line under each and what they are at the foot.

    Parameters
    ----------
    frames : array (N, B, S, S)
    notes : sequence of str
    columns : int
    title : str
        Said at the foot, before "model reconstruction".
    survey : Survey
    """
    font, line = ImageFont.load_default(13), 22
    rows = -(-len(frames) // columns)
    canvas = Image.new("RGB", (columns * (side + 4) + 4, rows * (side + line) + line + 6), PAPER)
    draw = ImageDraw.Draw(canvas)
    for i, (flux, note) in enumerate(zip(frames, notes, strict=True)):
        x, y = 4 + (i % columns) * (side + 4), 4 + (i // columns) * (side + line)
        canvas.paste(_draw(flux, survey, side), (x, y))
        draw.text((x + side / 2, y + side + line / 2 - 1), _spell(note), fill=INK, font=font, anchor="mm")
    draw.text((6, canvas.height - line / 2), _spell(f"{title} · {SAID}"), fill=INK, font=font, anchor="lm")
    stream = BytesIO()
    canvas.save(stream, "PNG", compress_level=3)  # a grid of 45 must not keep a person waiting
    return stream.getvalue()
