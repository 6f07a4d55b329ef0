"""A galaxy that is carried to another redshift keeps its size in kpc, and fades as the luminosity distance says."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad

from galexplore.cosmology import fade, shrink
from galexplore.explore.carrying import add_noise, carry, rescale
from galexplore.latents import LATENTS
from galexplore.survey import DECALS

AT = LATENTS.index("redshift")
PIXEL = DECALS.model_scale
SEEING = {"psf_g": 1.5, "psf_r": 1.35, "psf_z": 1.2}


def comoving(z: float) -> float:
    """Mpc, by the integral itself."""
    return 299792.458 / 70 * quad(lambda x: 1 / math.sqrt(0.3 * (1 + x) ** 3 + 0.7), 0, z)[0]


def draw_gaussian(sigma: float, flux: float) -> np.ndarray:
    """A round galaxy of a width in arcsec, of a flux over all pixels."""
    y, x = (np.indices((69, 69)) - 34) * PIXEL
    profile = np.exp(-(x**2 + y**2) / 2 / sigma**2)
    return (flux * profile / profile.sum()).astype(np.float32)


def measure_width(image: np.ndarray) -> float:
    """Sigma along x, arcsec."""
    x = (np.indices(image.shape)[1] - 34) * PIXEL
    return float(np.sqrt((image * x**2).sum() / image.sum() - ((image * x).sum() / image.sum()) ** 2))


def make_explorer(seeing: dict[str, float] | None = None, glow: float = 0.0) -> SimpleNamespace:
    """A decoder whose galaxies are 2" wide, of fluxes 300, 400 and 500, over an even glow."""

    def decode(latents: np.ndarray) -> np.ndarray:
        return np.array([[draw_gaussian(2.0, f) + glow for f in (300, 400, 500)] for _ in latents])

    table = pd.DataFrame([seeing] * 3) if seeing else pd.DataFrame({"id": ["a"]})
    return SimpleNamespace(decode=decode, table=table, survey=DECALS)


GALAXY = np.array([0.3, 0.1, 10.5, 0.2, 0.0])


@pytest.mark.parametrize("pair", [(0.05, 0.4), (0.4, 0.05), (0.02, 1.0)])
def test_distances_are_the_integrals(pair):
    near, far = map(comoving, pair)
    assert shrink(*pair) == pytest.approx(near / (1 + pair[0]) / (far / (1 + pair[1])), rel=1e-4)
    dimming = 5 * math.log10(far * (1 + pair[1]) / near / (1 + pair[0]))
    assert fade(*pair) == pytest.approx(dimming, abs=1e-3)


@pytest.mark.parametrize("end", [0.06, 0.15, 0.3])
def test_size_in_kpc_is_kept_and_flux_goes_as_the_luminosity_distance(end):
    explorer = make_explorer()
    carried = carry(explorer, GALAXY, end)
    before = explorer.decode(GALAXY[None])[0]
    ratio = (comoving(0.1) * 1.1 / comoving(end) / (1 + end)) ** 2
    assert np.allclose(carried.flux.sum(axis=(1, 2)) / before.sum(axis=(1, 2)), ratio, rtol=0.02)
    smear = PIXEL**2 / 12 * (1 if carried.scale < 1 else 0)  # of averaging over pixels
    width = math.sqrt(measure_width(carried.flux[1]) ** 2 - smear)
    assert width == pytest.approx(2.0 * carried.scale, rel=0.04) and not carried.seeing


def test_the_glow_of_neighbours_stays_where_it_is():
    carried, dark = (carry(make_explorer(glow=g), GALAXY, 0.4).flux for g in (0.05, 0.0))
    assert np.allclose(carried - dark, 0.05, atol=1e-4)


def test_the_seeing_does_not_shrink_with_the_galaxy():
    carried = carry(make_explorer(SEEING), GALAXY, 0.25)
    assert carried.seeing and carried.scale < 0.6
    for image, fwhm in zip(carried.flux, SEEING.values(), strict=True):
        own = 4.0 - (fwhm / 2.3548) ** 2  # of the galaxy before the atmosphere, squared
        expected = math.sqrt(own * carried.scale**2 + (fwhm / 2.3548) ** 2 + PIXEL**2 / 12)
        assert measure_width(image) == pytest.approx(expected, rel=0.02)


def test_a_galaxy_that_stays_is_what_it_was():
    explorer = make_explorer(SEEING)
    carried = carry(explorer, GALAXY, 0.1)
    assert carried.scale == 1 and np.allclose(carried.flux, explorer.decode(GALAXY[None])[0], atol=1e-6)


def test_shrunk_images_lose_no_light_and_stay_centred():
    image = np.stack([draw_gaussian(1.5, 5.0)] * 3)
    image[:, 20:24, 40:44] += 0.02
    for scale in (1.0, 0.73, 0.31, 0.1):
        assert np.allclose(rescale(image, scale, DECALS).sum(axis=(1, 2)), scale**2 * image.sum(axis=(1, 2)), rtol=2e-3)
    shrunk = rescale(np.stack([draw_gaussian(1.5, 5.0)] * 3), 0.5, DECALS)
    assert np.allclose(shrunk, shrunk[:, ::-1, ::-1], atol=1e-5)


def test_the_noise_is_the_surveys_and_does_not_flicker():
    empty = np.zeros(DECALS.shape, np.float32)
    noise = add_noise(empty, DECALS)
    assert np.allclose(noise.std(axis=(1, 2)), DECALS.model_noise, rtol=0.05)
    assert np.array_equal(noise, add_noise(empty, DECALS))
