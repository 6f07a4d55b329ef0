"""npy and npz files to cutouts; headers are read before data, and nothing is ever unpickled."""

import zipfile
from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO

import numpy as np

from galexplore.cutouts.beside import SILENT, Beside, read_beside, read_npy, read_npy_header
from galexplore.cutouts.calibration import Calibration, calibrate
from galexplore.cutouts.cutout import Check, Cutout, check_side
from galexplore.cutouts.gaps import mark_gaps
from galexplore.cutouts.pictures import is_picture, read_colours
from galexplore.cutouts.roles import role_of
from galexplore.errors import InputError
from galexplore.files import MAX_UNPACKED, bare_name
from galexplore.survey import Survey

MAX_MEMBERS = 500  # arrays in an npz


def _bands_axis(shape: tuple[int, ...], count: int) -> int | None:
    """Which axis of a 3-D array is the bands: the first, else the last, else none."""
    if len(shape) != 3:
        return None
    return 0 if shape[0] == count else 2 if shape[2] == count else None


def _needed(survey: Survey) -> str:
    n = len(survey.bands)
    return f"({n}, H, W) or (H, W, {n})"


def from_array(array: np.ndarray, survey: Survey, *, name: str, kind: str, beside: Beside = SILENT) -> Cutout:
    """Make a cutout of an array; what stands beside it says its bands, else they are taken to be the survey's.

    Parameters
    ----------
    array : ndarray (B, H, W) or (H, W, B)
    survey : Survey
    name, kind : str
    beside : Beside, optional
        What its file says of it.

    Raises
    ------
    InputError
        If the shape does not fit the bands, or a band is lacking.
    """
    named = list(beside.bands) or list(survey.bands)
    axis = _bands_axis(array.shape, len(named))
    if axis is None:
        needed = f"{survey.count_word} bands are needed: {_needed(survey)}"
        if beside.bands:
            needed = f"the file names the bands {', '.join(named)}"
        raise InputError(f"the array's shape is {array.shape}; {needed}")
    check_side(*array.shape)
    lacking = [b for b in survey.bands if b not in named]
    if lacking:
        raise InputError(
            f"the bands {survey.band_words} are needed: {' and '.join(lacking)} not found, only {', '.join(named)}"
        )
    order = [named.index(b) for b in survey.bands]
    values = np.moveaxis(array, axis, 0)[order]
    picture = is_picture(values)
    planes = values.astype(np.float32) if picture else np.stack([mark_gaps(p) for p in values])
    cutout = Cutout(
        np.ascontiguousarray(planes),
        beside.pixel_scale,
        "".join(named),
        name=name,
        kind=kind,
        ra=beside.ra,
        dec=beside.dec,
        unit=beside.unit,
        notes=_tell_bands(beside, named, axis, survey),
        calibration=_calibrate(beside, survey),
    )
    if not picture:
        return cutout
    upright = replace(cutout, flux=cutout.flux[:, ::-1])  # the first row of a picture's array is its top
    return read_colours(upright, "".join(survey.bands) if beside.bands else "", survey)


def _tell_bands(beside: Beside, named: list[str], axis: int, survey: Survey) -> tuple[Check, ...]:
    """Say which bands there are, and by which array of the file."""
    if not beside.bands:
        taken = f"assumed {', '.join(survey.bands)}"
        if axis == 2:
            return (Check("bands", "fixed", f"the bands came last and were moved first; {taken}"),)
        return (Check("bands", "passed", f"the file does not name its bands; {taken}"),)
    said = f"the file holds {', '.join(named)} (its array {beside.bands_key})"
    if axis == 0 and named == list(survey.bands):
        return (Check("bands", "passed", said),)
    last = "the bands came last and were moved first; " if axis == 2 else ""
    return (Check("bands", "fixed", f"{last}{said}; put in the order {', '.join(survey.bands)}"),)


def _calibrate(beside: Beside, survey: Survey) -> tuple[Calibration, ...]:
    """Read unit and zero points beside the array as a header's; empty where there are none."""
    made = [calibrate(beside.header, survey, b, beside.pixel_scale) for b in survey.bands]
    silent = Calibration(assumed="assumed nanomaggies, for nothing names this band's unit")
    return tuple(c or silent for c in made) if any(made) else ()


def read_npz(data: bytes, name: str, key: str | None, survey: Survey) -> Cutout:
    """Read the one image of an npz, and its bands, unit, zero point, scale and position where they stand beside it."""
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
        beside = read_beside(archive, members, survey)
        key = _choose(archive, members, key, survey, len(beside.bands) or len(survey.bands))
        with archive.open(members[key]) as stream:
            array = read_npy(stream)
    return from_array(array, survey, name=name, kind="npz array", beside=beside)


def _choose(
    archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], key: str | None, survey: Survey, count: int
) -> str:
    """Choose the array that is meant: the one asked for, else the only image of as many bands."""
    if key is not None:
        if key not in members:
            raise InputError(f"the npz has no array {bare_name(key)!r}; it has {_few(members)}")
        return key
    candidates, pickled = [], []
    for k, info in members.items():
        with archive.open(info) as stream:
            shape, _, dtype = read_npy_header(stream)
        if dtype.hasobject:
            pickled.append(k)
        elif dtype.kind in "fiu" and _bands_axis(shape, count) is not None:
            candidates.append(k)
    images = [k for k in candidates if role_of(k) in ("", "image")] or candidates
    named = [k for k in images if role_of(k) == "image"]
    candidates = named if len(named) == 1 and len(images) < len(candidates) else images
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
