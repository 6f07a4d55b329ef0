"""Images kept with a model: ids and pixels in one file, read where they lie, without the files that they came from.

`images.npz` is an uncompressed zip without pickles, as numpy writes it: `ids.npy` (text), `pixels.npy`
(float16, (N, B, S, S), nanomaggies per native pixel) and `sums.npy` (uint32, (N,), the CRC-32 of each image's bytes).
Images are read one by one where they lie, and held against their checksums then, so that opening costs ids and
checksums alone; never mapped, for a file that is cut short while it is mapped ends the process.
"""

import hashlib
import io
import os
import struct
import threading
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.wcs import WCS

from galexplore.cutouts.grid import make_wcs
from galexplore.errors import InputError, list_few
from galexplore.files import DAMAGE
from galexplore.survey import Survey

#: What the file is called in a model's folder.
KEPT = "images.npz"


class Kept:
    """Images of galaxies in one file; one of `galexplore.images.Images`.

    Parameters
    ----------
    ids : array (N,) of str
    sums : array (N,), uint32, or None
        CRC-32 of each image; None in a file of another tool or an earlier version, of which no damage is noticed.
    file : binary file
        Open for reading.
    start : int
        Where the first image begins in it [bytes].
    survey : Survey
        On whose grid they are.
    catalogue : DataFrame, optional
        `id`, `ra`, `dec` [deg] of these galaxies, by which an image's place on the sky is known.
    """

    def __init__(
        self,
        ids: np.ndarray,
        sums: np.ndarray | None,
        file: io.BufferedReader,
        start: int,
        survey: Survey,
        catalogue: pd.DataFrame | None = None,
    ):
        self.places, self.sums = pd.Index(np.asarray(ids, object)), sums
        self.survey, self.catalogue = survey, catalogue
        self._file, self._start, self._turn = file, start, threading.Lock()
        self._damaged: set[str] = set()

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
                ids = read_member(packed, "ids.npy")
                sums = read_member(packed, "sums.npy") if "sums.npy" in packed.namelist() else None
                entry = packed.getinfo("pixels.npy")
            if entry.compress_type != zipfile.ZIP_STORED:
                raise ValueError("packed pixels cannot be read where they lie")
            start, shape, kind = find_array(path, entry.header_offset)
        except DAMAGE as error:
            raise InputError(f"The images in {path.name!r} are damaged or no images of a model; restore it.") from error
        whole = sums is None or (sums.shape == ids.shape and sums.dtype == np.uint32)
        if shape != (len(ids), *survey.shape) or kind != np.float16 or len(set(ids)) < len(ids) or not whole:
            raise InputError(f"The images in {path.name!r} are not of the grid that the model reads; make it anew.")
        return cls(ids, sums, open(path, "rb"), start, survey, catalogue)

    @property
    def digest(self) -> str:
        """SHA-256 of ids and checksums, in hexadecimal: it tells these images from any others; "" without checksums."""
        if self.sums is None:
            return ""
        names = hashlib.sha256("\n".join(self.places).encode())
        names.update(np.ascontiguousarray(self.sums, "<u4").tobytes())
        return names.hexdigest()

    def __contains__(self, identifier: object) -> bool:
        return identifier in self.places

    def get(self, ids: Sequence[str]) -> np.ndarray:
        """Return images (n, B, S, S), float16, in the order of the ids.

        Raises
        ------
        InputError
            For a galaxy of which none is kept, or whose image is not as it was kept.
        """
        names = list(ids)
        rows = self.places.get_indexer(pd.Index(names, dtype=object))
        if (rows < 0).any():
            raise InputError(f"No image of galaxy {names[int(np.argmax(rows < 0))]!r} is kept with this model.")
        images = np.empty((len(names), *self.survey.shape), np.float16)
        for image, row, name in zip(images, rows, names, strict=True):
            image[:] = self._read(int(row), name)
        return images

    def _read(self, row: int, name: str) -> np.ndarray:
        """Read one image (B, S, S), as it was kept or not at all."""
        size = 2 * int(np.prod(self.survey.shape))
        try:
            with self._turn:
                self._file.seek(self._start + row * size)
                data = self._file.read(size)
        except OSError:
            data = b""
        if len(data) < size or (self.sums is not None and zlib.crc32(data) != self.sums[row]):
            self._damaged.add(name)
            raise InputError(f"The image of galaxy {name!r} that is kept with this model is damaged; restore {KEPT}.")
        return np.frombuffer(data, "<f2").reshape(self.survey.shape)

    @property
    def trouble(self) -> str:
        """Which of the images that were asked for are damaged, in a sentence; empty where none is."""
        if not self._damaged:
            return ""
        names = list_few(sorted(self._damaged))
        return f"Images kept with this model are damaged ({names}) and not shown; restore {KEPT}."

    def find_damaged(self) -> list[str]:
        """Read every image; return the ids of those that are not as they were kept."""
        damaged = []
        for row, name in enumerate(self.places):
            try:
                self._read(row, name)
            except InputError:
                damaged.append(str(name))
        return damaged

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


def read_member(packed: zipfile.ZipFile, name: str) -> np.ndarray:
    """Read an array of a zip; to its end, for there the zip's own checksum is held against it."""
    return np.lib.format.read_array(io.BytesIO(packed.read(name)), allow_pickle=False)


def find_array(path: Path, at: int) -> tuple[int, tuple[int, ...], np.dtype]:
    """Find the array in an entry of a zip that is not compressed: where its numbers begin, its shape and their kind.

    `at` is where the entry's own header begins.
    """
    with open(path, "rb") as file:
        file.seek(at)
        name, extra = struct.unpack("<HH", file.read(30)[26:])
        file.seek(name + extra, os.SEEK_CUR)
        np.lib.format.read_magic(file)
        shape, fortran, kind = np.lib.format.read_array_header_1_0(file)
        if fortran or kind.hasobject:
            raise ValueError("not rows of numbers")
        return file.tell(), shape, kind
