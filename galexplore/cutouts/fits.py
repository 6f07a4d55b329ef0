"""FITS files to cutouts: cubes, one image a band, with or without inverse variances; nothing is loaded unlooked at."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales

from galexplore.cutouts.cutout import MAX_SIDE, Check, Cutout, check_side
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
    wanted = {b: next((p for p in flux if p.band == b), None) for b in survey.bands}
    lacking = [b for b, p in wanted.items() if p is None]
    if lacking:
        held = (
            ", ".join(bands) if bands.strip("?") else f"{len(flux)} image{'s'[: len(flux) > 1]} without a band's name"
        )
        raise InputError(f"the bands {survey.band_words} are needed: {' and '.join(lacking)} not found, only {held}")
    planes = list(wanted.values())
    if len({p.pixels.shape for p in planes}) > 1:
        raise InputError(f"the bands differ in size: {', '.join(str(p.pixels.shape) for p in planes)}")
    notes = list(notes)
    if bands != "".join(survey.bands):
        put = f"put in the order {', '.join(survey.bands)}"
        notes.append(Check("bands", "fixed", f"the file holds {', '.join(bands)}; {put}"))
    where = [_place(p.header, p.pixels.shape) for p in planes]
    _check_aligned(where)
    weights = {p.band: p.pixels for p in invvar if p.pixels.shape == planes[0].pixels.shape}
    return Cutout(
        np.stack([p.pixels for p in planes]),
        name=name,
        kind=kind,
        bands=bands,
        unit=str(planes[0].header.get("BUNIT", "")),
        invvar=np.stack([weights[b] for b in survey.bands]) if set(survey.bands) <= set(weights) else None,
        notes=tuple(notes),
        **where[0],
    )


def _check_aligned(where: list[dict]) -> None:
    """Refuse bands whose centres differ by more than half a pixel or whose scales differ by more than 1 %."""
    first = where[0]
    for other in where[1:]:
        if None in (first["pixel_scale"], other["pixel_scale"], first["ra"], other["ra"]):
            continue
        east = (other["ra"] - first["ra"] + 180) % 360 - 180
        apart = 3600 * math.hypot(east * math.cos(math.radians(first["dec"])), other["dec"] - first["dec"])
        if apart > 0.5 * first["pixel_scale"] or abs(other["pixel_scale"] / first["pixel_scale"] - 1) > 0.01:
            raise InputError(f'the bands do not cover the same pixels: their centres are {apart:.1f}" apart')


def _place(header: fits.Header, shape: tuple[int, int]) -> dict[str, Any]:
    """Read pixel scale, centre and orientation off the WCS; None where it is silent or cannot be understood."""
    unknown = {"pixel_scale": None, "ra": None, "dec": None, "orientation": None}
    try:
        wcs = WCS(header).celestial
        if wcs.naxis != 2:
            return unknown
        scales = proj_plane_pixel_scales(wcs) * 3600
        matrix = wcs.pixel_scale_matrix
        centre = wcs.pixel_to_world((shape[1] - 1) / 2, (shape[0] - 1) / 2).icrs
        place = {"ra": float(centre.ra.deg), "dec": float(centre.dec.deg), "orientation": None}
    except Exception:  # wcslib raises many kinds; a WCS that it cannot read says nothing, and the scale is asked for
        return unknown
    if not np.isfinite(scales).all() or scales.min() <= 0:
        return unknown
    if scales.max() / scales.min() > 1.01:
        raise InputError(f'the pixels are {scales[0]:.3f}" by {scales[1]:.3f}"; square ones are needed')
    if wcs.wcs.lngtyp == "RA":
        parity = 1 if np.linalg.det(matrix) < 0 else -1
        place["orientation"] = (parity, float(np.arctan2(matrix[0, 1], matrix[1, 1])))
    return place | {"pixel_scale": float(np.sqrt(scales.prod()))}


def _planes(data: bytes, survey: Survey) -> tuple[list[Plane], list[Plane], list[Check], str]:
    """Split a file into single bands of flux and of inverse variance; a cube, where there is one, is all of it."""
    images = _image_headers(data, survey)
    if not images:
        raise InputError(f"the FITS file holds no image (a table or nothing); give a {', '.join(survey.bands)} image")
    cubes = {i: h for i, h in images.items() if _depth(h, survey) == 3}
    flux, invvar, notes = [], [], []
    with fits.open(BytesIO(data), memmap=False) as hdus:
        for i in cubes or images:
            header = hdus[i].header
            role = str(header.get("IMAGETYP") or header.get("EXTNAME") or "image").strip().lower()
            if "psf" in role:
                raise InputError("the file holds a point-spread function, not an image of a galaxy")
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
    found = re.search(rf"(?<![a-zA-Z])([ugrizyY{further}])(?![a-zA-Z])", str(text or ""))
    return found[1].lower() if found else ""


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
