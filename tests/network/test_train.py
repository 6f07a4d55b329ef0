import itertools
import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from galexplore.errors import InputError
from galexplore.files import write_beside
from galexplore.latents import LABELLED
from galexplore.network import run
from galexplore.network.recipes import Network, Training
from galexplore.network.run import Run
from galexplore.network.sample import Sample
from galexplore.network.train import fit, schedule, total, validate, write_weights
from galexplore.network.vae import CVAE
from galexplore.posterior.label_errors import TYPICAL_ERRORS
from galexplore.survey import DECALS

TINY = Network(stem=4, widths=(6, 8, 8, 8), brushes=(8, 6, 6, 4), photometer=8, hidden=16)
BRIEF = Training(epochs=3, batch=64, pictures=2)


@pytest.fixture
def samples(sky):
    frame, flux = sky
    chosen = np.flatnonzero(frame["split"] == "train")
    return Sample.gather(frame.iloc[chosen], flux[chosen], DECALS), Sample.gather(frame[:40], flux[:40], DECALS)


def test_a_killed_run_resumes_to_the_same_weights(samples, tmp_path):
    whole, card = fit(*samples, tmp_path / "whole", survey=DECALS, network=TINY, training=BRIEF)

    def kill(row):
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(*samples, tmp_path / "killed", survey=DECALS, network=TINY, training=BRIEF, report=kill)
    rows = []
    resumed, again = fit(*samples, tmp_path / "killed", survey=DECALS, network=TINY, training=BRIEF, report=rows.append)
    assert [row["epoch"] for row in rows] == [3]
    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert len(card["history"]) == len(again["history"]) == 3


def write_some(turns, path):
    next(turns)
    return write_beside(path)


def test_a_checkpoint_is_small_files_and_a_kill_within_one_leaves_the_last(samples, tmp_path, monkeypatch):
    """Killed in the middle of the second epoch's files and just before the one that names them."""
    monkeypatch.setattr(run, "PART", 40_000)
    one = Training(epochs=1, batch=64)
    fit(*samples, tmp_path / "whole", survey=DECALS, network=TINY, training=one)
    path = tmp_path / "whole" / "checkpoint.safetensors"
    first = Run.start(samples[0], DECALS, TINY, one)
    recipe = run.read_checkpoint(path)["recipe"]
    assert first.resume(path, recipe)
    before = {p.name for p in run.list_checkpoint(path)}
    most = max(40_000, *(v.nbytes for v in first.best.values())) + 20_000
    assert len(before) > 3 and all((path.parent / name).stat().st_size < most for name in before)
    first.history.append(first.history[0] | {"epoch": 2})
    next(first.model.parameters()).data.add_(1)
    for last in (1, len(before) - 1):
        with monkeypatch.context() as killed:
            killed.setattr(run, "write_beside", partial(write_some, iter([True] * last)))
            with pytest.raises(StopIteration):
                first.save(path, recipe)
        again = Run.start(samples[0], DECALS, TINY, one)
        assert again.resume(path, recipe) and len(again.history) == 1
        assert not torch.equal(next(again.model.parameters()), next(first.model.parameters()))
    first.save(path, recipe)
    again = Run.start(samples[0], DECALS, TINY, one)
    assert again.resume(path, recipe) and len(again.history) == 2
    for a, b in zip(again.model.state_dict().values(), first.model.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert {p.name for p in path.parent.glob("checkpoint*")} == {p.name for p in run.list_checkpoint(path)} != before
    run.drop_checkpoint(path)
    assert not list(path.parent.glob("checkpoint*"))


def test_a_checkpoint_of_another_recipe_is_not_continued(samples, tmp_path):
    fit(*samples, tmp_path, survey=DECALS, network=TINY, training=Training(epochs=1, batch=64))
    rows = []
    fit(
        *samples,
        tmp_path,
        survey=DECALS,
        network=TINY,
        training=Training(epochs=1, batch=64, seed=1),
        report=rows.append,
    )
    assert [row["epoch"] for row in rows] == [1]


def test_training_learns_and_its_card_says_what_it_cost(samples, tmp_path):
    light = Training(epochs=12, batch=32, reconstruction=1.0, dependence=0.5)  # so few galaxies teach one thing at once
    _, card = fit(*samples, tmp_path, survey=DECALS, network=TINY, training=light, data_hash="abc")
    first, last = card["history"][0], card["history"][-1]
    assert last["reconstruction"] < first["reconstruction"]
    assert last["r2_logmass"] > 0.3  # without training it is below zero; processors differ in the rest
    assert {"network", "training", "data_hash", "hardware", "seconds", "parameters"} <= card.keys()
    json.dumps(card)


def test_unknown_labels_do_not_poison_the_weights(samples, tmp_path):
    sample, validation = samples
    sample.labels[::3, 2] = torch.nan
    sample.vector[::4] = torch.nan
    model, _ = fit(sample, validation, tmp_path, survey=DECALS, network=TINY, training=Training(epochs=1, batch=64))
    assert all(torch.isfinite(v).all() for v in model.state_dict().values())


def test_the_rate_rises_then_falls_to_nothing():
    rates = [schedule(i, 1000, Training()) for i in range(1000)]
    assert np.argmax(rates) == pytest.approx(49, abs=2)
    assert rates[-1] < 1e-4 * max(rates)


def test_a_schedule_in_time_ends_on_time_and_its_rate_falls_to_nothing(samples, tmp_path, monkeypatch):
    """By a clock of ten seconds a batch: two minutes are twelve batches, within a third epoch and none of a fourth."""
    ticks, rates = itertools.count(step=10), []

    def step(run, loss, rate, processes):
        rates.append(rate)

    monkeypatch.setattr(Run, "step", step)
    training = Training(minutes=2, epochs=1, batch=64, pictures=100)
    _, card = fit(*samples, tmp_path, survey=DECALS, network=TINY, training=training, clock=lambda: float(next(ticks)))
    assert 8 <= len(rates) <= 12 and rates[-1] < 0.1 * max(rates) and min(rates[2:]) == rates[-1]
    assert 120 <= card["seconds"] <= 150


def test_progress_pictures_show_what_is_seen_and_drawn(samples, tmp_path):
    fit(*samples, tmp_path, survey=DECALS, network=TINY, training=BRIEF)
    assert [p.name for p in (tmp_path / "progress").iterdir()] == ["epoch-002.png"]
    with Image.open(tmp_path / "progress" / "epoch-002.png") as picture:
        assert picture.size == (8 * 69, 3 * 69)


def test_it_stops_early_and_returns_the_best_epoch(samples, tmp_path, monkeypatch):
    """Scores are forced to fall after the second epoch: two more, and the weights of the second come back."""
    scores, seen = iter([0.1, 0.5, 0.4, 0.3, 0.2, 0.1]), []
    monkeypatch.setattr("galexplore.network.train.validate", lambda model, sample: {"score": next(scores)})

    def keep(run, path, recipe):
        seen.append({k: v.clone() for k, v in run.averaged.items()})

    monkeypatch.setattr(Run, "save", keep)
    model, card = fit(
        *samples, tmp_path, survey=DECALS, network=TINY, training=Training(epochs=6, batch=64, patience=2)
    )
    assert len(card["history"]) == 4
    for k, v in model.state_dict().items():
        assert torch.equal(v, seen[1][k]) or k.startswith(("head", "decoder.seed.0", "trend")), (
            k
        )  # they set the free apart


def test_free_latents_that_strayed_come_to_lie_as_a_unit_normal(samples):
    """Of all the terms their distance from one alone brings them back."""
    torch.manual_seed(0)
    model, sample = CVAE(TINY, DECALS), samples[0]
    with torch.no_grad():
        model.head.bias[5] += 3
    optimizer, far = torch.optim.Adam(model.parameters(), 3e-3), []
    for step in range(40):
        flux = sample.images(torch.arange(32) + 32 * (step % 4))
        terms = model.loss(flux, torch.zeros(32, 3), torch.ones(32, 3), torch.zeros(32, 2))
        total({k: v * (k == "aggregate") for k, v in terms.items()}, 1.0, Training(free_nats=0.0)).backward()
        optimizer.step()
        optimizer.zero_grad()
        far.append(float(terms["aggregate"].detach()))
    assert far[0] > 5 and np.mean(far[-5:]) < 0.3


def test_a_score_that_is_no_number_never_counts_as_best(samples, tmp_path, monkeypatch):
    """The second epoch's weights come back, not the random ones that a NaN would have left."""
    scores, seen = iter([float("nan"), 0.3, float("nan")]), []
    monkeypatch.setattr("galexplore.network.train.validate", lambda model, sample: {"score": next(scores)})
    monkeypatch.setattr(Run, "save", lambda run, *at: seen.append({k: v.clone() for k, v in run.averaged.items()}))
    model, _ = fit(*samples, tmp_path, survey=DECALS, network=TINY, training=Training(epochs=3, batch=64))
    assert torch.equal(model.state_dict()["trunk.0.weight"], seen[1]["trunk.0.weight"])


def test_without_any_score_the_training_stops_with_a_sentence(samples, tmp_path, monkeypatch):
    rows = []
    monkeypatch.setattr("galexplore.network.train.validate", lambda model, sample: {"score": float("nan")})
    with pytest.raises(InputError, match="No epoch has a score"):
        recipe = Training(epochs=9, batch=64, patience=1, pictures=100)
        fit(*samples, tmp_path, survey=DECALS, network=TINY, training=recipe, report=rows.append)
    assert len(rows) == 2 and not (tmp_path / "weights.safetensors").exists()


def test_the_score_is_the_mean_over_labels_that_are_known(samples):
    model, (_, validation) = CVAE(TINY, DECALS).eval(), samples
    whole = validate(model, validation)
    validation.labels[:, 2] = torch.nan
    validation.labels[:, 1] = 10.0  # all alike: nothing to explain
    found = validate(model, validation)
    assert found["score"] == pytest.approx(found["r2_redshift"]) and found["r2_redshift"] == whole["r2_redshift"]
    assert not {"r2_logmass", "r2_logsfr"} & set(found)
    validation.labels[:] = torch.nan
    assert np.isnan(validate(model, validation)["score"])


@pytest.mark.parametrize("lost", [[0], [2], [1, 2]])
def test_a_latent_that_no_label_teaches_says_nothing(samples, tmp_path, lost):
    sample, validation = samples
    sample.labels[:, lost], sample.vector[:] = torch.nan, torch.nan
    model, card = fit(
        sample, validation, tmp_path, survey=DECALS, network=TINY, training=Training(epochs=1, batch=64, pictures=100)
    )
    assert card["untaught"] == ["phi", *[list(LABELLED)[j] for j in lost]]
    with torch.inference_mode():
        seen = model.encode(sample.images(torch.arange(8)))
        assert (seen.mean[:, lost] == 0).all() and (seen.logvar[:, lost] == 0).all() and (seen.vector == 0).all()
        code = torch.randn(4, 6)
        moved = code.clone()
        moved[:, [2 + j for j in lost]] += 3
        assert torch.equal(model.decode(code), model.decode(moved)), "what says nothing draws nothing"
    assert (model.label_mean[lost] == 0).all() and (model.label_std[lost] == 1).all()
    assert all(torch.isfinite(v).all() for v in model.state_dict().values())


def test_an_error_that_is_not_known_is_not_zero():
    frame = pd.DataFrame({"z": [0.1, 0.2, 0.3], "logmass": [10.0, 11.0, 10.0], "phi": 0.1})
    frame["z_err"] = [np.nan, 1e-3, 3e-3]
    sample = Sample.gather(frame, np.zeros((3, 3, 69, 69)), DECALS)
    assert sample.errors[:, 0].tolist() == pytest.approx([2e-3, 1e-3, 3e-3])
    assert sample.errors[:, 1].tolist() == pytest.approx([TYPICAL_ERRORS["logmass"]] * 3)
    assert sample.labels[:, 2].isnan().all() and (sample.errors[:, 2] > 0).all(), "a missing column is all unknown"


def test_weights_are_everybodys_to_read(tmp_path):
    write_weights({"a": torch.zeros(3)}, DECALS, tmp_path / "weights.safetensors")
    assert (tmp_path / "weights.safetensors").stat().st_mode & 0o777 == 0o644
