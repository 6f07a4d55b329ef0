"""A ready-made set of images and labels in HATS form, taken partition by partition as the catalogue of a folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.jobs.fetch_catalogue import keep_selected
from galexplore.jobs.fetch_cutouts import SELECTED, estimate_size, keep_cutout, write_ready
from galexplore.locks import hold
from galexplore.sources.catalogues.cutouts import REFUSED, CutoutStore, Outcome
from galexplore.sources.catalogues.hats import IMAGE, HatsCatalogue
from galexplore.sources.catalogues.own import map_columns
from galexplore.sources.catalogues.selection import LABELS, select, settle
from galexplore.sources.hats import read_image
from galexplore.survey import Survey
from galexplore.tables import catalogue

_PARTS = "parts"
#: How the Multimodal Universe calls what is wanted here, where a catalogue has it so.
USUAL = {"id": "object_id", "z": "Z", "z_err": "ZERR", "logmass": "LOG_MSTAR", "logsfr": "log10(AVG_SFR)"}


@dataclass(frozen=True)
class HatsCost:
    """What taking a set costs: rows and partitions there, galaxies that are wanted still, bytes read and on disk."""

    rows: int
    parts: int
    galaxies: int
    read: int
    size: int

    def __str__(self) -> str:
        read = f"{self.read / 1e9:.2f} GB at most are" if self.read else "of a size that it does not say, are"
        return (
            f"{self.rows:,} rows in {self.parts:,} partitions, of which one at a time is in memory; {read} read, and "
            f"{self.galaxies:,} galaxies take {self.size / 1e9:.2f} GB on disk"
        )


def estimate_hats(hats: HatsCatalogue, folder: Path, survey: Survey, most: int | None = None) -> HatsCost:
    """Estimate what taking the rest of a set costs, before a row is read; parameters as of `take_hats`."""
    store, there = CutoutStore(folder, survey), len(hats)
    wanted = there if most is None else min(most, there)
    left = max(0, wanted - len(store.outcomes))
    read = round(hats.size * min(1.0, left / max(there, 1)))
    return HatsCost(there, hats.parts, left, read, estimate_size(left, store))


def take_hats(
    hats: HatsCatalogue,
    folder: Path,
    survey: Survey,
    mapping: Mapping[str, str],
    imf: str = "",
    cosmology: str = "",
    most: int | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> dict:
    """Take galaxies and their images out of a HATS catalogue; a second call goes on where the first was killed.

    Parameters
    ----------
    hats : HatsCatalogue
        Of which one partition at a time is in memory.
    most : int, optional
        Galaxies, after which no further partition is begun.

    Returns
    -------
    dict
        The manifest, as of `fetch_cutouts`.

    Raises
    ------
    InputError
        Where it has no images, or no row can be learnt from.
    """
    folder = Path(folder)
    if IMAGE not in hats.columns:
        raise InputError(f"the catalogue has no column {IMAGE}; it has {', '.join(hats.columns[:20])}")
    mapping = {k: v for k, v in USUAL.items() if v.rpartition("(")[2].rstrip(")") in hats.columns} | dict(mapping)
    with hold(folder / ".fetching", f"The catalogue of {folder.name!r} is being taken"):
        store = CutoutStore(folder, survey)
        done = {int(p.stem): catalogue.count_rows(p) for p in (folder / _PARTS).glob("*.parquet")}
        progress(len(done), hats.parts)
        for number, rows in hats.read(skip=list(done)):
            if most is not None and sum(done.values()) >= most:
                break
            done[number] = _take_part(rows, folder / _PARTS / f"{number}.parquet", store, survey, mapping)
            progress(len(done), hats.parts)
        parts = [catalogue.read(folder / _PARTS / f"{n}.parquet") for n in sorted(done) if done[n]]
        if not parts:
            raise InputError("no row of the catalogue can be learnt from; look at --column")
        said: dict[str, Any] = {"source": "HATS", "columns": dict(mapping), "selection": [], "rows_there": len(hats)}
        said |= {"imf": imf or "not said", "cosmology": cosmology or "not said"}
        keep_selected(pd.concat(parts, ignore_index=True), folder, said, n=most)
        frame = catalogue.read(folder / SELECTED)
        return write_ready(folder, frame, store, survey)


def _take_part(rows: pd.DataFrame, path: Path, store: CutoutStore, survey: Survey, mapping: Mapping[str, str]) -> int:
    """Keep the galaxies of a partition that can be learnt from, and their images; return how many."""
    rows = rows.reset_index(drop=True)
    plain = pd.DataFrame({str(c): rows[c].to_numpy() for c in rows if c != IMAGE})
    frame, _ = map_columns(plain, {}, mapping)
    settled = settle(frame.assign(row=np.arange(len(frame))))
    known = tuple(name for name in LABELS if np.isfinite(settled[name]).any())
    try:
        kept, _ = select(settled, known)
    except InputError:
        kept = settled.iloc[:0]
    for at, row in zip(kept["row"], kept.to_dict("records"), strict=True):
        name = str(row["id"])
        if name not in store.outcomes:
            try:
                cutout = read_image(rows[IMAGE].iloc[int(at)], pd.Series(row), survey)
                keep_cutout(name, cutout, "HATS", store, survey)
            except InputError as error:
                store.keep(Outcome(name, -1, REFUSED, str(error)))
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.write(kept.drop(columns="row"), path)
    return len(kept)
