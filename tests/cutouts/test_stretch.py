"""The stretches: both ends kept, both ways exact where they can be, rough where they say so."""

import numpy as np
import pytest

from galexplore.cutouts.colour import from_rgb, to_rgb
from galexplore.cutouts.stretch import knee, stretch, unstretch
from galexplore.survey import DECALS

NOISE = np.array(DECALS.model_noise, "f4")[:, None, None]


def test_stretch_and_back_over_eight_decades():
    flux = np.concatenate([-np.geomspace(1e-1, 1e-6, 500), np.geomspace(1e-6, 1e2, 500)]).astype("f4")
    flux = np.broadcast_to(flux.reshape(1, 25, 40), (3, 25, 40))
    assert np.allclose(unstretch(stretch(flux, DECALS), DECALS), flux, rtol=1e-4, atol=1e-7)
    assert (np.diff(stretch(flux, DECALS).reshape(3, -1)[:, 500:]) > 0).all()
    assert stretch(flux, DECALS).dtype == unstretch(stretch(flux, DECALS), DECALS).dtype == np.float32


def test_stretch_is_linear_in_the_noise_and_logarithmic_above():
    faint, bright = 0.1 * NOISE * np.ones((3, 2, 2)), 1e4 * NOISE * np.ones((3, 2, 2))
    assert np.allclose(stretch(faint, DECALS), faint / knee(DECALS), rtol=1e-2)
    assert np.allclose(knee(DECALS) / NOISE, (knee(DECALS) / NOISE)[0])  # the same number of sigma in every band
    assert np.allclose(stretch(10 * bright, DECALS) - stretch(bright, DECALS), np.log(10), rtol=1e-4)
    batch = np.stack([faint, bright])
    assert np.array_equal(stretch(batch, DECALS), np.stack([stretch(faint, DECALS), stretch(bright, DECALS)]))


def viewer(flux):
    """The Legacy viewer's own recipe, pixel by pixel (sdss_rgb with Q = 20, m = 0.03)."""
    _, height, width = flux.shape
    out = np.zeros((height, width, 3), "u1")
    for y in range(height):
        for x in range(width):
            r, g, b = (max(0.0, s * flux[i, y, x] + 0.03) for i, s in ((2, 2.2), (1, 3.4), (0, 6.0)))
            intensity = (r + g + b) / 3 + 1e-12
            f = np.arcsinh(20 * intensity) / np.sqrt(20)
            out[y, x] = [int(255 * min(max(c * f / intensity, 0), 1)) for c in (r, g, b)]
    return out


def test_colours_are_the_viewers():
    flux = np.random.default_rng(0).lognormal(-4, 1.5, (3, 12, 15)) - 0.01
    assert abs(to_rgb(flux, DECALS).astype(int) - viewer(flux)).max() <= 1
    assert to_rgb(np.stack([flux] * 2), DECALS).shape == (2, 12, 15, 3)
    assert np.array_equal(to_rgb(np.stack([flux] * 2), DECALS)[1], to_rgb(flux, DECALS))


def test_red_is_red_and_nothing_is_grey():
    for band, channel in ((0, 2), (1, 1), (2, 0)):
        flux = np.zeros((3, 1, 1))
        flux[band] = 0.2
        assert to_rgb(flux, DECALS)[0, 0].argmax() == channel
    assert np.ptp(to_rgb(np.zeros((3, 1, 1)), DECALS)) == 0 and to_rgb(np.zeros((3, 1, 1)), DECALS)[0, 0, 0] == 32
    assert to_rgb(np.full((3, 1, 1), np.nan), DECALS).max() <= 32


def test_pictures_invert_where_they_are_not_clipped():
    colour = np.array([0.3, 0.7, 1.0])[:, None, None]
    flux = (colour * np.geomspace(0.01, 0.6, 400)).reshape(3, 20, 20)
    rgb = to_rgb(flux, DECALS)
    unclipped = (rgb < 254).all(axis=-1)
    assert unclipped.mean() > 0.5
    back = from_rgb(rgb, DECALS)
    assert back.shape == flux.shape and back.dtype == np.float32
    assert np.allclose(back[:, unclipped], flux[:, unclipped], rtol=0.08, atol=0.003)
    assert abs(to_rgb(back, DECALS).astype(int) - rgb)[unclipped].max() <= 2


def test_saturated_cores_lose_flux():
    flux = np.full((3, 2, 2), 50.0)
    assert (from_rgb(to_rgb(flux, DECALS), DECALS) < 0.5 * flux).all()


@pytest.mark.parametrize("function", [stretch, unstretch, to_rgb])
def test_inputs_are_left_alone(function):
    flux = np.random.default_rng(0).normal(size=(3, 5, 5)).astype("f4")
    before = flux.copy()
    function(flux, DECALS)
    assert np.array_equal(flux, before)
