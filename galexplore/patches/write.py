"""One partition in, one parquet file out: whole or not there, with what was refused, and what it was made by."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from galexplore.files import write_beside
from galexplore.latents import MEANS
from galexplore.patches.instrument import NUMBERS, Instrument, open_instrument
from galexplore.sources.partitions import Block, Partition, Source
from galexplore.tables.formats import stream_parquet

KEY, FOLDER = b"partition", "patches"
VERDICTS = ("located", "approximate", "outside", "refused")
STAGES = ("read", "cut", "embed", "write")


@dataclass(frozen=True)
class Plan:
    """What all partitions of a run have in common.

    Attributes
    ----------
    folder : Path
        Of the run.
    model : str
        Name of a model, or its folder where workers look elsewhere.
    student : bool
        Whether its student measures.
    provenance : dict
        What stands in every file: source, survey, model and hashes, version.
    key : str
        Tells this plan from any other.
    """

    folder: Path
    model: str
    student: bool
    provenance: dict[str, Any]
    key: str

    def place(self, partition: Partition) -> Path:
        """Path of a partition's file."""
        return self.folder / FOLDER / f"{partition.name}.parquet"

    def name_key(self, partition: Partition) -> str:
        """Name what a partition's file is of."""
        return f"{self.key}:{partition.digest}"


@dataclass(frozen=True)
class Tally:
    """What came of a partition.

    Attributes
    ----------
    name : str
    rows : int
    verdicts : dict of str to int
    seconds : dict of str to float
        Spent in each of `STAGES`: reading, cutting where that is known apart, measuring, writing; empty where its file
        stood there already.
    check : dict
        Of the galaxies that the teacher looked at too: `n`, and by latent the `sum` and the `square` of the student's
        answer less the teacher's, in the teacher's sigmas.
    failure : str
        Why there is no file; empty where there is.
    """

    name: str
    rows: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    check: dict[str, Any] = field(default_factory=dict)
    failure: str = ""


def inspect_partition(path: Path, key: str) -> Tally | None:
    """Read what a partition's file says of itself; None where there is none that is whole and of this key."""
    try:
        footer = pq.read_metadata(path)
        said = footer.metadata or {}
        tally = Tally(**json.loads(said[b"tally"]))
        whole = said[KEY].decode() == key and tally.rows == footer.num_rows and _find_end(footer) <= path.stat().st_size
    except (OSError, ValueError, LookupError, TypeError, pa.ArrowException):
        return None
    return tally if whole else None


def _find_end(footer: pq.FileMetaData) -> int:
    """Where the last of the numbers lies in a file, by its footer."""
    columns = (footer.row_group(g).column(c) for g in range(footer.num_row_groups) for c in range(footer.num_columns))
    return max(((c.dictionary_page_offset or c.data_page_offset) + c.total_compressed_size for c in columns), default=0)


def embed_partition(source: Source, plan: Plan, partition: Partition) -> Tally:
    """Embed a partition and write its file, unless it stands there; the same bytes wherever this is done.

    Raises
    ------
    InputError
        Where the file cannot be written, or the model is not whole.
    """
    path, key = plan.place(partition), plan.name_key(partition)
    if (done := inspect_partition(path, key)) is not None:
        return done
    path.parent.mkdir(parents=True, exist_ok=True)
    instrument = open_instrument(plan.model, plan.student)
    work = _Work(partition.name, instrument, source.read(partition))
    provenance = json.dumps(plan.provenance | {"partition": partition.name}, sort_keys=True)
    start = time.perf_counter()
    with write_beside(path) as partial:
        stream_parquet(work.list_tables(), partial, provenance, lambda: {"partition": key, "tally": work.conclude()})
    spent = work.tally.seconds
    spent["write"] = time.perf_counter() - start - sum(spent.values())
    return work.tally


class _Work:
    """A partition on its way: measures its blocks as they are asked for, and counts."""

    def __init__(self, name: str, instrument: Instrument, blocks: Iterator[Block]):
        self.instrument, self.blocks = instrument, blocks
        sums = {"n": 0, "sum": dict.fromkeys(MEANS, 0.0), "square": dict.fromkeys(MEANS, 0.0)}
        self.tally = Tally(name, 0, dict.fromkeys(VERDICTS, 0), dict.fromkeys(STAGES, 0.0), sums)

    def list_tables(self) -> Iterator[pd.DataFrame]:
        """Measure block after block; an empty table where there is none, for a file must stand there all the same."""
        rows, seconds = 0, self.tally.seconds
        clock, some = time.perf_counter(), False
        for block in self.blocks:
            seconds["read"] += time.perf_counter() - clock - block.cut
            seconds["cut"] += block.cut
            clock = time.perf_counter()
            table, check = self.instrument.measure(block)
            self._count(table, check)
            rows += len(table)
            seconds["embed"] += time.perf_counter() - clock
            some = True
            yield table
            clock = time.perf_counter()
        seconds["read"] += time.perf_counter() - clock
        if not some:
            yield empty_table()
        self.tally = Tally(**asdict(self.tally) | {"rows": rows, "seconds": seconds})

    def _count(self, table: pd.DataFrame, check: pd.DataFrame) -> None:
        for verdict, n in Counter(table["verdict"].to_numpy(object).tolist()).items():
            self.tally.verdicts[verdict] += n
        sums = self.tally.check
        sums["n"] += len(check)
        for name in MEANS:
            sums["sum"][name] += float(check[name].sum())
            sums["square"][name] += float((check[name] ** 2).sum())

    def conclude(self) -> str:
        """Write the tally as JSON, without the seconds, in which two runs differ."""
        return json.dumps(asdict(self.tally) | {"seconds": {}}, sort_keys=True)


def empty_table() -> pd.DataFrame:
    """Make a table of no galaxies, with the columns and types of every other."""
    columns: dict[str, Any] = {"id": str, "ra": float, "dec": float, "verdict": str, "detail": str}
    columns |= dict.fromkeys(NUMBERS, "float32")
    return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in columns.items()})
