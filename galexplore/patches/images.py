"""Images that stand ready on a model's grid, or in files, as partitions of a survey."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from galexplore.cutouts.audit import Prepared
from galexplore.errors import InputError
from galexplore.explore.bands import cut_blocks
from galexplore.explore.locate_many import prepare_files
from galexplore.explore.verdicts import Verdict
from galexplore.files import hash_file
from galexplore.images import Images, Observed
from galexplore.sources.files import open_images
from galexplore.sources.kept import KEPT, Kept
from galexplore.sources.partitions import BLOCK, Block, Partition, check_positions, cut_rows
from galexplore.survey import Survey
from galexplore.tables import catalogue

ROWS = 8192  # galaxies a partition


@dataclass(frozen=True)
class StoreSource:
    """A catalogue with its images: those of a simulated survey, kept ones, or the files that it names.

    Parameters
    ----------
    path : Path
        The table.
    survey : Survey
    size : int
        Galaxies a partition.
    """

    path: Path
    survey: Survey
    size: int = ROWS

    @property
    def _frame(self) -> pd.DataFrame:
        return _read_table(self.path, _stamp(self.path))

    @property
    def _images(self) -> Images:
        return _open_images(self.path, self.survey, (_stamp(self.path), _stamp(self.path.parent / KEPT)))

    def describe(self) -> dict[str, Any]:
        """Say what it is."""
        return {"kind": "store", "name": self.path.name, "sha256": hash_file(self.path)}

    def list_partitions(self) -> list[Partition]:
        """List its partitions, as many rows each."""
        frame = self._frame
        rows = check_positions(frame.assign(**{c: np.nan for c in ("ra", "dec") if c not in frame}))
        seeing = Observed.read(frame, self.survey).seeing
        rows = rows.assign(**{f"psf_{b}": seeing[:, i] for i, b in enumerate(self.survey.bands)})
        ebv = pd.to_numeric(frame["ebv"], errors="coerce").to_numpy(float) if "ebv" in frame else np.nan
        return cut_rows(rows.assign(ebv=ebv), self.size)

    def read(self, partition: Partition) -> Iterator[Block]:
        """Read a partition's images block by block."""
        for start in range(0, len(partition.rows), BLOCK):
            rows = partition.rows.iloc[start : start + BLOCK].reset_index(drop=True)
            yield self._read(rows)

    def _read(self, rows: pd.DataFrame) -> Block:
        ids = list(rows["id"])
        try:
            return Block.of_images(
                rows, self._images.get(ids), Observed.read(rows, self.survey), rows["ebv"].to_numpy()
            )
        except InputError:  # one of them: each for itself
            pass
        refusals, images = list[str](), list[np.ndarray]()
        for name in ids:
            try:
                images.append(self._images.get([name])[0])
                refusals.append("")
            except InputError as error:
                refusals.append(str(error))
        good = rows[[not r for r in refusals]].reset_index(drop=True)
        flux = np.stack(images) if images else np.empty((0, *self.survey.shape), np.float32)
        block = Block.of_images(good, flux, Observed.read(good, self.survey), good["ebv"].to_numpy())
        return Block(rows, tuple(refusals), block.flux, None, block.observed, block.ebv, block.angle, block.approximate)


def _stamp(path: Path) -> tuple[int, int]:
    """Tell a file from what it was before; zeros where there is none."""
    try:
        said = path.stat()
    except OSError:
        return 0, 0
    return said.st_mtime_ns, said.st_size


@lru_cache(maxsize=1)
def _read_table(path: Path, stamp: tuple[int, int]) -> pd.DataFrame:
    """Read a store's table, once a process: a worker is handed the source anew with every partition."""
    frame = catalogue.read(path)
    if "id" not in frame:
        raise InputError(f"The table {path.name!r} has no column id.")
    return frame


@lru_cache(maxsize=1)
def _open_images(path: Path, survey: Survey, stamps: tuple[tuple[int, int], ...]) -> Images:
    """Open a store's images, once a process."""
    kept, frame = path.parent / KEPT, _read_table(path, stamps[0])
    return Kept.open(kept, survey, frame) if kept.exists() else open_images(path, frame, survey)


def forget_store() -> None:
    """Let go of the store that this process has open."""
    _read_table.cache_clear()
    _open_images.cache_clear()


@dataclass(frozen=True)
class FileSource:
    """Cutouts in files, one galaxy each or its single bands, read and audited as the explorer does it."""

    files: tuple[Path, ...]
    survey: Survey
    size: int = BLOCK
    pixel_scale: float | None = None
    ebv: float | None = None
    seeing: Any = None

    def describe(self) -> dict[str, Any]:
        """Say what it is."""
        given = {"pixel_scale": self.pixel_scale, "ebv": self.ebv, "seeing": self.seeing}
        return {"kind": "files", "count": len(self.files)} | {k: v for k, v in given.items() if v is not None}

    def list_partitions(self) -> list[Partition]:
        """List its partitions; single bands of one galaxy stay together. A file's id is its path as it was given."""
        blocks = list(cut_blocks(self.files, self.size, self.survey))
        parts = list[Partition]()
        for i, block in enumerate(blocks):
            sizes = [(Path(str(f)).stat().st_size if Path(str(f)).exists() else -1) for f in block]
            rows = pd.DataFrame({"id": [str(f) for f in block], "ra": np.nan, "dec": np.nan, "bytes": sizes})
            parts.append(Partition(f"part-{i:05d}", rows.astype({"id": str})))
        return parts

    def read(self, partition: Partition) -> Iterator[Block]:
        """Read a partition's files; of bands that were put together, the first file stands for the galaxy."""
        files = [Path(name) for name in partition.rows["id"]]
        whole = len(files) == len(self.files)
        tried = prepare_files(files, self.survey, self.pixel_scale, whole=whole, ebv=self.ebv, seeing=self.seeing)
        for start in range(0, len(tried), BLOCK):
            yield self._make_block(tried[start : start + BLOCK])

    def _make_block(self, tried: Sequence[Any]) -> Block:
        ids, places, prepared, rough = list[str](), list[tuple[float, float]](), list[Prepared | str](), list[bool]()
        for one in tried:
            verdict, source, made = (one, None, None) if isinstance(one, Verdict) else one
            ids.append(verdict.path)
            rough.append(bool(source and source.approximate))
            places.append(source.position if source else (np.nan, np.nan))
            prepared.append(made if made is not None else verdict.error or "the file cannot be used")
        ra, dec = np.array(places, float).reshape(-1, 2).T
        rows = pd.DataFrame({"id": ids, "ra": ra, "dec": dec}).astype({"id": str})
        return Block.of_prepared(rows, prepared, self.survey, rough)
