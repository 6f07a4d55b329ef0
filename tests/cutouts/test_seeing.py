"""The seeing: as each survey spells it, in arcsec and pixels, of images of a star; what is none is said, never used."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits

from galexplore.cutouts.audit import prepare
from galexplore.cutouts.conventions import PSFSIZE
from galexplore.cutouts.readers import read
from galexplore.cutouts.seeing import check_seeing, measure_width, parse_seeing
from galexplore.errors import InputError
from galexplore.survey import DECALS
from tests.cutouts.test_audit import cutout
from tests.cutouts.test_kinds import BASE, SCALE, as_npz, details, head, save, simple

pytestmark = pytest.mark.filterwarnings("ignore:Keyword name")  # of nine letters: astropy makes it a HIERARCH card

CUBE = {"BANDS": "grz", "BUNIT": "nanomaggy"}
UNKNOWN = "not known: the answer allows for any"


def draw_star(fwhm, size, beta=None, offset=(0.0, 0.0)):
    """A Gaussian, or a Moffat of slope beta, of a FWHM in pixels, averaged over each pixel; written out by itself."""
    fine = (np.arange(size * 5) + 0.5) / 5 - size / 2
    square = (fine[None] - offset[0]) ** 2 + (fine[:, None] - offset[1]) ** 2
    if beta is None:
        star = np.exp(-4 * np.log(2) * square / fwhm**2)
    else:
        star = (1 + square * (2 ** (1 / beta) - 1) * 4 / fwhm**2) ** -beta
    star = star.reshape(size, 5, size, 5).mean(axis=(1, 3))
    return (star / star.sum()).astype("f4")


def cube(*cards):
    """A cube whose header has these further cards."""
    header = head(**CUBE)
    for keyword, value, comment in cards:
        header[keyword] = (value, comment)
    return prepare(read(simple(BASE, header)))


def three(cards, primary=None):
    """One image a band, each with its own card (keyword, value, comment)."""
    parts = []
    for band, pixels, card in zip("grz", BASE, cards, strict=True):
        header = head(BUNIT="nanomaggy", BAND=band)
        if card:
            header[card[0]] = card[1:]
        parts.append((pixels, header, band.upper()))
    return prepare(read(save(*parts, primary=primary)))


@pytest.mark.parametrize("form", ["HIERARCH PSF_FWHM_{}", "PSFFWHM{}", "HIERARCH PSF_FWHM {}"])
def test_a_keyword_that_names_its_band_is_that_bands(form):
    widths = {"g": 1.47, "r": 1.31, "z": 1.2}
    prepared = cube(*((form.format(b.upper()), w, "arcsec") for b, w in widths.items()))
    keyword = form.removeprefix("HIERARCH ").format("G")
    assert prepared.seeing.tolist() == [1.47, 1.31, 1.2]
    assert details(prepared, "seeing").startswith(f'g 1.47", r 1.31", z 1.20" ({keyword} of the header')


@pytest.mark.parametrize("form", ["PSFSIZE_{}", "HIERARCH PSFSIZE {}"])
def test_psfsize_is_by_area_and_a_moffat_s_half_maximum_is_narrower(form):
    prepared = cube(*((form.format(b), w, "") for b, w in zip("GRZ", (1.47, 1.31, 1.2), strict=True)))
    assert prepared.seeing == pytest.approx(np.array([1.47, 1.31, 1.2]) / PSFSIZE, rel=1e-6)
    keyword = form.removeprefix("HIERARCH ").format("G")
    assert details(prepared, "seeing").startswith(f'g 1.14", r 1.01", z 0.93" ({keyword} of the header, 1.47", a')


def test_psfsize_is_what_the_area_of_a_moffat_says_of_it():
    star = draw_star(6.0, 255, 3.0)
    star = star / star.sum()
    by_area = np.sqrt(8 * np.log(2)) * np.sqrt(1 / (star**2).sum() / (4 * np.pi))
    assert by_area / 6.0 == pytest.approx(PSFSIZE, rel=0.02)


def test_a_keyword_in_arcsec_or_pixels_by_its_comment():
    arcsec, pixels = "[arcsec] median seeing", "median FWHM in pixels"
    assert cube(("SEEING_R", 1.4, arcsec)).seeing[1] == 1.4
    assert cube(("SEEING_R", 3.0, pixels)).seeing[1] == pytest.approx(3 * SCALE, rel=1e-3)
    assert cube(("PSFSIZE_R", 5.0, pixels)).seeing[1] == pytest.approx(5 * SCALE / PSFSIZE, rel=1e-3)
    assert cube(("FWHM_R", "1.4 arcsec", "")).seeing[1] == 1.4
    for comment in ("", "arcsec, of pixels of 0.26"):
        prepared = cube(("FWHM_R", 1.4, comment))
        assert np.isnan(prepared.seeing).all() and "FWHM_R = 1.4 of the header says no unit" in details(
            prepared, "seeing"
        )
    prepared = cube(("PSFSIZE_R", 0.6, "Gaussian sigma, arcsec"))
    assert np.isnan(prepared.seeing).all() and "that it is no FWHM" in details(prepared, "seeing")


def test_pan_starrs_counts_in_pixels_and_dark_energy_in_what_it_says():
    seen = three([("HIERARCH CHIP.SEEING", w, "") for w in (4.0, 5.0, 4.5)])
    assert seen.seeing == pytest.approx(np.array([4.0, 5.0, 4.5]) * SCALE, rel=1e-3)
    seen = three([("FWHM", w, "Median FWHM in pixels") for w in (4.0, 5.0, 4.5)])
    assert seen.seeing == pytest.approx(np.array([4.0, 5.0, 4.5]) * SCALE, rel=1e-3)


def test_a_keyword_without_a_band_is_that_of_its_own_image_only():
    card = ("SEEING", 1.4, "arcsec")
    assert three([card, None, None]).seeing[0] == 1.4 and np.isnan(three([card, None, None]).seeing[1:]).all()
    assert details(three([card, None, None]), "seeing").endswith(f"of r and z {UNKNOWN}")
    assert np.isnan(three([None] * 3, primary=fits.Header([card])).seeing).all(), "whose, of three?"
    prepared = cube(("PSF_FWHM", 1.4, "arcsec"))
    assert np.isnan(prepared.seeing).all() and "names none of several bands" in details(prepared, "seeing")


def test_what_is_no_seeing_is_left_aside_and_said():
    for value in (-99.0, 0.0, 0.1, 7.2, "unknown"):
        prepared = cube(("HIERARCH PSF_FWHM_G", value, ""), ("HIERARCH PSF_FWHM_Z", 1.2, ""))
        assert np.isnan(prepared.seeing[:2]).all() and prepared.seeing[2] == 1.2
        assert f"PSF_FWHM_G = {value}" in details(prepared, "seeing") and "left aside" in details(prepared, "seeing")
    assert details(cube(), "seeing") == UNKNOWN and np.isnan(cube().seeing).all()


@pytest.mark.parametrize("size", [15, 31, 63, 64])
@pytest.mark.parametrize("beta", [None, 2.5, 4.0])
@pytest.mark.parametrize("fwhm", [1.1, 1.4, 2.0])
def test_the_width_of_a_star_is_right_to_three_per_cent(fwhm, beta, size):
    """Of a star as drawn on pixels of 0.262", which blurs the narrowest by a hundredth or two."""
    star = draw_star(fwhm / 0.262, size, beta, (0.3, -0.2))
    assert measure_width(star, 0.262) == pytest.approx(fwhm, rel=0.03)


def test_what_is_no_star_has_no_width():
    assert measure_width(np.zeros((9, 9)), 0.262) == 0 == measure_width(np.full((9, 9), np.nan), 0.262)


def test_images_of_a_star_tell_the_seeing_where_no_keyword_does():
    image = (BASE, head(**CUBE), "IMAGE")
    stars = [draw_star(w / SCALE, 41, 3.0) for w in (1.6, 1.3, 1.1)]
    one_each = [(s, fits.Header(), f"PSF_{b}") for s, b in zip(stars, "GRZ", strict=True)]
    together = [(np.stack(stars), fits.Header(), "PSF")]
    for parts in (one_each, one_each[::-1], together):
        prepared = prepare(read(save(image, *parts)))
        assert prepared.seeing == pytest.approx([1.6, 1.3, 1.1], rel=0.03)
        assert "width of the PSF in HDU" in details(prepared, "seeing")
    unnamed = prepare(read(save(image, (stars[0], fits.Header(), "PSF"))))
    assert np.isnan(unnamed.seeing).all() and "names none of the bands" in details(unnamed, "seeing")
    scaled = prepare(read(save(image, (stars[0], fits.Header({"PIXSCALE": SCALE / 1.3}), "PSF_G"))))
    assert scaled.seeing[0] == pytest.approx(1.6 / 1.3, rel=0.03), "sampled finer than the image"
    header = head(**CUBE, PSFFWHMG="1.5 arcsec")
    both = prepare(read(save((BASE, header, "IMAGE"), *one_each)))
    assert both.seeing == pytest.approx([1.5, 1.3, 1.1], rel=0.03) and both.seeing[0] == 1.5
    wide = prepare(read(save(image, (np.ones((41, 41), "f4"), fits.Header(), "PSF_G"))))
    assert np.isnan(wide.seeing).all() and "which is no seeing" in details(wide, "seeing")
    huge = prepare(read(save(image, (np.ones((600, 600), "f4"), fits.Header(), "PSF_G"))))
    assert np.isnan(huge.seeing).all() and "at most 512 pixels" in details(huge, "seeing")


@pytest.mark.parametrize("key", ["seeing", "psf_fwhm", "fwhm", "meta_psf_fwhm"])
def test_an_npz_may_say_it_too(key):
    prepared = prepare(read(as_npz(image=BASE, pixel_scale=SCALE, **{key: np.array([1.6, 1.3, 1.1])})))
    assert prepared.seeing.tolist() == [1.6, 1.3, 1.1]
    turned = as_npz(image=BASE[::-1], bands="zrg", pixel_scale=SCALE, **{key: np.array([1.1, 1.3, 1.6])})
    assert prepare(read(turned)).seeing.tolist() == [1.6, 1.3, 1.1], "in the order of the file's bands"
    one = prepare(read(as_npz(image=BASE, pixel_scale=SCALE, **{f"{key}_r": 1.3})))
    assert one.seeing[1] == 1.3 and np.isnan(one.seeing[[0, 2]]).all()


def test_an_npz_may_hold_images_of_a_star():
    stars = np.stack([draw_star(w / SCALE, 33) for w in (1.6, 1.3, 1.1)])
    assert prepare(read(as_npz(image=BASE, psf=stars, pixel_scale=SCALE))).seeing == pytest.approx(
        [1.6, 1.3, 1.1], rel=0.03
    )
    apart = dict(zip("grz", BASE, strict=True)) | {f"psf_{b}": s for b, s in zip("grz", stars, strict=True)}
    assert prepare(read(as_npz(**apart, pixel_scale=SCALE))).seeing == pytest.approx([1.6, 1.3, 1.1], rel=0.03)


def test_what_is_given_comes_before_what_the_file_says():
    own = replace(cutout(), seeing=(1.5, None, 1.2), seeing_said=("PSFSIZE_G of the header", "", "PSFSIZE_Z of it"))
    prepared = prepare(own, seeing=(1.4, 1.3, 1.2))
    assert prepared.seeing.tolist() == [1.4, 1.3, 1.2]
    assert details(prepared, "seeing") == (
        'g 1.40", r 1.30", z 1.20" (as given); the file\'s own is left aside (g 1.50")'
    )
    assert prepare(own, seeing=1.3).seeing.tolist() == [1.3] * 3
    assert np.isnan(prepare(own, seeing=(None, None, None)).seeing).all()
    picture = replace(cutout(), approximate=True)
    assert prepare(picture, seeing=1.3).seeing.tolist() == [1.3] * 3 and np.isnan(prepare(picture).seeing).all()


@pytest.mark.parametrize(
    "given", [0.2, 6, True, -1.3, np.nan, np.inf, (1.3, 1.2), (1.3, 1.2, 9.0), "1.3", (1.3, 1.2, "x")]
)
def test_what_is_no_seeing_is_refused(given):
    with pytest.raises(InputError, match=r"from 0\.3 to 5: one number, or one for each of g, r and z, not"):
        check_seeing(given, DECALS)
    with pytest.raises(InputError):
        prepare(cutout(), seeing=given)


def test_what_is_typed():
    assert parse_seeing("1.4, 1.3,1.2", DECALS) == (1.4, 1.3, 1.2) and parse_seeing("1.3", DECALS) == (1.3,) * 3
    assert parse_seeing("1.4,?,1.2", DECALS) == (1.4, None, 1.2) and parse_seeing(None, DECALS) is None
    for text in ("", "1.4,1.3", "good", "1.4,nan,1.2", "-1", "99", "?"):
        with pytest.raises(InputError, match="the seeing must be"):
            parse_seeing(text, DECALS)
