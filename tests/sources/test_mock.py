"""The store: the same bytes by any number of processes, resumes after a kill, renders only what is asked for."""

import errno
import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from galexplore.cutouts.grid import resample
from galexplore.errors import InputError
from galexplore.locks import find_start
from galexplore.mock.render import render_clean
from galexplore.places import ROOT
from galexplore.sources import pictures, segments
from galexplore.sources.mock import Store, can_draw
from galexplore.sources.segments import digest, draw_pixels
from galexplore.survey import DECALS
from tests.mock.test_render import ROW


@pytest.fixture
def catalogue():
    rng = np.random.default_rng(0)
    rows = [ROW | {"seed": 100 + i, "phi_true": rng.uniform(0, np.pi), "re_arcsec": 1.0} for i in range(24)]
    table = pd.DataFrame(rows).astype({k: np.float32 for k, v in ROW.items() if isinstance(v, float)})
    return table.assign(id=[f"M{i:06d}" for i in range(24)], z=0.1, split="train")


def test_asks_and_keeps(catalogue, tmp_path):
    store = Store(catalogue, DECALS, tmp_path)
    ids = ["M000005", "M000002"]
    first = store.get(ids)
    assert first.shape == (2, 3, 69, 69) and first.dtype == np.float16
    assert store.segments[0].file.check().sum() == 2
    assert np.array_equal(Store(catalogue, DECALS, tmp_path).get(ids[::-1])[::-1], first)


def test_same_bytes_by_any_number_of_processes(catalogue, tmp_path):
    one, two = Store(catalogue, DECALS, tmp_path / "one"), Store(catalogue, DECALS, tmp_path / "two")
    one.get(list(catalogue["id"])[::-1])
    seen = []
    two.render_all(2, lambda done, of: seen.append((done, of)), chunk=5)
    assert one.segments[0].file.path.read_bytes() == two.segments[0].file.path.read_bytes()
    assert seen[-1] == (24, 24)


def test_segments_keep_the_files_of_the_whole(catalogue, tmp_path, monkeypatch):
    """A store of one block and a store of the whole survey share pictures, and order does not matter."""
    monkeypatch.setattr("galexplore.sources.mock.SEGMENT", 10)
    whole, last = Store(catalogue, DECALS, tmp_path), Store(catalogue.iloc[20:], DECALS, tmp_path)
    assert [len(s.rows) for s in whole.segments] == [10, 10, 4]
    last.render_all(1)
    assert [int(s.file.check().sum()) for s in whole.segments] == [0, 0, 4]
    ids = ["M000023", "M000001", "M000012"]
    alone = [Store(catalogue[catalogue["id"] == i], DECALS, tmp_path / "alone").get([i])[0] for i in ids]
    assert np.array_equal(whole.get(ids), alone)


def test_resumes_after_a_kill(catalogue, tmp_path):
    catalogue.to_parquet(tmp_path / "c.parquet")
    code = "import pandas as pd, sys; from galexplore.sources.mock import Store; from galexplore.survey import DECALS;"
    code += "s = Store(pd.read_parquet(sys.argv[1]), DECALS, sys.argv[2]);"
    code += "[s.get([i]) for i in list(s.catalogue['id']) * 50]"
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "c.parquet"), str(tmp_path / "store")])
    store, patience = Store(catalogue, DECALS, tmp_path / "store"), time.monotonic() + 200
    while store.segments[0].file.check().sum() < 3 and time.monotonic() < patience:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    kept = int(store.segments[0].file.check().sum())
    assert kept >= 3
    store.get(catalogue["id"])
    fresh = Store(catalogue, DECALS, tmp_path / "fresh")
    assert np.array_equal(store.get(catalogue["id"]), fresh.get(catalogue["id"]))
    assert store.segments[0].file.check().all()


def spoil(data, how, record):
    """Damage the record of row 3."""
    at = 3 * record
    if how == "bit":
        data[at + 5000] ^= 4
    elif how == "sum":
        data[at + record - 6] ^= 1
    elif how == "zeros":
        data[at : at + record] = bytes(record)
    elif how == "another row's":
        data[at : at + record] = data[at + record : at + 2 * record]
    elif how == "pixels alone":  # as a kill in the middle of the write leaves it
        data[at + record - 8 : at + record] = bytes(8)
    return data[: at + 100] if how == "cut short" else data


@pytest.mark.parametrize("how", ["bit", "sum", "zeros", "another row's", "pixels alone", "cut short", "deleted"])
def test_damage_is_drawn_anew_and_never_shown(catalogue, tmp_path, how):
    store, ids = Store(catalogue, DECALS, tmp_path), list(catalogue["id"])
    right = store.get(ids)
    file = store.segments[0].file
    whole = file.path.read_bytes()
    if how == "deleted":
        file.path.unlink()
    else:
        file.path.write_bytes(spoil(bytearray(whole), how, file.record))
    assert not file.check()[3] and (how in ("cut short", "deleted") or file.check().sum() == 23)
    assert np.array_equal(store.get(ids), right)
    assert file.path.read_bytes() == whole, "and kept again"


def test_another_catalogues_file_holds_nothing_that_fits(catalogue, tmp_path):
    one, other = (Store(c, DECALS, tmp_path) for c in (catalogue, catalogue.assign(seed=catalogue["seed"] + 1)))
    right = other.get(["M000001"])
    one.get(["M000001"])
    other.segments[0].file.path.write_bytes(one.segments[0].file.path.read_bytes())
    assert np.array_equal(other.get(["M000001"]), right)


def test_a_former_store_is_not_trusted_and_makes_room(catalogue, tmp_path):
    folder = tmp_path / f"mock-{digest(catalogue, DECALS)}"
    folder.mkdir()
    (folder / "pixels.f16").write_bytes(bytes(24 * 3 * 69 * 69 * 2))
    (folder / "done.u8").write_bytes(b"\1" * 24)
    assert Store.beside(tmp_path / "catalogue.parquet", catalogue, DECALS).folder == tmp_path
    assert Store(catalogue, DECALS, tmp_path).get(["M000003"]).any(), "a picture, not the former zeros"
    assert [p.name for p in folder.iterdir()] == ["pictures.f16"]


def test_a_full_disk_is_said_and_pictures_come_all_the_same(catalogue, tmp_path, monkeypatch):
    right = Store(catalogue, DECALS, tmp_path / "roomy").get(catalogue["id"])
    store, pwrite, drawn = Store(catalogue, DECALS, tmp_path / "full"), os.pwrite, []

    def fill_up(file, data, at):
        if at + len(data) > 100_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return pwrite(file, data[:9000], at)  # and never all at once

    def draw(row, survey, alone=False):
        drawn.append(row["id"])
        return draw_pixels(row, survey, alone)

    monkeypatch.setattr(segments, "draw_pixels", draw)
    assert store.trouble == ""
    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", fill_up)
        assert np.array_equal(store.get(catalogue["id"]), right) and len(drawn) == 24
        assert np.array_equal(store.get(catalogue["id"]), right) and len(drawn) == 24, "from memory"
        assert "no space left" in store.trouble and str(tmp_path / "full") in store.trouble
        assert store.segments[0].file.check().sum() == 3
        with pytest.raises(InputError, match="3 of 24 pictures are kept"):  # said by a process of its own elsewhere
            raise InputError(store._say_stopped("no space left on device"))
    assert np.array_equal(store.get(catalogue["id"]), right) and len(drawn) == 24
    assert store.trouble == "" and store.segments[0].file.check().all(), "there is room again"


def test_memory_holds_only_so_many(catalogue, tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "HELD", 5)
    monkeypatch.setattr(os, "pwrite", lambda *at: (_ for _ in ()).throw(OSError(errno.EROFS, "Read-only file system")))
    store = Store(catalogue, DECALS, tmp_path)
    store.get(catalogue["id"])
    held = [store.overflow.find(store.segments[0].file, row) is not None for row in range(24)]
    assert held == [False] * 19 + [True] * 5


LIMITED = """
import resource, sys
import pandas as pd
from galexplore.cli.terminal import refuse
from galexplore.errors import InputError
from galexplore.sources.mock import Store
from galexplore.survey import DECALS
store = Store(pd.read_parquet(sys.argv[1]), DECALS, sys.argv[2])
if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        store.render_all(1, chunk=3)
    except InputError as error:
        refuse(error)
"""


def test_rendering_stops_in_a_sentence_and_goes_on(catalogue, tmp_path):
    """The system refuses to let the file grow: what is there is kept, the sentence says how much room is needed."""
    catalogue.to_parquet(tmp_path / "c.parquet")
    (tmp_path / "limited.py").write_text(LIMITED)
    command = [sys.executable, tmp_path / "limited.py", tmp_path / "c.parquet", tmp_path / "store"]
    answer = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert answer.returncode == 2 and len(answer.stderr.splitlines()) == 1, answer.stderr
    store = Store(catalogue, DECALS, tmp_path / "store")
    kept = int(store.segments[0].file.check().sum())
    assert 0 < kept < 24 and f"{kept} of 24 pictures are kept" in answer.stderr and "file too large" in answer.stderr
    assert f"need {(24 - kept) * 28574 / 1e6:.1f} MB" in answer.stderr
    store.get(catalogue["id"])
    assert store.segments[0].file.check().all()


def test_a_worker_that_is_ended_from_outside_is_a_sentence(catalogue, tmp_path, monkeypatch):
    def break_down(*at, **how):
        raise BrokenProcessPool("A process in the process pool was terminated abruptly")

    monkeypatch.setattr("galexplore.sources.mock.ProcessPoolExecutor.map", break_down)
    with pytest.raises(InputError, match=r"ended from outside.*0 of 24 pictures are kept"):
        Store(catalogue, DECALS, tmp_path).render_all(1)


WORKING = """
import sys, time
from galexplore.sources import mock
if __name__ == "__main__":
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), mock._end_with_parent) as pool:
        list(pool.map(time.sleep, (0.5, 0.5)))
        print(*pool._processes, flush=True)
        time.sleep(100)
"""


def test_workers_end_with_their_parent(tmp_path):
    (tmp_path / "working.py").write_text(WORKING)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, tmp_path / "working.py"], stdout=subprocess.PIPE, env=environment)
    workers = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(workers) == 2 and all(find_start(pid) for pid in workers)
    parent.kill()
    parent.wait()
    patience = time.monotonic() + 20
    while any(find_start(pid) for pid in workers) and time.monotonic() < patience:
        time.sleep(0.05)
    assert not any(find_start(pid) for pid in workers)
    parent.stdout.close()


def test_labels_do_not_change_the_pictures(catalogue):
    assert digest(catalogue, DECALS) == digest(catalogue.assign(z=0.2, split="test"), DECALS)
    assert digest(catalogue, DECALS) != digest(catalogue.assign(psf_r=np.float32(1.0)), DECALS)


def test_surveys_keep_their_pictures_apart(catalogue):
    assert digest(catalogue, replace(DECALS, pixel_scale=0.2)) != digest(catalogue, DECALS)


def test_pictures_are_on_the_surveys_own_grid(catalogue, tmp_path):
    fine = replace(DECALS, name="Fine", pixel_scale=0.2, native_size=150, size=61)
    pictures = Store(catalogue, fine, tmp_path).get(["M000001"])
    assert pictures.shape == (1, 3, 61, 61) and np.isfinite(pictures).all()
    assert (tmp_path / f"mock-{digest(catalogue, fine)}").is_dir()


def test_unknown_id(catalogue, tmp_path):
    store = Store(catalogue, DECALS, tmp_path)
    assert "nobody" not in store and "M000003" in store
    with pytest.raises(InputError, match="no image of galaxy 'nobody'"):
        store.get(["M000001", "nobody"])


def test_the_place_on_the_sky_is_the_rows(catalogue, tmp_path):
    assert Store(catalogue, DECALS, tmp_path).wcs("M000003") is None, "no positions, no coordinates"
    placed = catalogue.assign(ra=150.0, dec=np.where(catalogue["id"] == "M000003", 2.0, np.nan))
    store = Store(placed, DECALS, tmp_path)
    wcs = store.wcs("M000003")
    assert np.allclose(wcs.pixel_to_world_values(34, 34), (150.0, 2.0))
    east = wcs.pixel_to_world_values(33, 34)[0] - 150.0
    assert east * 3600 * np.cos(np.radians(2)) == pytest.approx(DECALS.model_scale, rel=1e-4), "column 0 is in the east"
    assert store.wcs("M000004") is None and store.wcs("nobody") is None


def test_only_a_simulated_catalogue_can_be_drawn(catalogue):
    assert can_draw(catalogue, DECALS) and not can_draw(catalogue.drop(columns="re_arcsec"), DECALS)
    assert not can_draw(catalogue.drop(columns="noise_z"), DECALS)


def test_galaxies_drawn_alone_are_kept_apart_from_those_that_are_seen(catalogue, tmp_path):
    """Without noise and neighbours the picture is what the noiseless one is averaged to."""
    seen, alone = Store(catalogue, DECALS, tmp_path), Store(catalogue, DECALS, tmp_path, alone=True)
    alone.render_all(1)
    ids = ["M000005", "M000002"]
    clean = [render_clean(catalogue.iloc[i].to_dict(), DECALS, neighbours=False) for i in (5, 2)]
    expected = [resample(c, DECALS.pixel_scale, DECALS).astype(np.float16) for c in clean]
    assert np.array_equal(alone.get(ids), expected)
    assert not seen.segments[0].file.check().any(), "what is asked for alone is not taken for what is seen"
    assert not np.array_equal(seen.get(ids), expected) and np.array_equal(alone.get(ids), expected)
