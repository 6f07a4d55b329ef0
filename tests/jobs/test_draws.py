"""Extra training galaxies: drawn once, kept, in no split of the catalogue; and how samples are put together."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from galexplore.jobs import draws, gather, make_model
from galexplore.latents import MEANS, SIGMAS
from galexplore.network.recipes import Training
from galexplore.places import ROOT
from galexplore.survey import DECALS
from galexplore.tables import catalogue

FRAME = catalogue.read(ROOT / "data" / "catalogue.parquet")


ASK = Training(extra=4, alone=True)


def nothing(*at):
    pass


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """The mock's draw replaced by a few rows of the catalogue; every draw is counted."""
    asked = []

    def draw(n, seed, survey, progress):
        asked.append((n, seed))
        return FRAME[FRAME["population"] == "ordinary"].iloc[:n].reset_index(drop=True)

    monkeypatch.setenv("GALEXPLORE_CACHE", str(tmp_path))
    monkeypatch.setattr(draws.mock, "draw_training", draw)
    return asked


def test_they_are_drawn_once_and_belong_to_no_split(drawn):
    frame, flux = draws.draw_training_galaxies(4, 5, DECALS, nothing)
    again, same = draws.draw_training_galaxies(4, 5, DECALS, nothing)
    assert drawn == [(4, 5)]
    assert np.array_equal(flux, same) and frame["id"].tolist() == again["id"].tolist()
    assert set(frame["split"]) == {"extra"}
    assert not set(frame["id"]) & set(FRAME["id"])
    assert flux.shape == (4, 3, 69, 69) and np.isfinite(flux).all()
    draws.draw_training_galaxies(4, 6, DECALS, nothing)
    assert drawn[-1] == (4, 6)


def test_without_the_mocks_libraries_one_sentence_says_what_to_do(drawn, monkeypatch):
    def draw(n, seed, survey, progress):
        raise ImportError("The light of simulated galaxies needs bagpipes")

    monkeypatch.setattr(draws.mock, "draw_training", draw)
    with pytest.raises(ImportError, match="--extra 0"):
        draws.draw_training_galaxies(4, 5, DECALS, nothing)


def test_they_join_the_training_split_and_no_other(drawn):
    frame = FRAME[FRAME["population"] == "ordinary"].iloc[:30].reset_index(drop=True)
    flux = np.zeros((30, 3, 69, 69), np.float16)
    taught, images = gather.gather_taught(frame, flux, Training(extra=4), DECALS, nothing)
    own = int((frame["split"] == "train").sum())
    assert len(taught) == len(images) == own + 4
    sample, validation = gather.gather_samples(frame, flux, taught, images, DECALS, torch.device("cpu"))
    assert len(sample) == own + 4 and len(validation) == (frame["split"] == "validation").sum()
    alone, _ = gather.gather_taught(frame, flux, Training(extra=0), DECALS, nothing)
    assert len(alone) == own


def test_calibrators_are_drawn_as_the_catalogue_and_join_the_calibration_split(drawn, monkeypatch, tmp_path):
    def draw(n, seed, block, survey, last, progress):
        assert not last, "no rare kinds among them"
        return FRAME[FRAME["population"] == "ordinary"].iloc[:n].reset_index(drop=True)

    monkeypatch.setattr(draws.mock, "draw_block", draw)
    recipe = Training(extra=4, calibrators=3, seed=4)
    own, bare = gather.settle_recipe(tmp_path / "mine.parquet", recipe), Training(extra=0)
    assert gather.gather_calibrators(own, DECALS, nothing) is None, "another survey's intervals"
    assert gather.gather_calibrators(gather.settle_recipe(gather.DATA, bare), DECALS, nothing) is None
    assert gather.settle_recipe(gather.DATA, recipe) == recipe
    more = gather.gather_calibrators(recipe, DECALS, nothing)
    assert more[0]["id"].tolist() == ["C000001", "C000002", "C000003"] and set(more[0]["split"]) == {"calibration"}

    class Seen(Exception):
        pass

    class Blind:
        survey = DECALS

        def embed(self, flux, observed, progress):
            return pd.DataFrame(0.0, index=range(len(flux)), columns=[*MEANS, *SIGMAS, "chi2", "mag_aperture"])

        def read(self, flux, observed, progress):
            return self.embed(flux, observed, progress), np.zeros((len(flux), 4))

    def see(table):
        raise Seen(table["id"].tolist())

    monkeypatch.setattr(make_model, "calibrate", see)
    frame = FRAME[FRAME["population"] == "ordinary"].iloc[:90].reset_index(drop=True)
    with pytest.raises(Seen) as seen:
        make_model.finish(frame, Blind(), np.zeros((90, 3, 69, 69)), tmp_path, nothing, more)
    own = frame["id"][frame["split"] == "calibration"].tolist()
    assert own and seen.value.args[0] == own + more[0]["id"].tolist()


def test_what_is_taught_is_drawn_alone_where_the_recipe_asks_for_it_and_it_is_simulated(drawn):
    frame = FRAME[FRAME["population"] == "ordinary"].iloc[:30].reset_index(drop=True)
    taught, images = gather.gather_taught(frame, np.zeros((30, 3, 69, 69), np.float16), ASK, DECALS, nothing)
    alone = gather.draw_alone(taught, ASK, DECALS, nothing)
    sample, validation = gather.gather_samples(frame, images, taught, images, DECALS, torch.device("cpu"), alone)
    assert np.array_equal(sample.targets(torch.arange(len(taught))).numpy(), alone.astype(np.float32))
    assert validation.targets(torch.arange(2)) is None and np.isfinite(alone).all() and alone.max() > 0
    assert gather.draw_alone(taught, replace(ASK, alone=False), DECALS, nothing) is None
    assert gather.draw_alone(taught[["id", "z"]], ASK, DECALS, nothing) is None, "masked instead"
