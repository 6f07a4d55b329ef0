"""A survey in partitions: what is embedded as one, and the blocks of images that come of it, with what was refused."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd

from galexplore.cutouts.audit import Prepared
from galexplore.errors import InputError
from galexplore.images import Observed
from galexplore.survey import Survey

BLOCK = 1024  # galaxies whose pixels are in memory together: 59 MB in three bands


@dataclass(frozen=True)
class Partition:
    """A part of a survey that is embedded as one and written into one file.

    Attributes
    ----------
    name : str
        Of letters, digits, "-", "_" and "=": its file is called so.
    rows : DataFrame
        `id`, `ra`, `dec` [deg, NaN where not known] and what else its source needs; empty where only reading tells.
    count : int or None
        Galaxies that must come out of it; None where only reading tells.
    """

    name: str
    rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"id": [], "ra": [], "dec": []}))
    count: int | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of name and rows, in hexadecimal: it tells this partition from any other."""
        said = hashlib.sha256(json.dumps([self.name, *map(str, self.rows)]).encode())
        said.update(pd.util.hash_pandas_object(self.rows, index=False).to_numpy().tobytes())
        return said.hexdigest()


@dataclass(frozen=True)
class Block:
    """Galaxies of a partition as they are embedded: N in all, of which M can be.

    Attributes
    ----------
    rows : DataFrame (N)
        `id`, `ra`, `dec`.
    refusals : tuple of str (N)
        Why a galaxy cannot be embedded; empty for those that can.
    flux : array (M, B, S, S)
        Nanomaggies per native pixel, without gaps.
    valid : bool array (M, B, S, S) or None
        False where a pixel was filled in; None where none was.
    observed : Observed (M)
    ebv : array (M,)
        E(B-V) [mag] that was removed, NaN where it is not known.
    angle : array (M,)
        Radians to add to an angle measured on the pixels.
    approximate : bool array (M,)
        Whether fluxes are those of a picture.
    cut : float
        Seconds that it took to make images of what had been read; 0 where that is not known apart.
    """

    rows: pd.DataFrame
    refusals: tuple[str, ...]
    flux: np.ndarray
    valid: np.ndarray | None
    observed: Observed
    ebv: np.ndarray
    angle: np.ndarray
    approximate: np.ndarray
    cut: float = 0.0

    @classmethod
    def of_images(
        cls, rows: pd.DataFrame, flux: np.ndarray, observed: Observed, ebv: np.ndarray | None = None
    ) -> "Block":
        """Take images (N, B, S, S) of which none is refused and none has gaps."""
        n = len(rows)
        dust = np.full(n, np.nan) if ebv is None else np.asarray(ebv, float)
        return cls(rows, ("",) * n, flux, None, observed, dust, np.zeros(n), np.zeros(n, bool))

    @classmethod
    def of_prepared(
        cls,
        rows: pd.DataFrame,
        tried: Sequence[Prepared | str],
        survey: Survey,
        approximate: Sequence[bool] = (),
        cut: float = 0.0,
    ) -> "Block":
        """Take what `cutouts.audit.prepare` made of galaxies (N), or why it refused them, in so many seconds."""
        good = [t for t in tried if isinstance(t, Prepared)]
        empty = np.empty((0, *survey.shape))
        flux = np.stack([p.flux for p in good]) if good else empty.astype(np.float32)
        valid = np.stack([p.valid for p in good]) if good else empty.astype(bool)
        seeing = np.stack([p.seeing for p in good]) if good else np.empty((0, len(survey.bands)))
        dust = [p.dust.ebv for p in good]
        rough = approximate or [False] * len(tried)
        return cls(
            rows,
            tuple(t if isinstance(t, str) else "" for t in tried),
            flux,
            valid,
            Observed(seeing, np.array([d is None for d in dust], bool)),
            np.array([np.nan if d is None else d for d in dust], float),
            np.array([p.angle for p in good], float),
            np.array([a for a, t in zip(rough, tried, strict=True) if isinstance(t, Prepared)], bool),
            cut,
        )

    @classmethod
    def of_each(cls, rows: pd.DataFrame, act: Callable[[int], Prepared], some: range, survey: Survey) -> "Block":
        """Prepare some of a partition's rows one by one; none spoils another."""
        start = time.perf_counter()
        tried = try_each(some, act)
        cut = time.perf_counter() - start
        return cls.of_prepared(rows.iloc[list(some)].reset_index(drop=True), tried, survey, cut=cut)

    @property
    def good(self) -> np.ndarray:
        """Which of its galaxies can be embedded, (N,) of bool."""
        return np.array([not r for r in self.refusals], bool)


class Source(Protocol):
    """Where a survey's images come from; small enough to be sent to every worker, who reads for itself."""

    def describe(self) -> dict[str, Any]:
        """Say what it is, as JSON: it stands in the metadata of all that is written."""
        ...

    def list_partitions(self) -> list[Partition]:
        """List its partitions; none of their pixels are read."""
        ...

    def read(self, partition: Partition) -> Iterator[Block]:
        """Read a partition block by block; what cannot be used is refused with its reason, never left out."""
        ...


def cut_rows(rows: pd.DataFrame, size: int, prefix: str = "part") -> list[Partition]:
    """Cut a table into partitions of `size` rows, those of neighbouring places together."""
    count = -(-len(rows) // size)
    width = max(5, len(str(count)))
    parts = (rows.iloc[i * size : (i + 1) * size].reset_index(drop=True) for i in range(count))
    return [Partition(f"{prefix}-{i:0{width}d}", part, len(part)) for i, part in enumerate(parts)]


def try_each(items: Sequence[Any], act: Callable[[Any], Prepared]) -> list[Prepared | str]:
    """Prepare galaxies one by one: what comes of each, or why it cannot be used; none spoils another."""
    tried = list[Prepared | str]()
    for item in items:
        try:
            tried.append(act(item))
        except InputError as error:
            tried.append(str(error))
        except MemoryError:
            tried.append("there is not memory enough for its image")
        except (OSError, ValueError, LookupError, TypeError, ArithmeticError) as error:
            tried.append(f"its image cannot be used: {type(error).__name__}: {str(error)[:120]}")
    return tried


def check_positions(rows: pd.DataFrame) -> pd.DataFrame:
    """Give a table's `id`, `ra`, `dec` as they are used: ids as text, numbers where there are none of its own.

    Raises
    ------
    InputError
        Where a column lacks, or two rows have the same id.
    """
    if lacking := [name for name in ("ra", "dec") if name not in rows]:
        raise InputError(
            f"the table of positions has no column {' and '.join(lacking)}; it has {', '.join(map(str, rows))[:200]}"
        )
    if not len(rows):
        raise InputError("the table of positions has no rows")
    ids = rows["id"].astype(str) if "id" in rows else pd.Series([f"{i:010d}" for i in range(len(rows))])
    if (twice := ids[ids.duplicated()]).size:
        raise InputError(
            f"the id {twice.iloc[0]!r} stands twice in the table of positions; give each galaxy one of its own"
        )
    numbers = {name: pd.to_numeric(rows[name], errors="coerce").to_numpy(float) for name in ("ra", "dec")}
    return pd.DataFrame({"id": ids.to_numpy(object), **numbers}).astype({"id": str})
