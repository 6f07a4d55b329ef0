"""A joint posterior for a model that has been trained: what it takes, what it leaves alone, what it mends."""

import shutil

import numpy as np
import pytest

from galexplore.errors import InputError
from galexplore.explore.models import find_damage, load
from galexplore.files import hash_file
from galexplore.jobs import make_posterior
from galexplore.network.fit_density import Fitting, fit_density
from galexplore.places import SHIPPED
from galexplore.posterior.density import Density
from galexplore.posterior.joint import FILE, JointPosterior

QUICK = Fitting(components=(1,), epochs=2, hidden=8, batch=1024)


def nothing(*args, **kwargs):
    pass


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The shipped model as one of a person's own, without its joint posterior."""
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path))

    def quick(taught, validation, fitting, note):
        return fit_density(taught, validation, QUICK, note)

    monkeypatch.setattr(make_posterior, "fit_density", quick)
    shutil.copytree(SHIPPED / "default", tmp_path / "mine")
    return tmp_path / "mine"


def test_a_model_gets_one_and_stays_as_it_was_otherwise(own):
    before = load("mine")
    (own / FILE).write_bytes(b"damaged")  # what stands there is not asked
    assert "joint posterior" in find_damage("mine")
    said = make_posterior.refit_posterior("mine", nothing)
    after = load("mine")
    assert find_damage("mine") == "" and after.card["posterior"]["taught"] == said["taught"] > 15_000
    assert JointPosterior.to_dict(after.density.prior) == after.card["posterior"]["prior"]
    assert after.card["files"].keys() == before.card["files"].keys()
    for name in set(before.card["files"]) - {FILE}:
        assert after.card["files"][name] == before.card["files"][name]
    assert np.array_equal(after.atlas.latents, before.atlas.latents)
    assert after.posteriors.means.shape[1] == 1 != before.posteriors.means.shape[1]
    assert after.card["metrics"]["joint"]["n"] == 2612 and after.card["metrics"]["split"] == "validation"


def test_what_the_catalogue_lacks_is_taught_beside_it(tmp_path):
    """Without galaxies beyond z = 0.55 none is put there; with them beside the catalogue's, they are."""
    table = load("default").table.query("population == 'ordinary'")
    (tmp_path / "weights.safetensors").write_bytes(b"of a model")
    slow = Fitting(components=(1,), epochs=8, hidden=16, batch=1024)
    far = table["z"] > 0.55
    less, more = table[~far], table[far & (table["split"] == "train")]
    judged = table[far & (table["split"] == "test")]
    off, taught = [], []
    for beside in (None, more):
        said, _ = make_posterior.make_posterior(less, None, tmp_path, nothing, beside, slow)
        density = Density.load(tmp_path / FILE, hash_file(tmp_path / "weights.safetensors"))
        off.append(np.median(density.infer(judged).quantile(0.5, "redshift") - judged["z"].to_numpy()))
        taught.append(said["taught"])
    assert taught[1] - taught[0] == len(more)
    assert off[0] < -0.2 and abs(off[1]) < 0.1, off


def test_what_has_no_labels_enough_is_refused_and_left_whole(own, monkeypatch):
    monkeypatch.setattr(make_posterior, "LEAST", 10**6)
    before = (own / FILE).read_bytes()
    with pytest.raises(InputError, match="all three labels"):
        make_posterior.refit_posterior("mine", nothing)
    assert (own / FILE).read_bytes() == before and find_damage("mine") == ""


def test_a_model_that_is_not_ones_own_is_refused(own):
    with pytest.raises(InputError, match="no model 'other' of your own"):
        make_posterior.refit_posterior("other", nothing)
