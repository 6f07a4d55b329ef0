"""What gets no answer, counted by hand; other surveys' skies, by their depths."""

import numpy as np
import pandas as pd
import pytest

import galexplore as gx
from galexplore.atlas.kinds import KINDS
from galexplore.bench import outside
from galexplore.posterior.metrics import measure_sky
from galexplore.survey import DECALS
from tests.served import write_cutout


def test_another_surveys_sky_has_its_seeing_and_its_depth():
    rows = gx.load().table.head(2)
    scale, bands = outside.SURVEYS["seeing and depth of HSC"]
    changed = outside.see_through(rows, DECALS, scale, bands)
    assert (changed["sampled"] == 0.168).all() and (changed["psf_z"] == 0.68).all()
    assert measure_sky(changed, DECALS)["depth"] == pytest.approx([26.2, 26.2])
    assert (changed["noise_r"] < rows["noise_r"]).all() and changed["flux_disc_g"].equals(rows["flux_disc_g"])


def test_of_every_sort_is_counted_what_gets_no_answer(monkeypatch, tmp_path):
    chosen = tuple(kind for kind in KINDS if kind.name in ("Green Pea", "Empty Sky"))
    monkeypatch.setattr(outside, "KINDS", chosen)
    write_cutout(tmp_path / "one.fits")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "broken.fits").write_bytes(b"nothing")
    measured = outside.measure_outside(gx.load(), 20, real=tmp_path)
    rows = {row["sort"]: row for row in measured["rows"]}
    assert set(rows) == {"ordinary", "Green Pea", "Empty Sky", *outside.SURVEYS} | {
        outside.NOISE,
        outside.UNIFORM,
        outside.CLOUDS,
    }
    for row in rows.values():
        assert row["n"] == row["refused"] + row["outside"] + row["edge"] + row["inside"]
        assert row["withheld"][0] == (row["refused"] + row["outside"]) / row["n"]
        assert row["narrowest"] is None or row["narrowest"] > 0.5, "nothing outside comes with a tight interval"
    assert rows["Empty Sky"]["withheld"][0] > 0.4 > 0.2 > rows["ordinary"]["withheld"][0]
    assert set(rows["Green Pea"]["inside95"]) == {"redshift", "logmass"} and rows[outside.NOISE]["inside95"] == {}
    files = {row["file"]: row for row in measured["real"]}
    assert files["broken.fits"]["state"] == "refused" and files["one.fits"]["sentence"]
    table = outside.write_tables(measured)
    assert "| Empty Sky | 20 |" in table and "of ordinary galaxies gets none: " in table and "| `one.fits` |" in table


def test_what_is_asked_for_can_fail(monkeypatch):
    """A model that answers everything, and one that answers nothing, are both found wanting."""
    explorer = gx.load()
    sorts = [(sort, pd.DataFrame(index=range(4)), np.zeros((4, *DECALS.shape))) for sort in ("ordinary", "Star")]
    monkeypatch.setattr(outside, "list_sorts", lambda *asked: iter(sorts))
    monkeypatch.setattr(outside, "ask", lambda explorer, rows, flux: ([None] * 4, 4))
    assert outside.measure_outside(explorer)["holds"] == {"no galaxies": True, "ordinary": False}
    (answer,), _ = monkeypatch.undo() or outside.ask(explorer, *take_one(explorer))
    monkeypatch.setattr(outside, "list_sorts", lambda *asked: iter(sorts))
    monkeypatch.setattr(outside, "ask", lambda explorer, rows, flux: ([answer] * 4, 0))
    assert answer.validity.state != "outside"
    assert outside.measure_outside(explorer)["holds"] == {"no galaxies": False, "ordinary": True}


def take_one(explorer):
    """A galaxy's row, and its image as an array of one."""
    rows = explorer.table[explorer.table["split"] == "test"].head(1)
    return rows, explorer.images.get(rows["id"].tolist())
