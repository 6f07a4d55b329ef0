"""What is said of a simulated image's sky and PSF is what its pixels show."""

import numpy as np

from galexplore.cutouts.grid import resample
from galexplore.mock import observed
from galexplore.mock.grain import draw_noise
from galexplore.survey import DECALS


def test_the_skys_variance_is_that_of_many_skies():
    noise = np.array([0.002, 0.004, 0.01])
    row = {f"noise_{b}": n for b, n in zip("grz", noise, strict=True)}
    said = observed.find_variance(row, DECALS)
    rng, blank = np.random.default_rng(1), np.zeros((3, DECALS.native_size, DECALS.native_size), np.float32)
    skies = [resample(draw_noise(noise, blank, rng, DECALS), DECALS.pixel_scale, DECALS) for _ in range(150)]
    measured = np.var(skies, axis=0, ddof=1)
    assert np.allclose((measured / said).mean(axis=(1, 2)), 1, rtol=0.01)
    assert np.abs(np.log(said / said.mean(axis=(1, 2), keepdims=True))).max() > 0.02, "pixels cover native ones unlike"
    assert np.corrcoef(measured[0].mean(axis=0), said[0].mean(axis=0))[0, 1] > 0.8


def test_a_psf_holds_the_light_of_a_star_about_its_middle():
    row = {f"psf_{b}": w for b, w in zip("grz", (1.5, 1.2, 1.0), strict=True)}
    psf = observed.draw_psf(row | {"psf_e1": 0.05, "psf_e2": 0.0, "psf_wing": 0.03}, DECALS)
    assert psf.shape == (3, 63, 63) and np.allclose(psf.sum(axis=(1, 2)), 1, atol=0.03)
    assert np.allclose(psf, psf[:, ::-1, ::-1], atol=1e-5), "about the middle pixel"
    assert psf[:, 31, 31].argsort().tolist() == [0, 1, 2], "the sharper, the higher"
