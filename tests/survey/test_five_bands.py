"""A survey of five bands, another pixel scale and another grid, from the file to the network and back to a file."""

import io
import json
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from galexplore.cutouts import artefacts, audit
from galexplore.cutouts.colour import from_rgb, to_rgb
from galexplore.cutouts.cutout import Cutout
from galexplore.cutouts.photometry import measure_magnitude
from galexplore.cutouts.readers import read
from galexplore.cutouts.stretch import knee, stretch, unstretch
from galexplore.draw.animation import draw_animation, draw_montage
from galexplore.draw.annotated import draw_annotated
from galexplore.draw.bands import draw_bands
from galexplore.draw.pictures import draw_comparison, draw_galaxy, draw_residual, measure_bar
from galexplore.errors import InputError
from galexplore.explore import services
from galexplore.explore.bands import find_sets, group_bands
from galexplore.explore.bundle import to_fits
from galexplore.files import hash_file
from galexplore.network.augment import augment
from galexplore.network.embed import Embedder
from galexplore.network.layers import list_sides
from galexplore.network.photometry import list_apertures
from galexplore.network.recipes import Training
from galexplore.network.sample import Sample
from galexplore.network.train import fit
from galexplore.network.vae import CVAE
from galexplore.posterior.meaning import relate_free
from galexplore.survey import DECALS
from galexplore.tables.columns import find_column
from tests.network.test_train import TINY
from tests.survey.five import FIVE, LIGHT, as_fits, as_npy, draw_disc

prepare = partial(audit.prepare, ebv=0)  # before this sky there is no dust


@pytest.fixture(scope="module")
def prepared():
    return prepare(read(as_fits(draw_disc(), "ugriz"), survey=FIVE), FIVE)


def test_the_bands_are_put_in_the_surveys_order_by_their_names(prepared):
    """zgriu on disk, with a y that is dropped: the planes come out u, g, r, i, z."""
    order, flux = [4, 1, 2, 3, 0], draw_disc()
    shuffled = np.concatenate([flux[order], flux[:1] * 7])
    cutout = read(as_fits(shuffled, "zgriuy"), survey=FIVE)
    assert cutout.bands == "zgriuy" and np.array_equal(cutout.flux, flux)
    assert "put in the order u, g, r, i, z" in cutout.notes[0].detail
    assert np.array_equal(prepare(cutout, FIVE).flux, prepared.flux)


def test_single_bands_come_together_whatever_their_order():
    flux = draw_disc()
    files = [(as_npy(flux[i]), f"field-{b}.npy") for i, b in enumerate(FIVE.bands)][::-1]
    cutout = read([data for data, _ in files], name=[name for _, name in files], survey=FIVE, pixel_scale=0.2)
    assert np.array_equal(cutout.flux, flux) and cutout.kind == "five files"
    with pytest.raises(InputError, match="3 files were given; give one file, or five of one band each"):
        read([data for data, _ in files[:3]], survey=FIVE)
    assert group_bands(files, range(5), FIVE) == [[0, 1, 2, 3, 4]] and not group_bands(files, range(4), FIVE)
    bare = [(data, f"{i}.npy") for i, (data, _) in enumerate(files)]
    assert find_sets(bare, [True] * 5, FIVE, whole=True) == [[0, 1, 2, 3, 4]]
    assert not find_sets(bare, [True] * 5, FIVE, whole=False)


@pytest.mark.parametrize("axis", [0, 2])
def test_a_bare_array_has_the_bands_first_or_last(axis):
    flux = draw_disc()
    cutout = read(as_npy(np.moveaxis(flux, 0, axis)), survey=FIVE)
    assert np.array_equal(cutout.flux, flux) and "assumed u, g, r, i, z" in cutout.notes[0].detail
    with pytest.raises(InputError, match=r"five bands are needed: \(5, H, W\) or \(H, W, 5\)"):
        read(as_npy(flux[:3]), survey=FIVE)


def test_what_was_read_for_another_survey_is_refused():
    three, five = draw_disc()[1:4], draw_disc()
    for cutout, survey in (
        (Cutout(three, 0.2, "gri"), FIVE),
        (Cutout(five, 0.2, "ugriz"), DECALS),
        (Cutout(three, 0.2, "gri"), DECALS),  # as many bands, but others
    ):
        with pytest.raises(InputError, match=f"the bands {survey.band_words} are needed") as caught:
            prepare(cutout, survey)
        assert caught.value.checks[-1].check == "bands"
    with pytest.raises(InputError, match="u and i not found"):
        read(as_fits(three, "grz"), survey=FIVE)


def test_surface_brightness_is_kept_at_any_sampling(prepared):
    assert prepared.flux.shape == (5, 48, 48) and prepared.valid.all()
    assert {c.status for c in prepared.checks} == {"passed"}
    coarse = prepare(read(as_fits(draw_disc(80, 0.35), "ugriz", 0.35), survey=FIVE), FIVE)
    expected = LIGHT / FIVE.native_size**2  # mean flux a native pixel of a field that holds all of the light
    for flux in (prepared.flux, coarse.flux):
        assert flux.mean(axis=(1, 2)) == pytest.approx(expected, rel=0.05, abs=2e-4)


def test_units_are_of_its_own_native_pixel(prepared):
    janskys = replace(read(as_fits(draw_disc(), "ugriz"), survey=FIVE), unit="uJy")
    janskys = replace(janskys, flux=janskys.flux * 3.631)
    assert np.allclose(prepare(janskys, FIVE).flux, prepared.flux, rtol=1e-3, atol=1e-5)
    other = replace(FIVE, zero_point=22.5 + 2.5 * np.log10(50))  # fifty times fainter units, and as much more noise
    other = replace(other, noise=tuple(50 * s for s in FIVE.noise))
    told = replace(read(as_fits(draw_disc(), "ugriz"), survey=other), unit="nanomaggy")
    assert np.allclose(prepare(told, other).flux, 50 * prepared.flux, rtol=1e-3, atol=1e-3)
    assert measure_magnitude(50 * prepared.flux, other) == pytest.approx(measure_magnitude(prepared.flux, FIVE))


def test_the_limits_follow_the_field():
    with pytest.raises(InputError, match=r"give it \(0.2 for a Five cutout\)"):
        prepare(read(as_npy(draw_disc()), survey=FIVE), FIVE)
    with pytest.raises(InputError, match=r'model uses 20\.0" and needs at least 12"'):
        prepare(read(as_fits(draw_disc(50), "ugriz"), survey=FIVE), FIVE)
    with pytest.raises(InputError, match=r'the model needs 0\.5" or finer'):
        prepare(read(as_fits(draw_disc(60, 0.55), "ugriz", 0.55), survey=FIVE), FIVE)


def test_an_off_centre_galaxy_is_brought_to_the_middle_of_an_even_grid():
    flux = np.roll(draw_disc(180), (12, -20), (1, 2))  # 2.4" north, 4" east
    moved = prepare(read(as_fits(flux, "ugriz"), survey=FIVE), FIVE)
    light = np.where(moved.flux[3] > 0.05, moved.flux[3], 0)
    y, x = np.mgrid[:48, :48] - 23.5
    assert abs((x * light).sum() / light.sum()) < 0.3 and abs((y * light).sum() / light.sum()) < 0.3


def test_brightness_is_told_in_the_reference_band(prepared):
    for band in ("i", "g"):
        survey = replace(FIVE, reference=band)
        total = LIGHT[FIVE.index(band)] * (1 - np.exp(-0.5 * (5 / 1.5) ** 2))
        assert measure_magnitude(prepared.flux, survey) == pytest.approx(22.5 - 2.5 * np.log10(total), abs=0.03)


def test_the_stretch_has_a_knee_a_band(prepared):
    assert knee(FIVE).shape == (5, 1, 1)
    assert knee(FIVE)[:, 0, 0] == pytest.approx(3 * np.array(FIVE.model_noise))
    for kind in ("noise", "published"):
        u = stretch(prepared.flux * 0.1, FIVE, kind)
        assert np.allclose(unstretch(u, FIVE, kind), prepared.flux * 0.1, rtol=1e-2, atol=1e-4)


def test_three_of_the_five_bands_are_drawn():
    for band, channel in (("i", 0), ("r", 1), ("g", 2)):
        flux = np.zeros((5, 1, 1))
        flux[FIVE.index(band)] = 0.1
        assert to_rgb(flux, FIVE)[0, 0].argmax() == channel
    unseen = np.zeros((5, 1, 1))
    unseen[[0, 4]] = 50.0
    assert np.array_equal(to_rgb(unseen, FIVE), to_rgb(0 * unseen, FIVE))


def test_pictures_are_inverted_only_where_they_show_every_band():
    picture, stream = Image.new("RGB", (60, 60), (90, 40, 10)), io.BytesIO()
    picture.save(stream, "PNG")
    with pytest.raises(InputError, match="a picture shows i, r and g alone, but Five has the bands u, g, r, i and z"):
        read(stream.getvalue(), survey=FIVE)
    gri = replace(DECALS, bands=("g", "r", "i"), rgb=("i", "r", "g"), reference="i")
    flux = np.array([0.02, 0.05, 0.08])[:, None, None] * np.ones((3, 4, 4))
    assert np.allclose(from_rgb(to_rgb(flux, gri), gri), flux, rtol=0.08)


def test_stars_are_told_by_g_r_z_alone(prepared):
    measured = artefacts.measure_artefacts(prepared.flux[None], FIVE)
    assert np.isfinite(measured["off_locus"]).all() and artefacts.suspect(measured).tolist() == [""]
    without = replace(FIVE, bands=("u", "g", "r", "i", "y"))
    dot = np.zeros((1, 5, 48, 48))
    dot[..., 23:25, 23:25] = 5.0
    assert artefacts.measure_artefacts(dot, without)["off_locus"].isna().all()
    assert artefacts.suspect(artefacts.measure_artefacts(dot, without)).tolist() == [""]
    trail = prepared.flux.copy()
    trail[2, 10] += 20 * FIVE.model_noise[2]
    assert artefacts.suspect(artefacts.measure_artefacts(trail[None], FIVE)).tolist() == ["line"]


@pytest.mark.parametrize("size", [48, 61, 69, 138])
def test_the_network_is_built_for_the_surveys_bands_and_grid(size):
    survey = replace(FIVE, size=size)
    model, flux = CVAE(TINY, survey), 0.05 * torch.randn(8, *survey.shape)
    assert model.decode(model.reparameterize(model.encode(flux))).shape == flux.shape
    terms = model.loss(flux, torch.zeros(8, 3), torch.ones(8, 3), torch.zeros(8, 2), torch.ones(8, 1, size, size))
    sum(terms.values()).backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)
    assert torch.equal(model.photometer.sky.flatten(), torch.tensor(survey.model_noise))
    moved, _, valid = augment(flux, torch.zeros(8, 2), Training(noisy=1.0), survey, torch.Generator())
    assert moved.shape == flux.shape and valid.shape == (8, 1, size, size)


def test_for_the_embedded_survey_the_grid_is_what_its_weights_were_fitted_on():
    assert list_sides(69, 4) == (6, 11, 21, 41)
    assert list_apertures(69) == (0.8, 1.2, 1.7, 2.4, 3.4, 4.8, 7.0, 11.0, 17.0)
    assert max(list_apertures(48)) <= 12 < max(list_apertures(138)) <= 34.5


def test_a_grid_that_the_network_cannot_halve_is_refused():
    with pytest.raises(InputError, match="a grid of 12 pixels a side is too small"):
        CVAE(TINY, replace(FIVE, size=12))


def test_a_galaxy_turns_with_an_even_grid(prepared):
    """Eight flips about the middle of 48 pixels are the same galaxy: the answer turns and nothing else."""
    torch.manual_seed(0)
    embedder = Embedder(CVAE(TINY, FIVE))
    stretched = prepared.flux[None] * (1 + 0.5 * (np.arange(48) > 30))
    one, other = embedder.embed(stretched), embedder.embed(np.rot90(stretched, axes=(2, 3)))
    assert np.allclose(one.drop(columns="lat_phi"), other.drop(columns="lat_phi"), rtol=1e-3, atol=1e-4)


@pytest.fixture(scope="module")
def embedder(tmp_path_factory):
    """A model trained for an epoch, written with its card and opened again."""
    folder, generator = tmp_path_factory.mktemp("five"), np.random.default_rng(0)
    size = generator.uniform(0.5, 2, 96)
    flux = np.stack([prepare(Cutout(f * draw_disc(seed=i), 0.2, "ugriz"), FIVE).flux for i, f in enumerate(size)])
    columns = {"z": 0.2 / size, "logmass": 10 + np.log10(size), "logsfr": np.log10(size), "phi": 0 * size}
    frame = pd.DataFrame(columns | {f"{c}_err": 0.05 for c in columns})
    sample = Sample.gather(frame, flux, FIVE)
    _, card = fit(sample, sample, folder, survey=FIVE, network=TINY, training=Training(epochs=1, batch=32))
    card |= {"calibration": Embedder(CVAE(TINY, FIVE)).calibration, "sha256": hash_file(folder / "weights.safetensors")}
    (folder / "card.json").write_text(json.dumps(card))
    return Embedder.load(folder)


def test_a_trained_model_opens_with_its_survey_and_answers(embedder, prepared):
    assert embedder.survey == FIVE
    row = embedder.embed(prepared.flux[None], prepared.valid[None])
    assert np.isfinite(row.to_numpy()).all()
    assert row["mag_aperture"].iloc[0] == pytest.approx(measure_magnitude(prepared.flux, FIVE))
    drawn = embedder.decode(row[[f"lat_{n}" for n in ("phi", "redshift", "logmass", "logsfr", "free")]].to_numpy())
    assert drawn.shape == (1, 5, 48, 48) and np.isfinite(drawn).all()


def test_images_of_another_survey_are_not_trained_on(tmp_path):
    zeros = torch.zeros
    sample = Sample(zeros(8, 3, 69, 69), zeros(8, 3), torch.ones(8, 3), zeros(8, 2), zeros(8, 11), zeros(8), zeros(8))
    with pytest.raises(InputError, match="images are of shape \\(3, 69, 69\\), those of Five are \\(5, 48, 48\\)"):
        fit(sample, sample, tmp_path, survey=FIVE, network=TINY, training=Training(epochs=1))


def test_pictures_of_it_are_drawn(prepared):
    flux = prepared.flux

    def open_picture(data):
        return Image.open(io.BytesIO(data))

    assert open_picture(draw_galaxy(flux, FIVE, 96, bar=True)).size == (96, 96)
    assert open_picture(draw_residual(flux - flux, FIVE, 96)).size == (96, 96)
    assert open_picture(draw_annotated(flux, FIVE, 96, band="u")).size == (96, 96)
    with pytest.raises(InputError, match="no band 'y'"):
        draw_annotated(flux, FIVE, 96, band="y")
    assert open_picture(draw_bands(flux, prepared.valid, FIVE, side=50)).size == (5 * 50 + 4 * 6, 50)
    assert draw_comparison(flux[None], flux[None], FIVE).size == (48, 3 * 48)
    assert open_picture(draw_animation(flux[None], ["z = 0.1"], FIVE, side=96)).format == "GIF"
    assert open_picture(draw_montage(flux[None], ["z = 0.1"], 1, "One", FIVE, side=96)).format == "PNG"
    assert measure_bar(DECALS) == 10 and measure_bar(FIVE) == 5


def test_its_image_is_taken_home_and_read_back(prepared):
    data = to_fits(prepared.flux, FIVE, 150.0, 2.0, {})
    back = read(data, survey=FIVE)
    assert back.bands == "ugriz" and back.pixel_scale == pytest.approx(20 / 48, rel=1e-4)
    area = (FIVE.field / FIVE.size / FIVE.pixel_scale) ** 2
    assert np.allclose(back.flux, prepared.flux * area, rtol=1e-5) and back.unit == "nanomaggy", (
        "flux a pixel of the file"
    )
    assert np.allclose(prepare(back, FIVE).flux, prepared.flux, atol=1e-5)
    other = replace(FIVE, zero_point=25.0)
    again = read(to_fits(prepared.flux, other, 150.0, 2.0, {}), survey=other)
    assert np.allclose(prepare(again, other).flux, prepared.flux, rtol=1e-5, atol=1e-5)


def test_a_survey_without_a_layer_has_no_place_in_the_viewer():
    assert "Legacy viewer" not in services.link_services(150.0, 2.0, FIVE) and "NED" in services.link_services(
        150.0, 2.0, FIVE
    )
    assert services.link_cutout(150.0, 2.0, FIVE) == ""
    other = services.link_cutout(150.0, 2.0, replace(FIVE, layer="ls-dr11"))
    assert "layer=ls-dr11" in other and "pixscale=0.2&size=100&bands=ugriz" in other


def test_its_magnitudes_are_columns_like_the_others():
    assert find_column("mag_u").ucd == "phot.mag;em.opt.U" and find_column("mag_u").unit == "mag"
    assert find_column("mag_i_err").ucd == "stat.error;phot.mag;em.opt.I" and find_column("mag_i_err").low == 0
    assert find_column("mag_aperture_err") is None and find_column("mag_") is None


def test_the_free_latent_is_related_to_its_own_bands():
    generator = np.random.default_rng(0)
    free = generator.normal(size=200)
    table = pd.DataFrame({"lat_free": free, "mag_i": 20 + free, "mag_r": generator.normal(size=200)})
    parts = {f"flux_{p}_{b}": 1.0 for p in ("bulge", "disc", "young") for b in FIVE.bands}
    table = table.assign(**parts, bulge_n=2.0, bulge_re=1.0, disc_re=2.0, bulge_fraction=0.3)
    table["flux_bulge_u"] = 10 ** (-0.4 * free)  # a redder middle where the free latent is high
    found = relate_free(table, FIVE, 20)
    assert found["i magnitude"][0] == pytest.approx(1) and found["colour gradient"][0] == pytest.approx(1)
