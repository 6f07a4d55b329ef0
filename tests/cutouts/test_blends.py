"""What lies on the galaxy itself: sources of known place and light put on galaxies of known shape."""

from dataclasses import replace

import numpy as np
import pytest

from galexplore.cutouts import artefacts
from galexplore.cutouts.blends import BLENDED, find_peaks, measure_blend
from galexplore.survey import DECALS
from tests.analytic import draw_ellipse

NOISE = np.asarray(DECALS.model_noise)[:, None, None]
AT = (np.arange(69) - 34) * DECALS.model_scale


def draw_noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 3, 69, 69)) * NOISE


def draw_spot(x: float, y: float, flux: np.ndarray | float, sigma: float = 0.6) -> np.ndarray:
    """A point through the seeing, x and y arcsec from the middle."""
    spot = np.exp(-0.5 * ((AT - x) ** 2 + (AT[:, None] - y) ** 2) / sigma**2)
    return np.broadcast_to(np.asarray(flux, float).reshape(-1, 1, 1), (3, 1, 1)) * spot / spot.sum()


def draw_galaxies() -> np.ndarray:
    """Large and small, round and edge-on, at every angle, some not quite in the middle; their noise upon them."""
    shapes = [(size, ba, phi) for size in (2.5, 4, 7) for ba in (0.2, 0.6, 1) for phi in np.linspace(0, 3, 5)]
    clean = np.stack([draw_ellipse(phi, size, ba, 60 * size) for size, ba, phi in shapes])
    clean[::3] = np.roll(clean[::3], (1, -1), axis=(2, 3))
    return clean + draw_noise(len(clean))


def test_one_galaxy_is_no_blend_wherever_its_middle_lies_and_an_empty_sky_is_none():
    assert (measure_blend(draw_galaxies(), DECALS) < BLENDED).all()
    assert (measure_blend(draw_noise(60, 3), DECALS) > BLENDED).mean() < 0.1
    smooth = measure_blend(draw_ellipse(0.4, 4.0, 0.5, 300)[None], DECALS)
    assert smooth[0] < 0.05, "without noise its centre is its peak"


@pytest.mark.parametrize("arcsec", [1.3, 1.8, 2.4])
def test_a_second_source_is_found_at_any_angle(arcsec):
    galaxies = np.stack([draw_ellipse(0.7, 3.0, 0.7, 200)] * 8)
    own = galaxies[0][:, np.hypot(AT, AT[:, None]) < 2].sum(axis=1)
    turns = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    second = np.stack([draw_spot(arcsec * np.cos(t), arcsec * np.sin(t), 0.7 * own) for t in turns])
    blends = galaxies + second + draw_noise(8, 1)
    assert (measure_blend(blends, DECALS) > BLENDED).all()
    one, two = (artefacts.measure_artefacts(flux, DECALS)["blend"] for flux in (galaxies, blends))
    assert (one < BLENDED).all() and (two > BLENDED).all(), "among the measurements of pixels"


def test_what_the_seeing_does_not_part_is_found_by_its_colour():
    """Two sources of like light within half the seeing, one on either side of the middle: round, but not of one hue."""
    red, blue = (draw_spot(side, 0.0, colours, 0.8) for side, colours in ((-0.35, [4, 9, 16]), (0.35, [12, 9, 6])))
    grey = draw_spot(-0.35, 0.0, [8, 9, 11], 0.8) + draw_spot(0.35, 0.0, [8, 9, 11], 0.8)
    double, alike = measure_blend(np.stack([red + blue, grey]) + draw_noise(2, 2), DECALS)
    assert double > BLENDED > alike, "of one hue they look like one galaxy, and nothing is said"


def test_a_faint_clump_is_no_second_galaxy():
    galaxy = draw_ellipse(0.7, 4.0, 0.7, 300)
    own = galaxy[:, np.hypot(AT, AT[:, None]) < 2].sum(axis=1)
    clumpy = galaxy + draw_spot(1.2, 0.8, 0.04 * own) + draw_noise(1, 4)[0]
    assert measure_blend(clumpy[None], DECALS)[0] < BLENDED


def test_peaks_are_where_the_light_is_highest_and_in_the_middle_where_another_outshines_them():
    at = AT[25:44]
    light = np.stack([draw_spot(0.31, -0.62, 50.0)[1], draw_spot(3.0, 0.0, 50.0, 1.0)[1]])[:, 25:44, 25:44]
    x, y = find_peaks(light, at)
    assert (x[0], y[0]) == pytest.approx((0.31, -0.62), abs=0.05) and (x[1], y[1]) == (0, 0)


def test_of_one_band_the_centre_alone_is_looked_at():
    listed = {k: (getattr(DECALS, k)[1],) for k in ("bands", "noise", "peak", "display", "extinction")}
    survey = replace(DECALS, **listed, rgb=("r", "r", "r"))
    flux = draw_galaxies()[:, 1:2]
    assert (measure_blend(flux, survey) < BLENDED).all()


def test_of_no_image_there_is_nothing():
    assert measure_blend(np.zeros((0, 3, 69, 69)), DECALS).shape == (0,)
    assert np.isfinite(measure_blend(np.zeros((2, 3, 69, 69)), DECALS)).all()
