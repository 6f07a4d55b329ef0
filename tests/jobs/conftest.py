"""A place for models that is the test's own, and an atlas without its slow maps."""

import numpy as np
import pytest


@pytest.fixture
def own_models(monkeypatch, tmp_path):
    """An empty models folder; maps are drawn without umap, which takes seconds to import and says nothing here."""
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(
        "galexplore.atlas.atlas.draw_map", lambda points, fitted, config: np.asarray(points[:, :2], np.float32)
    )
    return tmp_path / "models"
