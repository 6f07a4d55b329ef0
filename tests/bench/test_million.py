"""The synthetic atlas by which the app's speed at a million galaxies is measured; here, a small one."""

import numpy as np
import pytest

from galexplore.bench.million import NAME, make_million
from galexplore.explore.models import load
from galexplore.places import ROOT

pytestmark = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    folder, patch = tmp_path_factory.mktemp("models"), pytest.MonkeyPatch()
    make_million(folder / NAME, 30_000)
    patch.setenv("GALEXPLORE_MODELS", str(folder))
    yield load(NAME)
    patch.undo()


def test_it_opens_as_any_other_atlas_does(many):
    assert len(many.table) == 30_000 and many.table["id"].is_unique
    assert many.images.get(many.table["id"].iloc[[29_999]]).shape == (1, 3, 69, 69)
    assert many.list_posteriors(np.array([29_999])).weights.shape[0] == 1, "a card has all that it has elsewhere"
    assert np.isfinite(many.table[["lat_redshift", "umap_x", "feature_x", "gap", "mag_aperture"]]).all(axis=None)


def test_sorting_by_rarity_is_sorting(many):
    rows = np.random.default_rng(0).choice(len(many.table), 500, replace=False)
    rarity = many.table["distance2"].to_numpy()
    assert np.array_equal(rarity[many.ranking.sort_rows(rows)], np.sort(rarity[rows])[::-1])
    assert not len(many.ranking.sort_rows(np.array([], int)))
