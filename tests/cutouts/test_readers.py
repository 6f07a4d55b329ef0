"""Readers: every form the same galaxy may come in, and one sentence for everything else."""

import gzip
import io
import pickle
import zipfile

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from PIL import Image

from galexplore.cutouts.audit import prepare
from galexplore.cutouts.colour import to_rgb
from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.survey import DECALS


def cube(n=140, bands=3):
    """A galaxy in `bands` bands, each of its own brightness, with sky noise; nothing about it is symmetric."""
    y, x = np.mgrid[:n, :n] - n / 2
    light = np.exp(-np.hypot(x, 2 * y - x) / 12) + 0.1 * np.exp(-np.hypot(x - 20, y + 25) / 3)
    noise = np.random.default_rng(0).normal(scale=0.004, size=(bands, n, n))
    return (light * np.linspace(0.2, 1.0, bands)[:, None, None] + noise).astype("f4")


def header(n=140, scale=0.262, turned=0.0, parity=1, **cards):
    """A TAN header; `turned` is the position angle of the image's upward direction in degrees."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150.1, 2.2], [(n + 1) / 2] * 2
    c, s = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    wcs.wcs.cd = np.array([[-c * parity, s], [s * parity, c]]) * scale / 3600
    head = wcs.to_header()
    head.update(cards)
    return head


def as_fits(*hdus):
    """The bytes of a FITS file of (data, header) pairs; a primary image where there is one, else extensions."""
    first, *rest = [h if isinstance(h, tuple) else (h, header()) for h in hdus]
    hdus = [fits.PrimaryHDU(*first), *(fits.ImageHDU(*h) for h in rest)]
    stream = io.BytesIO()
    fits.HDUList(hdus).writeto(stream)
    return stream.getvalue()


def as_npz(**arrays):
    """The bytes of an npz."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def as_npy(array, **how):
    """The bytes of an npy."""
    stream = io.BytesIO()
    np.save(stream, array, **how)
    return stream.getvalue()


def as_picture(colours, form, **how):
    """The bytes of a picture."""
    stream = io.BytesIO()
    Image.fromarray(colours).save(stream, form, **how)
    return stream.getvalue()


def noted(cutout, check):
    """The reader's note under a check."""
    return next(((n.status, n.detail) for n in cutout.notes if n.check == check), None)


def sentence(source, **how):
    """The one sentence with which a source is refused, by the reader or by the audit."""
    with pytest.raises(InputError) as caught:
        prepare(read(source, **how))
    text = str(caught.value)
    assert text and "\n" not in text and len(text) < 300 and "Traceback" not in text
    return text


def test_fits_cube_with_wcs_and_bands():
    c = read(as_fits((cube(), header(BANDS="grz", BUNIT="nanomaggy"))), name="../a/b\\c\x07d.fits")
    assert np.array_equal(c.flux, cube()) and c.flux.dtype == np.float32 and c.flux.dtype.isnative
    assert (c.name, c.kind, c.bands, c.unit, c.approximate) == ("cd.fits", "FITS cube", "grz", "nanomaggy", False)
    assert c.pixel_scale == pytest.approx(0.262) and (c.ra, c.dec) == pytest.approx((150.1, 2.2))
    assert c.orientation == (1, pytest.approx(0, abs=1e-6)) and {n.status for n in c.notes} == {"passed"}
    assert {k.status for k in prepare(c, ebv=0).checks} == {"passed"}


@pytest.mark.parametrize("parity", [1, -1])
@pytest.mark.parametrize("turned", [0, 30, 90, -120])
def test_orientation_from_the_wcs(turned, parity):
    """The oracle is the WCS itself: the sky positions of two pixels above one another and beside one another."""
    head = header(turned=turned, parity=parity)
    c = read(as_fits((cube(), head)))
    sky = WCS(head)
    middle, above, beside = (sky.pixel_to_world(x, y) for x, y in ((70, 70), (70, 80), (80, 70)))
    assert c.orientation[1] == pytest.approx(np.radians((turned + 180) % 360 - 180), abs=1e-6)
    assert np.cos(middle.position_angle(above).rad - c.orientation[1]) == pytest.approx(1, abs=1e-6)
    towards = np.sin(middle.position_angle(beside).rad - middle.position_angle(above).rad)
    assert c.orientation[0] == (1 if towards < 0 else -1)  # seen on the sky, right is west of up


def test_bands_are_put_in_order_and_others_dropped():
    griz = cube(bands=4)
    c = read(as_fits((griz, header(BANDS="griz"))))
    assert np.array_equal(c.flux, griz[[0, 1, 3]]) and c.bands == "griz"
    assert noted(c, "bands")[0] == "fixed"
    c = read(as_fits((cube()[::-1], header(BAND0="z", BAND1="r", BAND2="g"))))
    assert np.array_equal(c.flux, cube()) and c.bands == "zrg"
    assert "assumed g, r, z" in noted(read(as_fits(cube())), "bands")[1]


def test_bands_last():
    last = np.moveaxis(cube(), 0, -1)
    c = read(as_fits((last, header(BANDS="grz"))))
    assert np.array_equal(c.flux, cube()) and noted(c, "bands")[0] == "fixed"
    for data in (as_npy(last), as_npy(np.asfortranarray(last)), as_npz(image=last)):
        c = read(data, pixel_scale=0.262)
        assert np.array_equal(c.flux, cube()) and noted(c, "bands")[0] == "fixed"


def test_image_and_inverse_variance_hdus():
    hdus = [(None, header())]
    for b, image in zip("grz", cube(), strict=True):
        hdus += [(image, header(BAND=b, IMAGETYP="image")), (image * 0 + 9, header(BAND=b, IMAGETYP="invvar"))]
    c = read(as_fits(*hdus))
    assert np.array_equal(c.flux, cube()) and (c.invvar == 9).all() and c.kind == "FITS images"
    assert read(as_fits(*hdus[::-1][:-1])).bands == "zrg"


def test_compressed_and_gzipped_fits():
    hdus = fits.HDUList([fits.PrimaryHDU()])
    for b, image in zip("grz", cube(), strict=True):
        hdus.append(fits.CompImageHDU(image, header(FILTER=f"{b} DECam"), quantize_level=0, compression_type="GZIP_1"))
    stream = io.BytesIO()
    hdus.writeto(stream)
    assert np.array_equal(read(stream.getvalue()).flux, cube())
    packed = gzip.compress(as_fits((cube(), header(BANDS="grz"))))
    assert np.array_equal(read(packed).flux, cube())
    assert "unfolds" in sentence(gzip.compress(b"SIMPLE  =" + bytes(101_000_000)))


def test_three_files(tmp_path):
    planes = dict(zip("grz", cube(), strict=True))
    by_header = [as_fits((planes[b], header(FILTER=f"{b} DECam SDSS"))) for b in "zgr"]
    c = read(by_header)
    assert np.array_equal(c.flux, cube()) and c.pixel_scale == pytest.approx(0.262) and c.kind == "three files"
    paths = []
    for b, name in (("g", "legacysurvey-1m2-image-g.fits"), ("r", "gal_r.fits"), ("z", "m51-z-cut.fits")):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(as_fits((planes[b], header())))
    assert np.array_equal(read(paths).flux, cube())
    arrays = [as_npy(p) for p in planes.values()]
    c = read(arrays, name=["a_g.npy", "a_r.npy", "a_z.npy"], pixel_scale=0.2)
    assert np.array_equal(c.flux, cube()) and c.pixel_scale == 0.2
    assert "nothing tells the band" in sentence(arrays, name=["1.npy", "2.npy", "3.npy"])
    assert "two of the three" in sentence([by_header[0], by_header[0], by_header[1]])
    assert "2 files" in sentence(by_header[:2])
    bare = fits.Header({"FILTER": "r"})
    assert "differ in size" in sentence([*by_header[:2], as_fits((cube(80)[1], bare))])
    assert "same pixels" in sentence([*by_header[:2], as_fits((planes["r"], header(FILTER="r", CRVAL1=150.2)))])
    assert "one holds 3" in sentence([as_fits(cube())] * 3)
    assert "each must be" in sentence([as_npz(a=cube())] * 3)


def test_npz_key_and_scale():
    c = read(as_npz(cutout=cube(), meta_pixel_scale=0.2, ra=10.5, meta_dec=-3.0, name="x"))
    assert (c.pixel_scale, c.ra, c.dec, c.kind) == (0.2, 10.5, -3.0, "npz array")
    two = as_npz(a=cube(), b=2 * cube())
    assert "several images (a, b)" in sentence(two)
    assert np.array_equal(read(two, key="b").flux, 2 * cube())
    assert "no array 'c'" in sentence(two, key="c")
    assert read(as_npz(cutout=cube(), pixscale=np.nan)).pixel_scale is None


def test_pixel_scale_is_the_files_then_the_given():
    data = as_fits((cube(), header(BANDS="grz")))
    assert [n.status for n in read(data, pixel_scale=0.2621).notes if n.check == "pixel_scale"] == ["passed"]
    c = read(data, pixel_scale=0.3)
    said = [n for n in c.notes if n.check == "pixel_scale"]
    assert c.pixel_scale == pytest.approx(0.262) and [n.status for n in said] == ["passed", "fixed"]
    assert "0.300" in said[1].detail
    bare = as_npy(cube())
    assert read(bare).pixel_scale is None
    assert read(bare, pixel_scale=0.3).pixel_scale == 0.3
    assert "give it" in sentence(bare)
    for wrong in (0, -1, np.nan, np.inf):
        assert "no number of arcsec" in sentence(bare, pixel_scale=wrong)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_pictures_are_inverted_and_turned_over(form):
    flux = cube() * 0.3
    c = read(
        as_picture(to_rgb(flux, DECALS)[::-1], form, **({"quality": 95} if form == "JPEG" else {})), pixel_scale=0.262
    )
    assert c.approximate and c.kind == f"{form} picture" and not c.saturated.any()
    bright = flux[2] > 0.05
    assert np.median(c.flux[:, bright] / flux[:, bright]) == pytest.approx(1, abs=0.05)
    assert abs(np.median(c.flux[2] / flux[2])) < 3
    assert np.corrcoef(c.flux[2].ravel(), flux[2].ravel())[0, 1] > 0.99  # right way up: nothing is symmetric
    assert prepare(c).valid.all()


def test_pictures_alpha_blank_and_saturated():
    colours = to_rgb(cube() * 0.3, DECALS)[::-1].copy()
    clear = np.dstack([colours, np.full(colours.shape[:2], 255, "u1")])
    assert np.array_equal(read(as_picture(clear, "PNG")).flux, read(as_picture(colours, "PNG")).flux)
    colours[:20] = 32  # the top of the picture is north
    c = read(as_picture(colours, "PNG"))
    assert np.isnan(c.flux[:, -20:]).all() and np.isfinite(c.flux[:, :-20]).all()
    colours[60:80, 60:80] = 255
    c = read(as_picture(colours, "PNG"), pixel_scale=0.262)
    assert c.saturated[:, 60:80, 60:80].all() and c.saturated.sum() == 1200
    assert "saturated" in sentence(as_picture(colours, "PNG"), pixel_scale=0.262)
    assert "grey" in sentence(as_picture(colours[..., 0], "PNG"))
    assert "grey" in sentence(as_picture(np.repeat(colours[..., :1], 3, axis=2), "JPEG"))


def test_not_images():
    stream = io.BytesIO()
    Table({"ra": [1.0], "dec": [2.0]}).write(stream, format="fits")
    assert "no image" in sentence(stream.getvalue())
    assert "empty" in sentence(b"")
    assert "no image file" in sentence(b"RA,DEC\n1,2\n", name="cutout.fits")
    assert "no image file" in sentence(b"SIMPLE text that is no header at all", name="cutout.fits")
    assert "path" in sentence(42)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("readme.txt", "hello")
    assert "no npz" in sentence(packed.getvalue())
    with zipfile.ZipFile(packed, "w") as z:
        z.writestr("a.npy", "hello")
    assert "damaged" in sentence(packed.getvalue())


def test_paths(tmp_path):
    assert "folder" in sentence(tmp_path)
    assert "no readable file gone.fits" in sentence(tmp_path / "gone.fits")
    assert "no readable file" in sentence("a\x00b")
    big = tmp_path / "big.fits"
    with big.open("wb") as f:
        f.truncate(20_000_001)
    assert "larger than 20 MB" in sentence(big)
    assert "larger than 20 MB" in sentence(b"SIMPLE  =" + bytes(20_000_000))
    good = tmp_path / "picture.png"  # the name says nothing
    good.write_bytes(as_fits((cube(), header(BANDS="grz"))))
    assert read(good).kind == "FITS cube" and read(str(good)).name == "picture.png"


def test_cut_short():
    whole = as_fits((cube(), header(BANDS="grz")))
    for length in (10, 100, 2000, 2880, 5760, 100_000, len(whole) - 5000):
        assert "cut short" in sentence(whole[:length])
    for whole in (as_npy(cube()), as_npz(a=cube())):
        for length in (9, 50, 1000, len(whole) - 100):
            assert sentence(whole[:length], pixel_scale=0.262)
    for form in ("PNG", "JPEG"):
        whole = as_picture(to_rgb(cube(), DECALS), form)
        for length in (4, 30, 1000, len(whole) // 2):
            assert "cut short" in sentence(whole[:length])


def test_noise_for_bytes():
    """Whatever bytes follow a known beginning, the answer is a sentence or a cutout."""
    rng = np.random.default_rng(5)
    sources = [
        as_fits((cube(40), header())),
        as_npy(cube(40)),
        as_npz(a=cube(40)),
        as_picture(to_rgb(cube(40), DECALS), "PNG"),
    ]
    for whole in sources:
        for _ in range(100):
            spoilt = bytearray(whole)
            for at in rng.integers(0, min(len(whole), 3000), 12):
                spoilt[at] = rng.integers(256)
            try:
                prepare(read(bytes(spoilt), pixel_scale=0.262))
            except InputError as error:
                assert "\n" not in str(error)


def fake_header(**cards):
    """A FITS header alone, whatever it promises."""
    head = fits.Header([("SIMPLE", True), ("BITPIX", -32), ("NAXIS", 0)])
    head.update(cards)
    return head.tostring().encode()


def test_gigantic_promises():
    assert "100000 pixels a side" in sentence(fake_header(NAXIS=2, NAXIS1=100_000, NAXIS2=100_000))
    assert "axes" in sentence(fake_header(NAXIS=999_999_999))
    assert "size" in sentence(fake_header(NAXIS=2, NAXIS1=-5, NAXIS2=10))
    assert "cut short" in sentence(fake_header(NAXIS=3, NAXIS1=2000, NAXIS2=2000, NAXIS3=3))
    assert sentence(fake_header(NAXIS=2, NAXIS1=10, NAXIS2=10, PCOUNT=-(10**9)))
    huge = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little")
    for shape in ("(3, 100000, 100000)", "(-3, 5, 5)", "(3, 0, 5)"):
        assert sentence(
            huge + f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("a.npy", as_npy(cube(40)))
        z.writestr("bomb.npy", bytes(101_000_000))
    assert len(packed.getvalue()) < 1_000_000 and "unfolds" in sentence(packed.getvalue())
    assert "3000 pixels a side" in sentence(as_picture(np.zeros((3000, 3000, 3), "u1"), "JPEG"))
    assert "2100 pixels a side" in sentence(as_npy(np.zeros((3, 10, 2100), "u1")))


class Trap:
    """Unpickling this would be noticed."""

    def __reduce__(self):
        return (pytest.fail, ("unpickled",))


def test_pickles_are_never_opened():
    trap = np.array([Trap(), None], dtype=object)
    assert "never opened" in sentence(as_npz(a=trap))
    assert "never opened" in sentence(as_npy(trap))
    assert "no image file" in sentence(pickle.dumps(1))
    assert np.array_equal(read(as_npz(a=trap, image=cube())).flux, cube())


def test_arrays_of_the_wrong_kind():
    assert "three bands" in sentence(as_npy(cube()[0]))
    assert "three bands" in sentence(as_npy(cube(bands=4)))
    assert "complex64" in sentence(as_npy(cube().astype("c8")))
    assert "real numbers" in sentence(as_npy(np.array(["a", "b"])))
    assert "no array of three bands" in sentence(as_npz(a=cube().astype("c8"), b=np.zeros(4)))
    assert read(as_npy((cube() * 100).astype("i2"))).flux.dtype == np.float32


def test_fits_of_the_wrong_kind():
    assert "only r" in sentence(as_fits((cube()[0], header(FILTER="r"))))
    assert "1 image without a band's name" in sentence(as_fits(cube()[0]))
    assert "z not found" in sentence(as_fits((cube(bands=2), header(BANDS="gr"))))
    assert "does not fit" in sentence(as_fits(cube(bands=4)))
    psf = np.stack([cube()[0] / cube()[0].sum()] * 3)
    assert "point-spread" in sentence(as_fits((psf, header(BANDS="grz"))))


@pytest.mark.parametrize("value", [np.nan, 0.0])
def test_nothing_in_it(value):
    assert "no data in g and r and z" in sentence(as_fits((cube() * 0 + np.float32(value), header(BANDS="grz"))))


def test_gaps_are_kept_as_gaps():
    flux = cube()
    flux[:, :12] = 0
    flux[1, 100:110, 100:110] = np.nan
    prepared = prepare(read(as_fits((flux, header(BANDS="grz")))))
    missing = next(c for c in prepared.checks if c.check == "missing")
    assert missing.status == "fixed" and not prepared.valid[:, 0].any()


def test_the_real_headers(real):
    c = read(real / "cutouts" / "ls_dr9_J035625.60-302905.2_image_invvar.fits")
    assert c.invvar.shape == c.flux.shape == (3, 256, 256) and c.pixel_scale == pytest.approx(0.262)
    assert (c.ra, c.dec) == pytest.approx((59.10667, -30.48478), abs=1e-4)
    assert c.orientation == (1, pytest.approx(6.5e-4, abs=1e-4)) and c.bands == "grz"  # meridians converge
    c = read(real / "cutouts" / "ls_dr10_0001m040_4091.npz")
    assert c.flux.shape == (3, 101, 101) and (c.pixel_scale, round(c.ra, 5)) == (0.262, 0.10619)


def test_a_psf_beside_the_image_is_left_aside_and_alone_is_refused():
    flux, psf = cube(), np.full((3, 63, 63), 1 / 63**2, "f4")
    alone = prepare(read(as_fits((flux, header(BANDS="grz")))))
    for kernel in (psf, psf[0]):
        beside = prepare(read(as_fits((flux, header(BANDS="grz")), (kernel, fits.Header({"EXTNAME": "PSF"})))))
        assert np.array_equal(beside.flux, alone.flux)
    single = [(flux[i], header(BAND=b)) for i, b in enumerate("grz")]
    kernels = [(psf[0], fits.Header({"EXTNAME": f"PSF_{b}"})) for b in "grz"]
    assert np.array_equal(prepare(read(as_fits(*single, *kernels))).flux, alone.flux), "a band each"
    first = prepare(read(as_fits((psf, fits.Header({"EXTNAME": "COADD-PSF"})), (flux, header(BANDS="grz")))))
    assert np.array_equal(first.flux, alone.flux), "a cube of PSFs is no cube of the image"
    assert "point-spread function" in sentence(as_fits((psf, fits.Header({"EXTNAME": "PSF"}))))


@pytest.mark.parametrize(
    ("cards", "scale"),
    [
        ({"PIXSCALE": 0.262}, 0.262),
        ({"CDELT1": -0.262 / 3600, "CDELT2": 0.262 / 3600}, 0.262),
        ({"CDELT1": 0.3, "CDELT2": 0.3, "CUNIT1": "arcsec", "CUNIT2": "arcsec"}, 0.3),
        ({"CDELT1": 0.262, "CDELT2": 0.262}, None),  # degrees would be absurd, and nothing says arcsec
        ({"CDELT1": 1.0, "CDELT2": 1.0}, None),
        ({"PIXSCALE": "unknown"}, None),
        ({"PIXSCALE": True}, None),
        ({"PIXSCALE": -1.0}, None),
        ({"CTYPE1": "WAVE", "CTYPE2": "LINEAR", "CDELT1": 1e-4, "CDELT2": 1e-4}, None),
        ({"CDELT1": 1e-4, "CDELT2": 1e-4, "CUNIT1": "m", "CUNIT2": "m"}, None),
    ],
)
def test_the_scale_of_an_image_without_a_place(cards, scale):
    seen = read(as_fits((cube(), fits.Header({"BANDS": "grz"} | cards))))
    assert seen.pixel_scale == (pytest.approx(scale) if scale else None) and seen.ra is None
