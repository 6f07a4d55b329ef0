"""Files to cutouts: FITS, npy, npz, JPEG and PNG, told apart by their content, or one sentence on what is wrong."""

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from os import PathLike
from pathlib import Path

import numpy as np
from astropy import log
from astropy.io import fits
from PIL import Image, ImageOps

from galexplore.cutouts.arrays import from_array, read_npz
from galexplore.cutouts.beside import read_npy
from galexplore.cutouts.cutout import Check, Cutout, check_side
from galexplore.cutouts.filters import differing_bands, named_band, unread_bands
from galexplore.cutouts.fits import assemble, is_fits, read_band, read_cube
from galexplore.cutouts.parts import Plane
from galexplore.cutouts.pictures import STRETCH, clipped, invert
from galexplore.errors import InputError
from galexplore.files import bare_name, unpack
from galexplore.survey import DECALS, Survey

#: One file: where it lies, or its content.
File = str | PathLike[str] | bytes | bytearray | memoryview

MAX_BYTES = 20_000_000  # a file
EXIF_ORIENTATION = 0x0112
TAKEN = "FITS, .npy, .npz, JPEG and PNG are read"


def read(
    source: File | Sequence[File],
    *,
    survey: Survey = DECALS,
    pixel_scale: float | None = None,
    name: str | Sequence[str] | None = None,
    key: str | None = None,
) -> Cutout:
    """Read an image of a galaxy in a survey's bands.

    Parameters
    ----------
    source : path, bytes, or a sequence of as many of them as the survey has bands
        What the file is, is told from its content and never from its name. Several: one single-band FITS or npy file
        each, the band taken from the FILTER or BAND header, else from a name like `image-g-2.fits` or `m51_r.npy`.
    survey : Survey, optional
        Whose bands are read, the DECam Legacy Survey's by default; use that of the model that is asked.
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
        One plain sentence for whatever is wrong: unreadable, damaged, too large, not an image in these bands.
    """
    if pixel_scale is not None and not (math.isfinite(pixel_scale) and 0 < pixel_scale < 60):
        raise InputError(
            f"the pixel scale {pixel_scale!r} is no number of arcsec a pixel; {survey.pixel_scale:g} would be one"
        )
    with _say_damage(), _quiet():
        if isinstance(source, list | tuple):
            cutout = _read_bands(source, name, survey)
        else:
            cutout = _read_one(source, name if name is None or isinstance(name, str) else name[0], key, survey)
    return _settle_scale(cutout, pixel_scale)


@contextmanager
def _say_damage() -> Iterator[None]:
    """Turn a library's complaint about a damaged file into a sentence."""
    try:
        yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError("there is not enough memory to read the file; cut out the galaxy first") from error
    except Exception as error:
        raise InputError(f"the file is damaged or not what it seems and could not be read; {TAKEN}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep libraries from printing what they make of odd files: the audit says it."""
    before = log.level
    log.setLevel("ERROR")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(before)


def _settle_scale(cutout: Cutout, given: float | None) -> Cutout:
    """Use the given pixel scale only where the file is silent, and say so where the two disagree by over 1 %."""
    if given is None:
        return cutout
    if cutout.pixel_scale is None:
        unread = any(n.check == "pixel_scale" for n in cutout.notes)
        said = f'{given:.3f}" a pixel, as given{"" if unread else "; the file does not say"}'
        note = Check("pixel_scale", "passed", said)
        return replace(cutout, pixel_scale=float(given), notes=(*cutout.notes, note))
    if abs(given / cutout.pixel_scale - 1) <= 0.01:
        return cutout
    sentence = f'the file says {cutout.pixel_scale:.3f}" a pixel and {given:.3f}" was given; the file\'s is used'
    return replace(cutout, notes=(*cutout.notes, Check("pixel_scale", "fixed", sentence)))


def _load(source: object, name: str | None, survey: Survey) -> tuple[bytes, str]:
    """Fetch a file's bytes, unpacked if gzipped or bzipped, and its bare, printable name."""
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
        raise InputError(f"give a path, the bytes of a file, or a list of {survey.count_word} of them")
    if len(data) > MAX_BYTES:
        raise InputError(f"the file is larger than {MAX_BYTES // 10**6} MB; cut out the galaxy first")
    if not data:
        raise InputError("the file is empty")
    data = unpack(data)
    return data, bare_name(name or "")


def _read_one(source: object, name: str | None, key: str | None, survey: Survey) -> Cutout:
    data, name = _load(source, name, survey)
    if is_fits(data):
        return read_cube(data, name, survey)
    if data.startswith(b"\x93NUMPY"):
        return from_array(read_npy(BytesIO(data)), survey, name=name, kind="npy array")
    if data.startswith(b"PK"):
        return read_npz(data, name, key, survey)
    if data.startswith((b"\x89PNG", b"\xff\xd8\xff")):
        return _read_picture(data, name, survey)
    raise InputError(f"this is no image file that is known here; {TAKEN}")


def _read_picture(data: bytes, name: str, survey: Survey) -> Cutout:
    """Read a colour picture and invert the Legacy viewer's stretch; the top row of a picture is north."""
    needed = f"a colour picture of {', '.join(survey.bands)} is needed"
    try:
        picture = Image.open(BytesIO(data), formats=("PNG", "JPEG"))
        check_side(*picture.size)
        form, turned = picture.format, picture.getexif().get(EXIF_ORIENTATION, 1) != 1
        if picture.mode not in ("RGB", "RGBA", "P"):
            raise InputError(f"the picture is grey or printed ({picture.mode}); {needed}")
        colours = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))[::-1]
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError("the picture is cut short, damaged or far too large") from error
    if not np.ptp(colours, axis=2).any():
        raise InputError(f"the picture is grey; {needed}")
    flux = invert(colours, survey)
    red, green, blue = survey.rgb
    return Cutout(
        flux,
        None,
        "".join(survey.bands),
        name=name,
        kind=f"{form} picture",
        approximate=True,
        saturated=clipped(colours, survey),
        notes=(
            Check("bands", "passed", f"blue, green and red assumed {blue}, {green} and {red} in {STRETCH}"),
            *((Check("orientation", "fixed", "turned as its EXIF orientation says"),) if turned else ()),
        ),
    )


def _read_bands(sources: Sequence[File], names: str | Sequence[str] | None, survey: Survey) -> Cutout:
    """Read one file a band and put them together."""
    count = survey.count_word
    if len(sources) != len(survey.bands):
        raise InputError(f"{len(sources)} files were given; give one file, or {count} of one band each")
    given = [names] * len(sources) if names is None or isinstance(names, str) else [*names]
    planes: list[Plane] = []
    called: list[str] = []
    notes: list[Check] = []
    for source, spelt in zip(sources, given, strict=True):
        data, name = _load(source, spelt, survey)
        if is_fits(data):
            plane, further = read_band(data, survey)
            notes += [n for n in further if n not in notes]
        elif data.startswith(b"\x93NUMPY"):
            plane = Plane(_single(read_npy(BytesIO(data)), count), "", fits.Header())
        else:
            raise InputError(f"of {count} files each must be a FITS or .npy image of one band")
        planes.append(replace(plane, file=name))
        called.append(name)
    planes = _name_bands(planes, called, survey)
    return assemble(planes, survey, notes=notes, name=", ".join(filter(None, called)), kind=f"{count} files")


def _name_bands(planes: list[Plane], names: list[str], survey: Survey) -> list[Plane]:
    """Name each file's band: by its header, else by the letter in which the files' names differ, else by its name."""
    differing = differing_bands(names, survey) or [""] * len(names)
    named: list[Plane] = []
    for plane, name, letter in zip(planes, names, differing, strict=True):
        band = plane.band or letter or named_band(name, survey)
        if not band:
            unread = unread_bands(plane.header, survey)
            why = f"{unread} is no band that is known here" if unread else "no BAND header"
            raise InputError(f"nothing tells the band of {name or 'a file'}: {why}, and no name like image-g.fits")
        if band in {p.band for p in named}:
            count = survey.count_word
            why = f" (by {plane.said}, while the names say {', '.join(differing)})" if all(differing) else ""
            raise InputError(f"two of the {count} files are of the band {band}{why}; {survey.band_words} are needed")
        unread = unread_bands(plane.header, survey)
        by_name = (
            f"the file's name; assumed, for {unread} is no band that is known here" if unread else "the file's name"
        )
        named.append(replace(plane, band=band, said=plane.said or by_name))
    return named


def _single(array: np.ndarray, count: str) -> np.ndarray:
    """Check that an array is one band."""
    array = np.squeeze(array)
    if array.ndim != 2:
        raise InputError(f"of {count} files each must hold one band (H, W), but one has the shape {array.shape}")
    check_side(*array.shape)
    return array.astype(np.float32)
