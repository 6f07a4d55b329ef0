"""Resampling against brute force, and the audit against images whose faults are known."""

import re
from dataclasses import replace

import numpy as np
import pytest

from galexplore.cutouts.audit import CHECKS, Prepared, prepare
from galexplore.cutouts.background import sky_noise
from galexplore.cutouts.cutout import Check, Cutout
from galexplore.cutouts.grid import resample
from galexplore.cutouts.readers import read
from galexplore.cutouts.units import to_nanomaggies
from galexplore.errors import InputError
from galexplore.survey import DECALS


def galaxy(size=160, scale=0.262, x=0.0, y=0.0, phi=0.5, ba=0.4, peak=1.0, noise=1.0, seed=1, radius=3.0):
    """An exponential disc x arcsec right of and y above the middle, its major axis at phi E of N, with sky noise."""
    at = (np.arange(size) - (size - 1) / 2) * scale
    dx, dy = at[None] - x, at[:, None] - y
    along, across = -np.sin(phi) * dx + np.cos(phi) * dy, np.cos(phi) * dx + np.sin(phi) * dy
    light = peak * np.exp(-np.hypot(along, across / ba) / radius)
    sky = np.random.default_rng(seed).normal(size=(3, size, size)) * np.array(DECALS.noise)[:, None, None]
    return (np.array([0.3, 0.7, 1.0])[:, None, None] * light + noise * sky * DECALS.pixel_scale / scale).astype("f4")


def cutout(**how):
    """A cutout of `galaxy` with north up."""
    return Cutout(galaxy(**how), how.get("scale", 0.262), "grz", orientation=(1, 0.0))


def status(prepared_or_error, check):
    """The status and detail of one check."""
    return next((c.status, c.detail) for c in prepared_or_error.checks if c.check == check)


def refused(image, check):
    """Prepare an image that this check must refuse; the sentence."""
    with pytest.raises(InputError) as caught:
        prepare(image)
    last = caught.value.checks[-1]
    assert (last.check, last.status, last.detail) == (check, "refused", str(caught.value))
    assert [c.check for c in caught.value.checks] == list(CHECKS[: CHECKS.index(check) + 1])
    assert "\n" not in last.detail
    return last.detail


def distance(sentence):
    """The first number of arcsec in a sentence."""
    return float(re.search(r'([\d.]+)"', sentence)[1])


def position_angle(flux):
    """Position angle from the second moments of bright pixels: the project's convention, written out by itself."""
    light = np.where(flux[2] > 0.1 * flux[2].max(), flux[2], 0)
    y, x = np.mgrid[: light.shape[0], : light.shape[1]].astype(float)
    y, x = y - (y * light).sum() / light.sum(), x - (x * light).sum() / light.sum()
    xx, yy, xy = (light * x * x).sum(), (light * y * y).sum(), (light * x * y).sum()
    return (0.5 * np.arctan2(2 * xy, xx - yy) - np.pi / 2) % np.pi


def overlap_slowly(n, scale, shift):
    """The area overlap, pixel by pixel."""
    share = np.zeros((DECALS.size, n))
    for i in range(DECALS.size):
        for j in range(n):
            low = max((i - 34.5) * DECALS.model_scale, (j - n / 2) * scale - shift)
            high = min((i - 33.5) * DECALS.model_scale, (j + 1 - n / 2) * scale - shift)
            share[i, j] = max(high - low, 0) / DECALS.model_scale
    return share


@pytest.mark.parametrize(
    ("scale", "height", "width", "shift"),
    [(0.262, 128, 128, (0, 0)), (0.1, 90, 400, (1.3, -2)), (0.55, 70, 61, (0, 2.2)), (0.4864, 69, 50, (-9, 0))],
)
def test_resample_is_the_area_overlap(scale, height, width, shift):
    flux = np.random.default_rng(0).normal(size=(2, height, width)).astype("f4")
    flux[0, : height // 3, 5:20] = np.nan
    down, across = overlap_slowly(height, scale, shift[1]), overlap_slowly(width, scale, shift[0])
    weight = np.einsum("ij,cjk,lk->cil", down, np.isfinite(flux), across)
    total = np.einsum("ij,cjk,lk->cil", down, np.nan_to_num(flux), across)
    clear = abs(weight - 0.5) > 1e-3  # at exactly one half rounding decides
    got = resample(flux, scale, DECALS, shift)
    assert got.dtype == np.float32 and got.shape == (2, 69, 69)
    assert np.array_equal(np.isfinite(got)[clear], (weight > 0.5)[clear])
    kept = clear & (weight > 0.5)
    assert np.allclose(got[kept], (total / np.maximum(weight, 1e-9))[kept], atol=1e-5)


@pytest.mark.parametrize("scale", [0.05, 0.1, 0.262, 0.4864, 0.6])
def test_resample_keeps_surface_brightness(scale):
    size = int(40 / scale)
    assert np.allclose(resample(np.full((3, size, size), 0.37), scale, DECALS), 0.37, rtol=1e-5)
    truth = galaxy(690, DECALS.model_scale / 10, noise=0).reshape(3, 69, 10, 69, 10).mean(axis=(2, 4))
    assert np.allclose(
        resample(galaxy(size, scale, noise=0), scale, DECALS)[:, 30:39, 30:39].mean(),
        truth[:, 30:39, 30:39].mean(),
        rtol=0.02,
    )


def test_resample_preserves_total_flux_and_place():
    flux = np.zeros((1, 161, 161), "f4")
    flux[0, 80 + 20, 80 - 10] = 7.0  # 20 rows up (north), 10 columns left (east)
    out = resample(flux, 0.262, DECALS)[0]
    assert out.sum() * DECALS.model_scale**2 == pytest.approx(7 * 0.262**2, rel=1e-5)
    y, x = np.argwhere(out == out.max()).mean(axis=0) - 34
    assert y * DECALS.model_scale == pytest.approx(20 * 0.262, abs=0.25)
    assert x * DECALS.model_scale == pytest.approx(-10 * 0.262, abs=0.25)
    moved = resample(flux, 0.262, DECALS, (-10 * 0.262, 20 * 0.262))[0]
    assert np.unravel_index(np.nanargmax(moved), moved.shape) == (34, 34)


def test_resample_refuses_nonsense():
    for flux, scale in ((np.zeros((4, 4)), 0.262), (np.zeros((3, 4, 4)), 0.0), (np.zeros((3, 4, 4)), np.nan)):
        with pytest.raises(ValueError, match="pixel scale"):
            resample(flux, scale, DECALS)
    assert np.isnan(resample(np.ones((3, 5, 5)), 0.1, DECALS, (100, 0))).all()


def test_a_good_cutout_passes_everything_and_is_not_touched():
    image = cutout()
    prepared = prepare(image)
    assert isinstance(prepared, Prepared)
    assert [c.check for c in prepared.checks] == list(CHECKS)
    assert {c.status for c in prepared.checks} == {"passed"}
    assert prepared.valid.all() and prepared.angle == 0
    assert np.array_equal(prepared.flux, resample(image.flux, 0.262, DECALS))


def test_the_readers_notes_reach_the_audit():
    notes = (Check("bands", "fixed", "bands moved"), Check("pixel_scale", "fixed", "the file's is used"))
    prepared = prepare(replace(cutout(), notes=notes))
    assert status(prepared, "bands") == ("fixed", "bands moved")
    assert status(prepared, "pixel_scale") == ("fixed", "the file's is used")


@pytest.mark.parametrize("fill", [np.nan, 0.0, np.inf])
def test_empty_bands_are_refused_by_name(fill):
    image = cutout()
    image.flux[1] = fill
    assert "no data in r:" in refused(image, "bands")
    image.flux[:] = fill
    assert "g and r and z" in refused(image, "bands")


def test_pixel_scale_is_asked_for_and_has_limits():
    assert "give it (0.262" in refused(replace(cutout(), pixel_scale=None), "pixel_scale")
    assert "too coarse" in refused(replace(cutout(), pixel_scale=0.7), "pixel_scale")


@pytest.mark.parametrize(
    ("unit", "scale", "factor"),
    [
        ("", 0.1, 1),
        ("nanomaggy", 0.1, 1),
        ("nanomaggies", 0.1, 1),
        ("nmgy / pix", 0.1, 1),
        ("maggy", 0.1, 1e9),
        ("uJy", 0.131, 4 / 3.631),
        ("microJy/pix", 0.131, 4 / 3.631),
        ("nmgy/arcsec2", 0.1, 0.262**2),
        ("MJy/sr", 0.1, 0.262**2 * 1e6 / 4.25451703e10 / 3.631e-6),
    ],
)
def test_units_become_surface_brightness(unit, scale, factor):
    assert to_nanomaggies(unit, scale, DECALS) == pytest.approx(factor, rel=1e-4)


@pytest.mark.parametrize("unit", ["adu", "electron / s", "mag(AB)", "deg", "((", "nonsense"])
def test_units_that_are_no_flux_are_refused(unit):
    assert "nanomaggies are needed" in refused(replace(cutout(), unit=unit), "flux_units")


def test_a_converted_unit_gives_the_same_pixels():
    image = cutout(noise=1)
    micro = replace(image, flux=image.flux * 3.631, unit="uJy")
    prepared = prepare(micro)
    assert status(prepared, "flux_units")[0] == "fixed"
    assert np.allclose(prepared.flux, prepare(image).flux, rtol=1e-3, atol=1e-5)


def test_counts_and_maggies_are_refused_by_their_noise():
    image = cutout()
    assert "looks like counts" in refused(replace(image, flux=image.flux * 300), "flux_units")
    assert "nothing is brighter" in refused(replace(image, flux=image.flux * 1e-9), "flux_units")
    prepared = prepare(cutout(noise=0))
    assert status(prepared, "flux_units") == (
        "passed",
        "assumed nanomaggies, for no unit is given, without sky noise: a model image?",
    )
    assert prepare(cutout(noise=4)).valid.all() and prepare(cutout(noise=0.2)).valid.all()


def test_noise_is_measured_under_a_galaxy():
    noise = sky_noise(resample(galaxy(peak=3, radius=8), 0.262, DECALS))
    assert np.allclose(noise, DECALS.model_noise, rtol=0.35)


def test_a_sky_level_is_subtracted_but_a_galaxy_is_not():
    image = cutout(radius=1.5)
    sky = np.array([0.3, -0.5, 2.0], "f4")[:, None, None]
    prepared = prepare(replace(image, flux=image.flux + sky))
    assert status(prepared, "flux_units")[0] == "fixed" and "sky level" in status(prepared, "flux_units")[1]
    assert np.allclose(prepared.flux, prepare(image).flux, atol=2e-3)
    for ba in (1.0, 0.5, 0.2):
        for radius in (6.0, 10.0, 14.0):
            filling = cutout(radius=radius, ba=ba, peak=2.0)
            assert np.array_equal(prepare(filling).flux, resample(filling.flux, 0.262, DECALS))


def test_size_is_cropped_padded_or_refused():
    large, small = prepare(cutout(size=300)), prepare(cutout(size=100))
    assert status(large, "size") == ("passed", '78.6" x 78.6", of which the central 33.5" are used')
    assert status(small, "size")[0] == "fixed" and "39% of the frame" in status(small, "size")[1]
    assert small.valid.mean() == pytest.approx((26.2 / 33.536) ** 2, abs=0.03)
    assert (small.flux[~small.valid] == 0).all() and np.isfinite(small.flux).all()
    assert status(small, "missing")[0] == "passed"
    refused(cutout(size=70), "size")


@pytest.mark.parametrize("parity", [1, -1])
@pytest.mark.parametrize("turned", [0, 7, 90, 118, 180, -90, 250])
def test_orientation_is_mended(parity, turned):
    """Draw the same galaxy as a camera with this parity and rotation sees it: the answer must not change."""
    up = np.radians(turned)  # position angle of the image's upward direction
    phi_sky = 0.5
    phi_image = (phi_sky - up) * parity
    x_sky, y_sky = -2.0, 3.0  # the galaxy's place, arcsec right (west) and up (north) of the middle
    x, y = np.cos(up) * x_sky + np.sin(up) * y_sky, -np.sin(up) * x_sky + np.cos(up) * y_sky
    seen = cutout(size=200, phi=phi_image, x=x * parity, y=y, noise=0.3)
    prepared = prepare(replace(seen, orientation=(parity, up)))
    expected = "passed" if parity == 1 and turned == 0 else "fixed"
    assert status(prepared, "orientation")[0] == expected
    assert abs(np.degrees(prepared.angle)) <= 45
    measured = position_angle(prepared.flux) + prepared.angle
    assert abs((measured - phi_sky + np.pi / 2) % np.pi - np.pi / 2) < 0.02
    assert status(prepared, "centring")[0] == "fixed"
    where = status(prepared, "centring")[1]
    if abs(prepared.angle) < 0.2:
        assert distance(where) == pytest.approx(np.hypot(2, 3), abs=0.15) and "north-east" in where


def test_orientation_unknown_is_said():
    assert "assumed N up, E left" in status(prepare(replace(cutout(), orientation=None)), "orientation")[1]


def test_centring_passes_moves_or_refuses():
    assert status(prepare(cutout(x=0.5, y=0.4)), "centring")[0] == "passed"
    moved = prepare(cutout(size=200, x=4.0, y=-5.0))
    assert status(moved, "centring")[0] == "fixed"
    assert distance(status(moved, "centring")[1]) == pytest.approx(np.hypot(4, 5), abs=0.15)
    assert np.unravel_index(moved.flux[2].argmax(), (69, 69)) == (34, 34)
    assert moved.valid.all()
    edge = prepare(cutout(size=128, x=5.0, radius=1.5))
    assert "is outside the image" in status(edge, "centring")[1] and not edge.valid.all()
    assert "no source detected" in refused(cutout(peak=0.0), "centring")
    assert "no source detected" in refused(cutout(size=200, x=14.0, radius=0.8), "centring")


def test_a_faint_galaxy_in_the_middle_is_kept_beside_a_bright_star():
    image = cutout(peak=0.08, radius=0.8)
    star = galaxy(x=6.0, y=2.0, ba=1.0, radius=0.5, peak=20.0, noise=0)
    prepared = prepare(replace(image, flux=image.flux + star))
    assert status(prepared, "centring")[0] == "passed"


def test_missing_pixels_are_filled_from_the_other_side():
    image = cutout(noise=0.1)
    whole = prepare(image).flux
    for value in (np.nan, 0.0):
        flux = image.flux.copy()
        flux[0, 100:130, 20:50] = value  # north-east of the middle
        prepared = prepare(replace(image, flux=flux))
        assert status(prepared, "missing")[0] == "fixed"
        assert "g 5% (north-east)" in status(prepared, "missing")[1]
        assert np.isfinite(prepared.flux).all()
        assert np.allclose(prepared.flux[prepared.valid], whole[prepared.valid], atol=0.003)
        assert np.allclose(prepared.flux[~prepared.valid], whole[~prepared.valid], atol=0.003)


def test_zero_filled_edges_count_as_missing():
    image = cutout()
    image.flux[:, :30] = 0
    image.flux[2, :, -20:] = 0
    prepared = prepare(image)
    assert "south" in status(prepared, "missing")[1]
    assert not prepared.valid[:, :3].any() and prepared.valid[:, -3:, 30].all()


def test_single_zeros_are_just_pixels():
    image = cutout()
    image.flux[0, 20, 20] = 0.0
    assert status(prepare(image), "missing")[0] == "passed"


def test_too_much_missing_is_refused_by_band():
    image = cutout()
    image.flux[:2, :, :70] = 0
    assert "g and r" in refused(image, "missing")
    image = cutout()
    image.flux[1, 77:83, 85:90] = np.nan
    assert "missing in r" in refused(image, "missing")
    image = replace(cutout(), invvar=np.ones((3, 160, 160), "f4"))
    image.invvar[2, 50:110, 50:110] = 0
    assert "missing in z" in refused(image, "missing")


def test_saturated_pictures_are_refused():
    mask = np.zeros((3, 160, 160), bool)
    image = replace(cutout(), approximate=True, saturated=mask)
    mask[0, 76:84, 76:84] = True
    assert status(prepare(image), "saturation")[0] == "passed"
    mask[2, 70:90, 70:90] = True
    assert "use the FITS cutout" in refused(image, "saturation")


def test_the_same_real_galaxy_at_two_scales(real):
    fine = prepare(read(real / "cutouts" / "decals_dr3_J094651.41-010228.6_0.10arcsec.fits")).flux
    native = prepare(read(real / "cutouts" / "decals_dr5_J094651.41-010228.6_0.262arcsec.fits")).flux
    at = (np.arange(69) - 34) * DECALS.model_scale
    near = np.hypot(at, at[:, None]) < 8
    assert np.allclose(fine[:, near].mean(axis=1), native[:, near].mean(axis=1), rtol=0.01)


def test_every_real_file_is_answered(real):
    for path in sorted((real / "cutouts").iterdir()):
        if "psf" in path.name:
            with pytest.raises(InputError, match="point-spread"):
                read(path)
        elif path.stem.endswith(("_g", "_r", "_z")):
            with pytest.raises(InputError, match="bands g, r and z are needed"):
                read(path)
        elif "bad_pixels" in path.name:
            assert "missing in g and r" in refused(read(path), "missing")
        else:
            prepared = prepare(read(path))
            assert np.isfinite(prepared.flux).all(), path.name
    for path in sorted((real / "pictures").iterdir()):
        assert "pixel scale" in refused(read(path), "pixel_scale")
        try:
            prepare(read(path, pixel_scale=0.2))
        except InputError as error:
            assert "saturated" in str(error)
