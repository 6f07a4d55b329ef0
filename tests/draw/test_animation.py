"""Decoded images in files: there and back again, and room for every one."""

import io

import numpy as np
import pytest
from PIL import Image

from galexplore.draw.animation import draw_animation, draw_montage
from galexplore.survey import DECALS


def frames(n: int) -> np.ndarray:
    images = np.zeros((n, 3, 69, 69), np.float32)
    for i in range(n):
        images[i, :, 30:39, 5 * i : 5 * i + 9] = 0.3 * (i + 1)
    return images


def test_an_animation_runs_there_and_back():
    movie = Image.open(io.BytesIO(draw_animation(frames(5), [f"z = 0.{i}" for i in range(5)], DECALS, side=138)))
    assert movie.format == "GIF" and movie.n_frames == 5 + 3 and movie.info["loop"] == 0
    assert movie.info["comment"] == b"model reconstruction"
    seen = []
    for i in range(movie.n_frames):
        movie.seek(i)
        seen.append(np.asarray(movie.convert("RGB")).astype(int)[:138])
    assert all(np.abs(seen[i] - seen[8 - i]).mean() < 2 for i in range(1, 4)), "the way back is the way there"
    assert np.abs(seen[0] - seen[4]).mean() > 2
    with pytest.raises(ValueError, match="1 to"):
        draw_animation(frames(0), [], DECALS)


def test_a_montage_has_room_for_every_frame():
    montage = Image.open(
        io.BytesIO(draw_montage(frames(7), [f"frame {i}" for i in range(7)], 3, "A path", DECALS, side=100))
    )
    assert montage.format == "PNG" and montage.size == (3 * 104 + 4, 3 * 122 + 28)
    pixels = np.asarray(montage.convert("RGB")).astype(int)
    assert pixels[2 * 122 + 4 + 40 : 2 * 122 + 4 + 60, 4:104].max() > 100, "the seventh is there"
    assert pixels[2 * 122 + 30 : 3 * 122, 110:].max() < 60, "and no eighth"
