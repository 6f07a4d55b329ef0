"""A model scored on galaxies that are drawn for nothing else."""

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from galexplore.errors import InputError
from galexplore.explore.models import load
from galexplore.jobs import score
from galexplore.jobs.score import count_beyond, score_fresh


def make_row(at68: float, at95: float) -> dict:
    return {"n": 1000, "redshift": {"coverage68": [at68, 0.015], "coverage95": [at95, 0.007]}}


def test_shares_beyond_four_percent_are_counted_in_bins_of_what_is_known():
    bins = {"redshift": [make_row(0.68, 0.95), make_row(0.60, 0.95)], "seeing": [make_row(0.70, 0.90)]}
    assert count_beyond(bins) == {"beyond": 2, "of": 6}
    assert count_beyond(bins | {"true redshift": [make_row(0.1, 0.2)]}) == {"beyond": 2, "of": 6}


def test_a_catalogue_of_real_galaxies_has_no_new_ones():
    with pytest.raises(InputError, match="not simulated: no galaxy can be drawn"):
        score_fresh(SimpleNamespace(simulated=False, name="mine"), 100, 1, lambda *at: None)


def test_newly_drawn_galaxies_are_scored_as_those_of_the_catalogue_are(monkeypatch):
    """Galaxies of the test split that pass for a draw have the scores that they have there, and more bins."""
    explorer = load("default")
    rows = explorer.table[explorer.table["split"] == "test"].head(640)
    seen = [c for c in rows if c.startswith("lat_") or c in ("chi2", "mag_aperture")]
    own = rows.drop(columns=seen)
    embedder = SimpleNamespace(
        embed=lambda flux, observed, progress: rows[seen].reset_index(drop=True), survey=explorer.survey
    )
    monkeypatch.setattr(score, "draw_fresh", lambda n, seed, survey, report: (own, np.empty(len(own))))
    other = SimpleNamespace(
        simulated=True, survey=explorer.survey, embedder=embedder, density=explorer.density, card=explorer.card
    )
    monkeypatch.setattr(score, "A_BIN", 300)
    scores = score_fresh(other, 640, 3, lambda *at: None)
    assert scores["seed"] == 3 and scores["split"] == "fresh" and scores["n"] == 640
    assert {"dust", "true redshift", "true mass", "seeing", "depth", "magnitude", "redshift"} <= set(scores["bins"])
    assert scores["of"] == 2 * 2 * 3 * 5 and 0 <= scores["beyond"] < scores["of"]
    joint = explorer.density.infer(rows)
    assert scores["redshift"]["r2"][0] == pytest.approx(
        score.evaluate(rows, explorer.card["calibration"], explorer.survey, joint)["redshift"]["r2"][0]
    )


def test_newly_drawn_galaxies_and_the_student_are_not_asked_for_together():
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "from galexplore.cli.main import main; main()",
            "evaluate",
            "--fresh",
            "10",
            "--student",
        ],
        capture_output=True,
        text=True,
    )
    assert said.returncode == 2 and "not both" in said.stderr and "Traceback" not in said.stderr
