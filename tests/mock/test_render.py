"""The renderer: a picture follows from its row alone, holds the row's flux, and lies the way the row says."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from galexplore.cutouts.grid import resample
from galexplore.mock import grain, profile, render, structure
from galexplore.mock.measure import add_magnitudes
from galexplore.survey import DECALS

ROW = {
    "phi_true": 0.6, "ba": 0.5, "inclination": np.arccos(0.48), "thickness": 0.15, "re_arcsec": 2.0, "disc_re": 2.1,
    "bulge_re": 0.4, "bulge_n": 2.0, "bulge_ba": 0.7, "elliptical": 0.0, "arm_strength": 0.7, "arm_count": 2.0,
    "pitch": 0.3, "arm_phase": 1.0, "winding": 1.0, "bar_strength": 0.6, "bar_length": 0.6, "bar_angle": 0.9,
    "ring_strength": 0.4, "clumpiness": 0.4, "dust_lane": 0.5, "asymmetry": 0.1, "offset_x": 0.2, "offset_y": -0.3,
    "psf_e1": 0.01, "psf_e2": -0.01, "seed": 12345, "oddity": "", "core": 0.0, "psf_g": 1.3, "psf_r": 1.2, "psf_z":
    1.1, "noise_g": 0.0026, "noise_r": 0.0038, "noise_z": 0.0105, "flux_bulge_g": 2.0, "flux_bulge_r": 4.0,
    "flux_bulge_z": 7.0, "flux_disc_g": 10.0, "flux_disc_r": 18.0, "flux_disc_z": 26.0, "flux_young_g": 5.0,
    "flux_young_r": 5.5, "flux_young_z": 6.0, "psf_wing": 0.0,
}  # fmt: skip
TOTAL = np.array([17.0, 27.5, 39.0])


def measure_axis(picture):
    """Position angle (E of N, period pi) and centroid of a picture, from its second moments."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]] - (np.array(picture.shape) - 1)[:, None, None] / 2
    w = picture / picture.sum()
    cx, cy = (w * x).sum(), (w * y).sum()
    xx, yy, xy = (w * (x - cx) ** 2).sum(), (w * (y - cy) ** 2).sum(), (w * (x - cx) * (y - cy)).sum()
    towards = 0.5 * np.arctan2(2 * xy, xx - yy)  # from x (west) towards y (north)
    return np.mod(towards - np.pi / 2, np.pi), (cx, cy)  # the axis is (-sin phi, cos phi)


@pytest.mark.parametrize("phi", [0.0, 0.6, 1.4, 2.5, 3.0])
@pytest.mark.parametrize("elliptical", [0.0, 1.0])
def test_position_angle(phi, elliptical):
    smooth = {"arm_strength": 0, "bar_strength": 0, "ring_strength": 0, "clumpiness": 0, "dust_lane": 0, "asymmetry": 0}
    row = ROW | smooth | {"phi_true": phi, "elliptical": elliptical, "bulge_ba": 0.5, "psf_e1": 0, "psf_e2": 0}
    angle, (x, y) = measure_axis(render.render_clean(row, DECALS, neighbours=False)[1])
    assert abs((angle - phi + np.pi / 2) % np.pi - np.pi / 2) < 0.02
    assert abs(x - row["offset_x"]) < 0.02 and abs(y - row["offset_y"]) < 0.02


def test_east_is_at_column_zero():
    """An axis a little east of north leans towards low columns as rows go north."""
    picture = render.render_clean(ROW | {"phi_true": 0.5, "ba": 0.3, "inclination": 1.4}, DECALS, neighbours=False)[1]
    columns = np.arange(DECALS.native_size)
    north, south = picture[80:90].sum(axis=0), picture[38:48].sum(axis=0)
    assert (north * columns).sum() / north.sum() < (south * columns).sum() / south.sum()


def test_flux_is_the_catalogue_flux():
    picture = render.render_clean(ROW, DECALS, neighbours=False)
    assert np.allclose(picture.sum(axis=(1, 2)), TOTAL, rtol=0.03)  # the wings leave the picture
    small = ROW | {"re_arcsec": 0.5, "disc_re": 0.5, "bulge_re": 0.2, "bulge_n": 1.0}
    assert np.allclose(render.render_clean(small, DECALS, neighbours=False).sum(axis=(1, 2)), TOTAL, rtol=0.01)


def test_structure_moves_light_and_makes_none():
    fluxes = [np.ones(3, np.float32)] * 3
    for changes in ({}, {"ba": 0.2}, {"asymmetry": 1.0}):
        texture = structure.draw_structure(ROW | changes, fluxes, 160, DECALS)
        assert np.abs(texture.sum(axis=(1, 2))).max() < 2e-3
        assert np.abs(texture).max() > 1e-4


def test_small_and_elliptical_galaxies_have_no_structure():
    fluxes = [np.ones(3, np.float32)] * 3
    assert structure.draw_structure(ROW | {"disc_re": 0.4}, fluxes, 160, DECALS) is None
    assert structure.draw_structure(ROW | {"elliptical": 1.0}, fluxes, 160, DECALS) is None


def test_resampling_keeps_surface_brightness():
    picture = render.render_clean(ROW, DECALS, neighbours=False)
    model = resample(picture, DECALS.pixel_scale, DECALS)
    assert np.allclose(
        model.sum(axis=(1, 2)) * (DECALS.native_size / DECALS.size) ** 2, picture.sum(axis=(1, 2)), rtol=1e-4
    )


def test_a_point_is_the_psf():
    star = ROW | {f"flux_{p}_{b}": 0.0 for p in ("bulge", "disc", "young") for b in "grz"} | {"oddity": "star"}
    picture = render.render_clean(star | {"offset_x": 0.5, "offset_y": 0.5}, DECALS, neighbours=False)[1]
    above = (picture > picture.max() / 2).sum() * DECALS.pixel_scale**2
    assert 2 * np.sqrt(above / np.pi) == pytest.approx(1.2, rel=0.16)
    assert np.unravel_index(picture.argmax(), picture.shape) == (64, 64)


def test_transforms_agree_with_galsim():
    galsim = pytest.importorskip("galsim")
    kx, ky, _ = profile.build_plane(64, DECALS)
    ours = profile.transform_disc(kx, ky, 1.2, 0.4, 0.2, 0.0)
    theirs = galsim.InclinedExponential(np.arccos(0.4) * galsim.radians, scale_radius=1.2, scale_h_over_r=0.2)
    ours_sersic = profile.transform_sersic(kx, ky, 2.0, 0.8, 0.6, 0.0)
    shear = galsim.Sersic(2.0, half_light_radius=0.8 * np.sqrt(0.6)).shear(q=0.6, beta=90 * galsim.degrees)
    for i, j in ((0, 3), (5, 0), (7, 9), (60, 4)):
        x, y = float(kx[0, j]), float(ky[i, 0])
        assert ours[i, j] == pytest.approx(theirs.kValue(y, x).real, abs=2e-3)  # galsim's long axis is its x
        assert ours_sersic[i, j] == pytest.approx(shear.kValue(x, y).real, abs=2e-3)


def test_noise_has_the_row_s_level_and_correlation():
    noise = grain.draw_noise(np.array([0.003, 0.004, 0.01]), np.zeros((3, 128, 128)), np.random.default_rng(1), DECALS)
    assert np.allclose(noise.std(axis=(1, 2)), [0.003, 0.004, 0.01], rtol=0.05)
    neighbour = (noise[:, :, 1:] * noise[:, :, :-1]).mean() / (noise**2).mean()
    assert neighbour == pytest.approx(0.19, abs=0.03)


def test_magnitude_errors_are_those_of_the_pictures():
    """A profile fit to pictures of pure noise scatters by the error that the catalogue states for that profile."""
    y, x = np.mgrid[:64, :64] - 31.5
    disc = np.exp(-1.678 * np.hypot(x, y) * DECALS.pixel_scale / 2.0)  # re of 2 arcsec; the seeing hardly matters
    noise = np.array([0.003, 0.004, 0.01])
    rng, blank = np.random.default_rng(2), np.zeros((3, 64, 64))
    fits = [(grain.draw_noise(noise, blank, rng, DECALS) * disc).sum(axis=(1, 2)) for _ in range(800)]
    scatter = np.std(fits, axis=0) * disc.sum() / (disc**2).sum()
    row = ROW | {f"flux_{part}_{b}": 1e-3 for part in ("bulge", "disc", "young") for b in "grz"}
    row |= dict(zip(("noise_g", "noise_r", "noise_z"), noise, strict=True)) | {"psf_g": 0.1, "psf_r": 0.1, "psf_z": 0.1}
    table = add_magnitudes(pd.DataFrame([row] * 4000), DECALS, rng)
    stated = [np.median(table[f"mag_{b}_err"] / 1.0857 * 10 ** (0.4 * (22.5 - table[f"mag_{b}"]))) for b in "grz"]
    assert stated == pytest.approx(scatter, rel=0.1)


def test_same_row_same_bytes_in_another_process():
    code = "import sys, json, hashlib; from galexplore.mock import render; row = json.loads(sys.argv[1]);"
    code += "from galexplore.survey import DECALS;"
    code += "render.render(row | {'seed': 7, 'phi_true': 1.0}, DECALS);"  # what was drawn before changes nothing
    code += "print(hashlib.sha256(render.render(row, DECALS).tobytes()).hexdigest())"
    row = {k: v.item() if isinstance(v, np.generic) else v for k, v in ROW.items()}
    other = subprocess.run([sys.executable, "-c", code, json.dumps(row)], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(render.render(ROW, DECALS).tobytes()).hexdigest()


@pytest.mark.parametrize("oddity", ["merger", "arc", "star", "trail", "column", "empty"])
def test_oddities_show(oddity):
    plain = (
        ROW
        if oddity in ("merger", "arc")
        else ROW | {f"flux_{p}_{b}": 0.0 for p in ("bulge", "disc", "young") for b in "grz"}
    )
    odd = render.render(plain | {"oddity": oddity}, DECALS)
    assert odd.shape == (3, 128, 128) and odd.dtype == np.float32 and np.isfinite(odd).all()
    difference = np.abs(odd - render.render(plain, DECALS)).max()
    assert difference == 0 if oddity == "empty" else difference > 0.05


def test_unknown_latents_do_not_spoil_a_star():
    empty = {f"flux_{p}_{b}": 0.0 for p in ("bulge", "disc", "young") for b in "grz"}
    row = ROW | empty | {"oddity": "star", "phi_true": np.nan, "re_arcsec": np.nan, "ba": np.nan}
    assert np.isfinite(render.render(pd.Series(row).to_dict(), DECALS)).all()
