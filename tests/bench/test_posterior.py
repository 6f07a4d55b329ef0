"""The joint posterior beside a flow: likelihoods in the same units, and times of all that is asked."""

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import galexplore as gx
from galexplore.bench import posterior
from galexplore.errors import InputError
from galexplore.network.fit_density import Fitting, Labelled
from galexplore.posterior.joint_metrics import score_joint

QUICK = Fitting(components=(1,), epochs=2, hidden=16)


@pytest.fixture(scope="module")
def few():
    """The shipped model's answers to some galaxies of each split."""
    explorer = gx.load()
    table = explorer.table[explorer.table["population"] == "ordinary"]
    parts = [
        table[table["split"] == split].head(n) for split, n in (("train", 900), ("validation", 200), ("test", 200))
    ]
    return SimpleNamespace(name="few", density=explorer.density, table=pd.concat(parts))


def test_likelihoods_are_those_of_evaluate_and_everything_asked_is_timed(few):
    measured = posterior.measure_posterior(few, 12, flow=False, fitting=QUICK)
    assert measured["n"] == 200 and set(measured["likelihoods"]) == {"shipped", "mixture of 1"}
    judged = few.table[few.table["split"] == "test"].reset_index(drop=True)
    own = score_joint(judged, few.density.infer(judged))["log_likelihood"]
    assert measured["likelihoods"]["shipped"]["test"] == pytest.approx(own)
    assert measured["likelihoods"]["mixture of 1"]["test"][0] < own[0], "two epochs are few"
    assert set(measured["speed"]) == set(posterior.ASKED)
    assert all(row["alone"] > 0 < row["together"] for row in measured["speed"].values())
    text = posterior.write_tables(measured)
    assert "| shipped |" in text and "Slowest: " in text and "| reweighted(flat) |" in text


def test_a_flow_learns_a_density_that_is_known():
    """Labels that scatter about a line as one Gaussian: no density has a higher likelihood than theirs."""
    pytest.importorskip("zuko")
    generator = np.random.default_rng(0)

    def draw(n):
        inputs = generator.normal(size=(n, 11))
        straight = inputs[:, :3] * [0.4, 0.5, 0.8] + generator.normal(size=(n, 3)) * [0.1, 0.2, 0.4] + [-1.5, 10, 0]
        values = np.column_stack([np.exp(straight[:, 0]), straight[:, 1:]])
        off = (straight - [-1.5, 10, 0] - inputs[:, :3] * [0.4, 0.5, 0.8]) / [0.1, 0.2, 0.4]
        best = -0.5 * (off**2).sum(axis=1) - np.log([0.1, 0.2, 0.4]).sum() - 1.5 * np.log(2 * np.pi) - straight[:, 0]
        return Labelled(inputs, values, np.full((n, 3), 0.01)), best

    (taught, _), (validation, _), (judged, best) = draw(6000), draw(1000), draw(2000)
    said = posterior.fit_flow(taught, validation, Fitting(epochs=12))(judged)
    assert said.shape == (2000,) and -0.2 < (said - best).mean() < 0.02


def test_without_zuko_a_sentence_says_what_to_do(few, monkeypatch):
    monkeypatch.setitem(sys.modules, "zuko", None)
    with pytest.raises(ImportError, match=r"pip install zuko; or leave it out with --no-flow"):
        posterior.measure_posterior(few, 10, fitting=QUICK)


def test_a_model_without_a_joint_posterior_is_refused(few):
    with pytest.raises(InputError, match="has no joint posterior"):
        posterior.measure_posterior(SimpleNamespace(name="few", density=None, table=few.table))
