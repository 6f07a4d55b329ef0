"""The bench of a survey's rows and of its workers' memory: what it makes, and what it sees of processes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from galexplore.bench import survey
from galexplore.sources.bricks import BrickSource
from galexplore.survey import DECALS

HOLD = "held = bytearray(200_000_000); held[::4096] = b'x' * len(held[::4096]); print(len(held), flush=True); input()"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process its peak of memory")
def test_the_most_that_a_process_held_is_seen_of_children_and_theirs():
    inner = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}])"
    with survey.watch_children() as peaks:
        process = subprocess.Popen(
            [sys.executable, "-c", inner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline().strip() == "200000000"
        while max(peaks.values(), default=0) < 0.2:
            pass
        process.communicate("\n")
    assert len(peaks) >= 2 and max(peaks.values()) < 0.3, "and whatever else the process that tests has for children"


def test_every_position_lies_in_one_of_so_many_bricks(tmp_path, monkeypatch):
    monkeypatch.setattr(survey, "draw_coadds", lambda wcs, side, galaxies, generator: np.zeros((3, 40, 40), np.float32))
    ids = survey.make_survey(tmp_path, 9000, each=1000)
    parts = BrickSource(tmp_path / "positions.parquet", tmp_path / "bricks", DECALS).list_partitions()
    assert len(parts) == 9 and sum(p.count for p in parts) == len(ids) == 9000
    assert all(p.name.startswith("brick-c") and 800 < p.count < 1200 for p in parts)
    assert sorted(i for p in parts for i in p.rows["id"]) == sorted(ids)
