"""Spellings and layouts that people have met with, each read rightly, refused, or told in words that are true."""

import io
import json
import lzma

import numpy as np
import pytest
from astropy.io import fits

from galexplore.cutouts.audit import prepare
from galexplore.cutouts.filters import band_letter, differing_bands, extension_band, named_band
from galexplore.cutouts.gaps import mark_gaps
from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.survey import DECALS
from tests.cutouts.test_kinds import BASE, SCALE, SKY, N, as_npz, details, draw, head, holds_truth, save, simple, wcs_of


@pytest.mark.parametrize(
    "cards",
    [
        {"FILTER": "z,r,g"},
        {"BAND": "z r g"},
        {"FILTNAME": "z;r;g"},
        {"COLORS": "zrg"},
        {"EXTNAME": "ZRG"},
        {"FILTERS": "DECam z, DECam r, DECam g"},
        {"BANDS": "z+r+g"},
        {"CHANNEL1": "z", "CHANNEL2": "r", "CHANNEL3": "g"},
        {"BAND01": "z", "BAND02": "r", "BAND03": "g"},
        {"CTYPE3": "BAND", "CNAME3": "z,r,g"},
    ],
)
def test_lists_of_bands(cards):
    prepared = holds_truth(simple(BASE[::-1], head(**cards)))
    assert "assumed" not in details(prepared, "bands") and "HDU 0" in details(prepared, "bands")


def test_a_spectral_axis_gives_the_order_and_what_is_unread_is_shown():
    falling = holds_truth(simple(BASE[::-1], head(CTYPE3="WAVE", CDELT3=-1e-7)))
    assert "assumed z, r, g by CTYPE3" in details(falling, "bands")
    odd = prepare(read(simple(BASE, head(FILTER="multiple"))))
    assert "FILTER = multiple" in details(odd, "bands") and "assumed" in details(odd, "bands")
    with pytest.raises(InputError, match="BANDS = F435W,F606W,F814W"):
        read(simple(BASE, head(BANDS="F435W,F606W,F814W")))


@pytest.mark.parametrize("form", ["COADD_{}", "NGC1234_{}", "{}BAND", "{}-STACK", "INPUT_{}", "LEGACY_{}"])
def test_names_of_extensions(form):
    planes = [(BASE["grz".index(b)], head(), form.format(b.upper())) for b in "zgr"]
    assert "assumed" not in details(holds_truth(save(*planes)), "bands")
    copied = [(p, head(FILTER="r"), name) for p, _, name in planes]
    holds_truth(save(*copied))


@pytest.mark.parametrize(
    ("keyword", "texts"),
    [
        ("HIERARCH LSST BUTLER DATAID BAND", "g r z"),
        ("HIERARCH FPA.FILTERID", "g.00000 r.00000 z.00000"),
        ("FILTNAME", "g r z"),
        ("FILTERCO", "zg zr z"),
        ("FILTER", "W-S-G+ W-S-R+ W-S-Z+"),
        ("FILTER", "g_G0301 r_G0303 Z_G0343"),
        ("FILTER", "gSDSS rSDSS zs"),
    ],
)
def test_filter_keywords(keyword, texts):
    files = [simple(p, head(**{keyword: t})) for p, t in zip(BASE, texts.split(), strict=True)]
    assert read(files, name=["a.fits", "b.fits", "c.fits"]).bands == "grz"


def test_filters_of_johnson_and_others_are_not_taken_mutely():
    files = [simple(p, head(FILTER=f)) for p, f in zip(BASE, "gRz", strict=True)]
    assert "not the R of Johnson" in details(prepare(read(files)), "bands")
    files = [simple(p, head(FILTER=f)) for p, f in zip(BASE, ("F475W", "F625W", "F850LP"), strict=True)]
    with pytest.raises(InputError, match="FILTER = F475W is no band"):
        read(files)
    named = prepare(read(files, name=["x_g.fits", "x_r.fits", "x_z.fits"]))
    assert "FILTER = F475W" in details(named, "bands") and "assumed" in details(named, "bands")


def test_names_that_differ_in_the_band_alone():
    assert differing_bands(["m51g.fits", "m51r.fits", "m51z.fits"], DECALS) == list("grz")
    assert differing_bands([f"gal_{b}_z_0.05.fits" for b in "grz"], DECALS) == list("grz")
    assert differing_bands(["a1.fits", "a2.fits", "a3.fits"], DECALS) == []
    assert named_band("ngc_gband.fits", DECALS) == "g" and extension_band("SCI", DECALS).letter == ""
    assert band_letter("r+i+z", DECALS) == "", "a sum of bands is none"


@pytest.mark.parametrize(
    ("cards", "value"),
    [
        ({"MAGZERO1": 25.0, "MAGZERO2": 25.0, "MAGZERO3": 25.0}, 10),
        ({"G_ZP": 25.0, "R_ZP": 25.0, "Z_ZP": 25.0}, 10),
        ({"ZP": "25.0,25.0,25.0"}, 10),
        ({"MAGZP": "25.0 mag"}, 10),
        ({"ZMAG": 25.0}, 10),
        ({"MAG_ZPT": 25.0}, 10),
        ({"BUNIT": "ADU", "PHOTZP": 0.0}, 1e-9),
        ({"ZP": 8.9}, 3.631e-6),
        ({"MAGZPT": -48.6}, 3.631e-29),
        ({"BUNIT": "el/s", "MAGZERO": 30.0}, 1000),
        ({"BUNIT": "none", "MAGZERO": 30.0}, 1000),
        ({"BUNIT": "gain calibrated counts", "MAGZERO": 30.0}, 1000),
        ({"BUNIT": "nanomaggies (AB)"}, 1),
        ({"BUNIT": "muJy"}, 3.631),
        ({"BUNIT": "[nJy]"}, 3631),
        ({"BUNIT": "1e-9 maggies"}, 1),
        ({"BUNIT": "uJy/as2"}, 3.631 / SCALE**2),
        ({"MAGZPT": (25.0, "zero point for 1 sec exposure"), "EXPTIME": 90.0, "BUNIT": "adu"}, 900),
        ({"MAGZPT": (25.0, "[mag] ZP for EXPTIME=1s"), "EXPTIME": 90.0, "BUNIT": "adu"}, 900),
        ({"HIERARCH FPA.ZP": 25.0, "EXPTIME": 600.0}, 6000),
        ({"BUNIT": "electrons", "MAGZERO": 30.0, "SURVEY": "DELVE", "EXPTIME": 90.0}, 1000),
    ],
)
def test_flux(cards, value):
    told = details(holds_truth(simple(BASE * np.float32(value), head(BANDS="grz", **cards))), "flux_units")
    assert "assumed" not in told and (value == 1 or "HDU 0" in told)


def test_zero_points_that_are_not_listed_are_assumed_and_vegas_refused():
    told = details(holds_truth(simple(BASE * 10, head(BANDS="grz", MYZPT=25.0))), "flux_units")
    assert "assumed that MYZPT is the zero point" in told
    told = details(prepare(read(simple(BASE, head(BANDS="grz", MAGZERO="unknown")))), "flux_units")
    assert "MAGZERO = unknown" in told and "no unit is given" not in told
    with pytest.raises(InputError, match="Vega"):
        prepare(read(simple(BASE * 10, head(BANDS="grz", MAGZPT=25.0, PHOTSYS="VEGA"))))


def test_the_viewers_zero_point_is_that_of_a_native_pixel():
    wcs = wcs_of(320, 0.131)
    native = draw(wcs, 320, noise=False)
    told = holds_truth(simple(native, head(wcs, BANDS="grz", SURVEY="LegacySurvey", MAGZERO=22.5)), 0.03)
    assert "assumed" in details(told, "flux_units")


def test_counts_of_few_levels_are_no_picture():
    whole = np.clip(np.rint(BASE * 251 + 60), 0, 255).astype("i2")
    prepared = prepare(read(simple(whole, head(BANDS="grz", BUNIT="ADU", MAGZERO=28.5))))
    assert "eight-bit" not in details(prepared, "bands")


def test_the_extensions_own_unit_comes_before_an_inherited_zero_point():
    holds_truth(save((BASE * 3631, head(BANDS="grz", BUNIT="nJy"), "SCI"), primary={"MAGZERO": 25.0}))


def test_images_come_before_what_is_derived_from_them():
    grz, truth = head(BANDS="grz"), np.abs(BASE) * 2
    for name in ("BESTFIT", "IMAGE_CONV", "TRUTH", "SMOOTH"):
        c = read(save((truth, grz, name), (BASE, grz, "IMAGE")))
        assert np.allclose(c.flux, BASE, atol=1e-6), name
    files = [
        save((2 * p, head(FILTER=b), "OTHER"), (p, head(FILTER=b), "DATA")) for b, p in zip("grz", BASE, strict=True)
    ]
    assert "left aside" in details(holds_truth(files), "bands")
    blank = [save((p * 0, head(FILTER=b), "SCI"), (p, head(FILTER=b), "SCI")) for b, p in zip("grz", BASE, strict=True)]
    holds_truth(blank)
    psf = np.exp(-np.hypot(*(np.mgrid[:31, :31] - 15)))[None].repeat(3, 0)
    for name in ("PSFIMAGE", "EPSF", ""):
        holds_truth(save((psf, fits.Header(), name), (BASE, grz, "")))
    blocks = [
        save(
            (p, head(OBJECT="gal.fits"), ""),
            (p * 3, head(OBJECT="model"), ""),
            (p * 0, head(OBJECT="residual map"), ""),
        )
        for p in BASE
    ]
    holds_truth(blocks, name=["a_g.fits", "a_r.fits", "a_z.fits"])


def test_masks_are_told_apart():
    bad = np.zeros((N, N), "i2")
    bad[70:73, 100:110] = 1
    sources = np.zeros((N, N), "i4")
    sources[50:100, 50:100], sources[10:20, 10:20], sources[30:40, 10:20] = 1, 2, 3
    image = (BASE, head(BANDS="grz"), "SCI")

    def gaps(*beside):
        return np.isnan(read(save(image, *((p, fits.Header(), n) for p, n in beside))).flux).all(axis=0)

    for value in (1, 4, 4096):
        assert np.array_equal(gaps((bad * value, "DQ")), bad > 0), value
    assert not gaps((sources, "SEGM")).any() and not gaps((sources, "")).any()
    assert np.array_equal(gaps((1 - bad, "FOOTPRINT")), bad > 0)
    weighed = read(save(image, (1 - bad, fits.Header(), "FOOTPRINT")))
    assert np.array_equal(weighed.invvar[0] <= 0, bad > 0)
    told = details(prepare(read(save(image, (bad * 6 + np.eye(N, dtype="i2") * 8, fits.Header(), "DQ")))), "missing")
    assert "none of its bits is known" in told
    small = details(prepare(read(save(image, (np.zeros((76, 76), "f4"), fits.Header(), "INVVAR")))), "missing")
    assert "does not fit the image" in small


def test_extensions_of_one_version_belong_together():
    images = [(p, head(FILTER=b, EXTVER=k), "SCI") for k, (b, p) in enumerate(zip("grz", BASE, strict=True), 1)]
    masks = []
    for k in (1, 2, 3):
        mask = np.zeros((N, N), "i2")
        mask[10 * k : 10 * k + 5, :5] = 1
        masks.append((mask, fits.Header({"EXTVER": k}), "DQ"))
    flux = read(save(*images, *masks)).flux
    assert [np.isnan(f).sum() for f in flux] == [25, 25, 25] and np.isnan(flux[1, 20:25, :5]).all()


@pytest.mark.parametrize(
    "kind", ["SIP", "TPV", "PV", "TNX", "lower", "dashes", "unit", "alternate", "bare", "text", "frame", "twice"]
)
def test_wcs_that_need_mending(kind):
    wcs = wcs_of(turned=40)
    header = head(wcs, BANDS="grz")
    for i in (1, 2):
        for j in (1, 2):
            header[f"CD{i}_{j}"] = wcs.wcs.cd[i - 1, j - 1]
            header.remove(f"PC{i}_{j}", ignore_missing=True)
        header.remove(f"CDELT{i}", ignore_missing=True)
    if kind in ("SIP", "TPV", "TNX"):
        for i, axis in ((1, "RA--"), (2, "DEC-")):
            header[f"CTYPE{i}"] = f"{axis}-TAN-SIP" if kind == "SIP" else f"{axis}-{kind}"
    if kind == "TNX":
        header.update({"WAT0_001": "system=image", "WAT1_001": "wtype=tnx axtype=ra"})
    if kind == "SIP":
        header.update({"A_ORDER": 2, "B_ORDER": 2, "A_2_0": 1e-9})
    elif kind in ("TPV", "PV"):
        header.update({f"PV{i}_{j}": float(j == 1) for i in (1, 2) for j in (0, 1, 2)})
    elif kind == "lower":
        header["CTYPE1"], header["CTYPE2"] = "ra---tan", "dec--tan"
    elif kind == "dashes":
        header["CTYPE1"] = "RA--TAN"
    elif kind == "unit":
        header["CUNIT1"], header["CUNIT2"] = "deg.", "junk"
    elif kind == "alternate":
        for k in [k for k in header if k[:5] in ("CTYPE", "CRVAL", "CRPIX", "CUNIT") or k.startswith("CD")]:
            header[f"{k}A"] = header[k]
            del header[k]
    elif kind == "bare":
        del header["CTYPE1"], header["CTYPE2"]
    elif kind == "frame":
        header["RADESYS"] = "j2000"
    elif kind == "old frame":
        header["RADECSYS"] = "'FK5 '"
        header.remove("RADESYS", ignore_missing=True)
    elif kind == "third":
        header.update({"CTYPE3": "WAVE-TAB", "CUNIT3": "um", "PS3_0": "WCS-TABLE", "CRVAL3": 0.0})
    elif kind == "twice":
        header.update({"PC1_1": 1.0, "PC2_2": 1.0, "CDELT1": 1.0, "CDELT2": 1.0})
    elif kind == "text":
        for k in ("CD1_1", "CD1_2", "CD2_1", "CD2_2"):
            header[k] = f"{header[k]:.9E}"
    c = read(simple(draw(wcs), header))
    assert np.degrees(c.orientation[1]) == pytest.approx(40, abs=0.2) and c.orientation[0] == 1
    assert c.pixel_scale == pytest.approx(SCALE, rel=1e-3) and c.ra == pytest.approx(SKY.ra.deg, abs=1e-4)
    assert ("assumed" in details(prepare(c), "orientation")) == (kind in ("TNX", "bare"))


@pytest.mark.parametrize("keyword", ["CROTA1", "CROTA2"])
def test_a_rotation_may_stand_on_either_axis(keyword):
    header = head(False, BANDS="grz", CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRPIX1=75.5, CRPIX2=75.5)
    header.update({"CRVAL1": SKY.ra.deg, "CRVAL2": SKY.dec.deg, "CDELT1": -SCALE / 3600, "CDELT2": SCALE / 3600})
    header[keyword] = -40.0
    assert np.degrees(read(simple(BASE, header)).orientation[1]) == pytest.approx(40, abs=0.01)


def test_an_unnamed_weight_with_a_copied_header_is_a_weight():
    weight = np.full((N, N), 1e5, "f4")
    weight[10:14, 10:14] = 0
    for order in (1, -1):
        files = [
            save(*[(x, head(FILTER=b), "") for x in (p, weight)][::order]) for b, p in zip("grz", BASE, strict=True)
        ]
        assert (read(files).invvar[:, 10:14, 10:14] <= 0).all()
    with pytest.raises(InputError, match="both may be the image"):
        read(save((BASE, head(BANDS="grz"), "DETECT"), (BASE, head(BANDS="grz"), "FILTERED")))


def test_pictures_are_assumed_to_be_the_viewers():
    from galexplore.cutouts.colour import to_rgb
    from tests.cutouts.test_kinds import as_picture

    prepared = prepare(read(as_picture(to_rgb(BASE * 0.3, DECALS)[::-1]), pixel_scale=SCALE))
    assert all("assumed" in details(prepared, check) for check in ("bands", "flux_units", "orientation"))


def test_bands_without_a_place_beside_bands_with_one():
    turned = wcs_of(turned=90)
    with_place = [simple(draw(turned)[k], head(turned, FILTER=b)) for k, b in ((1, "r"), (2, "z"))]
    silent = simple(draw(turned)[0], head(False, FILTER="g", PIXSCALE=SCALE))
    prepared = holds_truth([silent, *with_place])
    assert "assumed that bands without a WCS" in details(prepared, "orientation")
    with pytest.raises(InputError, match=r'0\.4" in g'):
        read([simple(BASE[0], head(False, FILTER="g", PIXSCALE=0.4)), *with_place])


@pytest.mark.parametrize(
    ("cards", "scale"),
    [
        ({"PIXSCALE": "0.262 arcsec/pix"}, 0.262),
        ({"PIXSCALE": (262.0, "[mas] pixel scale")}, 0.262),
        ({"PIXSCALE": 7.2778e-5}, 0.262),
        ({"PIXSCALE": (0.262, "[arc-sec/pixel] at 0 deg")}, 0.262),
        ({"PIXAR_A2": 0.262**2}, 0.262),
        ({"GS_SCALE": 0.262}, 0.262),
        ({"HIERARCH PIXEL_SCALE": 0.262}, 0.262),
        ({"CD1_1": -0.262 / 3600, "CD2_2": 0.262 / 3600}, 0.262),
    ],
)
def test_scales(cards, scale):
    assert read(simple(BASE, head(False, BANDS="grz", **cards))).pixel_scale == pytest.approx(scale, rel=1e-4)


def test_no_sentence_says_that_a_file_is_silent_which_is_not():
    with pytest.raises(InputError, match="PIXSCALE = unknown") as caught:
        prepare(read(simple(BASE, head(False, BANDS="grz", PIXSCALE="unknown"))))
    assert "does not say" not in str(caught.value)
    turned = read(simple(BASE, head(False, BANDS="grz", PIXSCALE=SCALE, ORIENTAT=37.0)))
    assert "ORIENTAT = 37.0 is not used" in details(prepare(turned), "orientation")
    both = prepare(read(simple(BASE, head(BANDS="grz", PIXSCALE=0.524))))
    assert "PIXSCALE = 0.524 says otherwise" in details(both, "pixel_scale")


@pytest.mark.parametrize(
    "names", [("RA_CUT", "DEC_CUT"), ("SRC_RA", "SRC_DEC"), ("RAJ2000", "DEJ2000"), ("HOSTRA", "HOSTDEC")]
)
@pytest.mark.parametrize("hours", [False, True])
def test_targets_by_other_names(names, hours):
    wcs = wcs_of(220, middle=SKY.spherical_offsets_by(*(v * SKY.ra.unit / 3600 for v in (6, -9))))
    ra = (SKY.ra.hour, "[h]") if hours else SKY.ra.deg
    c = read(simple(draw(wcs, 220), head(wcs, BANDS="grz", **{names[0]: ra, names[1]: SKY.dec.deg})))
    assert (c.ra, c.dec) == pytest.approx((SKY.ra.deg, SKY.dec.deg), abs=1e-4)


def test_an_npz_says_it_by_any_name():
    told = holds_truth(as_npz(image=BASE[::-1], band_names=list("zrg"), pixel_scale=SCALE))
    assert "its array band_names" in details(told, "bands")
    holds_truth(as_npz(image=BASE[::-1], metadata=json.dumps({"bands": list("zrg"), "pixel_scale": SCALE})))
    holds_truth(as_npz(image=BASE * 10, magzp=25.0, pixel_scale="0.262"))
    holds_truth(as_npz(image=BASE * 10, zp_g=25.0, zp_r=25.0, zp_z=25.0, pixscale_arcsec=SCALE))
    units = np.array([3.631, 3631, 1])[:, None, None]
    holds_truth(as_npz(image=BASE * units, units=["uJy", "nJy", "nmgy"], pixel_scale=[SCALE] * 3))
    holds_truth(as_npz(g=BASE[0], r=BASE[1], z=BASE[2], i=BASE[2] * 9, pixel_scale=SCALE))
    holds_truth(as_npz(images=BASE[None], latent=np.zeros((3, 8, 8)), pixel_scale=SCALE))
    pickled = prepare(read(as_npz(image=BASE, bands=np.array(["z", None], object), pixel_scale=SCALE)))
    assert "pickled" in details(pickled, "bands") and "assumed" in details(pickled, "bands")


@pytest.mark.parametrize("separator", ["", "\n"])
def test_an_npz_with_a_header_beside_the_image(separator):
    wcs = wcs_of(turned=60)
    text = head(wcs, BANDS="zrg", MAGZERO=25.0).tostring(sep=separator)
    c = read(as_npz(image=draw(wcs)[::-1] * 10, header=text))
    assert np.degrees(c.orientation[1]) == pytest.approx(60, abs=0.1)
    holds_truth(as_npz(image=draw(wcs)[::-1] * 10, header=text))


def test_masks_and_weights_of_an_npz_are_used():
    bad = np.zeros((N, N), "u1")
    bad[10:14, 10:14] = 1
    weight = np.where(bad, 0, 1 / 0.002**2)[None].repeat(3, 0)
    for beside in ({"mask": bad}, {"ivar": weight}, {"invvar": np.moveaxis(weight, 0, -1)}):
        prepared = prepare(read(as_npz(image=BASE, pixel_scale=SCALE, **beside)))
        assert "its array" in details(prepared, "missing")
        flux = read(as_npz(image=BASE, pixel_scale=SCALE, **beside))
        gaps = np.isnan(flux.flux[0]) if flux.invvar is None else flux.invvar[0] <= 0
        assert np.array_equal(gaps, bad > 0)


@pytest.mark.parametrize("zero_point", [22.5, 27.0, 30.0, 31.4])
@pytest.mark.parametrize("fill", [-99.0, 99.0, 999999.0, -1.0, 7.0])
def test_blocks_of_one_value_are_gaps_in_any_unit(zero_point, fill):
    image = BASE[2] * 10 ** (0.4 * (zero_point - 22.5))
    image[:20, :30] = fill
    gaps = np.isnan(mark_gaps(image))
    assert gaps[:20, :30].all() and gaps.sum() == 600


@pytest.mark.parametrize("value", [65535.0, 1e6, 1e10, -1e4])
def test_lone_spikes_are_gaps(value):
    image = BASE[1].copy()
    image[40, 50] = value
    assert np.isnan(mark_gaps(image)[40, 50]) and np.isnan(mark_gaps(image)).sum() == 1


def test_grids_are_kept_within_bounds():
    fine = wcs_of(2000, 0.03, stretch=5)
    header = head(fine, BANDS="grz", SURVEY="DECaLS")
    flux = np.random.default_rng(0).normal(size=(3, 400, 2000)).astype("f4") * 0.003
    assert max(read(simple(flux, header)).flux.shape) < 450
    with pytest.raises(InputError, match="so different"):
        read(simple(flux, head(wcs_of(2000, 0.005, stretch=60), BANDS="grz")))


def test_colours_as_ds9_names_them_and_weights_of_one_number():
    planes = [(BASE["grz".index(b)], head(), n) for b, n in zip("zrg", ("RED", "GREEN", "BLUE"), strict=True)]
    assert "assumed" in details(holds_truth(save(*planes)), "bands")
    flat = np.full((3, N, N), 1e6, "f4")
    holds_truth(save((BASE, head(BANDS="grz"), "SCI"), (flat, fits.Header(), "WGT")))


def test_weights_are_held_against_the_pixels():
    noise = 0.3 * np.array(DECALS.noise)[:, None, None] * np.ones((3, N, N))
    grz = head(BANDS="grz", BUNIT="nanomaggy")
    agree = prepare(read(save((BASE, grz, "SCI"), ((1 / noise**2), fits.Header(), "INVVAR"))))
    assert "noise is that of the weights" in details(agree, "flux_units")
    exposure = prepare(read(save((BASE, grz, "SCI"), (noise * 0 + 90, fits.Header(), "WHT"))))
    assert "no inverse variances" in details(exposure, "flux_units")
    spoilt = BASE * np.array([1, 1, 5], "f4")[:, None, None]
    with pytest.raises(InputError, match="z or its weights are in another unit"):
        prepare(read(save((spoilt, head(BANDS="grz"), "SCI"), (noise, fits.Header(), "ERR"))))


@pytest.mark.parametrize("unit", ["10**9999999999 Jy", "10^999999999 Jy", "Jy" * 40])
def test_units_are_read_within_bounds(unit):
    with pytest.raises(InputError, match="the flux unit is"):
        prepare(read(simple(BASE, head(BANDS="grz", BUNIT=unit[:60]))))
    assert read(simple(BASE, head(BANDS="grz", CUNIT1=unit[:60], CUNIT2=unit[:60]))).flux.shape == BASE.shape


def test_packed_by_xz_and_in_a_zip():
    holds_truth(lzma.compress(simple(BASE, head(BANDS="grz"))))
    import zipfile

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        packed.writestr("cutout.fits", simple(BASE, head(BANDS="grz")))
    with pytest.raises(InputError, match=r"unpack it and give cutout\.fits"):
        read(stream.getvalue())


def test_pictures_turned_by_their_camera():
    from PIL import Image

    from galexplore.cutouts.colour import to_rgb

    upright = Image.fromarray(to_rgb(BASE * 0.3, DECALS)[::-1])
    exif = Image.Exif()
    exif[0x0112] = 3
    plain, turned = io.BytesIO(), io.BytesIO()
    upright.save(plain, "PNG")
    upright.rotate(180).save(turned, "PNG", exif=exif)
    both = [read(s.getvalue(), pixel_scale=SCALE) for s in (plain, turned)]
    assert np.array_equal(both[0].flux, both[1].flux, equal_nan=True)
    assert "EXIF" in details(prepare(both[1]), "orientation")


def test_every_check_names_where_it_looked():
    files = [
        save((p, head(MAGZERO=22.5), b), (p * 0 + 1e5, fits.Header(), "WGT")) for b, p in zip("GRZ", BASE, strict=True)
    ]
    prepared = prepare(read(files))
    for check in prepared.checks:
        assert "HDU" in check.detail or check.check in ("centring", "dust", "seeing"), check


@pytest.mark.parametrize("size", [150, 151])
@pytest.mark.parametrize("scale", [SCALE, 0.05])
def test_a_window_keeps_the_target_in_its_middle(size, scale):
    n = size if scale == SCALE else 6 * size
    files = []
    for band, parity in zip("grz", (1, -1, 1), strict=True):
        wcs = wcs_of(n, scale, parity=parity)
        files.append(simple(draw(wcs, n)["grz".index(band)], head(wcs, FILTER=band, SURVEY="DECaLS")))
    alone = prepare(read(simple(draw(wcs_of(n, scale), n), head(wcs_of(n, scale), BANDS="grz", SURVEY="DECaLS"))))
    together = prepare(read(files))
    near = slice(20, 49)
    off = np.abs(together.flux - alone.flux)[:, near, near].sum(axis=(1, 2))
    assert (off < 0.03 * alone.flux[:, near, near].sum(axis=(1, 2))).all(), off
