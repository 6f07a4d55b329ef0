"""Images kept with a model: ids and pixels in one file, read where they lie, without the files that they came from.

`images.npz` is an uncompressed zip without pickles, as numpy writes it: `ids.npy` (text) and `pixels.npy`
(float16, (N, B, S, S), nanomaggies per native pixel). The pixels are mapped, so that opening costs the ids alone.
"""

import os
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.wcs import WCS

from galexplore.cutouts.grid import make_wcs
from galexplore.errors import InputError
from galexplore.images import Images
from galexplore.survey import Survey

#: What the file is called in a model's folder.
KEPT = "images.npz"
_BATCH = 256
_NAMED = 5  # galaxies that a refusal names


class Kept:
    """Images of galaxies in one file; one of `galexplore.images.Images`.

    Parameters
    ----------
    ids : array (N,) of str
    pixels : array (N, B, S, S), float16
    survey : Survey
        On whose grid they are.
    catalogue : DataFrame, optional
        `id`, `ra`, `dec` [deg] of these galaxies, by which an image's place on the sky is known.
    """

    def __init__(self, ids: np.ndarray, pixels: np.ndarray, survey: Survey, catalogue: pd.DataFrame | None = None):
        self.places, self.pixels = pd.Index(np.asarray(ids, object)), pixels
        self.survey, self.catalogue = survey, catalogue

    @classmethod
    def open(cls, path: Path, survey: Survey, catalogue: pd.DataFrame | None = None) -> "Kept":
        """Open what `keep` wrote.

        Raises
        ------
        InputError
            Where the file is no such one, or its images are of another grid than the model's.
        """
        try:
            with zipfile.ZipFile(path) as packed:
                with packed.open("ids.npy") as file:
                    ids = np.lib.format.read_array(file, allow_pickle=False)
                entry = packed.getinfo("pixels.npy")
            if entry.compress_type != zipfile.ZIP_STORED:
                raise ValueError("packed pixels cannot be mapped")
            pixels = _map(path, entry.header_offset)
        except (OSError, ValueError, KeyError, struct.error, zipfile.BadZipFile) as error:
            raise InputError(f"The images in {path.name!r} are damaged or no images of a model; restore it.") from error
        if pixels.shape != (len(ids), *survey.shape) or pixels.dtype != np.float16 or len(set(ids)) < len(ids):
            raise InputError(f"The images in {path.name!r} are not of the grid that the model reads; make it anew.")
        return cls(ids, pixels, survey, catalogue)

    def __contains__(self, identifier: object) -> bool:
        return identifier in self.places

    def get(self, ids: Sequence[str]) -> np.ndarray:
        """Return images (n, B, S, S), float16, in the order of the ids.

        Raises
        ------
        InputError
            For a galaxy of which none is kept.
        """
        names = list(ids)
        rows = self.places.get_indexer(pd.Index(names, dtype=object))
        if (rows < 0).any():
            raise InputError(f"No image of galaxy {names[int(np.argmax(rows < 0))]!r} is kept with this model.")
        return np.asarray(self.pixels[rows])

    def wcs(self, identifier: str) -> WCS | None:
        """Return where a galaxy's image lies on the sky; None where the catalogue gives no position."""
        return find_wcs(self.catalogue, identifier, self.survey)


def find_wcs(catalogue: pd.DataFrame | None, identifier: str, survey: Survey) -> WCS | None:
    """Give the coordinates of an image that has a catalogue's galaxy in its middle; None where that has no position."""
    if catalogue is None or not {"id", "ra", "dec"} <= set(catalogue):
        return None
    rows = catalogue.loc[catalogue["id"] == identifier, ["ra", "dec"]].to_numpy(float)
    if not len(rows) or not np.isfinite(rows[0]).all():
        return None
    return make_wcs(survey.size, survey.model_scale, *rows[0])


def _map(path: Path, at: int) -> np.memmap:
    """Map the array of an entry of a zip that is not compressed; `at` is where the entry's own header begins."""
    with open(path, "rb") as file:
        file.seek(at)
        name, extra = struct.unpack("<HH", file.read(30)[26:])
        file.seek(name + extra, os.SEEK_CUR)
        np.lib.format.read_magic(file)
        shape, fortran, kind = np.lib.format.read_array_header_1_0(file)
        if fortran or kind.hasobject:
            raise ValueError("not rows of numbers")
        return np.memmap(path, kind, "r", file.tell(), shape)


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
    names = [str(i) for i in ids]
    partial, bad = path.with_name(path.name + ".partial"), []
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as packed:
        with packed.open("ids.npy", "w") as file:
            np.lib.format.write_array(file, np.array(names, np.str_), allow_pickle=False)
        with packed.open("pixels.npy", "w", force_zip64=True) as file:
            header = {"descr": "<f2", "fortran_order": False, "shape": (len(names), *survey.shape)}
            np.lib.format.write_array_header_1_0(file, header)
            for start in range(0, len(names), _BATCH):
                part = names[start : start + _BATCH]
                rows, refused = _get_all(images, part, survey)
                bad += refused
                file.write(np.ascontiguousarray(rows, "<f2").tobytes())
                progress(start + len(part), len(names))
    if bad:
        partial.unlink()
        some = ", ".join(name for name, _ in bad[:_NAMED]) + (" and others" if len(bad) > _NAMED else "")
        count = f"{len(bad)} of {len(names)} images cannot be used ({some})"
        raise InputError(f"{count}; mend them or take their rows out of the catalogue. The first: {bad[0][1]}")
    os.replace(partial, path)
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
