"""Pictures rendered once and kept: a catalogue of parameters on one side, the model's pixels on the other."""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.wcs import WCS

from galexplore.cutouts.grid import resample
from galexplore.errors import InputError
from galexplore.mock import render
from galexplore.mock.rows import PARTS, Row, read_rows
from galexplore.mock.survey import BLOCK
from galexplore.places import cache_folder
from galexplore.sources.kept import find_wcs
from galexplore.survey import DECALS, Survey


def draw_pixels(row: Row, survey: Survey) -> np.ndarray:
    """Render one row and average it onto the model's grid: float16 (B, S, S), nanomaggies a native pixel."""
    return resample(render.render(row, survey), survey.pixel_scale, survey).astype(np.float16)


def digest(catalogue: pd.DataFrame, survey: Survey) -> str:
    """Hash of every parameter that a picture depends on, of the renderer's version and of the survey."""
    left_out = _NOT_DRAWN | {f"mag_{b}" for b in survey.bands}
    drawn = sorted(c for c in catalogue.columns if c not in left_out and not c.endswith("_err"))
    hashes = pd.util.hash_pandas_object(catalogue[drawn], index=False).to_numpy()
    # Pictures of the embedded survey were kept before there were others, and are found again under that name.
    other = "" if survey == DECALS else json.dumps(survey.to_dict())
    return hashlib.sha256(hashes.tobytes() + f"{drawn}{render.VERSION}{other}".encode()).hexdigest()[:16]


def _count_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_NOT_DRAWN = {"ra", "dec", "z", "logmass", "logsfr", "phi", "split", "population", "selection", "kind", "file"}
_NOT_DRAWN |= {"neighbour_flux"}

#: What of a row a picture is drawn from.
DRAWN = {"phi_true", "inclination", "thickness", "elliptical", "ba", "re_arcsec", "disc_re", "bulge_re", "bulge_n"}
DRAWN |= {"bulge_ba", "arm_strength", "arm_count", "arm_phase", "pitch", "winding", "bar_strength", "bar_length"}
DRAWN |= {"bar_angle", "ring_strength", "clumpiness", "dust_lane", "asymmetry", "oddity", "core", "seed"}
DRAWN |= {"psf_e1", "psf_e2", "offset_x", "offset_y"}
#: And what of it stands there for each band.
DRAWN_BY_BAND = (*(f"flux_{part}" for part in PARTS), "psf", "noise")


def can_draw(catalogue: pd.DataFrame, survey: Survey) -> bool:
    """Whether a catalogue holds all that its pictures are drawn from, as only the simulated survey's does."""
    return set(catalogue) >= DRAWN | {f"{stem}_{band}" for stem in DRAWN_BY_BAND for band in survey.bands}


#: Rows whose pictures share a file. The blocks of `survey.BLOCK` rows that a large survey is drawn in are as long, so
#: that a store of one block and a store of the whole catalogue keep the same files.
SEGMENT = BLOCK


class Segment:
    """Pictures of some rows of a catalogue, in a folder named by what they are drawn from.

    Pixels are written before the flag that says they are there; what a killed process left half done is drawn again.
    """

    def __init__(self, rows: pd.DataFrame, survey: Survey, folder: Path):
        self.rows, self.survey, self.folder = rows, survey, Path(folder) / f"mock-{digest(rows, survey)}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.pixels, self.done = _open(self.folder, len(rows), survey)

    def fill(self, places: np.ndarray) -> None:
        """Draw the pictures of those rows that are missing."""
        for start in range(0, len(places), 256):
            part = places[start : start + 256]
            _draw(self.pixels, self.done, part, self.rows.iloc[part], self.survey)

    def missing(self) -> np.ndarray:
        """Return the rows that are not drawn yet."""
        return np.flatnonzero(self.done == 0)


class Store:
    """Images of a simulated catalogue on the model's grid, rendered when first asked for and kept on disk.

    Rendering depends on the row alone, so two processes that draw the same galaxy write the same bytes. One of
    `galexplore.images.Images`.

    Parameters
    ----------
    catalogue : DataFrame
        As `mock.survey.draw_catalogue` gives it.
    survey : Survey
        That sees it, and on whose grid the pictures are.
    folder : Path, optional
        Where to keep pixels; by default in `places.cache_folder()`.
    """

    def __init__(self, catalogue: pd.DataFrame, survey: Survey, folder: Path | None = None):
        self.survey = survey
        self.catalogue, self.folder = catalogue.reset_index(drop=True), Path(folder or cache_folder())

    @classmethod
    def beside(cls, path: Path, catalogue: pd.DataFrame, survey: Survey) -> "Store":
        """Open the store of a catalogue read from `path`: in its own folder where pictures stand, else in the cache."""
        folder = Path(path).parent
        return cls(catalogue, survey, folder if any(folder.glob("mock-*/done.u8")) else None)

    @cached_property
    def places(self) -> pd.Index:
        """Ids of the catalogue, by which its rows are looked up."""
        return pd.Index(self.catalogue["id"].to_numpy(object))

    @cached_property
    def segments(self) -> list[Segment]:
        """The files that pictures stand in, opened when first needed."""
        parts = (self.catalogue.iloc[i : i + SEGMENT] for i in range(0, len(self.catalogue), SEGMENT))
        return [Segment(part, self.survey, self.folder) for part in parts]

    def __contains__(self, identifier: object) -> bool:
        return identifier in self.places

    def wcs(self, identifier: str) -> WCS | None:
        """Return where a galaxy's image would lie on the sky; None where the catalogue gives no position."""
        return find_wcs(self.catalogue, identifier, self.survey)

    def get(self, ids: Sequence[str]) -> np.ndarray:
        """Return images by id, rendering those that are missing.

        Parameters
        ----------
        ids : sequence of str

        Returns
        -------
        float16 array (n, B, S, S)
            Nanomaggies a native pixel; row 0 is south, column 0 east.

        Raises
        ------
        InputError
            For an id that the catalogue does not hold.
        """
        names = list(ids)
        places = self.places.get_indexer(pd.Index(names, dtype=object))
        if (places < 0).any():
            unknown = names[int(np.argmax(places < 0))]
            raise InputError(f"There is no image of galaxy {unknown!r}: the simulated catalogue does not hold it.")
        pictures = np.empty((len(places), *self.survey.shape), np.float16)
        for k, segment in enumerate(self.segments):
            here = places // SEGMENT == k
            if here.any():
                rows = places[here] - k * SEGMENT
                segment.fill(rows[segment.done[rows] == 0])
                pictures[here] = segment.pixels[rows]
        return pictures

    def render_all(
        self, processes: int | None = None, progress: Callable[[int, int], object] | None = None, chunk: int = 64
    ) -> None:
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
                rows, n = segment.rows, len(segment.rows)
                jobs = ((segment.folder, n, part, rows.iloc[part], self.survey) for part in parts)
                for count in pool.map(_fill, *zip(*jobs, strict=True)) if parts else ():
                    finished += count
                    if progress:
                        progress(finished, len(self.catalogue))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let processes started within use one thread each: many cores are put to use by many processes."""
    before = dict(os.environ)
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _open(folder: Path, n: int, survey: Survey) -> list[np.memmap]:
    """Map the pixels and the flags of `n` pictures: files of zeros, sparse until written."""
    maps = []
    for name, kind, shape in (("pixels.f16", np.float16, (n, *survey.shape)), ("done.u8", np.uint8, (n,))):
        with open(folder / name, "ab") as file:
            size = int(np.prod(shape)) * np.dtype(kind).itemsize
            if os.fstat(file.fileno()).st_size < size:
                os.truncate(file.fileno(), size)
        maps.append(np.memmap(folder / name, kind, "r+", shape=shape))
    return maps


def _draw(pixels: np.memmap, done: np.memmap, places: np.ndarray, rows: pd.DataFrame, survey: Survey) -> None:
    """Draw pictures into the maps."""
    for i, row in zip(places, read_rows(rows), strict=True):
        pixels[i] = draw_pixels(row, survey)
        done[i] = 1


def _fill(folder: Path, n: int, places: np.ndarray, rows: pd.DataFrame, survey: Survey) -> int:
    """Draw some pictures of a segment, in a process of its own."""
    pixels, done = _open(folder, n, survey)
    _draw(pixels, done, places, rows, survey)
    return len(places)
