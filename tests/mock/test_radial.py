"""The tables that ship: galsim's to the bit, all that are ever asked for, and nothing else needed to draw by them."""

import hashlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from galexplore.errors import InputError
from galexplore.mock import profile, properties, radial, rare, render, scene, shape
from galexplore.places import DATA
from galexplore.survey import DECALS
from galexplore.tables import catalogue


@pytest.fixture
def no_galsim(monkeypatch):
    monkeypatch.setitem(sys.modules, "galsim", None)
    radial.get_sersic.cache_clear()


def round_indices(values):
    return set((np.round(4 * np.asarray(values, float)) / 4).tolist())


def test_the_shipped_tables_are_galsims(tmp_path):
    pytest.importorskip("galsim")
    for n in radial.INDICES:
        assert np.array_equal(radial.get_sersic(n), radial.compute_sersic(n)), n
    assert np.array_equal(radial.get_moffat(), radial.compute_moffat())
    radial.write(tmp_path / "again.npz")
    with np.load(radial.PATH) as shipped, np.load(tmp_path / "again.npz") as again:
        assert sorted(shipped) == sorted(again) and all(np.array_equal(shipped[k], again[k]) for k in shipped)


def test_every_index_that_is_drawn_ships():
    drawn = shape.add_shape(properties.draw(20000, 3, limit=22.0), np.random.default_rng(1))
    indices = round_indices(drawn["bulge_n"]) | round_indices(catalogue.read(DATA)["bulge_n"])
    for recipe in rare.RECIPES.values():
        indices |= round_indices(recipe.draw(50, np.random.default_rng(2))["bulge_n"])
    for seed in range(50):
        indices |= round_indices([one["n"] for one in scene.draw_neighbours(seed, DECALS)])
    assert indices <= set(radial.INDICES)


def test_another_index_needs_galsim_and_says_so(no_galsim):
    kx, ky, _ = profile.build_plane(32, DECALS)
    with pytest.raises(InputError, match=r"index 0.25 does|within 0.3 and 6.2, and 0.25") as told:
        profile.transform_sersic(kx, ky, 0.25, 1.0, 1.0, 0.0)
    with pytest.raises(InputError, match=r"index 6.25|within 0.3 and 6.2, and 6.25"):
        profile.transform_sersic(kx, ky, 6.2, 1.0, 1.0, 0.0)
    with pytest.raises(InputError, match=r"index 0.4 .* galsim.*indices of 0.5 to 6.0"):
        radial.compute_sersic(0.4)
    assert "\n" not in str(told.value)


def test_survey_and_store_without_galsim(tmp_path):
    """Every kind is drawn, to the same bytes, where galsim cannot be imported."""
    frame = catalogue.read(DATA).groupby("population").head(2)
    frame.to_parquet(tmp_path / "rows.parquet")
    code = """
import sys, hashlib
sys.modules["galsim"] = None
import pandas as pd
import galexplore.cli.main, galexplore.explore.models
from galexplore.mock.render import render
from galexplore.survey import DECALS
digest = hashlib.sha256()
for row in pd.read_parquet(sys.argv[1]).to_dict("records"):
    digest.update(render(row, DECALS).tobytes())
print(digest.hexdigest())
"""
    command = [sys.executable, "-c", code, str(tmp_path / "rows.parquet")]
    other = subprocess.run(command, capture_output=True, text=True)
    assert other.returncode == 0, other.stderr
    digest = hashlib.sha256()
    for row in pd.read_parquet(tmp_path / "rows.parquet").to_dict("records"):
        digest.update(render.render(row, DECALS).tobytes())
    assert other.stdout.strip() == digest.hexdigest() and frame["population"].nunique() == 13
