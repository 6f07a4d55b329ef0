"""Each kind of file that astronomers have, made anew: the pixels to be encoded are the truth's, or it is refused."""

import bz2
import gzip
import io
from functools import partial

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS

from galexplore.cutouts import audit
from galexplore.cutouts.calibration import calibrate
from galexplore.cutouts.colour import to_rgb
from galexplore.cutouts.filters import band_letter
from galexplore.cutouts.flux_units import read_counts, read_unit
from galexplore.cutouts.gaps import mark_gaps
from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.survey import DECALS

N, SCALE = 150, 0.262
prepare = partial(audit.prepare, ebv=0)  # before this sky there is no dust
SKY = SkyCoord(150.1, 2.2, unit="deg")


def sky_light(east, north):
    """Light (3, ...) of an asymmetric galaxy at offsets [arcsec] east and north of it, nanomaggies a native pixel."""
    disc = np.exp(-np.hypot(0.5 * east - north, 1.2 * (east + 0.2 * north)) / 3)
    blob = 0.3 * np.exp(-np.hypot(east - 6, north + 3) / 1.0)
    return np.array([0.3, 0.7, 1.0])[:, None, None] * disc + np.array([0.4, 0.2, 0.1])[:, None, None] * blob


def wcs_of(n=N, scale=SCALE, turned=0.0, parity=1, frame="RA", middle=SKY, stretch=1.0, projection="TAN"):
    """A WCS about the galaxy; `turned` is the position angle of up, in its own frame, `stretch` that of the rows."""
    wcs = WCS(naxis=2)
    names = {"RA": ("RA--", "DEC-"), "GLON": ("GLON", "GLAT"), "ELON": ("ELON", "ELAT")}[frame]
    wcs.wcs.ctype = [f"{t}-{projection}" for t in names]
    own = {"RA": middle.icrs, "GLON": middle.galactic, "ELON": middle.barycentricmeanecliptic}[frame]
    wcs.wcs.crval = [own.spherical.lon.deg, own.spherical.lat.deg]
    wcs.wcs.crpix = [(n + 1) / 2] * 2
    c, s = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    wcs.wcs.cd = np.array([[-c * parity, s * stretch], [s * parity, c * stretch]]) * scale / 3600
    return wcs


def sky_of(wcs, x, y):
    """Positions of pixels; astropy alone takes ecliptic ones for equatorial."""
    if wcs.wcs.lngtyp != "ELON":
        return wcs.pixel_to_world(x, y).icrs
    world = wcs.pixel_to_world_values(x, y)
    return SkyCoord(world[wcs.wcs.lng], world[wcs.wcs.lat], unit="deg", frame="barycentricmeanecliptic").icrs


def draw(wcs, n=N, noise=True, galaxy=SKY):
    """The galaxy as an image with this WCS has it, surface brightness in nanomaggies a native pixel."""
    y, x = np.mgrid[:n, :n]
    sky = sky_of(wcs, x, y)
    east, north = galaxy.spherical_offsets_to(sky)
    grain = np.random.default_rng(3).normal(size=(3, n, n)) * np.array(DECALS.noise)[:, None, None] * noise
    return (sky_light(east.arcsec, north.arcsec) + 0.3 * grain).astype("f4")


def swapped(wcs):
    """The same WCS with declination on the first axis of the sky."""
    head = wcs.to_header(relax=True)
    other = WCS(naxis=2)
    other.wcs.ctype, other.wcs.crval = [*wcs.wcs.ctype][::-1], [*wcs.wcs.crval][::-1]
    other.wcs.crpix, other.wcs.cd = wcs.wcs.crpix, wcs.wcs.cd[::-1]
    assert head["CTYPE1"] != other.wcs.ctype[0]
    return other


def save(*hdus, primary=None):
    """Bytes of a FITS file: (pixels, header, name) extensions behind a bare primary header, or a primary image."""
    first = fits.PrimaryHDU(header=fits.Header(primary or {}))
    made = [first]
    for pixels, head, name in hdus:
        made.append(fits.ImageHDU(pixels, head, name=name or None))
    stream = io.BytesIO()
    fits.HDUList(made).writeto(stream)
    return stream.getvalue()


def head(wcs=None, **cards):
    """A header of a WCS and cards; of the plain one by default, of none where it is False."""
    header = fits.Header() if wcs is False else (wcs or wcs_of()).to_header(relax=True)
    for keyword, value in cards.items():
        header[keyword.replace("__", ".")] = value
    return header


def simple(pixels, header):
    """Bytes of a FITS file with a primary image."""
    stream = io.BytesIO()
    fits.PrimaryHDU(pixels, header).writeto(stream)
    return stream.getvalue()


def details(prepared, check):
    """The detail of one check."""
    return next(c.detail for c in prepared.checks if c.check == check)


BASE = draw(wcs_of())
TRUTH = prepare(read(simple(BASE, head(BANDS="grz", BUNIT="nanomaggy"))))


def holds_truth(source, tolerance=0.02, **how):
    """Prepare a source, and see that each band's light is the truth's, in all and in its place."""
    prepared = prepare(read(source, **how))
    near = slice(20, 49)
    assert prepared.flux[:, near, near].sum(axis=(1, 2)) == pytest.approx(
        TRUTH.flux[:, near, near].sum(axis=(1, 2)), rel=tolerance
    )
    off = np.abs(prepared.flux - TRUTH.flux)[:, near, near].sum(axis=(1, 2))
    light = np.abs(TRUTH.flux)[:, near, near].sum(axis=(1, 2))
    if abs(prepared.angle) < 0.01:
        assert (off < 6 * tolerance * light).all(), off / light
    return prepared


def test_shared_keywords_stand_in_the_primary_header():
    holds_truth(save((BASE[::-1], head(), "SCI"), primary={"BANDS": "zrg"}))
    holds_truth(save((BASE * 3.631, head(INHERIT=True), "SCI"), primary={"BANDS": "grz", "BUNIT": "uJy"}))
    holds_truth(save((BASE * 10, head(), ""), primary={"BANDS": "G,R,Z", "MAGZERO": 25.0}))
    cards = {"BAND0": "z", "BAND1": "r", "BAND2": "g"}
    holds_truth(save((BASE[::-1], head(), "IMAGE"), primary=cards))
    own = save((BASE, head(BUNIT="nanomaggy", BANDS="grz"), "SCI"), primary={"BUNIT": "uJy", "BANDS": "zrg"})
    holds_truth(own)
    single = [(plane, head(), "") for plane in BASE[::-1]]
    holds_truth(save(*single, primary={"BANDS": "zrg"}))


@pytest.mark.parametrize("names", [("IMAGE", "MASK", "VARIANCE"), ("SCI", "MSK", "WGT"), ("sci", "ERR", "DQ")])
def test_image_weight_and_mask_a_file(names):
    files = []
    for band, plane in zip("grz", BASE, strict=True):
        parts = {}
        for name in names:
            weight = np.full((N, N), 0.01, "f4")
            weight[:10] = 0
            bits = np.zeros((N, N), "i2")
            bits[5:9, 5:9], bits[60:90, 60:90] = 1, 32  # bit 5 is DETECTED of HSC: no gap
            parts[name] = bits if name in ("MASK", "MSK", "DQ") else weight
        parts[names[0]] = plane
        files.append(save(*((p, head(FILTER=band) if n == names[0] else head(), n) for n, p in parts.items())))
    c = read(files)
    assert c.bands == "grz" and np.isnan(c.flux[:, 5:9, 5:9]).all() and np.isfinite(c.flux[:, 60:90, 60:90]).all()
    assert (c.invvar[:, :10] <= 0).all() and (c.invvar[:, 10:] > 0).all()
    assert not prepare(c).valid[:, 0].any() or prepare(c).valid.mean() > 0.9
    holds_truth(files)
    backwards = save(*((p, head(FILTER="g") if n == names[0] else head(), n) for n, p in reversed(parts.items())))
    assert read([backwards, *files[1:]]).bands == "grz"


def test_models_psfs_and_others_are_left_aside():
    psf, model = np.full((3, 63, 63), 1 / 63**2, "f4"), BASE * 0 + 0.5
    grz = head(BANDS="grz")
    holds_truth(save((model, grz, "MODEL"), (psf, head(False), "PSF"), (BASE, grz, "IMAGE"), (BASE + 9, grz, "INVVAR")))
    holds_truth(save((psf, head(False), "COADD_PSF"), (BASE, grz, "SCI"), (BASE * 0 + 3, grz, "NEXP")))
    planes = [(p, head(BAND=b), "") for b, p in zip("grz", BASE, strict=True)]
    maskbits = np.full((N, N), 4096, "i2")
    holds_truth(save(*planes, (maskbits, head(), "MASKBITS"), (psf[0], head(False), "PSF_G")))
    for name in ("MODEL", "MASK", "PSF"):
        with pytest.raises(InputError, match=r"no image|point-spread"):
            read(save((BASE, grz, name)))


@pytest.mark.parametrize("bands", ["griz", "zirg"])
def test_the_band_that_is_not_needed_is_left_aside_and_said_so(bands):
    planes = dict(zip("grz", BASE, strict=True)) | {"i": BASE[2] * 5}
    c = holds_truth(save(*((planes[b], head(), b) for b in bands)))
    assert "i left aside" in details(c, "bands")
    holds_truth(simple(np.stack([planes[b] for b in bands]), head(BANDS=bands.upper())))
    holds_truth(save(*((planes[b], head(), f"SCI_{b.upper()}") for b in bands)))


@pytest.mark.parametrize(
    ("cards", "values"),
    [
        ({"BUNIT": "NANOMAGGY"}, 1),
        ({"BUNIT": "nMgy"}, 1),
        ({"BUNIT": "Nanomaggies / pixel"}, 1),
        ({"BUNIT": "microjansky"}, 3.631),
        ({"BUNIT": "nJy"}, 3631),
        ({"BUNIT": "Jy"}, 3.631e-6),
        ({"BUNIT": "mJy/pix"}, 3.631e-3),
        ({"BUNIT": "MJy/sr"}, 3.631e-12 / (SCALE**2 / 206264.806**2)),
        ({"BUNIT": "MJY/SR"}, 3.631e-12 / (SCALE**2 / 206264.806**2)),
        ({"BUNIT": "nanomaggies per arcsec^2"}, 1 / SCALE**2),
        ({"BUNIT": "erg/s/cm2/Hz"}, 3.631e-29),
        ({"MAGZERO": 25.0}, 10),
        ({"MAGZPT": "27.5"}, 100),
        ({"BUNIT": "ADU", "PHOTZP": 30.0}, 1000),
        ({"BUNIT": "counts/s", "ZP": 25.0, "EXPTIME": 90.0}, 10),
        (
            {
                "BUNIT": "electrons",
                "MAGZERO": (30.0, "Mag Zero-point in magnitudes/s"),
                "EXPTIME": 450.0,
                "TILENAME": "DES01",
            },
            1000,
        ),
        ({"BUNIT": "electrons", "ZP": (25.0, "magnitude of 1 e/s"), "EXPTIME": 90.0}, 900),
        ({"FLUXMAG0": 63095734448.0194}, 63.0957),
        ({"BUNIT": "ELECTRONS/S", "PHOTFLAM": 1e-19, "PHOTPLAM": 6000.0, "PHOTZPT": -21.1, "EXPTIME": 500.0}, 30.234),
        ({"BUNIT": "counts", "PHOTFNU": 3.631e-7, "EXPTIME": 20.0}, 200),
        ({"BUNIT": "nJy", "ZP": 31.4}, 3631),
        ({"BUNIT": "nanomaggy", "MAGZERO": 22.5}, 1),
    ],
)
def test_units_and_zero_points(cards, values):
    prepared = holds_truth(simple(BASE * np.float32(values), head(BANDS="grz", **cards)))
    assert "assumed" not in details(prepared, "flux_units")
    if values != 1:
        assert next(iter(cards)) in details(prepared, "flux_units") or len(cards) > 1


def test_each_band_has_its_own_calibration():
    cards = [{"BUNIT": "uJy"}, {"MAGZERO": 25.0}, {"BUNIT": "nanomaggy"}]
    planes = [BASE[0] * 3.631, BASE[1] * 10, BASE[2]]
    holds_truth([simple(p, head(FILTER=b, **c)) for b, p, c in zip("grz", planes, cards, strict=True)])
    holds_truth(save(*((p, head(**c), b) for b, p, c in zip("grz", planes, cards, strict=True))))
    per_band = np.array([10, 100, 1000], "f4")[:, None, None]
    holds_truth(simple(BASE * per_band, head(BANDS="grz", MAGZP_G=25.0, MAGZP_R=27.5, MAGZP_Z=30.0)))
    silent = prepare(
        read([simple(p, head(FILTER=b, **c)) for b, p, c in zip("grz", BASE, [{}, {}, cards[2]], strict=True)])
    )
    assert "assumed nanomaggies" in details(silent, "flux_units")


@pytest.mark.parametrize(
    ("cards", "sentence"),
    [
        ({"BUNIT": "nanomaggy", "MAGZERO": 25.0}, "contradict"),
        ({"BUNIT": "counts"}, "zero point"),
        ({"BUNIT": "e-/s"}, "zero point"),
        ({"BUNIT": "K"}, "nanomaggies are needed"),
        ({"MAGZERO": 30.0}, "does not fit what the file says"),
        ({"BUNIT": "Jy"}, "does not fit what the file says"),
    ],
)
def test_what_contradicts_itself_is_refused_by_name(cards, sentence):
    with pytest.raises(InputError, match=sentence) as caught:
        prepare(read(simple(BASE, head(BANDS="grz", **cards))))
    assert caught.value.checks[-1].check == "flux_units" and "\n" not in str(caught.value)


def test_a_zero_point_of_unknown_time_is_said_to_be_assumed():
    prepared = prepare(read(simple(BASE * 10, head(BANDS="grz", BUNIT="adu", MAGZP=25.0, EXPTIME=90.0))))
    assert "assumed the zero point" in details(prepared, "flux_units")


@pytest.mark.parametrize("scale", [0.131, 0.2, 0.396])
def test_surface_brightness_or_flux_a_pixel_by_who_wrote_the_file(scale):
    n = int(40 / scale)
    wcs = wcs_of(n, scale)
    native, pixel = draw(wcs, n, noise=False), draw(wcs, n, noise=False) * np.float32((scale / SCALE) ** 2)
    holds_truth(simple(native, head(wcs, BANDS="grz", SURVEY="DECaLS")), 0.03)
    holds_truth(simple(native, head(wcs, BANDS="grz", SURVEY="LegacySurvey", BUNIT="nanomaggy")), 0.03)
    holds_truth(simple(pixel, head(wcs, BANDS="grz", NMGY=0.004, BUNIT="nanomaggy")), 0.03)
    told = holds_truth(simple(pixel, head(wcs, BANDS="grz", BUNIT="nanomaggies")), 0.03)
    assert "assumed" in details(told, "flux_units")
    holds_truth(simple(pixel * np.float32(3.631), head(wcs, BANDS="grz", BUNIT="uJy")), 0.03)
    holds_truth(simple(pixel * 10, head(wcs, BANDS="grz", ZP=25.0)), 0.03)


@pytest.mark.parametrize("frame", ["RA", "GLON", "ELON"])
@pytest.mark.parametrize(("turned", "parity"), [(0, 1), (90, -1), (37, 1), (-140, -1)])
def test_north_and_east_are_measured_on_the_sky(frame, turned, parity):
    wcs = wcs_of(frame=frame, turned=turned, parity=parity)
    for other in (wcs, swapped(wcs)):
        c = read(simple(draw(other), head(other, BANDS="grz")))
        middle, above, beside = (sky_of(other, x, y) for x, y in ((74.5, 74.5), (74.5, 77.5), (77.5, 74.5)))
        up, right = middle.position_angle(above).rad, middle.position_angle(beside).rad
        assert np.cos(c.orientation[1] - up) == pytest.approx(1, abs=1e-5)
        assert c.orientation[0] == (1 if np.sin(right - up) < 0 else -1)
        assert (c.ra, c.dec) == pytest.approx((SKY.ra.deg, SKY.dec.deg), abs=1e-4)
        holds_truth(simple(draw(other), head(other, BANDS="grz")))


@pytest.mark.parametrize("how", [{"parity": -1}, {"turned": 180}, {"turned": 30}, {"scale": 0.2}, {"frame": "GLON"}])
def test_a_band_that_lies_otherwise_is_brought_to_the_others(how):
    n = int(40 / how.get("scale", SCALE))
    wcs = wcs_of(n, **how)
    odd = simple(draw(wcs, n)[1], head(wcs, FILTER="r", SURVEY="DECaLS"))
    others = [simple(BASE[i], head(FILTER=b, SURVEY="DECaLS")) for i, b in ((0, "g"), (2, "z"))]
    for files in ([others[0], odd, others[1]], [odd, *others]):
        prepared = holds_truth(files)
        assert "brought to one grid" in details(prepared, "pixel_scale")
    both = save(
        (draw(wcs, n)[1], head(wcs, SURVEY="DECaLS"), "R"),
        (BASE[0], head(SURVEY="DECaLS"), "G"),
        (BASE[2], head(SURVEY="DECaLS"), "Z"),
    )
    holds_truth(both)


@pytest.mark.parametrize(("stretch", "turned"), [(1.5, 0), (0.7, 40), (2.0, 90)])
def test_oblong_pixels_are_resampled(stretch, turned):
    wcs = wcs_of(200, stretch=stretch, turned=turned)
    prepared = holds_truth(simple(draw(wcs, 200), head(wcs, BANDS="grz", SURVEY="DECaLS")), 0.03)
    assert "resampled to square" in details(prepared, "pixel_scale")


def test_oblong_pixels_without_a_place_are_resampled():
    wcs = wcs_of(200, stretch=1.5)
    sides = {"SECPIX1": SCALE, "SECPIX2": 1.5 * SCALE}
    prepared = holds_truth(simple(draw(wcs, 200), head(False, BANDS="grz", **sides)), 0.03)
    assert "assumed N up" in details(prepared, "orientation")


@pytest.mark.parametrize("keyword", ["PIXSCALE", "PIXELSCL", "SECPIX", "SCALE", "PIXSCAL1", "ASECPIX"])
@pytest.mark.parametrize("value", [SCALE, str(SCALE), (SCALE / 3600, "[deg/pix]")])
def test_scale_by_keyword(keyword, value):
    cards = {keyword: value} | ({"PIXSCAL2": value} if keyword == "PIXSCAL1" else {})
    c = read(simple(BASE, head(False, BANDS="grz", **cards)))
    assert c.pixel_scale == pytest.approx(SCALE) and c.orientation is None
    assert keyword in details(prepare(c), "pixel_scale")


@pytest.mark.parametrize("keys", [("RA_OBJ", "DEC_OBJ"), ("RA_TARG", "DEC_TARG"), ("OBJRA", "OBJDEC")])
@pytest.mark.parametrize("text", [False, True])
def test_the_target_is_the_headers_not_the_frames_middle(keys, text):
    away = SkyCoord(SKY.ra.deg - 6 / 3600, SKY.dec.deg + 9 / 3600, unit="deg")
    wcs = wcs_of(220, middle=away)
    place = (SKY.ra.to_string("hour", sep=":"), SKY.dec.to_string(sep=":")) if text else (SKY.ra.deg, SKY.dec.deg)
    cards = dict(zip(keys, place, strict=True))
    data = simple(draw(wcs, 220), head(wcs, BANDS="grz", **cards))
    prepared = holds_truth(data, 0.04)
    assert "the target is not the frame's middle" in details(prepared, "centring")
    assert (read(data).ra, read(data).dec) == pytest.approx((SKY.ra.deg, SKY.dec.deg), abs=1e-4)
    outside = simple(BASE, head(BANDS="grz", **{keys[0]: 151.0, keys[1]: 2.0}))
    assert "assumed the target" in details(prepare(read(outside)), "centring")


@pytest.mark.parametrize("fill", [-99.0, -9999.0, -32768.0, 1e30, -1e38, 3e38, 99999.0, -1.5, -500.0])
def test_fill_values_are_gaps(fill):
    flux = BASE.copy()
    flux[:, :40] = fill
    flux[1, 30:90, 120:140] = fill
    empty = BASE.copy()
    empty[:, :40] = np.nan
    empty[1, 30:90, 120:140] = np.nan
    expected = prepare(read(simple(empty, head(BANDS="grz"))))
    for source in (simple(flux, head(BANDS="grz")), as_npz(image=flux, pixel_scale=SCALE)):
        prepared = prepare(read(source))
        assert np.allclose(prepared.flux, expected.flux, atol=1e-5)
        assert np.array_equal(prepared.valid, expected.valid)


def test_measured_values_are_no_gaps():
    for image in (BASE[0], BASE[2] * 1000, np.round(BASE[1] * 300), np.round(BASE[2] * 50 - 99)):
        image = image.astype("f4")
        image[image == 0] = 1
        assert np.array_equal(mark_gaps(image), image)
    lone = BASE[0].copy()
    lone[3, 4] = -9999
    assert np.isnan(mark_gaps(lone)[3, 4]) and np.isfinite(mark_gaps(lone)).sum() == lone.size - 1
    named = BASE[0].copy()
    named[3, 4] = 0.125
    assert np.isnan(mark_gaps(named, fits.Header({"NODATA": 0.125}))[3, 4])


def as_npz(**arrays):
    """Bytes of an npz."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


@pytest.mark.parametrize("bands", [["z", "r", "g"], "zrg", [b"z", b"r", b"g"], ["DES-z", "des-r", "des-g"]])
@pytest.mark.parametrize("key", ["bands", "filters", "image_band", "meta_bands"])
def test_an_npz_says_its_bands(bands, key):
    prepared = holds_truth(as_npz(image=BASE[::-1], pixel_scale=SCALE, **{key: bands}))
    assert "the file holds z, r, g" in details(prepared, "bands")


def test_an_npz_says_the_rest_too():
    holds_truth(as_npz(flux=BASE * 3.631, unit="uJy", pixscale=SCALE, ivar=BASE * 0 + 1, psf=BASE[:, :9, :9]))
    holds_truth(as_npz(image=np.moveaxis(BASE, 0, 2) * 10, zero_point=25.0, pixel_scale=SCALE))
    griz = np.stack([BASE[0], BASE[1], BASE[2] * 7, BASE[2]])
    holds_truth(as_npz(image=griz, bands=list("griz"), pixel_scale=SCALE))
    with pytest.raises(InputError, match="z not found"):
        read(as_npz(image=BASE, bands=list("gri"), pixel_scale=SCALE))
    with pytest.raises(InputError, match="names its bands"):
        read(as_npz(image=BASE, bands=["F435W", "F606W", "F814W"], pixel_scale=SCALE))


def test_pictures_in_arrays_are_pictures():
    colours = to_rgb(BASE * 0.3, DECALS)[::-1]
    expected = prepare(read(as_picture(colours), pixel_scale=SCALE)).flux
    for array in (colours, colours.astype("f4"), colours / np.float32(255), np.moveaxis(colours / 255, 2, 0)):
        stream = io.BytesIO()
        np.save(stream, array)
        for data in (stream.getvalue(), as_npz(images=array)):
            c = read(data, pixel_scale=SCALE)
            prepared = prepare(c)
            assert c.approximate and np.allclose(prepared.flux, expected)
            assert "approximate" in details(prepared, "bands") and "assumed" in details(prepared, "bands")
    cube = np.moveaxis(colours[::-1], 2, 0)
    for values in (cube, cube.astype("f4"), cube / np.float32(255)):
        c = read(simple(values, head(False, PIXSCALE=SCALE)))
        assert c.approximate and np.allclose(prepare(c).flux, expected)
    smooth = np.clip(colours / 255 + np.random.default_rng(0).uniform(-4e-3, 4e-3, colours.shape), 0, 1)
    smooth[70:80, 70:80] = 0.95
    stream = io.BytesIO()
    np.save(stream, smooth)
    assert read(stream.getvalue(), pixel_scale=SCALE).approximate


def as_picture(colours):
    """Bytes of a PNG."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(colours).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize("pack", [bz2.compress, gzip.compress])
def test_packed_files_of_any_format(pack):
    holds_truth(pack(simple(BASE, head(BANDS="grz"))))
    holds_truth(pack(as_npz(image=BASE, pixel_scale=SCALE)))
    assert read(pack(as_picture(to_rgb(BASE, DECALS)))).kind == "PNG picture"
    holds_truth([pack(simple(p, head(FILTER=b))) for b, p in zip("grz", BASE, strict=True)])
    with pytest.raises(InputError, match="unfolds"):
        read(pack(b"SIMPLE  =" + bytes(101_000_000)))
    for cut in (20, 200):
        with pytest.raises(InputError, match="cut short or damaged"):
            read(pack(simple(BASE, head(BANDS="grz")))[:-cut])


@pytest.mark.parametrize(
    "name", ["G", "g", "HSC-G", "des_g", "g DECam SDSS c0001 4720.0 1520.0", "g.00000", "gp", "g'", "SCI_G"]
)
def test_filter_names(name):
    assert band_letter(name, DECALS) == "g"


@pytest.mark.parametrize("name", ["F606W", "R Bessell", "clear", "VR DECam", "", None, "Ks", "GALEX NUV"])
def test_names_of_other_filters(name):
    assert band_letter(name, DECALS) == ""


def test_units_that_are_read():
    assert read_unit("MJy/sr")[1] == "arcsec2" and read_unit("mJy")[0] == pytest.approx(1e3 / 3.631)
    assert [read_counts(t) for t in ("e-/s", "ADU", "electrons s-1", "DN/sec", "cps", "nJy")] == [
        *("second", "total", "second", "second", "second", ""),
    ]
    assert calibrate(fits.Header(), DECALS) is None


def test_asinh_pixels_of_pan_starrs_are_refused():
    with pytest.raises(InputError, match="BSOFTEN, BOFFSET"):
        prepare(read(simple(BASE, head(BANDS="grz", BSOFTEN=110.5, BOFFSET=3.2))))


def test_the_stamps_of_des_are_what_they_are(real):
    """SCI and WGT a band, electrons, zero point 30, mirrored: r = 14.82 within 10 arcsec, north up and east left."""
    prepared = prepare(read([real / "cutouts" / f"des_UGC01333_{b}.fits" for b in "grz"]))
    r = prepared.flux[DECALS.index("r")]
    at = (np.arange(DECALS.size) - DECALS.size // 2) * DECALS.model_scale
    inside = np.hypot(at[:, None], at) < 10
    total = r[inside].sum() * (DECALS.model_scale / DECALS.pixel_scale) ** 2
    assert 22.5 - 2.5 * np.log10(total) == pytest.approx(14.82, abs=0.03)
    mended = {c.check: c for c in prepared.checks}
    assert mended["orientation"].status == "fixed" and "mirrored" in mended["orientation"].detail
