"""npy and npz files to cutouts; headers are read before data, and nothing is ever unpickled."""

import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from io import BytesIO

import numpy as np
from astropy.io import fits

from galexplore.cutouts.beside import NOTHING_BESIDE, Beside, read_beside, read_npy, read_npy_header
from galexplore.cutouts.calibration import calibrate
from galexplore.cutouts.cutout import Check, Cutout, check_side
from galexplore.cutouts.filters import extension_band, lacking_bands, list_bands
from galexplore.cutouts.fits import assemble
from galexplore.cutouts.parts import Part, Plane, attach
from galexplore.cutouts.pictures import is_picture, read_colours
from galexplore.cutouts.roles import OWN_NAMES, role_of
from galexplore.cutouts.scales import read_named
from galexplore.cutouts.seeing import LARGEST
from galexplore.errors import InputError
from galexplore.files import MAX_UNPACKED, bare_name
from galexplore.survey import Survey

MAX_MEMBERS = 500  # arrays in an npz
_WEIGHTS = ("weight", "variance", "error", "mask")

Members = Mapping[str, zipfile.ZipInfo]


def _bands_axis(shape: tuple[int, ...], count: int) -> int | None:
    """Which axis of a 3-D array is the bands: the first, else the last, else none."""
    if len(shape) != 3:
        return None
    return 0 if shape[0] == count else 2 if shape[2] == count else None


def _drop_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of a batch's only image."""
    return shape[1:] if len(shape) == 4 and shape[0] == 1 else shape


def _needed(survey: Survey) -> str:
    n = len(survey.bands)
    return f"({n}, H, W) or (H, W, {n})"


def from_array(
    array: np.ndarray,
    survey: Survey,
    *,
    name: str,
    kind: str,
    beside: Beside = NOTHING_BESIDE,
    key: str = "",
    others: Mapping[str, np.ndarray] | None = None,
) -> Cutout:
    """Make a cutout of an array; what stands beside it says its bands, else they are taken to be the survey's.

    Parameters
    ----------
    array : ndarray (B, H, W) or (H, W, B)
        Or a batch of one of them.
    survey : Survey
    name, kind : str
    beside : Beside, optional
        What its file says of it.
    key : str, optional
        The array's name in its file.
    others : mapping of str to ndarray, optional
        Weights, errors and masks beside it.

    Raises
    ------
    InputError
        If the shape does not fit the bands, or a band is lacking.
    """
    array = array.reshape(_drop_ones(array.shape))
    listed, by = list_bands(beside.header, array.shape[0] if array.ndim else 0, survey)
    if listed and not beside.bands:
        beside = replace(beside, bands=tuple(listed), bands_key=by)
    named = list(beside.bands) or list(survey.bands)
    axis = _find_axis(array, beside, survey)
    values = np.moveaxis(array, axis, 0)
    header = _place_in_middle(beside.header, values.shape)
    notes = _tell_axis(beside, axis, survey)
    if not calibrate(header, survey) and not lacking_bands(named, survey) and is_picture(values):
        return _read_picture(values, named, survey, name=name, kind=kind, beside=beside)
    said = beside.bands_key if " " in beside.bands_key else f"its array {beside.bands_key}" if beside.bands else ""
    where, count = f"its array {bare_name(key)}" if key else "", len(named)
    planes = [
        Plane(v, b, header, where, said=said, number=(k, count))
        for k, (v, b) in enumerate(zip(values, named, strict=True))
    ]
    image = Part(0, header, header, "image", values)
    planes, used = attach(planes, [image], list(_as_parts(others or {})), survey)
    return assemble(planes, survey, name=name, kind=kind, notes=[*notes, *used])


def _find_axis(array: np.ndarray, beside: Beside, survey: Survey) -> int:
    """Find the axis of the bands, or refuse the shape."""
    axis = _bands_axis(array.shape, len(beside.bands or survey.bands))
    if axis is None:
        needed = f"{survey.count_word} bands are needed: {_needed(survey)}"
        if beside.bands:
            needed = f"the file names the bands {', '.join(beside.bands)}"
        raise InputError(f"the array's shape is {array.shape}; {needed}")
    check_side(*array.shape)
    return axis


def _as_parts(others: Mapping[str, np.ndarray]) -> Iterable[Part]:
    for key, array in others.items():
        own = fits.Header({"EXTNAME": bare_name(key)})
        yield Part(0, own, own, role_of(key), array.reshape(_drop_ones(array.shape)), f"its array {bare_name(key)}")


def _place_in_middle(header: fits.Header, shape: tuple[int, ...]) -> fits.Header:
    """Add the reference pixel where a matrix stands beside the image alone."""
    if "CD1_1" in header and "CRPIX1" not in header:
        header = header.copy()
        header["CRPIX1"], header["CRPIX2"] = (shape[2] + 1) / 2, (shape[1] + 1) / 2
    return header


def _read_picture(
    values: np.ndarray, named: list[str], survey: Survey, *, name: str, kind: str, beside: Beside
) -> Cutout:
    """Read planes (B, H, W) that are a picture's; the first row of a picture's array is its top."""
    order = [named.index(b) for b in survey.bands]
    sides, _ = read_named(beside.header)
    cutout = Cutout(
        np.ascontiguousarray(values[order, ::-1].astype(np.float32)),
        sides[0] if sides else None,
        "".join(named),
        name=name,
        kind=kind,
        ra=beside.header.get("RA_OBJ"),
        dec=beside.header.get("DEC_OBJ"),
    )
    return read_colours(cutout, "".join(survey.bands) if beside.bands else "", survey)


def _tell_axis(beside: Beside, axis: int, survey: Survey) -> list[Check]:
    """Say where the bands' axis was, and what was assumed of their names."""
    last = "the bands came last and were moved first" if axis == 2 else ""
    taken = f"{beside.unread or 'the file does not name its bands'}; assumed {', '.join(survey.bands)}"
    said = "; ".join(filter(None, (last, "" if beside.bands else taken)))
    return [Check("bands", "fixed" if last else "passed", said)] if said else []


def read_npz(data: bytes, name: str, key: str | None, survey: Survey) -> Cutout:
    """Read the one image of an npz, and its bands, unit, zero point, scale and position where they stand beside it."""
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except zipfile.BadZipFile as error:
        raise InputError("the file begins like an npz but is cut short or damaged") from error
    with archive:
        members = {i.filename.removesuffix(".npy"): i for i in archive.infolist() if i.filename.endswith(".npy")}
        if not members:
            held = [bare_name(i.filename) for i in archive.infolist() if not i.is_dir()]
            packed = f"; unpack it and give {held[0]}" if held else ""
            raise InputError(f"the zip file is no npz: it holds no arrays{packed}")
        if sum(i.file_size for i in members.values()) > MAX_UNPACKED or len(members) > MAX_MEMBERS:
            raise InputError(f"the npz unfolds to more than {MAX_UNPACKED // 10**6} MB or {MAX_MEMBERS} arrays")
        beside = read_beside(archive, members, survey)
        shapes = _list_shapes(archive, members)
        if key is None and (single := _find_bands_apart(shapes, survey)):
            wanted = {k for k in members if role_of(k) in _WEIGHTS} | _find_stars(shapes)
            opened = {k: _open(archive, members, k) for k in members if k in wanted}
            return _read_apart(archive, members, single, opened, beside, survey, name)
        key = _choose(shapes, members, key, survey, len(beside.bands) or len(survey.bands))
        array = _open(archive, members, key)
        alike = {k for k, (shape, _) in shapes.items() if sorted(shape)[-2:] == sorted(_drop_ones(array.shape))[-2:]}
        beside_it = {k for k in alike if role_of(k) in _WEIGHTS} | _find_stars(shapes)
        others = {k: _open(archive, members, k) for k in shapes if k in beside_it - {key}}
    return from_array(array, survey, name=name, kind="npz array", beside=beside, key=key, others=others)


def _find_stars(shapes: Mapping[str, tuple[tuple[int, ...], np.dtype]]) -> set[str]:
    """Find arrays that are images of a star, by their names."""
    return {
        k
        for k, (shape, dtype) in shapes.items()
        if role_of(k) == "psf" and len(shape) in (2, 3) and max(shape) <= LARGEST and dtype.kind in "fiu"
    }


def _open(archive: zipfile.ZipFile, members: Members, key: str) -> np.ndarray:
    with archive.open(members[key]) as stream:
        return read_npy(stream)


def _list_shapes(archive: zipfile.ZipFile, members: Members) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    """Shape, without the axis of a batch of one, and type of each array."""
    shapes = {}
    for key, member in members.items():
        with archive.open(member) as stream:
            shape, _, dtype = read_npy_header(stream)
        shapes[key] = (_drop_ones(shape), dtype)
    return shapes


def _find_bands_apart(shapes: Mapping[str, tuple[tuple[int, ...], np.dtype]], survey: Survey) -> dict[str, str]:
    """Find arrays of one band each by their names, "g" or "image_r": key by band; empty where not all are there."""
    apart: dict[str, str] = {}
    for key, (shape, dtype) in shapes.items():
        letter = extension_band(key, survey).letter
        if len(shape) == 2 and dtype.kind in "fiu" and role_of(key) in ("", "image") and letter:
            apart.setdefault(letter, key)
    return {} if lacking_bands(apart, survey) else apart


def _read_apart(
    archive: zipfile.ZipFile,
    members: Members,
    apart: Mapping[str, str],
    others: Mapping[str, np.ndarray],
    beside: Beside,
    survey: Survey,
    name: str,
) -> Cutout:
    """Read one array a band, with its weights and masks."""
    planes, images = [], []
    for k, (band, key) in enumerate(apart.items()):
        pixels = _open(archive, members, key)
        check_side(*pixels.shape)
        where = f"its array {bare_name(key)}"
        planes.append(Plane(pixels, band, _place_in_middle(beside.header, (1, *pixels.shape)), where, said="its name"))
        images.append(Part(k, fits.Header({"EXTNAME": bare_name(key)}), beside.header, "image", pixels, where))
    planes, used = attach(planes, images, list(_as_parts(others)), survey)
    return assemble(planes, survey, name=name, kind="npz arrays", notes=used)


def _choose(
    shapes: Mapping[str, tuple[tuple[int, ...], np.dtype]],
    members: Members,
    key: str | None,
    survey: Survey,
    count: int,
) -> str:
    """Choose the array that is meant: the one asked for, else the only image of as many bands."""
    if key is not None:
        if key not in members:
            raise InputError(f"the npz has no array {bare_name(key)!r}; it has {_few(members)}")
        return key
    pickled = [k for k, (_, dtype) in shapes.items() if dtype.hasobject]
    fits_in = [k for k, (s, d) in shapes.items() if d.kind in "fiu" and _bands_axis(s, count) is not None]
    images = [k for k in fits_in if role_of(k) in ("", "image")] or fits_in
    named = [k for k in images if bare_name(k).lower() in (*OWN_NAMES, "images")]
    candidates = named if len(named) == 1 else images
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
