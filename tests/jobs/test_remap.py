"""The map of a selection, drawn in the background."""

import sys

import numpy as np
import pytest

from galexplore.atlas.maps import draw_components
from galexplore.errors import InputError
from galexplore.jobs import remap as jobs_remap
from galexplore.jobs.remap import Remap


def make_groups(n=60):
    random = np.random.default_rng(2)
    return np.concatenate([random.normal(0, 1, (n, 4)), random.normal(9, 1, (n, 4))])


def test_a_selection_is_drawn_by_a_process_of_its_own(monkeypatch, tmp_path):
    """All but the drawing itself, which takes long: a stand-in for Python tells how far it is, and writes a map."""
    np.save(tmp_path / "map.npy", np.ones((120, 2), np.float32))
    stub = tmp_path / "python"
    stub.write_text(
        f'#!/bin/sh\ntest -s "$4" || exit 1\nprintf "Epochs:  7%%\\r 43%%" >&2\ncp {tmp_path}/map.npy "$5"\n'
    )
    stub.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stub))
    remap = Remap(make_groups())
    remap.thread.join(60)
    assert not remap.trouble and np.array_equal(remap.position, np.ones((120, 2))) and remap.share == 0.43


def test_a_process_draws_what_it_is_given(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(
        jobs_remap, "draw_map", lambda points, fitted, config, verbose: asked.append(fitted) or points[:, :2]
    )
    points = make_groups().astype(np.float32)
    np.savez(tmp_path / "points.npz", points=points, fitted=np.ones(120, bool))
    jobs_remap.main(str(tmp_path / "points.npz"), str(tmp_path / "map.npy"))
    assert np.array_equal(np.load(tmp_path / "map.npy"), points[:, :2]) and asked[0].all()


def test_a_process_that_ends_before_is_told(monkeypatch):
    monkeypatch.setattr(sys, "executable", "false-python-that-is-not-there")
    remap = Remap(make_groups())
    remap.thread.join(60)
    assert remap.position is None and "could not be computed" in remap.trouble


@pytest.mark.parametrize("n", [0, 29, 200_001])
def test_how_many_are_drawn_is_bounded(n):
    with pytest.raises(InputError, match="30 to 200,000"):
        Remap(np.zeros((n, 4), np.float32))


def test_principal_components_agree_with_the_covariance():
    points = make_groups() @ np.diag([3, 1, 0.5, 0.1])
    position, share = draw_components(points)
    values, axes = np.linalg.eigh(np.cov(points.T))
    assert share == pytest.approx(values[::-1][:2] / values.sum())
    for k in range(2):
        expected = (points - points.mean(axis=0)) @ axes[:, -1 - k]
        assert np.abs(position[:, k]) == pytest.approx(np.abs(expected), rel=1e-4, abs=1e-4)
    assert np.array_equal(position, draw_components(points)[0])
