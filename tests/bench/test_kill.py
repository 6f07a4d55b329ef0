"""The trial by kills, in short: it passes what ends alike, and sees what does not."""

import time

import pytest

from galexplore.bench import kill
from galexplore.bench.stages import Stage
from galexplore.errors import InputError


def careless(inputs, folder):
    """Leave behind what no other run has a name for."""
    (folder / f"left-{time.time_ns()}").touch()
    time.sleep(0.3)


def test_labels_end_as_if_undisturbed():
    (row,) = kill.kill_stages(2, 1, ["label"])
    assert row["kills"] == 2 and row["identical"] == row["ends"] > 0
    assert row["failed"] == row["left_over"] == row["processes_left"] == 0


def test_what_is_left_behind_is_seen(monkeypatch):
    monkeypatch.setattr(kill, "STAGES", {"careless": Stage(careless, ())})
    (row,) = kill.kill_stages(1, 1)
    assert row["identical"] == 0 < row["ends"] and row["left_over"] >= row["ends"]


def test_a_stage_that_there_is_not():
    with pytest.raises(InputError, match="no stage 'rendre'; there are draw, render"):
        kill.kill_stages(1, 0, ["rendre"])


def test_times_are_left_out_and_nothing_else(tmp_path):
    card = tmp_path / "card.json"
    card.write_text('{"seconds": 1, "made": "2026-01-01", "n": 1, "history": [{"epoch": 1, "seconds": 2}]}')
    before = kill.hash_folder(tmp_path)
    card.write_text('{"seconds": 9, "made": "2027-01-01", "n": 1, "history": [{"epoch": 1, "seconds": 9}]}')
    assert kill.hash_folder(tmp_path) == before
    card.write_text('{"seconds": 9, "made": "2027-01-01", "n": 2, "history": [{"epoch": 1, "seconds": 9}]}')
    assert kill.hash_folder(tmp_path) != before
