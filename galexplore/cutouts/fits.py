"""FITS files to cutouts: cubes, one image a band, with or without inverse variances; nothing is loaded unlooked at."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from astropy.io import fits

from galexplore.cutouts.cutout import MAX_SIDE, Check, Cutout, check_side
from galexplore.cutouts.geometry import check_aligned, find_place
from galexplore.errors import InputError
from galexplore.survey import Survey

MAX_HDUS = 100
_BLOCK = 2880


@dataclass(frozen=True)
class Plane:
    """One band of a file: pixels (H, W), its letter or "" where the file is silent, and the header they came with."""

    pixels: np.ndarray
    band: str
    header: fits.Header


def is_fits(data: bytes) -> bool:
    """Tell a FITS file by its first card."""
    return data.startswith(b"SIMPLE  =")


def read_cube(data: bytes, name: str, survey: Survey) -> Cutout:
    """Read a FITS file that holds all bands of a survey.

    Parameters
    ----------
    data : bytes
    name : str
    survey : Survey

    Raises
    ------
    InputError
        If it is cut short, too large, holds no image, or lacks one of the bands.
    """
    flux, invvar, notes, kind = _planes(data, survey)
    return assemble(flux, invvar, survey, name=name, kind=kind, notes=notes)


def read_band(data: bytes, survey: Survey) -> Plane:
    """Read a FITS file that holds one band; its band is "" where the header is silent.

    Raises
    ------
    InputError
        If it is cut short, too large, or holds anything but one image.
    """
    flux = _planes(data, survey)[0]
    if len(flux) != 1:
        raise InputError(f"of {survey.count_word} files each must hold one band, but one holds {len(flux)}")
    return flux[0]


def assemble(
    flux: list[Plane], invvar: list[Plane], survey: Survey, *, name: str, kind: str, notes: Iterable[Check] = ()
) -> Cutout:
    """Put single bands together in the survey's order; bands beyond its own are dropped and named.

    Raises
    ------
    InputError
        If a band is lacking or the bands do not cover the same pixels.
    """
    bands = "".join(p.band or "?" for p in flux)
    first = {p.band: p for p in reversed(flux)}
    lacking = [b for b in survey.bands if b not in first]
    if lacking:
        held = (
            ", ".join(bands) if bands.strip("?") else f"{len(flux)} image{'s'[: len(flux) > 1]} without a band's name"
        )
        raise InputError(f"the bands {survey.band_words} are needed: {' and '.join(lacking)} not found, only {held}")
    planes = [first[b] for b in survey.bands]
    if len({p.pixels.shape for p in planes}) > 1:
        raise InputError(f"the bands differ in size: {', '.join(str(p.pixels.shape) for p in planes)}")
    notes = list(notes)
    if bands != "".join(survey.bands):
        put = f"put in the order {', '.join(survey.bands)}"
        notes.append(Check("bands", "fixed", f"the file holds {', '.join(bands)}; {put}"))
    places = [find_place(p.header, p.pixels.shape) for p in planes]
    check_aligned(places)
    weights = {p.band: p.pixels for p in invvar if p.pixels.shape == planes[0].pixels.shape}
    return Cutout(
        np.stack([p.pixels for p in planes]),
        places[0].pixel_scale,
        bands,
        name=name,
        kind=kind,
        ra=places[0].ra,
        dec=places[0].dec,
        orientation=places[0].orientation,
        unit=str(planes[0].header.get("BUNIT", "")),
        invvar=np.stack([weights[b] for b in survey.bands]) if set(survey.bands) <= set(weights) else None,
        notes=tuple(notes),
    )


def _planes(data: bytes, survey: Survey) -> tuple[list[Plane], list[Plane], list[Check], str]:
    """Split a file into single bands of flux and of inverse variance; a cube, where there is one, is all of it."""
    every = _image_headers(data, survey)
    if not every:
        raise InputError(f"the FITS file holds no image (a table or nothing); give a {', '.join(survey.bands)} image")
    images = {i: h for i, h in every.items() if "psf" not in _role(h)}  # the image's PSF beside it is left aside
    if not images:
        raise InputError("the file holds a point-spread function, not an image of a galaxy")
    cubes = {i: h for i, h in images.items() if _depth(h, survey) == 3}
    flux: list[Plane] = []
    invvar: list[Plane] = []
    notes: list[Check] = []
    with fits.open(BytesIO(data), memmap=False) as hdus:
        for i in cubes or images:
            header = hdus[i].header
            role = _role(header)
            if "mask" in role or "nexp" in role:
                continue
            target = invvar if "invvar" in role or "ivar" in role else flux
            if cubes and target:  # the second cube of a kind (a model beside the image) is not looked at
                continue
            planes, said = _split(hdus[i].data, header, survey)
            target += [p for p in planes if cubes or p.band not in {q.band for q in target} or not p.band]
            notes += said if target is flux else []
    if len(flux) == len(survey.bands) and all(abs(np.nansum(p.pixels) - 1) < 0.02 for p in flux):
        raise InputError("every band sums to 1: this looks like a point-spread function, not an image of a galaxy")
    return flux, invvar, notes, "FITS cube" if cubes else "FITS images"


def _role(header: fits.Header) -> str:
    """Say what an HDU's pixels are, as its header has it; "image" where it is silent."""
    return str(header.get("IMAGETYP") or header.get("EXTNAME") or "image").strip().lower()


def _split(pixels: np.ndarray, header: fits.Header, survey: Survey) -> tuple[list[Plane], list[Check]]:
    """Split an HDU's pixels into bands, named as its header names them."""
    pixels = np.squeeze(pixels)
    if np.iscomplexobj(pixels) or pixels.ndim not in (2, 3):
        raise InputError(f"the image's shape is {pixels.shape}; {survey.count_word} bands of (H, W) are needed")
    if pixels.ndim == 2:
        return [Plane(pixels.astype(np.float32), _band(header, survey), header)], []
    named = re.findall("[a-zA-Z]", str(header.get("BANDS", ""))) or [
        band_letter(header[f"BAND{i}"], survey) for i in range(10) if f"BAND{i}" in header
    ]
    notes = []
    if not named:
        named = list(survey.bands)
        taken = f"taken as {', '.join(named)}"
        notes.append(Check("bands", "passed", f"the file does not name its bands; {taken}"))
    axis = next((a for a in (0, 2) if pixels.shape[a] == len(named)), None)
    if axis is None:
        raise InputError(f"the cube's shape is {pixels.shape}, which does not fit the bands {', '.join(named)}")
    if axis == 2:
        pixels = np.moveaxis(pixels, 2, 0)
        notes.append(Check("bands", "fixed", "the bands came last and were moved first"))
    return [Plane(p.astype(np.float32), b, header) for p, b in zip(pixels, named, strict=True)], notes


def _band(header: fits.Header, survey: Survey) -> str:
    return next(filter(None, (band_letter(header.get(k), survey) for k in ("BAND", "FILTER", "EXTNAME"))), "")


def band_letter(text: object, survey: Survey) -> str:
    """Find the band's letter in a filter's name: "g", "g DECam SDSS c0001", "SDSS r"; "" if there is none.

    Bands that the survey has not are named too, so that they can be dropped by name. Johnson's capitals are other
    filters; those of the near infrared have no small namesakes.
    """
    further = "".join(b + b.upper() for b in survey.bands if b not in "ugrizy")
    letter = re.search(rf"(?<![a-zA-Z])([ugrizyY{further}])(?![a-zA-Z])", str(text or ""))
    return letter[1].lower() if letter else ""


def _depth(header: fits.Header, survey: Survey) -> int:
    """Count the axes longer than one pixel."""
    return sum(n > 1 for n in _axes(header, survey))


def _axes(header: fits.Header, survey: Survey) -> list[int]:
    """Return the lengths of an image's axes, also of a compressed one; refuse impossible ones."""
    z = "Z" if header.get("ZIMAGE") else ""
    count = header.get(f"{z}NAXIS", 0)
    if not isinstance(count, int) or not 0 <= count <= 4:
        raise InputError(
            f"the FITS header promises {str(count)[:20]} axes; an image of {survey.count_word} bands has three"
        )
    axes = [header.get(f"{z}NAXIS{i + 1}", -1) for i in range(count)]
    if any(not isinstance(n, int) or n < 0 for n in axes):
        raise InputError("the FITS header does not give the image's size")
    return axes


def _image_headers(data: bytes, survey: Survey) -> dict[int, fits.Header]:
    """Walk the headers, without touching any data, and return those of images that are whole and of bearable size."""
    images, start, number = {}, 0, 0
    while start < len(data) and (start == 0 or data.startswith(b"XTENSION", start)):
        stream = BytesIO(data)
        stream.seek(start)
        try:
            header = fits.Header.fromfile(stream)
        except (OSError, EOFError, ValueError) as error:
            raise InputError("the FITS file is cut short or damaged: a header has no end") from error
        image = bool(header.get("ZIMAGE")) or str(header.get("XTENSION", "IMAGE")).strip() == "IMAGE"
        axes = _axes(header, survey)
        if image and len(axes) > 1 and 0 not in axes:
            check_side(*axes)
            check_side(*(header.get(f"ZTILE{i}", 1) for i in range(1, 5)))
            if math.prod(axes) > 8 * MAX_SIDE**2:
                raise InputError(f"the image of {' x '.join(map(str, axes))} pixels is too large; cut out the galaxy")
            images[number] = header
        size = _data_bytes(header)
        start = stream.tell() + size
        if size < 0 or number > MAX_HDUS:
            raise InputError("the FITS file is damaged: its headers make no sense")
        if start > len(data):
            raise InputError(f"the FITS file is cut short: {len(data):,} bytes are there of at least {start:,}")
        start = -(-start // _BLOCK) * _BLOCK
        number += 1
    return images


def _data_bytes(header: fits.Header) -> int:
    """Count the bytes of an HDU's data as they lie in the file (FITS standard 4.0, equation 2)."""
    axes = [header[f"NAXIS{i + 1}"] for i in range(header["NAXIS"])]
    values = (math.prod(axes) if axes else 0) + header.get("PCOUNT", 0)
    return values * header.get("GCOUNT", 1) * abs(header["BITPIX"]) // 8
