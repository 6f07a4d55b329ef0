"""Work that is killed at random moments and gone on with: it must end as work that nobody disturbed.

Work runs in processes of its own, forked from one that has imported everything, so that kills fall into the work and
not into imports.
"""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np

from galexplore.bench.stages import STAGES, Stage, make_inputs
from galexplore.errors import InputError

AGAIN = 1 / 3  # of the kills are followed by another before the work may end
PATIENCE = 15.0  # seconds in which all that a killed process had started must have ended


def kill_stages(
    kills: int = 20, seed: int = 0, stages: Sequence[str] = (), report: Callable[[str], None] = lambda text: None
) -> list[dict[str, Any]]:
    """Kill each stage at random moments, let it go on, and compare its end with that of an undisturbed run.

    Parameters
    ----------
    kills : int
        Kills of each stage.
    seed : int
        Of the moments, as shares of the time that the undisturbed run took.
    stages : sequence of str
        Of `STAGES`; all by default.
    report : callable
        Called with a sentence that says what is being done.

    Returns
    -------
    list of dict
        For each stage: `kills`, `ends` (how often it then ended), `identical` (how many of these left the same files of
        the same content, up to times of day and durations), `failed` (how many could not go on), `left_over` (files
        that an undisturbed run does not leave), `processes_left`, `seconds` of the undisturbed run.

    Raises
    ------
    InputError
        For a stage that there is not, or a system without fork.
    """
    if unknown := set(stages) - set(STAGES):
        raise InputError(f"There is no stage {sorted(unknown)[0]!r}; there are {', '.join(STAGES)}.")
    if "forkserver" not in multiprocessing.get_all_start_methods():
        raise InputError("This bench needs a system that forks and kills, such as Linux or macOS.")
    chosen = {name: STAGES[name] for name in stages or STAGES}
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([module for stage in chosen.values() for module in stage.imports])
    rng, rows = np.random.default_rng(seed), []
    with tempfile.TemporaryDirectory(prefix="galexplore-kill-") as space:
        bench = Bench(context, Path(space), rng)
        bench.finish(_rest, bench.inputs)  # the imports
        if any(stage.model for stage in chosen.values()):
            report("making a tiny model")
            bench.prepare()
        for name, stage in chosen.items():
            report(f"killing {name} {kills} times")
            rows.append({"stage": name} | bench.try_stage(stage, kills))
    return rows


class Bench:
    """A place where stages are tried."""

    def __init__(self, context: ForkServerContext, space: Path, rng: np.random.Generator):
        self.context, self.rng = context, rng
        self.inputs, self.folder = space / "inputs", space / "tried"
        self.inputs.mkdir()

    def prepare(self) -> None:
        """Make the tiny model and what else stages work on."""
        if not self.finish(_prepare, self.inputs):
            raise RuntimeError("the inputs of the stages could not be made")

    def begin(self, work: Callable[[Path, Path], None], folder: Path) -> BaseProcess:
        """Begin work in a process and a session of its own."""
        folder.mkdir(exist_ok=True)
        process = self.context.Process(target=_run, args=(work, self.inputs, folder))
        process.start()
        return process

    def finish(self, work: Callable[[Path, Path], None], folder: Path) -> bool:
        """Do work to its end; return whether it got there."""
        process = self.begin(work, folder)
        process.join()
        _end_session(process.pid or 0)
        return process.exitcode == 0

    def try_stage(self, stage: Stage, kills: int) -> dict[str, Any]:
        """Kill a stage so many times, and hold each of its ends against the undisturbed one."""
        start = time.monotonic()
        if not self.finish(stage.work, self.folder):
            raise RuntimeError("the stage fails where nobody disturbs it")
        seconds, right = time.monotonic() - start, hash_folder(self.folder)
        shutil.rmtree(self.folder)
        row: dict[str, Any] = dict.fromkeys(("kills", "ends", "identical", "failed", "left_over", "processes_left"), 0)
        while row["kills"] < kills:
            process = self.begin(stage.work, self.folder)
            process.join(self.rng.uniform(0, seconds))
            if process.exitcode is None:
                process.kill()
                process.join()
                row["kills"] += 1
                row["processes_left"] += _end_session(process.pid or 0)
                if row["kills"] < kills and self.rng.random() < AGAIN:
                    continue
            went_on = self.finish(stage.work, self.folder)
            left = hash_folder(self.folder)
            row["ends"] += 1
            row["failed"] += not went_on
            row["identical"] += left == right
            row["left_over"] += len(set(left) - set(right))
            shutil.rmtree(self.folder)
        return row | {"seconds": round(seconds, 2)}


def _rest(inputs: Path, folder: Path) -> None:
    pass


def _prepare(inputs: Path, folder: Path) -> None:
    make_inputs(inputs)


def _run(work: Callable[[Path, Path], None], inputs: Path, folder: Path) -> None:
    """Do the work in a session of its own, with its cache and its models in its folder."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries that greet
    os.environ |= {"GALEXPLORE_CACHE": str(folder / "cache"), "GALEXPLORE_MODELS": str(folder / "models")}
    work(inputs, folder)


def _end_session(session: int) -> int:
    """Wait until a session has no process; return how many had to be killed."""
    patience = time.monotonic() + PATIENCE
    while (left := _list_session(session)) and time.monotonic() < patience:
        time.sleep(0.02)
    for process in left:
        os.kill(process, signal.SIGKILL)
    return len(left)


def _list_session(session: int) -> list[int]:
    """List the processes of a session that live (Linux), or its leader where the group does."""
    if not Path("/proc/self/stat").exists():
        try:
            os.killpg(session, 0)
        except ProcessLookupError:
            return []
        return [session]
    living = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state = path.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(state[3]) == session and state[0] not in "ZX":
            living.append(int(path.parent.name))
    return living


def hash_folder(folder: Path) -> dict[str, str]:
    """Hash every file of a folder, by its path in it, leaving out the times of day and durations that some tell."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(_strip_times(path)).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _strip_times(path: Path) -> bytes:
    """Read a file; of cards and labels without times, and labels in the order of their ids."""
    if path.name == "card.json":
        card = json.loads(path.read_text())
        for row in (card, *card["history"]):
            for name in ("seconds", "galaxies_per_second", "made", "digest"):  # the last: of a card with its times
                row.pop(name, None)
        return json.dumps(card).encode()
    if path.name == "labels.jsonl":
        from galexplore.explore.labels import read_labels

        return read_labels(path).drop(columns="time").sort_values("id").to_csv(index=False).encode()
    return b"" if path.name in ("acknowledged", "labels.copy") else path.read_bytes()
