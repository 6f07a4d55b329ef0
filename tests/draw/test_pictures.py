"""Pictures: which way is north, and what the colours say."""

import io

import numpy as np
from PIL import Image

from galexplore.draw.pictures import draw_galaxy, draw_histogram, draw_residual
from galexplore.survey import DECALS


def open_picture(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_north_is_up_and_east_is_left():
    flux = np.zeros((3, 69, 69), np.float32)
    flux[:, 60, 8] = 5  # high row: north; low column: east
    brightness = open_picture(draw_galaxy(flux, DECALS, 138)).sum(axis=2)
    row, column = np.unravel_index(brightness.argmax(), brightness.shape)
    assert row < 30 and column < 30
    assert open_picture(draw_galaxy(flux, DECALS, 138, bar=True))[-30:].max() > 150, "the bar of 10 arcsec"


def test_a_residual_says_by_colour_which_way_it_goes():
    residual = np.zeros((3, 69, 69), np.float32)
    residual[:, 10, 34], residual[:, 60, 34] = 1, -1
    picture = open_picture(draw_residual(residual, DECALS, 69))
    sky = picture[34, 10]
    assert np.ptp(sky) < 6 and sky.max() < 40
    bright, faint = picture[68 - 10, 34], picture[68 - 60, 34]
    assert bright[0] > bright[2] + 50 and faint[2] > faint[0] + 50


def test_a_histogram_is_as_high_as_its_values_are_many():
    svg = draw_histogram(np.repeat([-2.0, 2.0], [400, 100]), -3, 3, bins=6)
    assert svg.startswith("<svg") and "L100,2.0L200,2.0" in svg, "the fuller bin reaches the top"
    assert "L500,17.0L600,17.0" in svg, "a quarter of the values stand half as high: the square root"
