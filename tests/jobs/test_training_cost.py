"""What a training costs is said before it begins, by a short pass on this machine; `--dry-run` says no more."""

import re
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from galexplore.cli.main import app
from galexplore.errors import InputError
from galexplore.jobs import training_cost
from galexplore.jobs.learn import make_plan
from galexplore.jobs.training_cost import estimate_training
from galexplore.survey import DECALS
from tests.jobs.tiny import BRIEF, TINY, train_own, write_own


def test_a_training_says_time_disk_and_memory_and_makes_nothing(own_models, tmp_path):
    data, frame, _ = write_own(tmp_path)
    words = ["train", "--data", data.parent, "--name", "mine", "--epochs", 3, "--start-from", "scratch", "--dry-run"]
    answer = CliRunner().invoke(app, [str(w) for w in words], catch_exceptions=False)
    said = " ".join(answer.output.split())
    taught = (frame["split"] == "train").sum()
    assert re.search(rf"{taught} galaxies to learn from, 3 passes at most: about \d+ (s|min) at the [\d,]+ gal", said)
    assert re.search(r"just now \(.+\).*GB on disk, [\d.]+ GB of memory", said)
    assert not own_models.exists() or not any(own_models.iterdir())


def test_what_is_left_of_a_training_costs_less_and_a_model_takes_no_more_than_was_said(
    own_models, tmp_path, monkeypatch
):
    data, _, _ = write_own(tmp_path)
    plan = make_plan(data, replace(BRIEF, epochs=3, seed=1), DECALS, TINY)
    monkeypatch.setattr(training_cost, "measure_pace", lambda plan: training_cost.Pace(1.0, 1e9, 1e9))
    whole = estimate_training("mine", plan)
    assert whole.seconds == pytest.approx(3 * whole.galaxies) and whole.passes == "3 passes at most"
    assert estimate_training("mine", plan, processes=2).seconds == pytest.approx(1.5 * whole.galaxies)

    def stop(stage, done, of=None, note=""):
        if stage == "train":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_own("mine", data, plan.training, report=stop)
    left = estimate_training("mine", plan)
    assert left.passes == "2 passes at most" and left.seconds == pytest.approx(2 * whole.galaxies)
    train_own("mine", data, plan.training)
    taken = sum(p.stat().st_size for p in (own_models / "mine").rglob("*") if p.is_file())
    assert taken < whole.disk
    monkeypatch.setattr(training_cost, "measure_room", lambda path: 1000)
    with pytest.raises(InputError, match="make room"):
        estimate_training("other", plan)
