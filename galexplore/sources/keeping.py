"""Images put into one file, which a model keeps; `galexplore.sources.kept` reads it."""

import shutil
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from galexplore.errors import InputError, list_few
from galexplore.files import DAMAGE, write_beside
from galexplore.images import Images
from galexplore.sources.kept import Kept, find_array, read_member
from galexplore.survey import Survey

_BATCH = 256
_NAMED = 5  # galaxies that a refusal names


def keep(
    images: Images,
    ids: Sequence[str],
    path: Path,
    survey: Survey,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Kept:
    """Keep images in one file, written beside and renamed; every image is read once.

    Parameters
    ----------
    images : Images
        Where they come from.
    ids : sequence of str
    path : Path
    survey : Survey
        On whose grid they are.
    progress : callable
        Called as progress(done, of).

    Returns
    -------
    Kept

    Raises
    ------
    InputError
        Where images are missing or cannot be read: how many, the first ones by their ids, and why the first one.
    """
    names, bad = [str(i) for i in ids], []
    with write_beside(path) as partial:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as packed:
            _write_member(packed, "ids.npy", np.array(names, np.str_))
            with packed.open("pixels.npy", "w", force_zip64=True) as file:
                header = {"descr": "<f2", "fortran_order": False, "shape": (len(names), *survey.shape)}
                np.lib.format.write_array_header_1_0(file, header)
                sums: list[int] = []
                for start in range(0, len(names), _BATCH):
                    part = names[start : start + _BATCH]
                    rows, refused = _get_all(images, part, survey)
                    bad += refused
                    data = [np.ascontiguousarray(row, "<f2").tobytes() for row in rows]
                    sums += map(zlib.crc32, data)
                    file.write(b"".join(data))
                    progress(start + len(part), len(names))
            _write_member(packed, "sums.npy", np.array(sums, "<u4"))
        if bad:
            some = list_few([name for name, _ in bad], _NAMED)
            count = f"{len(bad)} of {len(names)} images cannot be used ({some})"
            raise InputError(f"{count}; mend them or take their rows out of the catalogue. The first: {bad[0][1]}")
    return Kept.open(path, survey)


def _get_all(images: Images, ids: list[str], survey: Survey) -> tuple[np.ndarray, list[tuple[str, str]]]:
    """Fetch images together; where one of them is refused, one by one, to name all that are."""
    try:
        return images.get(ids), []
    except InputError:
        rows, refused = np.zeros((len(ids), *survey.shape), np.float16), []
        for row, name in zip(rows, ids, strict=True):
            try:
                row[:] = images.get([name])[0]
            except InputError as error:
                refused.append((name, str(error)))
        return rows, refused


def add_checksums(path: Path) -> None:
    """Give images that an earlier version kept their checksums, once the zip's own tells that all are whole.

    Raises
    ------
    InputError
        Where they are damaged.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            if "sums.npy" in packed.namelist():
                return
            ids, header = read_member(packed, "ids.npy"), packed.getinfo("pixels.npy").header_offset
            _, shape, kind = find_array(path, header)
            size, sums = int(np.prod(shape[1:])) * kind.itemsize, []
            with packed.open("pixels.npy") as file:
                np.lib.format.read_magic(file)
                np.lib.format.read_array_header_1_0(file)
                while data := file.read(size):  # the zip's checksum is looked at as the last byte is read
                    sums.append(zlib.crc32(data))
        if len(sums) != len(ids):
            raise ValueError("images without ids")
    except DAMAGE as error:
        raise InputError(f"The images in {path.name!r} are damaged or no images of a model; restore it.") from error
    with write_beside(path) as partial:
        shutil.copyfile(path, partial)
        with zipfile.ZipFile(partial, "a", zipfile.ZIP_STORED) as packed:
            _write_member(packed, "sums.npy", np.array(sums, "<u4"))


def _write_member(packed: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    with packed.open(name, "w") as file:
        np.lib.format.write_array(file, array, allow_pickle=False)
