"""Pictures rendered once and kept: a catalogue of parameters on one side, the model's 69 x 69 pixels on the other."""

import hashlib
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.config import SURVEY, cache_folder
from galexplore.cutout import resample
from galexplore.mock import render

_SHAPE = (len(SURVEY.bands), SURVEY.size, SURVEY.size)


def draw_pixels(row):
    """Render one row and average it onto the model's grid: float16 (3, 69, 69), nanomaggies a native pixel."""
    return resample(render.render(row), SURVEY.pixel_scale).astype(np.float16)


def digest(catalogue):
    """Hash of every parameter that a picture depends on, and of the renderer's version."""
    drawn = sorted(c for c in catalogue.columns if c not in _NOT_DRAWN and not c.endswith("_err"))
    hashes = pd.util.hash_pandas_object(catalogue[drawn], index=False).to_numpy()
    return hashlib.sha256(hashes.tobytes() + f"{drawn}{render.VERSION}".encode()).hexdigest()[:16]


def _count_processors():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_NOT_DRAWN = {"ra", "dec", "z", "logmass", "logsfr", "phi", "split", "population", "selection", "kind"}
_NOT_DRAWN |= {"mag_g", "mag_r", "mag_z", "neighbour_flux"}


class Store:
    """Pictures of a catalogue on the model's grid, rendered when first asked for and kept on disk.

    Rendering depends on the row alone, so two processes that draw the same galaxy write the same bytes. Pixels are
    written before the flag that says they are there; what a killed process left half done is drawn again.

    Parameters
    ----------
    catalogue : DataFrame
        As `survey.draw_catalogue` gives it.
    folder : Path, optional
        Where to keep pixels; by default in `config.cache_folder()`.
    """

    def __init__(self, catalogue, folder=None):
        self.catalogue = catalogue.reset_index(drop=True)
        self.place = pd.Series(np.arange(len(catalogue)), index=self.catalogue["id"])
        self.folder = Path(folder or cache_folder()) / f"mock-{digest(self.catalogue)}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pixels = self._map("pixels.f16", np.float16, (len(catalogue), *_SHAPE))
        self.done = self._map("done.u8", np.uint8, (len(catalogue),))

    def _map(self, name, kind, shape):
        """Open a file of zeros, sparse until written."""
        path = self.folder / name
        with open(path, "ab") as file:
            size = int(np.prod(shape)) * np.dtype(kind).itemsize
            if os.fstat(file.fileno()).st_size < size:
                os.truncate(file.fileno(), size)
        return np.memmap(path, kind, "r+", shape=shape)

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
        self._fill(places[self.done[places] == 0])
        return self.pixels[places]

    def _fill(self, places):
        for start in range(0, len(places), 256):
            part = places[start : start + 256]
            for i, row in zip(part, self.catalogue.iloc[part].to_dict("records"), strict=True):
                self.pixels[i] = draw_pixels(row)
                self.done[i] = 1

    def render_all(self, processes=None, progress=None, chunk=64):
        """Render whatever is missing, on several processes.

        Parameters
        ----------
        processes : int, optional
            By default, as many as there are CPUs to use.
        progress : callable, optional
            Called as progress(done, of) after every chunk.
        """
        missing = np.flatnonzero(self.done == 0)
        chunks = [missing[i : i + chunk] for i in range(0, len(missing), chunk)]
        finished = len(self.done) - len(missing)
        context = multiprocessing.get_context("spawn")  # a fork would copy the locks of whatever threads run here
        processes = processes or _count_processors()
        start = (self.catalogue, self.folder.parent)
        with _one_thread(), ProcessPoolExecutor(processes, context, initializer=_open, initargs=start) as pool:
            for count in pool.map(_fill_chunk, chunks):
                finished += count
                if progress:
                    progress(finished, len(self.done))


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


_worker = {}


def _open(catalogue, folder):
    _worker["store"] = Store(catalogue, folder)


def _fill_chunk(places):
    _worker["store"]._fill(places)
    return len(places)
