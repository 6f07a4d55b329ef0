"""Photometry that the seeing does not change: against Gaussians, whose blurring and apertures are closed form."""

import numpy as np
import pytest
import torch

from galexplore.images import Observed
from galexplore.network.photometry import MATCHED, Photometer
from galexplore.network.recipes import Network
from galexplore.network.vae import CVAE
from galexplore.survey import DECALS

WIDTHS, SIGMAS = (1.2, 0.9, 0.7), torch.tensor(DECALS.model_noise).view(3, 1, 1)  # arcsec a band; nanomaggies


def draw_blurred(seeing: tuple[float, float, float], flux: float = 20.0) -> torch.Tensor:
    """A round Gaussian galaxy (1, 3, S, S) of other widths a band, seen through other Gaussian seeing in each."""
    half = (DECALS.size - 1) / 2
    y, x = np.mgrid[: DECALS.size, : DECALS.size] - half
    radius2 = (x**2 + y**2) * DECALS.model_scale**2
    drawn = []
    for width, fwhm in zip(WIDTHS, seeing, strict=True):
        variance = width**2 + (fwhm / 2.3548) ** 2
        drawn.append(flux * DECALS.model_scale**2 * np.exp(-radius2 / 2 / variance) / (2 * np.pi * variance))
    return torch.from_numpy(np.array(drawn)[None]).float()


def measure(seeing: tuple[float, float, float], told: bool = True) -> np.ndarray:
    matched = Photometer(8, DECALS, told=7, matched=True).matched
    observed = Observed(np.array([seeing]), np.zeros(1, bool)) if told else Observed.nothing(1, 3)
    return matched.measure(draw_blurred(seeing) / SIGMAS, torch.from_numpy(observed.tell()))[0].numpy()


@pytest.mark.parametrize("seeing", [(1.0, 1.4, 1.8), (1.8, 1.4, 1.0), (2.4, 0.8, 1.2)])
def test_what_is_told_of_the_seeing_is_taken_out_of_fluxes_and_colours(seeing):
    typical, other = measure((1.35, 1.35, 1.35)), measure(seeing)
    assert other == pytest.approx(typical, abs=0.01)
    assert np.abs(measure(seeing, told=False) - typical).max() > 0.05, "not told, it stays in"


def test_fluxes_are_those_within_the_aperture_before_the_seeing():
    bright = measure((1.2, 1.6, 1.4))[: 3 * len(MATCHED)].reshape(3, -1)
    for band, width in enumerate(WIDTHS):
        for at, aperture in enumerate(MATCHED):
            held = 20.0 * aperture**2 / (aperture**2 + width**2)
            typical = np.sqrt(aperture**2 - (1.35 / 2.3548) ** 2) / DECALS.model_scale
            noise = (
                DECALS.model_noise[band] * np.sqrt(np.pi) * aperture**2 / (typical * DECALS.model_scale) ** 2 * typical
            )
            assert 3 * np.sinh(bright[band, at]) * noise == pytest.approx(held, rel=0.01)


def test_only_an_encoder_that_is_told_of_the_seeing_reads_them():
    assert Photometer(8, DECALS, told=0, matched=True).matched is None
    assert Photometer(8, DECALS, told=7, matched=False).matched is None


def test_a_network_of_a_card_that_says_nothing_of_them_has_none():
    network = Network.read({"stem": 12})
    model = CVAE(network, DECALS)
    assert not network.matched and model.photometer.matched is None and model.trend is None
