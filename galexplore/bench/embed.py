"""How fast surveys are embedded, beside the published encoder and the machine's own limits, all in one run.

Rates are galaxies a second of one core's own time, so that whatever else runs on the machine changes little;
contestants take turns, and each has the median of its rounds.
"""

import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.utils.data import DataLoader, Dataset

from galexplore.bench.hyrax import find_hyrax, measure_hyrax
from galexplore.bench.made_bricks import draw_positions, make_bricks
from galexplore.bench.peers import Published
from galexplore.cutouts.photometry import measure_magnitude
from galexplore.images import Observed
from galexplore.network.layers import lay_out
from galexplore.network.sample import describe_hardware
from galexplore.network.student_card import has_student
from galexplore.patches.engines import Dask
from galexplore.patches.images import StoreSource, forget_store
from galexplore.patches.instrument import Instrument, open_instrument
from galexplore.patches.run import embed_survey
from galexplore.patches.write import FOLDER
from galexplore.places import DATA, find_model
from galexplore.sources.bricks import BrickSource
from galexplore.sources.mock import Store
from galexplore.tables import catalogue

BATCHES = (32, 64, 256)  # of which each bare network has its own best


@dataclass(frozen=True)
class Rate:
    """Galaxies a second of a core's own time: the median of the rounds, and the least and most of them."""

    median: float
    least: float
    most: float


def time_turns(contestants: dict[str, Callable[[], int]], rounds: int) -> dict[str, Rate]:
    """Let contestants take turns; each returns the galaxies that it has done."""
    seen: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, act in contestants.items():
            start = time.process_time()
            done = act()
            seen[name].append(done / max(time.process_time() - start, 1e-9))
    return {name: _summarise(rates) for name, rates in seen.items()}


def _summarise(rates: list[float]) -> Rate:
    return Rate(float(np.median(rates)), min(rates), max(rates))


class _Kept(Dataset[torch.Tensor]):
    """Images of a store one by one, as a DataLoader asks for them."""

    def __init__(self, store: Store, ids: list[str]):
        self.store, self.ids = store, ids

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, at: int) -> torch.Tensor:
        return torch.from_numpy(self.store.get([self.ids[at]])[0].astype(np.float32))


def measure_machine() -> dict[str, float]:
    """Measure the machine's limits with one thread: GFLOP/s of a matrix product, GB/s of a copy."""
    a, b = torch.randn(1024, 1024), torch.randn(64 << 20 >> 2)
    into = torch.empty_like(b)
    best = {"gflops": 0.0, "copy_gb_s": 0.0}
    for _ in range(5):
        start = time.process_time()
        a @ a
        best["gflops"] = max(best["gflops"], 2 * 1024**3 / 1e9 / (time.process_time() - start))
        start = time.process_time()
        into.copy_(b)
        best["copy_gb_s"] = max(best["copy_gb_s"], 2 * b.nbytes / 1e9 / (time.process_time() - start))
    return best


def list_bare(instrument: Instrument, n: int) -> dict[str, Callable[[], int]]:
    """Networks by themselves, on images that lie in memory as float32, each in the batch that suits it best."""
    flux = torch.randn(n, *instrument.survey.shape) * 0.01
    told = torch.zeros(n, 2 * len(instrument.survey.bands) + 1)
    published = Published(instrument.survey).eval()
    acts: dict[str, Callable[[torch.Tensor, torch.Tensor], Any]] = {
        "published encoder": lambda x, t: published.encode(x),
        "model, one look": lambda x, t: instrument.embedder.model.encode(
            x.contiguous(memory_format=torch.channels_last), t
        ),
    }
    if instrument.student is not None:
        student = lay_out(instrument.student.student)
        acts["student"] = lambda x, t: student.encode(x, t)
        acts["student, convolutions alone"] = lambda x, t: student.trunk(
            student.stretch(x).contiguous(memory_format=torch.channels_last)
        )
    return {name: _in_best_batch(act, flux, told) for name, act in acts.items()}


def _in_best_batch(
    act: Callable[[torch.Tensor, torch.Tensor], Any], flux: torch.Tensor, told: torch.Tensor
) -> Callable[[], int]:
    """Try batches, and run through all images in the best."""

    def go(batch: int) -> float:
        start = time.process_time()
        with torch.inference_mode():
            for x, t in zip(flux.split(batch), told.split(batch), strict=True):
                act(x, t)
        return time.process_time() - start

    go(BATCHES[0])
    best = min(BATCHES, key=lambda batch: min(go(batch), go(batch)))

    def run() -> int:
        go(best)
        return len(flux)

    return run


def list_chains(instrument: Instrument, store: Store, ids: list[str], path: Path) -> dict[str, Callable[[], int]]:
    """From memory to a table, from a store, end to end with writing; the published encoder behind a DataLoader."""
    survey, student = instrument.survey, instrument.student
    images = store.get(ids)
    observed = Observed.nothing(len(ids), len(survey.bands))
    published = Published(survey).eval()

    def loader() -> int:
        with torch.inference_mode():
            for x in DataLoader(_Kept(store, ids), batch_size=256):
                published.encode(x)
        return len(ids)

    def from_memory() -> int:
        assert student is not None
        student.read(images, observed)
        return len(ids)

    def end_to_end() -> int:
        forget_store()  # a survey reads its table, too
        out = Path(tempfile.mkdtemp(prefix="bench-embed-"))
        try:
            return embed_survey(StoreSource(path, survey), out, "default", student=student is not None).galaxies
        finally:
            shutil.rmtree(out)

    def from_store() -> int:
        forget_store()
        source = StoreSource(path, survey)
        return sum(len(instrument.measure(b)[0]) for p in source.list_partitions() for b in source.read(p))

    chains: dict[str, Callable[[], int]] = {"published encoder behind a DataLoader": loader}
    if student is not None:
        chains["student, from memory to a table"] = from_memory
    who = "student" if student is not None else "model"
    return chains | {f"{who}, from a store": from_store, f"{who}, from a store, with writing": end_to_end}


def measure_bricks(
    folder: Path, n: int, workers: tuple[int, ...], rounds: int = 1, student: bool = True
) -> dict[str, Any]:
    """Wall seconds of positions over made bricks, by Dask with so many workers of one thread, the median of rounds.

    Raises
    ------
    RuntimeError
        Where a position was lost or came out twice.
    """
    galaxies = draw_positions(n, 4, 4)
    make_bricks(folder / "bricks", galaxies, 4, 4)
    catalogue.write(galaxies[["id", "ra", "dec"]], folder / "positions.parquet")
    survey = open_instrument("default", False).survey
    source, seconds = BrickSource(folder / "positions.parquet", folder / "bricks", survey), dict[int, list[float]]()
    for turn in range(rounds):
        for count in workers:
            out = folder / f"out-{turn}-{count}"
            summary = embed_survey(source, out, "default", student, Dask(workers=count))
            ids = np.concatenate([pd.read_parquet(p, columns=["id"])["id"] for p in (out / FOLDER).glob("*.parquet")])
            if sorted(ids) != sorted(galaxies["id"]):
                raise RuntimeError(
                    f"{n:,} positions went in, {len(ids):,} came out, {len(set(ids)):,} of them different"
                )
            seconds.setdefault(count, []).append(summary.seconds["wall"])
    medians = {count: float(np.median(s)) for count, s in seconds.items()}
    return {
        "positions": n,
        "seconds": seconds,
        "median": medians,
        "speed_up": medians[workers[0]] / medians[workers[-1]],
    }


def run(n: int, rounds: int, bricks: int, report: Callable[..., None], hyrax: Path | None = None) -> dict[str, Any]:
    """Measure all; hyrax too where the Python of its environment is named.

    Returns
    -------
    dict
        `machine`, `bare` and `chains` (name to `Rate`), `ratios`, `bricks`, `peak_gb` of this process.

    Raises
    ------
    InputError
        Where that Python has no hyrax.
    """
    if hyrax is not None:
        find_hyrax(hyrax)
    torch.set_num_threads(1)
    has = has_student(find_model("default"))
    instrument = open_instrument("default", has)
    frame = catalogue.read(DATA).iloc[:n]
    store = Store.beside(DATA, frame, instrument.survey)
    store.render_all(progress=lambda done, of: report("render", done, of))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        catalogue.write(frame, folder / "catalogue.parquet")
        report("bare", 0, 3)
        bare = time_turns(list_bare(instrument, min(n, 1024)), rounds)
        report("bare", 1, 3)
        measure_magnitude(store.get(list(frame["id"][:1])), instrument.survey)
        chains = time_turns(list_chains(instrument, store, list(frame["id"]), folder / "catalogue.parquet"), rounds)
        if hyrax is not None:
            done = measure_hyrax(hyrax, store.get(list(frame["id"])), instrument.survey, rounds)
            chains[f"published encoder behind hyrax {done.version}, a FITS file a galaxy"] = _summarise(done.rates)
        report("bare", 2, 3)
        result: dict[str, Any] = {"hardware": describe_hardware(torch.device("cpu")), "machine": measure_machine()}
        result |= {"bare": {k: vars(r) for k, r in bare.items()}, "chains": {k: vars(r) for k, r in chains.items()}}
        result["ratios"] = _compare(bare, chains)
        if bricks:
            result["bricks"] = measure_bricks(folder, bricks, (1, 2), min(rounds, 3), has)
        report("bare", 3, 3)
    result["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return result


def _compare(bare: dict[str, Rate], chains: dict[str, Rate]) -> dict[str, float]:
    """Reckon what is asked of a student: its rate over the published encoder's, and what of it is left end to end."""
    end = next(r.median for k, r in chains.items() if k.endswith("with writing"))
    ratios = {
        "end to end over published behind a DataLoader": end / chains["published encoder behind a DataLoader"].median
    }
    if "student" in bare:
        ratios["student over published, bare"] = bare["student"].median / bare["published encoder"].median
        ratios["end to end over student bare"] = end / bare["student"].median
    return ratios


def write_tables(result: dict[str, Any]) -> str:
    """Write the result as Markdown."""
    machine = result["machine"]
    lines = [
        f"{result['hardware']}; one core: {machine['gflops']:.0f} GFLOP/s (matrix product), "
        f"{machine['copy_gb_s']:.1f} GB/s (copy); peak memory {result['peak_gb']:.1f} GB.",
        "",
        "| | galaxies a core-second | least – most |",
        "|---|---|---|",
    ]
    for name, rate in (result["bare"] | result["chains"]).items():
        lines.append(f"| {name} | {rate['median']:,.0f} | {rate['least']:,.0f} – {rate['most']:,.0f} |")
    lines += ["", *(f"- {name}: {value:.2f}" for name, value in result["ratios"].items())]
    if "bricks" in result:
        said = result["bricks"]
        each = ", ".join(f"{count} worker{'s' * (count > 1)} {s:.1f} s" for count, s in said["median"].items())
        lines.append(f"- {said['positions']:,} positions over made bricks, Dask: {each}; {said['speed_up']:.2f} times.")
    return "\n".join(lines) + "\n"
