"""Pictures rendered once and kept: a catalogue of parameters on one side, the model's 69 x 69 pixels on the other."""

import hashlib
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.cutouts.grid import resample
from galexplore.mock import render
from galexplore.mock.survey import BLOCK
from galexplore.places import cache_folder
from galexplore.survey import DECALS

_SHAPE = (len(DECALS.bands), DECALS.size, DECALS.size)


def draw_pixels(row):
    """Render one row and average it onto the model's grid: float16 (3, 69, 69), nanomaggies a native pixel."""
    return resample(render.render(row), DECALS.pixel_scale).astype(np.float16)


def digest(catalogue):
    """Hash of every parameter that a picture depends on, and of the renderer's version."""
    drawn = sorted(c for c in catalogue.columns if c not in _NOT_DRAWN and not c.endswith("_err"))
    hashes = pd.util.hash_pandas_object(catalogue[drawn], index=False).to_numpy()
    return hashlib.sha256(hashes.tobytes() + f"{drawn}{render.VERSION}".encode()).hexdigest()[:16]


def _count_processors():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_NOT_DRAWN = {"ra", "dec", "z", "logmass", "logsfr", "phi", "split", "population", "selection", "kind"}
_NOT_DRAWN |= {"mag_g", "mag_r", "mag_z", "neighbour_flux"}


#: Rows whose pictures share a file. The blocks of `survey.BLOCK` rows that a large survey is drawn in are as long, so
#: that a store of one block and a store of the whole catalogue keep the same files.
SEGMENT = BLOCK


class Segment:
    """Pictures of some rows of a catalogue, in a folder named by what they are drawn from.

    Pixels are written before the flag that says they are there; what a killed process left half done is drawn again.
    """

    def __init__(self, rows, folder):
        self.rows, self.folder = rows, Path(folder) / f"mock-{digest(rows)}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pixels, self.done = _open(self.folder, len(rows))

    def fill(self, places):
        """Draw the pictures of those rows that are missing."""
        for start in range(0, len(places), 256):
            part = places[start : start + 256]
            _draw(self.pixels, self.done, part, self.rows.iloc[part])

    def missing(self):
        """Return the rows that are not drawn yet."""
        return np.flatnonzero(self.done == 0)


class Store:
    """Pictures of a catalogue on the model's grid, rendered when first asked for and kept on disk.

    Rendering depends on the row alone, so two processes that draw the same galaxy write the same bytes.

    Parameters
    ----------
    catalogue : DataFrame
        As `survey.draw_catalogue` gives it.
    folder : Path, optional
        Where to keep pixels; by default in `places.cache_folder()`.
    """

    def __init__(self, catalogue, folder=None):
        self.catalogue, self.folder = catalogue.reset_index(drop=True), Path(folder or cache_folder())
        self.place = pd.Series(np.arange(len(catalogue)), index=self.catalogue["id"])
        parts = (self.catalogue.iloc[i : i + SEGMENT] for i in range(0, len(catalogue), SEGMENT))
        self.segments = [Segment(part, self.folder) for part in parts]

    @classmethod
    def beside(cls, path, catalogue):
        """Open the store of a catalogue read from `path`: in its own folder where pictures stand, else in the cache."""
        folder = Path(path).parent
        return cls(catalogue, folder if any(folder.glob("mock-*/done.u8")) else None)

    def get(self, ids):
        """Return pictures by id, rendering those that are missing.

        Parameters
        ----------
        ids : sequence of str

        Returns
        -------
        float16 array (n, 3, 69, 69)
            Nanomaggies a native pixel; row 0 is south, column 0 east.

        Raises
        ------
        KeyError
            For an id that the catalogue does not hold.
        """
        places = self.place[list(ids)].to_numpy()
        pictures = np.empty((len(places), *_SHAPE), np.float16)
        for k, segment in enumerate(self.segments):
            here = places // SEGMENT == k
            if here.any():
                rows = places[here] - k * SEGMENT
                segment.fill(rows[segment.done[rows] == 0])
                pictures[here] = segment.pixels[rows]
        return pictures

    def render_all(self, processes=None, progress=None, chunk=64):
        """Render whatever is missing, on several processes.

        Parameters
        ----------
        processes : int, optional
            By default, as many as there are CPUs to use.
        progress : callable, optional
            Called as progress(done, of) after every chunk.
        """
        finished = sum(int((segment.done != 0).sum()) for segment in self.segments)
        context = multiprocessing.get_context("spawn")  # a fork would copy the locks of whatever threads run here
        with _one_thread(), ProcessPoolExecutor(processes or _count_processors(), context) as pool:
            for segment in self.segments:
                missing = segment.missing()
                parts = [missing[i : i + chunk] for i in range(0, len(missing), chunk)]
                jobs = ((segment.folder, len(segment.rows), part, segment.rows.iloc[part]) for part in parts)
                for count in pool.map(_fill, *zip(*jobs, strict=True)) if parts else ():
                    finished += count
                    if progress:
                        progress(finished, len(self.catalogue))


@contextmanager
def _one_thread():
    """Let processes started within use one thread each: many cores are put to use by many processes."""
    before = dict(os.environ)
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _open(folder, n):
    """Map the pixels and the flags of `n` pictures: files of zeros, sparse until written."""
    maps = []
    for name, kind, shape in (("pixels.f16", np.float16, (n, *_SHAPE)), ("done.u8", np.uint8, (n,))):
        with open(folder / name, "ab") as file:
            size = int(np.prod(shape)) * np.dtype(kind).itemsize
            if os.fstat(file.fileno()).st_size < size:
                os.truncate(file.fileno(), size)
        maps.append(np.memmap(folder / name, kind, "r+", shape=shape))
    return maps


def _draw(pixels, done, places, rows):
    """Draw pictures into the maps."""
    for i, row in zip(places, rows.to_dict("records"), strict=True):
        pixels[i] = draw_pixels(row)
        done[i] = 1


def _fill(folder, n, places, rows):
    """Draw some pictures of a segment, in a process of its own."""
    _draw(*_open(folder, n), places, rows)
    return len(places)
