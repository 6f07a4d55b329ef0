"""The dust of our Galaxy: the map against the survey's own E(B-V), light that went through it, and never twice."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from scipy.stats import median_abs_deviation

from galexplore.cutouts.audit import prepare
from galexplore.cutouts.cutout import Cutout
from galexplore.cutouts.dust import MAP, MOST, read_map, tell_dereddened, tell_reddening, transmit
from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.explore.bundle import to_fits
from galexplore.survey import DECALS
from tests.analytic import REAL
from tests.cutouts.test_audit import cutout
from tests.cutouts.test_kinds import BASE, as_npz, head, save, simple

HIGH = (266.4, -29.0)  # the Galaxy's middle
TABLES = {
    "dr10_south_regions_psf_depth_ebv.csv": ("ra_center_deg", "dec_center_deg", "median_ebv"),
    "dr10_objects_psf_noise_ebv.csv": ("ra", "dec", "ebv"),
}


def dust_of(prepared):
    """The audit's line of the dust."""
    return next(c for c in prepared.checks if c.check == "dust")


def redden(image, ebv):
    """The same image through dust, written out by itself."""
    dim = np.array([10 ** (-0.4 * r * ebv) for r in (3.214, 2.165, 1.211)], "f4")
    return replace(image, flux=image.flux * dim[:, None, None])


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.skipif(not (REAL / "tables").is_dir(), reason="no real tables here")
def test_the_map_is_right_to_what_is_said_of_it(name):
    ra, dec, ebv = (pd.read_csv(REAL / "tables" / name)[c].to_numpy() for c in TABLES[name])
    ratio = read_map(ra, dec) / ebv
    assert np.median(ratio) == pytest.approx(1, abs=0.02)
    assert median_abs_deviation(ratio, scale="normal") < 0.12 and ratio.std() < 0.16


def test_the_map_has_no_seam():
    dec = np.linspace(-89, 89, 40)
    assert np.allclose(read_map(np.full(40, 0.0), dec), read_map(np.full(40, 360.0), dec), rtol=1e-9)
    assert np.allclose(read_map(np.full(40, 1e-6), dec), read_map(np.full(40, 360 - 1e-6), dec), rtol=1e-3)
    for pole in (-90.0, 90.0):
        assert np.ptp(read_map([0, 77.0, 180, 301.0], [pole] * 4)) < 1e-9
        assert read_map(12.0, np.copysign(89.9999, pole)) == pytest.approx(read_map(200.0, pole), rel=1e-3)
    assert np.isfinite(read_map(np.linspace(0, 360, 500), np.linspace(-90, 90, 500))).all()


@pytest.mark.parametrize("where", [(150.1, 2.2), (0.0, 30.0), (359.9999, -45.0), (10.0, 90.0), (200.0, -90.0)])
def test_a_reddened_galaxy_is_prepared_as_the_unreddened_one(where):
    ebv = float(read_map(*where))
    clean = cutout()
    seen = replace(redden(clean, ebv), ra=where[0], dec=where[1])
    prepared, expected = prepare(seen), prepare(clean, ebv=0)
    assert np.allclose(prepared.flux, expected.flux, rtol=2e-6, atol=1e-9)
    assert (prepared.dust.ebv, prepared.dust.source) == (ebv, MAP)
    check = dust_of(prepared)
    assert check.status == "fixed" and f"E(B-V) {ebv:.3f}" in check.detail and f"g {3.214 * ebv:.3f}" in check.detail
    assert f"z {1.211 * ebv:.3f} mag" in check.detail and "RA" in check.detail
    given = prepare(redden(clean, 0.2), ebv=0.2)
    assert np.allclose(given.flux, expected.flux, rtol=2e-6, atol=1e-9)
    assert (given.dust.ebv, given.dust.source) == (0.2, "given") and "as given" in dust_of(given).detail


def test_the_noise_is_scaled_as_the_light_and_gaps_stay():
    image = cutout(peak=0.02, radius=1.0)
    image.flux[1, 10:30, 10:30] = np.nan
    image = replace(image, invvar=np.where(np.arange(160) < 40, 0, np.ones((3, 160, 160), "f4")))
    plain, bright = prepare(image, ebv=0), prepare(image, ebv=0.3)
    rest = np.hypot(*np.mgrid[-34:35, -34:35]) > 15
    for k, r in enumerate((3.214, 2.165, 1.211)):
        ratio = bright.flux[k][rest].std() / plain.flux[k][rest].std()
        assert ratio == pytest.approx(10 ** (0.4 * r * 0.3), rel=1e-5)
    assert np.array_equal(plain.valid, bright.valid) and not plain.valid.all()


def test_without_a_position_nothing_is_removed_and_it_is_said():
    for image in (cutout(), replace(cutout(), ra=float("nan"), dec=2.0), replace(cutout(), ra=3.0, dec=float("nan"))):
        prepared = prepare(image)
        assert np.array_equal(prepared.flux, prepare(cutout(), ebv=0).flux)
        assert prepared.dust.ebv is None and prepared.dust.source == ""
        assert dust_of(prepared).status == "passed" and "not removed; assumed none" in dust_of(prepared).detail
    picture = replace(cutout(), approximate=True, ra=150.1, dec=2.2)
    assert prepare(picture).dust.ebv is None and "picture" in dust_of(prepare(picture)).detail
    assert prepare(picture, ebv=0.1).dust.ebv == 0.1
    none = prepare(replace(cutout(), ra=150.1, dec=2.2), ebv=0)
    assert none.dust.ebv == 0 and dust_of(none).status == "passed" and "as given" in dust_of(none).detail


@pytest.mark.parametrize("ebv", [float("nan"), float("inf"), -0.01, MOST + 0.1])
def test_what_is_no_excess_is_refused_in_a_sentence(ebv):
    with pytest.raises(InputError, match=r"^E\(B-V\) must be a number of magnitudes from 0"):
        prepare(cutout(), ebv=ebv)


def test_a_position_that_no_galaxy_shines_through_is_refused():
    image = replace(cutout(), ra=HIGH[0], dec=HIGH[1])
    with pytest.raises(InputError, match="no galaxy is seen: give E"):
        prepare(image)
    assert prepare(image, ebv=0).dust.ebv == 0


SAYS = [
    ({"DEREDDEN": True}, "DEREDDEN = T"),
    ({"DEREDDEN": "E(B-V) = 0.1"}, "DEREDDEN = E"),
    ({"SIMULATE": True}, "SIMULATE = T"),
    ({"HISTORY": "dereddened with SFD98"}, "HISTORY"),
    ({"COMMENT": "Corrected for Galactic extinction (SFD98)"}, "COMMENT"),
    ({"HISTORY": "foreground reddening removed"}, "HISTORY"),
    ({"BUNIT": ("nanomaggy", "Milky Way dust corrected")}, "comment of BUNIT"),
]
SAYS_NOT = [
    {"DEREDDEN": False},
    {"SIMULATE": False},
    {"HISTORY": "not dereddened"},
    {"HISTORY": "no Galactic extinction correction applied"},
    {"HISTORY": "Extinction correction applied, airmass 1.2"},
    {"COMMENT": "to be corrected for Galactic extinction"},
    {"EBV": 0.05},
    {"GALEXTIN": 0.2},
]


@pytest.mark.parametrize(("cards", "words"), SAYS)
def test_a_file_that_says_that_it_is_dereddened_is_left(cards, words):
    header, said = head(BANDS="grz", BUNIT="nanomaggy"), fits.Header()
    header.update(cards)
    said.update(cards)
    for file in (simple(BASE, header), save((BASE, head(BANDS="grz"), "SCI"), primary=said)):
        prepared = prepare(read(file))
        assert np.array_equal(prepared.flux, prepare(read(simple(BASE, head(BANDS="grz"))), ebv=0).flux)
        assert prepared.dust.ebv == 0 and words in prepared.dust.source
        assert dust_of(prepared).status == "passed" and words in dust_of(prepared).detail
        twice = prepare(read(file), ebv=0.1)
        assert np.array_equal(prepared.flux, twice.flux) and "left aside" in dust_of(twice).detail


@pytest.mark.parametrize("cards", SAYS_NOT)
def test_a_file_that_does_not_say_so_is_dereddened(cards):
    prepared = prepare(read(simple(BASE, head(**({"BANDS": "grz"} | cards)))))
    assert prepared.dust.source == MAP and prepared.dust.ebv == pytest.approx(float(read_map(150.1, 2.2)))
    assert ("EBV = 0.05 of the file does not say" in dust_of(prepared).detail) == ("EBV" in cards)


def test_words_of_a_header_are_read_and_odd_ones_do_no_harm():
    header = fits.Header.fromstring("EBV     = \nDEREDDEN= \nE_BV    = abc'def", sep="\n")
    assert tell_dereddened(header) == "" == tell_reddening(header)
    assert tell_reddening(fits.Header({"EBVGAL": 0.1})) == "EBVGAL = 0.1"


def test_only_the_bands_that_say_so_are_left():
    files = [
        simple(BASE[k], head(FILTER=b, BUNIT="nanomaggy", **({"DEREDDEN": True} if b == "r" else {})))
        for k, b in enumerate("grz")
    ]
    prepared, plain = prepare(read(files), ebv=0.1), prepare(read(simple(BASE, head(BANDS="grz"))), ebv=0)
    passing = transmit(0.1, DECALS)
    expected = plain.flux / np.array([passing[0], 1, passing[2]])[:, None, None]
    assert (
        np.allclose(prepared.flux, expected, rtol=1e-5) and "r left as it is (DEREDDEN = T)" in dust_of(prepared).detail
    )


def test_an_npz_may_say_it_too():
    where = {"pixel_scale": 0.262, "ra": 150.1, "dec": 2.2}
    assert prepare(read(as_npz(image=BASE, **where))).dust.source == MAP
    said = prepare(read(as_npz(image=BASE, dereddened=np.array(True), **where)))
    assert said.dust.ebv == 0 and "DEREDDEN" in said.dust.source
    assert "EBV = 0.07" in dust_of(prepare(read(as_npz(image=BASE, ebv=0.07, **where)))).detail


def test_what_the_program_writes_is_never_corrected_again():
    flux = prepare(cutout()).flux
    file = to_fits(flux, DECALS, 150.1, 2.2, {})
    assert WCS(fits.Header.fromstring(file[:2880].decode())).has_celestial
    again = prepare(read(file))
    assert again.dust.ebv == 0 and np.allclose(again.flux, flux, rtol=1e-5, atol=1e-7)


def test_other_bands_have_their_own_coefficients():
    survey = replace(DECALS, extinction=(1.0, 0.0, 2.0))
    image = Cutout(cutout().flux, 0.262, "grz")
    ratio = prepare(image, survey, ebv=1).flux / prepare(image, survey, ebv=0).flux
    assert np.allclose(np.nanmedian(ratio, axis=(1, 2)), 10 ** (0.4 * np.array([1.0, 0.0, 2.0])), rtol=1e-5)
