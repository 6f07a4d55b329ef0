"""Bands of one seeing: against galsim's Moffat transform, and against the same galaxy rendered through that seeing."""

from itertools import product

import numpy as np
import pytest
import torch

from galexplore.cutouts.grid import resample
from galexplore.images import Observed
from galexplore.mock.radial import LOG_K, get_moffat
from galexplore.mock.render import render_clean
from galexplore.mock.rows import read_rows
from galexplore.network.dihedral import DIHEDRAL, turn
from galexplore.network.homogenise import Homogeniser, transform_moffat
from galexplore.network.recipes import Network
from galexplore.network.vae import CVAE
from galexplore.places import DATA
from galexplore.survey import DECALS
from galexplore.tables import catalogue

HOMOGENISER = Homogeniser(DECALS)


def tell(*seeing: float) -> torch.Tensor:
    return torch.from_numpy(Observed(np.array([seeing]), np.zeros(1, bool)).tell())


def render(row: dict, *seeing: float) -> torch.Tensor:
    """A galaxy by itself without noise, through round seeing without further wings, on the model's grid."""
    sky = {f"psf_{b}": s for b, s in zip(DECALS.bands, seeing, strict=True)}
    picture = render_clean(row | sky | {"psf_wing": 0.0, "psf_e1": 0.0, "psf_e2": 0.0}, DECALS, neighbours=False)
    return torch.from_numpy(resample(picture, DECALS.pixel_scale, DECALS)[None]).float()


@pytest.fixture(scope="module")
def galaxies() -> list[dict]:
    frame = catalogue.read(DATA)
    bright = frame[(frame["population"] == "ordinary") & frame["mag_r"].between(17, 19)]
    return read_rows(bright.iloc[[3, 40, 77]])


def test_the_transform_is_galsim_s_of_a_moffat_of_three():
    k = torch.from_numpy(np.exp(LOG_K))
    theirs, ours = get_moffat(), transform_moffat(k).numpy()
    assert np.abs(ours - theirs).max() < 2e-3


@pytest.mark.parametrize("seeing", [(1.0, 1.4, 1.8), (1.8, 1.0, 1.0), (1.3, 1.5, 1.2)])
def test_a_galaxy_is_as_if_rendered_through_the_widest_seeing(galaxies, seeing):
    wide, middle = max(seeing), slice(30, 39)
    for row in galaxies:
        wanted = render(row, wide, wide, wide)[0, :, middle, middle]
        seen = render(row, *seeing)
        made, told = HOMOGENISER(seen, tell(*seeing))
        peak = wanted.amax(dim=(1, 2))
        off = (made[0, :, middle, middle] - wanted).abs().amax(dim=(1, 2)) / peak
        before = (seen[0, :, middle, middle] - wanted).abs().amax(dim=(1, 2)) / peak
        assert off.max() < 0.02 < before.max()
        assert torch.allclose(told, tell(wide, wide, wide), atol=1e-5)


def test_light_is_kept(galaxies):
    seen = render(galaxies[0], 1.0, 1.4, 1.8)
    made, _ = HOMOGENISER(seen, tell(1.0, 1.4, 1.8))
    assert torch.allclose(made.sum(dim=(2, 3)), seen.sum(dim=(2, 3)), rtol=5e-3)


def test_what_is_not_told_stays_as_it_is():
    flux = torch.randn(1, *DECALS.shape)
    for told in (None, tell(np.nan, np.nan, np.nan), tell(1.4, np.nan, np.nan), tell(1.4, 1.4, 1.4)):
        made, said = HOMOGENISER(flux, told)
        assert made is flux or torch.equal(made, flux)
        assert said is told or torch.equal(said, told)
    made, said = HOMOGENISER(flux, tell(1.0, np.nan, 1.8))
    assert torch.equal(made[0, 1:], flux[0, 1:]) and not torch.equal(made[0, 0], flux[0, 0])
    assert torch.allclose(said, tell(1.8, np.nan, 1.8), atol=1e-6)


def test_word_of_dust_goes_through():
    told = torch.from_numpy(Observed(np.array([[1.0, 1.4, 1.8]]), np.ones(1, bool)).tell())
    assert HOMOGENISER(torch.randn(1, *DECALS.shape), told)[1][0, -1] == 1


def test_where_there_is_no_data_there_is_none_after():
    flux = 1 + torch.rand(1, *DECALS.shape)
    flux[..., :9] = 0
    made, _ = HOMOGENISER(flux, tell(1.0, 1.4, 1.8))
    assert torch.equal(made == 0, flux == 0)


@pytest.mark.parametrize("move", DIHEDRAL)
def test_it_does_not_matter_how_an_image_is_turned(move):
    flux, told = torch.randn(2, *DECALS.shape), tell(1.0, 1.4, 1.8).repeat(2, 1)
    one, other = HOMOGENISER(turn(flux, move), told)[0], turn(HOMOGENISER(flux, told)[0], move)
    assert torch.allclose(one, other, atol=1e-4)


def test_each_image_is_convolved_by_its_own_seeing():
    flux = torch.randn(4, *DECALS.shape)
    seeing = [(1.0, 1.4, 1.8), (1.2, 1.2, 1.2), (0.8, 2.0, 1.0), (1.7, 1.1, 1.3)]
    told = torch.cat([tell(*s) for s in seeing])
    together, _ = HOMOGENISER(flux, told)
    alone = torch.cat([HOMOGENISER(flux[i : i + 1], told[i : i + 1])[0] for i in range(4)])
    assert torch.allclose(together, alone, atol=1e-5)


def test_between_tabulated_widths_the_transform_is_interpolated_well():
    for fwhm in (0.83, 1.37, 2.21):
        scaled = tell(fwhm, fwhm, fwhm)[0, :1]
        k = torch.hypot(
            2 * torch.pi * torch.fft.fftfreq(HOMOGENISER.side, DECALS.model_scale)[:, None],
            2 * torch.pi * torch.fft.rfftfreq(HOMOGENISER.side, DECALS.model_scale),
        )
        assert torch.allclose(HOMOGENISER._look_up(scaled)[0].exp(), transform_moffat(k * fwhm), atol=1e-4)


def test_gradients_reach_the_image():
    flux = torch.randn(1, *DECALS.shape, requires_grad=True)
    HOMOGENISER(flux, tell(1.0, 1.4, 1.8))[0].square().sum().backward()
    assert flux.grad.isfinite().all() and flux.grad.abs().min() >= 0 and flux.grad.abs().sum() > 0


def test_colours_of_the_core_are_the_galaxy_s_through_any_seeing(galaxies):
    half = (DECALS.size - 1) / 2
    y, x = np.mgrid[: DECALS.size, : DECALS.size] - half
    core = torch.from_numpy(np.hypot(x, y) * DECALS.model_scale < 1.5)
    for row in galaxies:
        colours = []
        for seeing in product((1.0, 1.8), repeat=3):
            made, _ = HOMOGENISER(render(row, *seeing), tell(*seeing))
            flux = made[0][:, core].sum(dim=1)
            if max(seeing) == 1.8:
                colours.append(2.5 * torch.log10(flux[1:] / flux[:-1]))
        assert torch.stack(colours).std(dim=0).max() < 0.005


def test_only_a_network_that_is_told_and_whose_card_says_so_has_one():
    assert CVAE(Network.read({"stem": 12, "told": True}), DECALS).homogeniser is None
    assert CVAE(Network(told=False), DECALS).homogeniser is None
    assert CVAE(Network(), DECALS).homogeniser is not None
