"""How fast the simulated survey is drawn and rendered, and that memory does not grow with it."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from galexplore.mock.rows import Report


def _sum_memory(pid: int) -> float:
    """Memory of a process and its children in MiB, shared pages counted once (PSS; Linux only, else NaN)."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
        return own + sum(_sum_memory(int(child)) for child in children)
    except (OSError, StopIteration):
        return 0.0


def _watch(command: list[str]) -> tuple[float, float]:
    """Run a command; return its seconds and the most memory that it and its children held, MiB."""
    start, most = time.perf_counter(), 0.0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        most = max(most, _sum_memory(process.pid))
        time.sleep(0.25)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {process.returncode}")
    return time.perf_counter() - start, most


def measure_simulation(n: int, report: Report = lambda text: None) -> dict[str, Any]:
    """Draw and render surveys of `n` and of `3 n` galaxies, each in processes of its own.

    Parameters
    ----------
    n : int
    report : callable
        Called with a line of text now and then.

    Returns
    -------
    dict
        For both sizes, `n`, `draw_seconds`, `render_seconds`, `galaxies_per_second` (rendering) and `memory_mib` (the
        most that all processes held together); `memory_ratio` of the larger to the smaller.
    """
    sizes: list[dict[str, Any]] = []
    for size in (n, 3 * n):
        folder = Path(tempfile.mkdtemp(prefix="galexplore-bench-"))
        verb = [sys.executable, "-c", "from galexplore.cli.main import main; main()", "mock"]
        command = [*verb, "--n", str(size), "--seed", "3", "--out", str(folder)]
        try:
            drawn, memory = _watch([*command, "--no-pixels"])
            rendered, more = _watch(command)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        row: dict[str, Any] = {"n": size, "draw_seconds": drawn, "render_seconds": rendered}
        sizes.append(row | {"galaxies_per_second": size / rendered, "memory_mib": max(memory, more)})
        report(f"{size:,} galaxies: drawn in {drawn:.0f} s, rendered in {rendered:.0f} s")
    return {"sizes": sizes, "memory_ratio": sizes[1]["memory_mib"] / sizes[0]["memory_mib"]}
