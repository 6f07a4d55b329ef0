"""A place for models that is the test's own, and an atlas without its slow maps."""

from functools import partial

import numpy as np
import pytest

from galexplore.posterior.metrics import evaluate


@pytest.fixture
def own_models(monkeypatch, tmp_path):
    """An empty models folder; without umap and many bootstraps, which take seconds and say nothing here."""
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(
        "galexplore.atlas.atlas.draw_map", lambda points, fitted, config: np.asarray(points[:, :2], np.float32)
    )
    monkeypatch.setattr("galexplore.jobs.make_model.evaluate", partial(evaluate, resamples=3))
    return tmp_path / "models"
