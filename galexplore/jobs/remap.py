"""A map of a selection alone: UMAP in a process of its own, for its import takes many seconds and its work all of one.

`python -m galexplore.jobs.remap IN OUT` draws the points and the fitted ones of one npz file into an npy file.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from galexplore.atlas.maps import draw_map
from galexplore.atlas.recipe import AtlasConfig
from galexplore.errors import InputError
from galexplore.places import ROOT

LEAST, MOST = 30, 200_000  # points that can be drawn
FITTED = 5000  # of them that shape the map: a random sample; the others are placed beside their nearest
PATIENCE = 900  # seconds
_ONE = threading.Lock()  # a server draws one at a time, however many people ask


class Remap:
    """A map that is being drawn in the background.

    Attributes
    ----------
    share : float
        Of its steps that are done, 0 to 1; the import, which comes first, counts as none.
    position : ndarray (N, 2) or None
        The map, once it is drawn.
    trouble : str
        Why there will be none; "" as long as there may be.
    started : float
        When it was asked for, as `time.monotonic` has it.
    """

    def __init__(self, points: np.ndarray):
        """Begin to draw points (N, J).

        Raises
        ------
        InputError
            Where there are fewer than 30 or more than 200,000.
        """
        if not LEAST <= len(points) <= MOST:
            raise InputError(f"A UMAP is drawn of {LEAST} to {MOST:,} galaxies, not of {len(points):,}.")
        self.share, self.trouble, self.started = 0.0, "", time.monotonic()
        self.position: np.ndarray | None = None
        self.thread = threading.Thread(target=self._run, args=(points,), daemon=True)
        self.thread.start()

    def _run(self, points: np.ndarray) -> None:
        fitted = np.zeros(len(points), bool)
        fitted[np.random.default_rng(0).permutation(len(points))[:FITTED]] = True
        with _ONE, tempfile.TemporaryDirectory() as folder:
            given, drawn = Path(folder) / "points.npz", Path(folder) / "map.npy"
            try:
                np.savez(given, points=points.astype(np.float32), fitted=fitted)
                self._watch([sys.executable, "-P", "-m", __name__, str(given), str(drawn)])
                self.position = np.load(drawn, allow_pickle=False)
            except (OSError, ValueError):
                self.trouble = "The map could not be computed: its process stopped."

    def _watch(self, command: list[str]) -> None:
        """Run the process and note how far it is; it is ended when it takes too long."""
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        plain = {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
        pipe, both = subprocess.PIPE, os.environ | plain
        with subprocess.Popen(command, stdin=pipe, stderr=pipe, env=both) as child:
            end = threading.Timer(PATIENCE, child.kill)
            end.start()
            assert child.stderr
            while said := os.read(child.stderr.fileno(), 4096):
                if shares := re.findall(rb"(\d{1,3})%", said):
                    self.share = min(int(shares[-1]) / 100, 1.0)
            end.cancel()


def end_with_parent() -> None:
    """End this process as soon as the one that asked is gone, whose end of the pipe closes then."""
    sys.stdin.read()
    os._exit(1)


def main(given: str, drawn: str) -> None:
    """Draw the points of one file into another."""
    with np.load(given, allow_pickle=False) as held:
        points, fitted = held["points"], held["fitted"]
    with redirect_stdout(sys.stderr):  # where its progress is read
        position = draw_map(points, fitted, AtlasConfig(), verbose=True)
    np.save(drawn, position)


if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    main(*sys.argv[1:])
