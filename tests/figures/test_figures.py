"""Figures and pictures: what is selected, what adds up, which way is north."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from galexplore.atlas.kinds import KINDS, NOT_GALAXIES
from galexplore.draw.pictures import draw_galaxy, draw_histogram, draw_residual
from galexplore.figures import SAMPLE, find_inside, plot_atlas, round_to_total
from galexplore.figures.style import STYLES, get_style
from galexplore.survey import DECALS


def test_every_kind_has_a_look_and_no_other_has_one():
    assert set(STYLES) == {"ordinary", *(kind.name for kind in KINDS if kind.galaxy)}
    assert len({get_style(kind) for kind in STYLES}) == len(STYLES)
    assert len({get_style(kind) for kind in NOT_GALAXIES}) == 1, "what is no galaxy has one look"


def test_a_lasso_takes_what_lies_inside():
    x, y = np.array([0.5, 1.5, 0.5, 0.1]), np.array([0.5, 0.5, 1.5, 0.95])
    lasso = {"x": [0, 1, 1, 0.5, 0], "y": [0, 0, 1, 0.6, 1]}
    assert find_inside(x, y, {"lasso": [lasso]}).tolist() == [True, False, False, False]
    assert find_inside(x, y, {"box": [{"x": [2, 1], "y": [0, 1]}]}).tolist() == [False, True, False, False]
    assert not find_inside(x, y, {}).any()


def test_a_crowd_is_drawn_as_density_and_sample():
    generator, n = np.random.default_rng(1), 60_000
    table = pd.DataFrame({"id": np.arange(n).astype(str), "population": "ordinary"})
    table[["lat_redshift", "lat_logmass"]] = generator.normal(size=(n, 2))
    figure = plot_atlas(table, "lat_redshift", "lat_logmass", "A crowd", selected=["59999"])
    assert [t.type for t in figure.data] == ["heatmap", "scattergl", "scattergl"]
    assert len(figure.data[1].x) == SAMPLE and len(figure.data[2].x) == 1
    assert len(figure.to_json()) < 3e6


@pytest.mark.parametrize("terms", [[0.04, 0.04, 0.04, 0.04], [300.46, -32.25, -0.34, 0.05], [1e-9, 0, 0, 0]])
def test_rounded_terms_still_add_up(terms):
    shown, total = round_to_total(terms)
    assert round(sum(shown), 6) == total == pytest.approx(sum(terms), abs=0.051)
    assert np.allclose(shown, terms, atol=0.1)


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
