"""Readers under damaged input: each is given thousands of mutated files, in a process of its own, within bounds."""

import multiprocessing
import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from galexplore.bench.mutations import make_input
from galexplore.errors import InputError

SECONDS = 2.0  # of processor time that one input may take
MEBIBYTES = 500  # by which one input may make the process grow
_PATIENCE = 30.0  # seconds of silence after which a worker is taken to hang, on a machine however busy


@dataclass(frozen=True)
class Reader:
    """What is tried: whole inputs to begin with, and the function that reads one or raises `InputError`."""

    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes], object]


#: Makes readers by their names; a function of a module, for each worker calls it anew.
Maker = Callable[[], dict[str, Reader]]


@dataclass
class Trial:
    """What came of the inputs of one reader; `faults` tells the number, kind and words of those that went wrong."""

    reader: str
    inputs: int = 0
    read: int = 0
    refused: int = 0
    crashed: int = 0
    slow: int = 0
    heavy: int = 0
    slowest_s: float = 0.0
    growth_mib: float = 0.0
    faults: list[dict[str, Any]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def run_trials(
    makers: Sequence[Maker],
    inputs: int,
    seed: int,
    only: Sequence[str] = (),
    keep: Path | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> list[Trial]:
    """Try every reader with its whole inputs, and mutated ones after them.

    Parameters
    ----------
    makers : sequence of functions
        Whose readers are tried.
    inputs, seed : int
        How many a reader, and what they are drawn from: the same input for the same seed, reader and number.
    only : sequence of str
        Names of readers; by default all.
    keep : Path, optional
        Folder where inputs that went wrong are written.
    report : function
        Told each reader's name as it begins.
    """
    owners = {name: make for make in makers for name in make()}
    if unknown := set(only) - set(owners):
        raise InputError(f"No reader is called {min(unknown)}; there are {', '.join(owners)}.")
    trials = []
    for name in only or owners:
        report(name)
        trials.append(_try_reader(owners[name], name, inputs, seed))
        if keep is not None:
            _keep_faults(owners[name]()[name], trials[-1], seed, keep)
    return trials


def _try_reader(make: Maker, name: str, inputs: int, seed: int) -> Trial:
    """Try one reader in worker processes; one that dies or hangs is replaced, and goes on with the next input."""
    trial, number = Trial(name, inputs), 0
    spawn = multiprocessing.get_context("spawn")
    while number < inputs:
        ours, theirs = spawn.Pipe(duplex=False)
        worker = spawn.Process(target=_work, args=(theirs, make, name, number, inputs, seed), daemon=True)
        worker.start()
        theirs.close()
        started, silent = False, True
        try:
            while number < inputs and ours.poll(_PATIENCE if started else 10 * _PATIENCE):
                outcome = ours.recv()
                started = True
                if outcome is not None:  # None says that the worker is ready
                    _count(trial, number, outcome)
                    number += 1
        except EOFError:  # the worker is gone
            silent = False
        worker.kill()
        worker.join()
        if number < inputs:
            if not started:
                raise RuntimeError(f"the reader {name} cannot be started")
            kind, words = (
                ("slow", f"silent for {_PATIENCE:.0f} s") if silent else ("crashed", f"exit {worker.exitcode}")
            )
            _count(trial, number, {"kind": kind, "words": words})
            number += 1
    return trial


def _count(trial: Trial, number: int, outcome: Mapping[str, Any]) -> None:
    """Add one input's outcome to a reader's trial."""
    seconds, grown = outcome.get("seconds", 0.0), outcome.get("mib", 0.0)
    trial.slowest_s, trial.growth_mib = max(trial.slowest_s, seconds), max(trial.growth_mib, grown)
    kinds = {outcome["kind"]} | ({"slow"} if seconds > SECONDS else set()) | ({"heavy"} if grown > MEBIBYTES else set())
    for kind in kinds:
        setattr(trial, kind, getattr(trial, kind) + 1)
        if kind not in ("read", "refused") and len(trial.faults) < 100:
            trial.faults.append({"number": number, "kind": kind, "words": outcome.get("words", ""), "s": seconds})


def _work(pipe: Connection, make: Maker, name: str, first: int, inputs: int, seed: int) -> None:
    """Read inputs one after another and tell of each; the system stops what would take the machine's memory."""
    reader = make()[name]
    seeds = reader.seeds()
    _read(reader, min(seeds, key=len))  # what is imported late is no growth
    bound = _measure_memory("VmSize") + 4 * MEBIBYTES
    if bound > 4 * MEBIBYTES:
        resource.setrlimit(resource.RLIMIT_AS, (int(bound * 2**20), resource.RLIM_INFINITY))
    pipe.send(None)
    for number in range(first, inputs):
        data = seeds[number] if number < len(seeds) else make_input(seeds, name, number, seed)
        before = _reset_peak()
        start = time.process_time()
        outcome = _read(reader, data)
        outcome |= {"seconds": time.process_time() - start, "mib": _measure_memory("VmHWM") - before}
        pipe.send(outcome)


def _read(reader: Reader, data: bytes) -> dict[str, Any]:
    """Read one input: read, refused in a sentence, or crashed."""
    try:
        reader.read(data)
    except InputError as error:
        whole = str(error) and "\n" not in str(error) and len(str(error)) < 500
        return {"kind": "refused"} if whole else {"kind": "crashed", "words": f"no sentence: {str(error)[:200]!r}"}
    except MemoryError:
        return {"kind": "heavy", "words": "MemoryError"}
    except Exception as error:
        trace, where = error.__traceback__, ""
        while trace is not None:
            where, trace = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}", trace.tb_next
        return {"kind": "crashed", "words": f"{type(error).__name__}: {str(error)[:200]} ({where})"}
    return {"kind": "read"}


def _measure_memory(key: str) -> float:
    """One of the memory figures of this process [MiB] that Linux keeps; 0 elsewhere."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith(key + ":")), 0.0)


def _reset_peak() -> float:
    """Forget the most memory that this process has had, and give what it has now [MiB]."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass
    return _measure_memory("VmRSS")


def _keep_faults(reader: Reader, trial: Trial, seed: int, folder: Path) -> None:
    """Write the inputs that went wrong, to be looked at."""
    seeds = reader.seeds()
    for fault in trial.faults:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{trial.reader.replace(' ', '-')}-{seed}-{fault['number']}"
        number = fault["number"]
        path.write_bytes(seeds[number] if number < len(seeds) else make_input(seeds, trial.reader, number, seed))
