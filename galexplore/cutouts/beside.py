"""npy arrays read within bounds, and what stands beside an image in an npz: bands, unit, zero point, scale, place."""

import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from astropy.io import fits

from galexplore.cutouts.filters import name_bands, split_bands
from galexplore.errors import InputError
from galexplore.files import MAX_UNPACKED
from galexplore.survey import Survey

MAX_TEXT = 100_000  # bytes of text beside an image


@dataclass(frozen=True)
class Beside:
    """What a file says of an array: bands and the key that names them, unit, scale [arcsec], place [deg], a header."""

    bands: tuple[str, ...] = ()
    bands_key: str = ""
    unit: str = ""
    pixel_scale: float | None = None
    ra: float | None = None
    dec: float | None = None
    header: fits.Header = field(default_factory=fits.Header)


SILENT = Beside()


def read_npy_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read what an npy header promises: shape, Fortran order, type."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(stream)
    raise InputError("the array's npy version is not known here; save it anew with numpy.save")


def read_npy(stream: IO[bytes]) -> np.ndarray:
    """Read one npy array after a look at what its header promises; never unpickles."""
    shape, fortran, dtype = read_npy_header(stream)
    if dtype.hasobject:
        raise InputError("the array holds pickled Python objects, which are never opened; save plain numbers")
    if dtype.kind not in "fiu":
        raise InputError(f"the array's type is {dtype}; real numbers are needed")
    size = math.prod(shape) * dtype.itemsize
    if not 0 < size <= MAX_UNPACKED:
        raise InputError(f"the array's shape is {shape}: empty or larger than {MAX_UNPACKED // 10**6} MB")
    raw = stream.read(size)
    if len(raw) < size:
        raise InputError(f"the array is cut short: {len(raw):,} of {size:,} bytes are there")
    return np.frombuffer(raw, dtype).reshape(shape, order="F" if fortran else "C")


def read_beside(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], survey: Survey) -> Beside:
    """Read what stands beside an image: each thing under the first of its usual names, with or without meta_."""
    names = {k.lower().removeprefix("meta_"): k for k in reversed(list(members))}

    def first(*keys: str) -> list[str]:
        return [names[k] for k in keys if k in names]

    scale = _scalar(archive, members, *first("pixel_scale", "pixscale", "pixelscale", "pix_scale", "scale"))
    ra, dec = (_scalar(archive, members, *first(axis)) for axis in ("ra", "dec"))
    header, bands_key = fits.Header(), ""
    bands: tuple[str, ...] = ()
    for k in first("bands", "band", "filters", "filter", "image_band", "image_bands", "channels", "bands_requested"):
        words = _words(archive, members[k])
        listed = split_bands(words[0], survey) if len(words) == 1 else name_bands(words, survey)
        if len(listed) > 1 and "?" in listed:
            raise InputError(f"the npz names its bands {', '.join(words)[:60]}; {survey.band_words} are needed")
        if len(listed) > 1:
            bands, bands_key = tuple(listed), k
            break
    for k in first("unit", "units", "bunit", "flux_unit"):
        words = _words(archive, members[k])
        header["BUNIT"] = words[0][:60] if words else ""
    for k in first("zero_point", "zeropoint", "zp", "magzero", "magzpt", "mag_zero_point", "zeropoints", "zero_points"):
        _put_zero_points(header, _numbers(archive, members[k]), bands or survey.bands)
    exposure = _scalar(archive, members, *first("exptime", "exposure_time"))
    if exposure:
        header["EXPTIME"] = exposure
    unit = str(header.get("BUNIT", ""))
    return Beside(bands, bands_key, unit, scale if scale and scale > 0 else None, ra, dec, header)


def _put_zero_points(header: fits.Header, values: list[float], bands: Sequence[str]) -> None:
    """Note one zero point, or one a band, as a header would."""
    if len(values) == 1:
        header["MAGZERO"] = values[0]
    elif len(values) == len(bands):
        for band, value in zip(bands, values, strict=True):
            header[f"ZP_{band.upper()}"] = value


def _words(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> list[str]:
    """Read a member of text; empty where it is none."""
    with archive.open(member) as stream:
        shape, _, dtype = read_npy_header(stream)
        if dtype.kind not in "SU" or not 0 < dtype.itemsize * max(math.prod(shape), 1) <= MAX_TEXT:
            return []
        raw = stream.read(dtype.itemsize * math.prod(shape))
    values = np.frombuffer(raw, dtype).ravel().tolist()
    return [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in values]


def _numbers(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> list[float]:
    """Read a member of at most ten numbers; empty where it is none."""
    with archive.open(member) as stream:
        try:
            array = read_npy(stream)
        except InputError:
            return []
    return [float(v) for v in array.ravel()] if array.size <= 10 and np.isfinite(array).all() else []


def _scalar(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], *keys: str) -> float | None:
    """Read the first of these members that is there, if it is a single finite number."""
    for k in filter(members.__contains__, keys):
        with archive.open(members[k]) as stream:
            try:
                array = read_npy(stream)
            except InputError:  # text or worse beside the image is not our business
                return None
        return float(array.item()) if array.size == 1 and np.isfinite(array).all() else None
    return None
