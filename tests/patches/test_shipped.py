"""The shipped model's student over galaxies of the embedded catalogue: the same bytes whoever does the work."""

import os
import signal
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from galexplore.bench.embed import measure_bricks
from galexplore.bench.made_bricks import draw_positions
from galexplore.bench.survey import list_children
from galexplore.explore.seal import read_card
from galexplore.images import Observed
from galexplore.latents import MEANS, SIGMAS
from galexplore.network.embed_student import StudentEmbedder
from galexplore.network.student_card import has_student
from galexplore.patches.engines import Dask, Local
from galexplore.patches.images import StoreSource
from galexplore.patches.instrument import SAMPLE
from galexplore.patches.run import embed_survey
from galexplore.places import DATA, SHIPPED
from galexplore.sources.keeping import keep
from galexplore.sources.kept import KEPT
from galexplore.sources.mock import Store
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from tests.patches.test_run import read_all, read_bytes

pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not has_student(SHIPPED / "default"), reason="the shipped model has no student here"),
]


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """Forty galaxies with their images, one of which the teacher looks at too, in four partitions; and their pixels."""
    folder, frame = tmp_path_factory.mktemp("survey"), catalogue.read(DATA)
    sampled = next(i for i, name in enumerate(frame["id"]) if zlib.crc32(name.encode()) % SAMPLE == 0)
    rows = pd.concat([frame.iloc[:39], frame.iloc[[sampled]]], ignore_index=True)
    kept = keep(Store(rows, DECALS, folder / "rendered"), list(rows["id"]), folder / KEPT, DECALS)
    catalogue.write(rows, folder / "catalogue.parquet")
    return StoreSource(folder / "catalogue.parquet", DECALS, 11), rows, kept.get(list(rows["id"])).astype(np.float32)


@pytest.fixture(scope="module")
def alone(survey, tmp_path_factory):
    out = tmp_path_factory.mktemp("alone") / "out"
    return out, embed_survey(survey[0], out, "default", True, Local())


def test_dask_writes_the_bytes_that_a_loop_writes(survey, alone, tmp_path):
    out, summary = alone
    assert summary.galaxies == 40 and summary.partitions == 4 and summary.difference["n"] == 1
    for workers in (1, 2):
        other = embed_survey(survey[0], tmp_path / str(workers), "default", True, Dask(workers=workers))
        assert read_bytes(tmp_path / str(workers)) == read_bytes(out), f"{workers} workers"
        assert (other.verdicts, other.difference) == (summary.verdicts, summary.difference)


def test_a_worker_that_is_killed_in_the_middle_leaves_the_table_of_an_undisturbed_run(survey, alone, tmp_path):
    killed = []

    def kill(stage, done, *more):
        workers = [c for c in list_children(os.getpid()) if b"multiprocessing.spawn" in read_command(c)]
        if done and not killed:
            killed.extend(workers[:1])
            os.kill(workers[0], signal.SIGKILL)

    summary = embed_survey(survey[0], tmp_path / "out", "default", True, Dask(workers=2), kill)
    assert killed and read_bytes(tmp_path / "out") == read_bytes(alone[0])
    assert (summary.galaxies, summary.verdicts) == (40, alone[1].verdicts)


def read_command(process):
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def test_what_is_written_is_what_the_student_says(survey, alone):
    _, rows, flux = survey
    table = read_all(alone[0])
    student = StudentEmbedder.load(SHIPPED / "default", read_card(SHIPPED / "default")["sha256"])
    said = student.read(flux, Observed.read(rows, DECALS))[0]
    assert list(table["id"]) == list(rows["id"])
    inside = (table["verdict"] == "located") & (table["detail"] == "")
    assert inside.sum() > 30
    off = (table[MEANS] - said[MEANS])[inside] / said[SIGMAS][inside].to_numpy()
    assert off.abs().max(axis=None) < 1e-4
    assert np.allclose(table[SIGMAS][inside], said[SIGMAS][inside], rtol=1e-4)


def test_ten_thousand_positions_over_bricks_come_out_once_each(tmp_path):
    told = measure_bricks(tmp_path, 10_000, (2,))  # refuses what is lost or doubled
    assert told["positions"] == 10_000
    rows = read_all(tmp_path / "out-0-2")
    assert len(rows) == 10_000 == rows["id"].nunique() and set(rows["id"]) == set(draw_positions(10_000, 4, 4)["id"])
