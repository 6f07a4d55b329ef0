"""A place for models that is the test's own, and an atlas without its slow maps."""

from functools import partial

import numpy as np
import pytest

from galexplore.posterior.metrics import evaluate


def make_place(patch, folder):
    """Point at an empty models folder; without umap and many bootstraps, which take seconds and say nothing here."""
    patch.setenv("GALEXPLORE_MODELS", str(folder / "models"))
    patch.setattr(
        "galexplore.atlas.atlas.draw_map", lambda points, fitted, config: np.asarray(points[:, :2], np.float32)
    )
    patch.setattr("galexplore.jobs.make_model.evaluate", partial(evaluate, resamples=3))
    return folder / "models"


@pytest.fixture
def own_models(monkeypatch, tmp_path):
    """An empty models folder of the test's own."""
    return make_place(monkeypatch, tmp_path)
