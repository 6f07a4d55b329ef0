"""A survey from positions to a catalogue by Dask: whether every one comes out, and what memory a worker takes.

Its bricks are of the survey's own size, with as many positions each as the survey has. They share one brick's files:
what a worker reads, cuts and holds is as in the sky; what the disk holds is a brick.
"""

import math
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from galexplore.bench.made_bricks import EDGE, SCALE, draw_coadds, place_layer, write_brick, write_regions
from galexplore.cutouts.grid import make_wcs
from galexplore.patches.choose import read_survey_of
from galexplore.patches.engines import Dask
from galexplore.patches.hats import publish_catalogue
from galexplore.patches.run import embed_survey
from galexplore.patches.write import FOLDER
from galexplore.sources.bricks import STEP, BrickSource
from galexplore.survey import DECALS
from galexplore.tables import catalogue

RA, DEC = 150.0, 2.0  # where the brick begins, degrees
EACH = 10_000  # positions a brick: as many sources as one of the survey's has, or somewhat more
DRAWN = 4000  # galaxies on the brick; positions lie on one of them, to a tenth of an arcsec
_EVERY = 0.1  # seconds between looks at the workers
Report = Callable[..., None]


def measure_survey(
    n: int, workers: int = 2, memory: str = "2GB", report: Report = lambda *at: None, each: int = EACH
) -> dict[str, Any]:
    """Embed a fifth of so many positions and then all of them, each from a table to a HATS catalogue.

    Parameters
    ----------
    n : int
    workers : int
        Dask's, of one thread each.
    memory : str
        That each may use; one that grows beyond is ended.
    report : callable
        Called as (stage, done, of).
    each : int
        Positions a brick, about.

    Returns
    -------
    dict
        `runs`: of each, `positions`, `rows` (of the partitions' files), `catalogue` (rows of that), `located`,
        `seconds`, `worker_gb` (the most that a worker's memory held) and `own_gb` (that this process's did);
        `growth`, by which a worker's grew from the one to the other.

    Raises
    ------
    RuntimeError
        Where a position was lost or came out twice.
    """
    runs = [_measure(size, workers, memory, report, each) for size in (n // 5, n)]
    return {"workers": workers, "runs": runs, "growth": runs[1]["worker_gb"] / runs[0]["worker_gb"]}


def _measure(n: int, workers: int, memory: str, report: Report, each: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-survey-") as name:
        folder, engine = Path(name), Dask(workers=workers, memory=memory)
        report("draw a brick", 0, 1)
        ids = make_survey(folder, n, each)
        source = BrickSource(folder / "positions.parquet", folder / "bricks", read_survey_of("default"))
        start = time.perf_counter()
        with watch_children() as peaks:
            summary = embed_survey(source, folder / "out", "default", None, engine, report)
            rows, placeless = publish_catalogue(folder / "out", engine, report)
        seconds = time.perf_counter() - start
        out = [pq.read_table(p, columns=["id"])["id"].to_numpy() for p in (folder / "out" / FOLDER).glob("*.parquet")]
        written = np.sort(np.concatenate(out).astype(str))
        if not (np.array_equal(written, np.sort(ids.astype(str))) and rows == n and not placeless):
            raise RuntimeError(
                f"{n:,} positions went in; {len(written):,} rows came out, {len(set(written)):,} of them different, "
                f"and {rows:,} stand in the catalogue"
            )
    said: dict[str, Any] = {"positions": n, "rows": len(written), "catalogue": rows, "seconds": seconds}
    said |= {"located": summary.verdicts["located"], "partitions": summary.partitions}
    return said | {"worker_gb": max(peaks.values(), default=np.nan), "own_gb": read_peak(os.getpid())}


def make_survey(folder: Path, n: int, each: int = EACH) -> np.ndarray:
    """Write a table of positions and the bricks that they lie over; return the ids (N,)."""
    generator, side = np.random.default_rng(7), round(STEP / SCALE) + 2 * EDGE
    x, y, peak = generator.uniform((0, 0, 0.3), (STEP, STEP, 3), (DRAWN, 3)).T
    drawn = pd.DataFrame({"ra": RA + x, "dec": DEC + y, "peak": peak})
    wcs = make_wcs(side, DECALS.pixel_scale, RA + STEP / 2, DEC + STEP / 2)
    bricks, across = folder / "bricks", math.ceil((n / each) ** 0.5)
    paths = write_brick(bricks, "whole", wcs, draw_coadds(wcs, side, drawn, generator))
    regions, size = [], STEP / across
    for i, j in np.ndindex(across, across):
        name, low = f"c{i:03d}{j:03d}", {"RA1": RA + j * size, "DEC1": DEC + i * size}
        regions.append({"BRICKNAME": name, **low, "RA2": RA + (j + 1) * size, "DEC2": DEC + (i + 1) * size})
        for layer, path in paths.items():
            os.link(path, place_layer(bricks, name, layer))
    write_regions(bricks, regions)
    at, off = np.arange(n) % DRAWN, generator.uniform(-0.1, 0.1, (2, n)) / 3600
    table = pd.DataFrame({"id": [f"P{i:08d}" for i in range(n)]})
    table["ra"] = np.clip(drawn["ra"].to_numpy()[at] + off[0], RA, np.nextafter(RA + STEP, 0))
    table["dec"] = np.clip(drawn["dec"].to_numpy()[at] + off[1], DEC, np.nextafter(DEC + STEP, 0))
    catalogue.write(table, folder / "positions.parquet")
    return table["id"].to_numpy(object)


@contextmanager
def watch_children() -> Iterator[dict[int, float]]:
    """Watch the processes that this one starts; yields the peak memory of each [GB] by its id (Linux only)."""
    peaks, ended = dict[int, float](), threading.Event()

    def look() -> None:
        while not ended.wait(_EVERY):
            for child in list_children(os.getpid()):
                peaks[child] = max(peaks.get(child, 0.0), read_peak(child))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        ended.set()
        thread.join()


def list_children(process: int) -> list[int]:
    """List the processes that a process, or one of these, has started (Linux; else none)."""
    found = list[int]()
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            own = [int(word) for word in path.read_text().split()]
        except OSError:  # it has just ended
            continue
        found += own + [c for child in own for c in list_children(child)]
    return found


def read_peak(process: int) -> float:
    """Most memory [GB] that a process has held so far (Linux; else, and of one that has ended, 0)."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e9 for line in lines if line.startswith("VmHWM")), 0.0)


def write_lines(result: dict[str, Any]) -> str:
    """Write the result in lines for a person."""
    lines = [
        f"{run['positions']:,} positions in, {run['rows']:,} rows out in {run['partitions']:,} partitions, "
        f"{run['catalogue']:,} in the catalogue, {run['located']:,} located; {run['seconds']:.0f} s, "
        f"{run['positions'] / run['seconds']:.0f} a second; at most {run['worker_gb']:.2f} GB a worker, "
        f"{run['own_gb']:.2f} GB in the process that asks."
        for run in result["runs"]
    ]
    grown = f"A worker's memory at five times the size: {result['growth']:.2f} times ({result['workers']} workers)."
    return "\n".join([*lines, grown])
