"""Pictures rendered once and kept: a catalogue of parameters on one side, the model's pixels on the other."""

import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from astropy.wcs import WCS

from galexplore.errors import InputError
from galexplore.files import measure_room
from galexplore.mock.rows import PARTS
from galexplore.mock.survey import BLOCK
from galexplore.places import cache_folder, warn_of_cache
from galexplore.sources.kept import find_wcs
from galexplore.sources.pictures import Overflow, PictureFile
from galexplore.sources.segments import Segment, draw_rows
from galexplore.survey import DECALS, SURVEYS, Survey


def _count_processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


#: What of a row a picture is drawn from.
DRAWN = {"phi_true", "inclination", "thickness", "elliptical", "ba", "re_arcsec", "disc_re", "bulge_re", "bulge_n"}
DRAWN |= {"bulge_ba", "arm_strength", "arm_count", "arm_phase", "pitch", "winding", "bar_strength", "bar_length"}
DRAWN |= {"bar_angle", "ring_strength", "clumpiness", "dust_lane", "asymmetry", "oddity", "core", "seed"}
DRAWN |= {"psf_e1", "psf_e2", "psf_wing", "offset_x", "offset_y"}
#: And what of it stands there for each band.
DRAWN_BY_BAND = (*(f"flux_{part}" for part in PARTS), "psf", "noise")


def can_draw(catalogue: pd.DataFrame, survey: Survey) -> bool:
    """Whether a catalogue holds all that its pictures are drawn from, as only the simulated survey's does."""
    return set(catalogue) >= DRAWN | {f"{stem}_{band}" for stem in DRAWN_BY_BAND for band in survey.bands}


def find_survey(provenance: Mapping[Any, Any]) -> Survey | None:
    """Find for which survey a catalogue was drawn, by its provenance; None where it was not, or does not say."""
    try:
        asked = json.loads(str(provenance.get("survey", "")))
    except json.JSONDecodeError:
        return None
    if not isinstance(asked, dict) or "seed" not in asked:
        return None
    return next((one for one in SURVEYS if one.name == asked.get("of", DECALS.name)), None)


def check_survey(catalogue: pd.DataFrame, name: str, survey: Survey) -> None:
    """Refuse to have a catalogue that was drawn through one survey's filters seen by another that is known.

    Raises
    ------
    InputError
        One sentence: whose it is.
    """
    check_drawn(find_survey(catalogue.attrs), name, survey)


def check_drawn(drawn: Survey | None, name: str, survey: Survey) -> None:
    """Refuse what was drawn for one survey and is to be seen by another that is known; as `check_survey`."""
    if drawn and drawn.name != survey.name and survey.name in [one.name for one in SURVEYS]:
        raise InputError(f"{name} was drawn for {drawn.name}, through other filters than those of {survey.name}")


#: Rows whose pictures share a file. The blocks of `survey.BLOCK` rows that a large survey is drawn in are as long, so
#: that a store of one block and a store of the whole catalogue keep the same files.
SEGMENT = BLOCK


class Store:
    """Images of a simulated catalogue on the model's grid, rendered when first asked for and kept on disk.

    Rendering depends on the row alone, so two processes that draw the same galaxy write the same bytes. Where the disk
    takes none, pictures are drawn all the same and `trouble` says so. One of `galexplore.images.Images`.

    Parameters
    ----------
    catalogue : DataFrame
        As `mock.survey.draw_catalogue` gives it.
    survey : Survey
        That sees it, and on whose grid the pictures are.
    folder : Path, optional
        Where to keep pixels; by default in `places.cache_folder()`.
    alone : bool
        Whether the galaxies are drawn without neighbours, sky and noise.
    """

    def __init__(self, catalogue: pd.DataFrame, survey: Survey, folder: Path | None = None, alone: bool = False):
        self.survey, self.overflow, self.alone = survey, Overflow(), alone
        self.catalogue, self.folder = catalogue.reset_index(drop=True), Path(folder or cache_folder())

    @classmethod
    def beside(cls, path: Path, catalogue: pd.DataFrame, survey: Survey) -> "Store":
        """Open the store of a catalogue read from `path`: in its own folder where pictures stand, else in the cache.

        Raises
        ------
        InputError
            As of `check_survey`.
        """
        check_survey(catalogue, Path(path).name, survey)
        folder = Path(path).parent
        return cls(catalogue, survey, folder if any(p.is_dir() for p in folder.glob("mock-*")) else None)

    @property
    def trouble(self) -> str:
        """Why pictures are not kept for good, in a sentence for a person; empty where they are."""
        return self.overflow.trouble or (warn_of_cache() if self.folder == cache_folder() else "")

    @cached_property
    def places(self) -> pd.Index:
        """Ids of the catalogue, by which its rows are looked up."""
        return pd.Index(self.catalogue["id"].to_numpy(object), dtype=object)

    @cached_property
    def segments(self) -> list[Segment]:
        """The files that pictures stand in, opened when first needed."""
        parts = (self.catalogue.iloc[i : i + SEGMENT] for i in range(0, len(self.catalogue), SEGMENT))
        return [Segment(part, self.survey, self.folder, self.overflow, self.alone) for part in parts]

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
        parts = places // SEGMENT
        if len(parts) and (parts == parts[0]).all():  # as a rule: nothing is copied then
            return self.segments[parts[0]].get(places - parts[0] * SEGMENT)
        pictures = np.empty((len(places), *self.survey.shape), np.float16)
        for k in np.unique(parts):
            here = parts == k
            pictures[here] = self.segments[k].get(places[here] - k * SEGMENT)
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

        Raises
        ------
        InputError
            Where the disk does not take them all, or a process is ended from outside; what is done is kept, and the
            next call goes on from there.
        """
        missing = [np.flatnonzero(~segment.file.check()) for segment in self.segments]
        finished = len(self.catalogue) - sum(map(len, missing))
        if finished == len(self.catalogue):
            return
        context = multiprocessing.get_context("spawn")  # a fork would copy the locks of whatever threads run here
        count, trouble = processes or _count_processors(), ""
        with _one_thread(), ProcessPoolExecutor(count, context, _end_with_parent) as pool:
            try:
                for drawn, trouble in pool.map(_fill, *zip(*self._split(missing, chunk), strict=True)):
                    finished += drawn
                    if trouble:
                        break
                    if progress:
                        progress(finished, len(self.catalogue))
            except BrokenProcessPool:
                trouble = "a process that renders was ended from outside, perhaps for want of memory"
            pool.shutdown(cancel_futures=True)
        if trouble:
            raise InputError(self._say_stopped(trouble))

    def _split(
        self, missing: list[np.ndarray], chunk: int
    ) -> Iterator[tuple[PictureFile, np.ndarray, pd.DataFrame, Survey, bool]]:
        """Split what is missing of each segment into jobs for `_fill`."""
        for segment, rows in zip(self.segments, missing, strict=True):
            for part in (rows[i : i + chunk] for i in range(0, len(rows), chunk)):
                yield segment.file, part, segment.rows.iloc[part], self.survey, self.alone

    def _say_stopped(self, trouble: str) -> str:
        """Say why rendering stopped, what is kept, and what room the rest needs."""
        kept, of = sum(int(segment.file.check().sum()) for segment in self.segments), len(self.catalogue)
        needed = (of - kept) * self.segments[0].file.record
        free = measure_room(self.folder) / 1e6
        room = f"the others need {needed / 1e6:.1f} MB, and {free:.1f} MB are free there"
        done = f"{kept:,} of {of:,} pictures are kept, {room}"
        return f"Rendering into {self.folder} stopped: {trouble}; {done}. The same command goes on."


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


def _end_with_parent() -> None:
    """Have this process end as soon as the one that started it has, however that came."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _fill(file: PictureFile, places: np.ndarray, rows: pd.DataFrame, survey: Survey, alone: bool) -> tuple[int, str]:
    """Draw some pictures of a segment, in a process of its own; return how many are kept, and why no more."""
    for count, (place, picture) in enumerate(zip(places, draw_rows(rows, survey, alone), strict=True)):
        try:
            file.write(int(place), picture)
        except OSError as error:
            return count, (error.strerror or str(error)).lower()
    return len(places), ""
