"""Files to cutouts: FITS, npy, npz, JPEG and PNG, told apart by their content, or one sentence on what is wrong."""

import gzip
import math
import re
import warnings
from dataclasses import replace
from io import BytesIO
from os import PathLike
from pathlib import Path

import numpy as np
from astropy.io import fits
from PIL import Image
from scipy import ndimage

from galexplore.cutouts.arrays import from_array, read_npy, read_npz
from galexplore.cutouts.colour import from_rgb
from galexplore.cutouts.cutout import Check, Cutout, check_side
from galexplore.cutouts.fits import Plane, assemble, band_letter, is_fits, read_band, read_cube
from galexplore.errors import InputError
from galexplore.files import MAX_UNPACKED, bare_name
from galexplore.survey import DECALS

MAX_BYTES = 20_000_000  # a file
BLANK = 100  # connected pixels of the very same black: no sky is so even
TAKEN = "FITS, .npy, .npz, JPEG and PNG are read"


def read(source, *, pixel_scale: float | None = None, name: str | None = None, key: str | None = None) -> Cutout:
    """Read an image of a galaxy in g, r and z.

    Parameters
    ----------
    source : path, bytes, or a sequence of three of them
        What the file is, is told from its content and never from its name. Three: one single-band FITS or npy file
        each, the band taken from the FILTER or BAND header, else from a name like `image-g-2.fits` or `m51_r.npy`.
    pixel_scale : float, optional
        Arcsec a pixel, used where the file does not say.
    name : str or sequence of str, optional
        What to call bytes.
    key : str, optional
        Which array of an npz, where several could be meant.

    Returns
    -------
    Cutout
        Its `pixel_scale` is None where nobody knows it: ask, and read again.

    Raises
    ------
    InputError
        One plain sentence for whatever is wrong: unreadable, damaged, too large, not an image of three bands.
    """
    if pixel_scale is not None and not (math.isfinite(pixel_scale) and 0 < pixel_scale < 60):
        raise InputError(f"the pixel scale {pixel_scale!r} is no number of arcsec a pixel; 0.262 would be one")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # what libraries mutter about odd files is said by the audit
            cutout = _read_three(source, name) if isinstance(source, list | tuple) else _read_one(source, name, key)
    except InputError:
        raise
    except (MemoryError, Exception) as error:  # a library's complaint about a damaged file never reaches a person raw
        raise InputError(f"the file is damaged or not what it seems and could not be read; {TAKEN}") from error
    return _settle_scale(cutout, pixel_scale)


def _settle_scale(cutout: Cutout, given: float | None) -> Cutout:
    """Use the given pixel scale only where the file is silent, and say so where the two disagree by over 1 %."""
    if given is None:
        return cutout
    if cutout.pixel_scale is None:
        note = Check("pixel_scale", "passed", f'{given:.3f}" a pixel, as given; the file does not say')
        return replace(cutout, pixel_scale=float(given), notes=(*cutout.notes, note))
    if abs(given / cutout.pixel_scale - 1) <= 0.01:
        return cutout
    sentence = f'the file says {cutout.pixel_scale:.3f}" a pixel and {given:.3f}" was given; the file\'s is used'
    return replace(cutout, notes=(*cutout.notes, Check("pixel_scale", "fixed", sentence)))


def _load(source, name: str | None) -> tuple[bytes, str]:
    """Fetch a file's bytes, unpacked if gzipped, and its bare, printable name."""
    if isinstance(source, bytes | bytearray | memoryview):
        data = bytes(source)
    elif isinstance(source, str | PathLike):
        path, name = Path(source), name or str(source)
        try:
            if path.is_dir():
                raise InputError(f"{bare_name(name)} is a folder; give a file: {TAKEN}")
            if path.stat().st_size > MAX_BYTES:
                raise InputError(f"{bare_name(name)} is larger than {MAX_BYTES // 10**6} MB; cut out the galaxy first")
            data = path.read_bytes()
        except (OSError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"there is no readable file {bare_name(name)}") from error
    else:
        raise InputError("give a path, the bytes of a file, or a list of three of them")
    if len(data) > MAX_BYTES:
        raise InputError(f"the file is larger than {MAX_BYTES // 10**6} MB; cut out the galaxy first")
    if not data:
        raise InputError("the file is empty")
    if data[:2] == b"\x1f\x8b":
        data = gzip.GzipFile(fileobj=BytesIO(data)).read(MAX_UNPACKED + 1)
        if len(data) > MAX_UNPACKED:
            raise InputError(f"the gzipped file unfolds to more than {MAX_UNPACKED // 10**6} MB")
    return data, bare_name(name or "")


def _read_one(source, name, key) -> Cutout:
    data, name = _load(source, name)
    if is_fits(data):
        return read_cube(data, name)
    if data.startswith(b"\x93NUMPY"):
        return from_array(read_npy(BytesIO(data)), None, name=name, kind="npy array")
    if data.startswith(b"PK"):
        return read_npz(data, name, key)
    if data.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        return _read_picture(data, name)
    raise InputError(f"this is no image file that is known here; {TAKEN}")


def _read_picture(data: bytes, name: str) -> Cutout:
    """Read a colour picture and invert the Legacy viewer's stretch; the top row of a picture is north."""
    try:
        picture = Image.open(BytesIO(data), formats=("PNG", "JPEG"))
        check_side(*picture.size)
        if picture.mode not in ("RGB", "RGBA", "P"):
            raise InputError(f"the picture is grey or printed ({picture.mode}); a colour picture of g, r, z is needed")
        colours = np.asarray(picture.convert("RGB"))[::-1]
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError("the picture is cut short, damaged or far too large") from error
    if not np.ptp(colours, axis=2).any():
        raise InputError("the picture is grey; a colour picture of g, r, z is needed")
    flux = from_rgb(colours)
    for value in (0, 32):  # outside the footprint the viewer draws black, or the colour of zero flux
        label, _ = ndimage.label((colours == value).all(axis=2))
        blank = np.bincount(label.ravel()) >= BLANK
        blank[0] = False
        flux[:, blank[label]] = np.nan
    return Cutout(
        flux,
        None,
        name=name,
        kind=f"{picture.format} picture",
        approximate=True,
        saturated=np.moveaxis(colours[..., ::-1] >= 254, -1, 0),
        notes=(Check("bands", "passed", "blue, green and red taken as g, r and z in the Legacy viewer's stretch"),),
    )


def _read_three(sources, names) -> Cutout:
    """Read three single-band files and put them together."""
    if len(sources) != len(DECALS.bands):
        raise InputError(f"{len(sources)} files were given; give one file, or three of one band each")
    names = [names] * 3 if names is None or isinstance(names, str) else list(names)
    planes, called = [], []
    for source, name in zip(sources, names, strict=True):
        data, name = _load(source, name)
        if is_fits(data):
            plane = read_band(data)
        elif data.startswith(b"\x93NUMPY"):
            plane = Plane(_single(read_npy(BytesIO(data))), "", fits.Header())
        else:
            raise InputError("of three files each must be a FITS or .npy image of one band")
        band = plane.band or _band_in(name)
        if not band:
            raise InputError(f"nothing tells the band of {name or 'a file'}: no BAND header, no name like image-g.fits")
        if band in {p.band for p in planes}:
            raise InputError(f"two of the three files are of the band {band}; g, r and z are needed")
        planes.append(replace(plane, band=band))
        called.append(name)
    return assemble(planes, [], name=", ".join(filter(None, called)), kind="three files")


def _single(array: np.ndarray) -> np.ndarray:
    """Check that an array is one band."""
    array = np.squeeze(array)
    if array.ndim != 2:
        raise InputError(f"of three files each must hold one band (H, W), but one has the shape {array.shape}")
    check_side(*array.shape)
    return array.astype(np.float32)


def _band_in(name: str) -> str:
    """Find the band in a file's name: the last lone letter between - _ . as in legacysurvey-0001m002-image-r.fits."""
    letters = [t for t in re.split(r"[-_.\s]", name) if len(t) == 1]
    return next((b for b in map(band_letter, reversed(letters)) if b), "")
