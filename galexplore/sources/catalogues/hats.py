"""Tables in HATS form with labels, read through LSDB one partition of the sky at a time, and written."""

import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.sources.hats import NEEDS
from galexplore.sources.transport import OFF, NetworkError

#: The column of images in the Multimodal Universe's catalogues, which `galexplore.sources.hats.read_image` reads.
IMAGE = "image"


def _import_lsdb() -> Any:
    try:
        import lsdb
    except ImportError as error:
        raise ImportError(NEEDS) from error
    return lsdb


class HatsCatalogue:
    """A HATS catalogue, of which one partition at a time is in memory.

    Parameters
    ----------
    place : str
        A folder, or `hf://datasets/...` on Hugging Face.
    columns : sequence of str, optional
        Those that are read; by default all.
    off : bool
        Whether the network is switched off.

    Raises
    ------
    InputError
        Where there is no such catalogue, or it lacks a column.
    NetworkError
        Where it is elsewhere and the network is off.
    ImportError
        Without lsdb.
    """

    def __init__(self, place: str, columns: Sequence[str] | None = None, off: bool = False):
        remote = place.startswith("hf://")
        if "://" in place and not remote:
            raise InputError(f"{place[:80]} is no HATS catalogue that is read: a folder, or hf://datasets/…, would be")
        if remote and off:
            raise NetworkError(f"the network is switched off here ({OFF})")
        if not remote and not Path(place).is_dir():
            raise InputError(f"there is no folder {place}")
        lsdb = _import_lsdb()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._catalogue = lsdb.open_catalog(place, columns=list(columns) if columns else "all")
        except Exception as error:  # whatever a folder that is none does to the library
            said = " ".join(str(error).split())[:200]
            raise InputError(f"{place} cannot be opened as a HATS catalogue: {said}") from error
        self.columns = [str(c) for c in self._catalogue.columns]

    def __len__(self) -> int:
        """Count the rows by the catalogue's own word, without reading any."""
        return int(self._catalogue.hc_structure.catalog_info.total_rows or 0)

    @property
    def parts(self) -> int:
        """How many partitions there are."""
        return int(self._catalogue.npartitions)

    @property
    def size(self) -> int:
        """How many bytes it takes, by its own word; 0 where it does not say."""
        return 1024 * int(self._catalogue.hc_structure.catalog_info.hats_estsize or 0)

    def read(self, skip: Sequence[int] = ()) -> Iterator[tuple[int, pd.DataFrame]]:
        """Yield partitions with their numbers, one after another; none is kept here.

        Parameters
        ----------
        skip : sequence of int
            Those that are not read.
        """
        for number, delayed in enumerate(self._catalogue.to_delayed()):
            if number not in skip:
                yield number, pd.DataFrame(delayed.compute(scheduler="synchronous"))


def write_hats(frame: pd.DataFrame, place: Path, name: str) -> None:
    """Write a table with positions as a HATS catalogue.

    Raises
    ------
    InputError
        Where the place is taken, or rows have no positions.
    ImportError
        Without lsdb.
    """
    place = Path(place)
    if place.exists() and any(place.iterdir()):
        raise InputError(f"{place} is not empty; name a new folder")
    if "ra" not in frame or not (np.isfinite(frame["ra"]) & np.isfinite(frame["dec"])).all():
        raise InputError("a HATS catalogue is of positions, and not every row has one")
    lsdb = _import_lsdb()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = lsdb.from_dataframe(frame, ra_column="ra", dec_column="dec", catalog_name=name)
        made.write_catalog(place, catalog_name=name, progress_bar=False)
