"""BASS and MzLS drawn as DECaLS is: other filters, seeing, depth, pixels of the camera, dust and place on the sky."""

import numpy as np
import pandas as pd
import pytest

from galexplore.cutouts.conventions import PSFSIZE
from galexplore.errors import InputError
from galexplore.jobs import mock_survey
from galexplore.mock import grain, observed, render, scene
from galexplore.mock.conditions import find_conditions
from galexplore.mock.measure import add_magnitudes, add_positions
from galexplore.mock.rows import PARTS
from galexplore.sources.footprint import explain_outside, find_latitude
from galexplore.sources.mock import Store, find_survey
from galexplore.survey import BASS_MZLS, DECALS, SURVEYS
from galexplore.tables import catalogue
from tests.mock.test_render import ROW

NORTH = find_conditions(BASS_MZLS)
PASSIVE = {"bulge_mass_fraction": 0.6, "age": 9.0, "bulge_age": 10.0, "metals": 0.0, "bulge_metals": 0.0, "av": 0.1}
PASSIVE |= {"bulge_av": 0.1, "log_u": -3.0, "eta": 1.0, "burst_age": 0.05, "logmass_true": 11.0, "logsfr_true": -1.5}


def test_a_red_galaxy_is_redder_through_the_northern_filters():
    """By bagpipes' spectrum of one through speclite's curves, and as the colour terms of stars in DR9 have it."""
    bagpipes = pytest.importorskip("bagpipes")
    import astropy.units as u
    from speclite.filters import load_filters

    from galexplore.mock.light import add_light

    redshifts = (0.05, 0.1, 0.2, 0.3)
    rows = pd.DataFrame([PASSIVE | {"z_true": z} for z in redshifts])
    ours, theirs = {}, {}
    for survey in SURVEYS:
        lit, filters = add_light(rows, survey), load_filters(*find_conditions(survey).filters)
        flux = np.array([sum(lit[f"flux_{part}_{b}"] for part in PARTS) for b in "grz"])
        ours[survey] = 2.5 * np.diff(np.log10(flux), axis=0)  # g - r and r - z
        spectra = []
        for z in redshifts:
            stars = {"age": 9.5, "massformed": 11.0, "metallicity": 1.0}
            parts = {"redshift": z, "burst": stars, "dust": {"type": "CF00", "n": 1.2, "Av": 0.1, "eta": 1.0}}
            curve = bagpipes.model_galaxy(parts, spec_wavs=np.arange(3500.0, 11000.0, 4.0)).spectrum
            table = filters.get_ab_magnitudes(curve[:, 1] * u.Unit("erg / (s cm2 AA)"), curve[:, 0] * u.AA)
            spectra.append([table[0][name] for name in filters.names])
        theirs[survey] = -np.diff(np.array(spectra).T, axis=0)
    redder, known = (c[BASS_MZLS] - c[DECALS] for c in (ours, theirs))
    assert np.allclose(redder, known, atol=0.012)
    # stars of PS1 g - i = 1.2: g of 90Prime less that of DECam, and r likewise (Legacy Surveys DR9, photometry)
    terms = np.array([[0.00464, 0.08672, -0.00668, -0.00255], [0.00110, -0.06875, 0.02480, -0.00855]])
    terms -= [[0.00062, 0.03604, 0.01028, -0.00613], [0.00495, -0.08435, 0.03222, -0.01140]]
    star = np.subtract(*(terms @ 1.2 ** np.arange(4)))
    assert 0.02 < star < 0.06 and abs(redder[0, 1] - star) < 0.03, "at z = 0.1, of g - i = 1.2"


def test_seeing_and_depth_are_the_north_s():
    fields = scene.add_fields(pd.DataFrame(index=range(20000)), BASS_MZLS, np.random.default_rng(0))
    medians = fields[["psf_g", "psf_r", "psf_z"]].median() * PSFSIZE
    assert np.allclose(medians, (1.9, 1.7, 1.2), rtol=0.01)
    assert fields["ebv"].median() == pytest.approx(0.021, rel=0.03)
    clear = fields[["noise_g", "noise_r", "noise_z"]].to_numpy()
    clear /= 10 ** (0.4 * np.array(BASS_MZLS.extinction) * fields[["ebv"]].to_numpy())
    assert np.allclose(np.median(clear, axis=0), NORTH.noise, rtol=0.04)
    assert np.allclose(fields[["noise_g", "noise_r", "noise_z"]].median(), BASS_MZLS.noise, rtol=0.07)


def test_a_star_of_the_published_depth_is_measured_at_five_sigma():
    """Fitted by its profile in the drawn noise, correlated as that is: 24.3, 23.7, 23.3 mag."""
    row = ROW | {f"psf_{b}": w for b, w in zip("grz", NORTH.seeing, strict=True)} | {"psf_wing": 0.0}
    star, rng = observed.draw_psf(row, BASS_MZLS), np.random.default_rng(3)
    blank = np.zeros((3, observed.SIDE, observed.SIDE))
    draws = [grain.draw_noise(np.array(NORTH.noise), blank, rng, BASS_MZLS) for _ in range(600)]
    weights = star / (star**2).sum(axis=(1, 2), keepdims=True)
    error = np.std([(one * weights).sum(axis=(1, 2)) for one in draws], axis=0)
    assert np.allclose(22.5 - 2.5 * np.log10(5 * error), (24.3, 23.7, 23.3), atol=0.12)


def test_noise_is_correlated_as_in_a_real_coadd_of_bass():
    """Blank sky of brick 0959p805, g: 0.595 to the next pixel, 0.35 to the diagonal, -0.01 to the next but one."""
    level = np.array([0.003, 0.004, 0.01])
    noise = grain.draw_noise(level, np.zeros((3, 400, 400)), np.random.default_rng(1), BASS_MZLS)
    assert np.allclose(noise.std(axis=(1, 2)), level, rtol=0.02)
    lag = [
        (noise[:, :-2, : 400 - x] * noise[:, y : 398 + y, x:]).mean(axis=(1, 2)) for y, x in ((0, 1), (1, 1), (0, 2))
    ]
    near, diagonal, next_but_one = np.array(lag) / level**2
    assert near[:2] == pytest.approx([0.595] * 2, abs=0.03) and near[2] == pytest.approx(0.19, abs=0.03)
    assert diagonal[:2] == pytest.approx([0.35] * 2, abs=0.03) and abs(next_but_one).max() < 0.05


def test_what_is_told_of_its_noise_and_magnitudes_holds_for_the_drawn_noise():
    from galexplore.cutouts.grid import resample

    noise, rng = np.array([0.003, 0.004, 0.01]), np.random.default_rng(2)
    size = BASS_MZLS.native_size
    skies = [grain.draw_noise(noise, np.zeros((3, size, size)), rng, BASS_MZLS) for _ in range(120)]
    row = ROW | dict(zip(("noise_g", "noise_r", "noise_z"), noise, strict=True))
    seen = np.var([resample(sky, BASS_MZLS.pixel_scale, BASS_MZLS) for sky in skies], axis=0).mean(axis=(1, 2))
    assert seen == pytest.approx(observed.find_variance(row, BASS_MZLS).mean(axis=(1, 2)), rel=0.05)
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    disc = np.exp(-1.678 * np.hypot(x, y) * BASS_MZLS.pixel_scale / 2.0)  # re of 2 arcsec
    scatter = np.std([(sky * disc).sum(axis=(1, 2)) for sky in skies], axis=0) * disc.sum() / (disc**2).sum()
    row |= {f"flux_{part}_{b}": 1e-3 for part in PARTS for b in "grz"} | {"psf_g": 0.1, "psf_r": 0.1, "psf_z": 0.1}
    table = add_magnitudes(pd.DataFrame([row] * 2000), BASS_MZLS, rng)
    stated = [np.median(table[f"mag_{b}_err"] / 1.0857 * 10 ** (0.4 * (22.5 - table[f"mag_{b}"]))) for b in "grz"]
    assert stated == pytest.approx(scatter, rel=0.2)


def test_positions_lie_in_the_north():
    table = add_positions(pd.DataFrame(index=range(400)), np.random.default_rng(0), BASS_MZLS)
    places = list(zip(table["ra"], table["dec"], strict=True))
    assert min(find_latitude(*p) for p in places) > 19.9 and table["dec"].min() > 32.375
    assert not [p for p in places if explain_outside(*p, BASS_MZLS)] and all(explain_outside(*p) for p in places)


def test_a_row_is_rendered_through_its_seeing_and_a_catalogue_knows_its_survey(tmp_path):
    pytest.importorskip("bagpipes")
    path = tmp_path / "catalogue.parquet"
    mock_survey.build(12, 5, path, BASS_MZLS)
    assert mock_survey.is_built(path, 12, 5, "default", BASS_MZLS)
    assert not mock_survey.is_built(path, 12, 5, "default"), "one of DECaLS is another"
    table = catalogue.read(path)
    assert find_survey(table.attrs) == BASS_MZLS and find_survey({"survey": '{"seed": 1}'}) == DECALS
    assert table["dec"].min() > 32.375
    picture = Store.beside(path, table, BASS_MZLS).get(list(table["id"][:2]))
    assert picture.shape == (2, 3, 69, 69) and np.isfinite(picture).all()
    with pytest.raises(InputError, match=r"catalogue.parquet was drawn for BASS/MzLS.*DECaLS") as refused:
        Store.beside(path, table, DECALS)
    assert "\n" not in str(refused.value)
    south = pd.DataFrame(table)
    south.attrs = {"survey": '{"n": 1, "seed": 1, "depth": "default"}'}
    with pytest.raises(InputError, match=r"drawn for DECaLS.*BASS/MzLS"):
        Store.beside(path, south, BASS_MZLS)


def test_the_same_row_is_as_bright_and_grainier_in_the_north():
    clean = [render.render_clean(ROW, survey, neighbours=False) for survey in SURVEYS]
    assert np.allclose(*clean), "seeing and noise stand in the row"
    seen = render.render(ROW, BASS_MZLS) - render.render_clean(ROW, BASS_MZLS)
    assert (seen[:, :, 1:] * seen[:, :, :-1]).mean(axis=(1, 2))[0] > 0.4 * seen[0].var()
