import json

import numpy as np
import pytest
import torch
from conftest import draw_ellipse

from galexplore.config import Network, Training
from galexplore.train import Sample, augment, fit, schedule

TINY = Network(widths=(6, 8, 8, 8), hidden=16)
BRIEF = Training(epochs=3, batch=64)


@pytest.fixture
def samples(sky):
    frame, flux = sky
    chosen = np.flatnonzero(frame["split"] == "train")
    return Sample.gather(frame.iloc[chosen], flux[chosen]), Sample.gather(frame[:40], flux[:40])


def test_a_killed_run_resumes_to_the_same_weights(samples, tmp_path):
    whole, card = fit(*samples, tmp_path / "whole", network=TINY, training=BRIEF)

    def kill(row):
        if row["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(*samples, tmp_path / "killed", network=TINY, training=BRIEF, report=kill)
    rows = []
    resumed, again = fit(*samples, tmp_path / "killed", network=TINY, training=BRIEF, report=rows.append)
    assert [row["epoch"] for row in rows] == [3]
    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert len(card["history"]) == len(again["history"]) == 3


def test_a_checkpoint_of_another_recipe_is_not_continued(samples, tmp_path):
    fit(*samples, tmp_path, network=TINY, training=Training(epochs=1, batch=64))
    rows = []
    fit(*samples, tmp_path, network=TINY, training=Training(epochs=1, batch=64, seed=1), report=rows.append)
    assert [row["epoch"] for row in rows] == [1]


def test_training_learns_and_its_card_says_what_it_cost(samples, tmp_path):
    _, card = fit(*samples, tmp_path, network=TINY, training=Training(epochs=12, batch=32), data_hash="abc")
    first, last = card["history"][0], card["history"][-1]
    assert last["reconstruction"] < first["reconstruction"]
    assert last["r2_logmass"] > 0.5
    assert {"network", "training", "data_hash", "hardware", "seconds", "parameters"} <= card.keys()
    json.dumps(card)


def test_unknown_labels_do_not_poison_the_weights(samples, tmp_path):
    sample, validation = samples
    sample.labels[::3, 2] = torch.nan
    sample.vector[::4] = torch.nan
    model, _ = fit(sample, validation, tmp_path, network=TINY, training=Training(epochs=1, batch=64))
    assert all(torch.isfinite(v).all() for v in model.state_dict().values())


def test_augmentation_keeps_flux_and_turns_the_angle():
    from test_model import moments_angle

    phi = 0.7
    flux = torch.from_numpy(draw_ellipse(phi, size=4))[None]
    vector = torch.tensor([[np.cos(2 * phi), np.sin(2 * phi)]], dtype=torch.float32)
    generator = torch.Generator().manual_seed(3)
    seen = set()
    for _ in range(40):
        moved, arrow, valid = augment(flux, vector, Training(edge_masks=0.0), generator)
        angle = moments_angle(moved[0, 1].numpy())
        assert torch.allclose(arrow[0], torch.tensor([np.cos(2 * angle), np.sin(2 * angle)]).float(), atol=0.02)
        assert torch.isclose(moved.sum(), flux.sum(), rtol=1e-5)
        assert valid.all()
        seen.add(round(angle, 1))
    assert len(seen) == 4


def test_masked_edges_leave_the_middle():
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        *_, valid = augment(torch.ones(1, 3, 69, 69), torch.ones(1, 2), Training(edge_masks=1.0), generator)
        assert valid[..., 20:49, 20:49].all()


def test_the_rate_rises_then_falls_to_nothing():
    rates = [schedule(i, 1000, Training()) for i in range(1000)]
    assert np.argmax(rates) == pytest.approx(49, abs=2)
    assert rates[-1] < 1e-4 * max(rates)
