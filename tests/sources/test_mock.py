"""The store: the same bytes by any number of processes, resumes after a kill, renders only what is asked for."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from galexplore.errors import InputError
from galexplore.sources.mock import Store, can_draw, digest
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
    assert store.segments[0].done.sum() == 2
    assert np.array_equal(Store(catalogue, DECALS, tmp_path).get(ids[::-1])[::-1], first)


def test_same_bytes_by_any_number_of_processes(catalogue, tmp_path):
    one, two = Store(catalogue, DECALS, tmp_path / "one"), Store(catalogue, DECALS, tmp_path / "two")
    one.get(list(catalogue["id"])[::-1])
    seen = []
    two.render_all(2, lambda done, of: seen.append((done, of)), chunk=5)
    assert np.array_equal(one.segments[0].pixels, two.segments[0].pixels)
    assert seen[-1] == (24, 24)


def test_segments_keep_the_files_of_the_whole(catalogue, tmp_path, monkeypatch):
    """A store of one block and a store of the whole survey share pictures, and order does not matter."""
    monkeypatch.setattr("galexplore.sources.mock.SEGMENT", 10)
    whole, last = Store(catalogue, DECALS, tmp_path), Store(catalogue.iloc[20:], DECALS, tmp_path)
    assert [len(s.rows) for s in whole.segments] == [10, 10, 4]
    last.render_all(1)
    assert [len(s.missing()) for s in whole.segments] == [10, 10, 0]
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
    while store.segments[0].done.sum() < 3 and time.monotonic() < patience:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    kept = int(store.segments[0].done.sum())
    assert kept >= 3
    store.get(catalogue["id"])
    fresh = Store(catalogue, DECALS, tmp_path / "fresh")
    assert np.array_equal(store.segments[0].pixels, fresh.get(catalogue["id"]))


def test_half_drawn_pixels_are_drawn_again(catalogue, tmp_path):
    store = Store(catalogue, DECALS, tmp_path)
    right = store.get(["M000003"])
    segment = store.segments[0]
    segment.pixels[3], segment.done[3] = 7.0, 0  # as a kill between pixels and flag leaves it
    assert np.array_equal(store.get(["M000003"]), right)


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
