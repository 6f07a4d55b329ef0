"""npy and npz files to cutouts; headers are read before data, and nothing is ever unpickled."""

import math
import zipfile
from collections.abc import Iterable
from io import BytesIO
from typing import IO

import numpy as np

from galexplore.cutouts.cutout import Check, Cutout, check_side
from galexplore.errors import InputError
from galexplore.files import MAX_UNPACKED, bare_name
from galexplore.survey import Survey

MAX_MEMBERS = 500  # arrays in an npz


def _npy_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Read what an npy header promises: shape, Fortran order, type."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    if version == (2, 0):
        return np.lib.format.read_array_header_2_0(stream)
    raise InputError("the array's npy version is not known here; save it anew with numpy.save")


def read_npy(stream: IO[bytes]) -> np.ndarray:
    """Read one npy array after a look at what its header promises; never unpickles."""
    shape, fortran, dtype = _npy_header(stream)
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


def _bands_axis(shape: tuple[int, ...], survey: Survey) -> int | None:
    """Which axis of a 3-D array is the survey's bands: the first, else the last, else none."""
    count = len(survey.bands)
    if len(shape) != 3:
        return None
    return 0 if shape[0] == count else 2 if shape[2] == count else None


def _needed(survey: Survey) -> str:
    n = len(survey.bands)
    return f"({n}, H, W) or (H, W, {n})"


def from_array(
    array: np.ndarray,
    pixel_scale: float | None,
    survey: Survey,
    *,
    name: str,
    kind: str,
    ra: float | None = None,
    dec: float | None = None,
) -> Cutout:
    """Make a cutout of a bare array, whose bands can only be taken to be the survey's, in its order."""
    axis, taken = _bands_axis(array.shape, survey), f"taken as {', '.join(survey.bands)}"
    if axis is None:
        needed = f"{survey.count_word} bands are needed: {_needed(survey)}"
        raise InputError(f"the array's shape is {array.shape}; {needed}")
    check_side(*array.shape)
    notes = [Check("bands", "passed", f"the file does not name its bands; {taken}")]
    if axis == 2:
        notes = [Check("bands", "fixed", f"the bands came last and were moved first; {taken}")]
    flux = np.ascontiguousarray(np.moveaxis(array, axis, 0), np.float32)
    bands = "".join(survey.bands)
    return Cutout(flux, pixel_scale, bands, name=name, kind=kind, ra=ra, dec=dec, notes=tuple(notes))


def read_npz(data: bytes, name: str, key: str | None, survey: Survey) -> Cutout:
    """Read the one image of an npz, and the pixel scale and position beside it where they are obvious."""
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except zipfile.BadZipFile as error:
        raise InputError("the file begins like an npz but is cut short or damaged") from error
    with archive:
        members = {i.filename.removesuffix(".npy"): i for i in archive.infolist() if i.filename.endswith(".npy")}
        if not members:
            raise InputError("the zip file is no npz: it holds no arrays")
        if sum(i.file_size for i in members.values()) > MAX_UNPACKED or len(members) > MAX_MEMBERS:
            raise InputError(f"the npz unfolds to more than {MAX_UNPACKED // 10**6} MB or {MAX_MEMBERS} arrays")
        key = _choose(archive, members, key, survey)
        scale = _scalar(archive, members, "pixel_scale", "meta_pixel_scale", "pixscale", "meta_pixscale", "pixelscale")
        ra, dec = (_scalar(archive, members, axis, f"meta_{axis}") for axis in ("ra", "dec"))
        with archive.open(members[key]) as stream:
            array = read_npy(stream)
    scale = scale if scale and scale > 0 else None
    return from_array(array, scale, survey, name=name, kind="npz array", ra=ra, dec=dec)


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


def _choose(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], key: str | None, survey: Survey) -> str:
    """Choose the array that is meant: the one asked for, else the only one with as many bands as the survey."""
    if key is not None:
        if key not in members:
            raise InputError(f"the npz has no array {bare_name(key)!r}; it has {_few(members)}")
        return key
    candidates, pickled = [], []
    for k, info in members.items():
        with archive.open(info) as stream:
            shape, _, dtype = _npy_header(stream)
        if dtype.hasobject:
            pickled.append(k)
        elif dtype.kind in "fiu" and _bands_axis(shape, survey) is not None:
            candidates.append(k)
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise InputError(f"the npz holds several images ({_few(candidates)}): say which with its key")
    if pickled:
        raise InputError(f"the npz holds pickled Python objects ({_few(pickled)}), which are never opened")
    needed = f"{survey.count_word} bands, {_needed(survey)}"
    raise InputError(f"the npz has no array of {needed}; it has {_few(members)}")


def _few(names: Iterable[str]) -> str:
    """List at most eight names that came from outside."""
    names = [bare_name(n) for n in names]
    return ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
