"""Haloes, saturated cores and gaps, as they must be wherever they fall."""

import numpy as np
import pytest

from galexplore.mock import camera, profile
from galexplore.survey import DECALS

KX, KY, _ = profile.build_plane(192, DECALS)


def draw_star(magnitude):
    flux = np.full(3, 10 ** (0.4 * (22.5 - magnitude)), np.float32)
    where = camera.add_halo(np.float32(1), flux, KX, KY)
    star = flux[0] * where * profile.transform_psf(KX, KY, 1.3) * profile.shift(KX, KY, *(96 * DECALS.pixel_scale,) * 2)
    return flux[0], np.fft.irfft2(star, s=(192, 192))


def test_bright_stars_alone_have_a_halo():
    y, x = np.mgrid[:192, :192] - 96
    far = (np.hypot(x, y) * DECALS.pixel_scale > 8) & (np.hypot(x, y) * DECALS.pixel_scale < 20)
    for magnitude, has in ((14.0, True), (18.0, False)):
        flux, star = draw_star(magnitude)
        assert (star[far].sum() / flux > 0.007) == has
        assert star.sum() == pytest.approx(flux * (1 + has * camera.HALO_SHARE), rel=1e-3)


def test_no_pixel_holds_more_than_a_chip_does():
    picture = np.array([[[1.0, 1e4, -0.1]]], np.float32)
    assert camera.saturate(picture).tolist() == [[[1.0, camera.FULL_WELL, np.float32(-0.1)]]]


def test_beyond_a_gap_s_edge_the_noise_is_that_of_one_exposure_less():
    crossed = 0
    for seed in range(300):
        more = camera.draw_gaps(3, 40, np.random.default_rng(seed))
        for plane in more:
            levels = np.unique(plane)
            assert levels[0] >= 1 and len(levels) <= 2
            n = levels[-1] ** 2 / max(levels[-1] ** 2 - 1, 1e-9)
            crossed += levels[-1] > 1
            assert levels[-1] == 1 or n == pytest.approx(round(n), abs=1e-3)
            assert (plane == plane[0]).all() or (plane == plane[:, :1]).all()
    assert crossed == pytest.approx(900 * camera.GAPS, rel=0.35)
