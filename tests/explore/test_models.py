"""Models of one's own: which images they show, what is called simulated, and catalogues that do not fit."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from galexplore.errors import InputError
from galexplore.explore.bundle import make_bundle
from galexplore.explore.card import describe_recipe, list_limits
from galexplore.explore.link import AtlasState
from galexplore.explore.models import load
from galexplore.explore.neighbours import find_neighbours
from galexplore.explore.thumbnails import draw_thumbnails, find_image
from galexplore.jobs.publish import seal_folder
from galexplore.sources.mock import Store
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from galexplore.tables.contract import is_simulated
from tests.own_model import N, draw_own, make_own_model


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A model whose catalogue has ids, masses and a chi2 of its own; the last ten galaxies have no image."""
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path))
    make_own_model(tmp_path / "mine", kept=N - 10)
    return load("mine")


def test_a_model_of_ones_own_shows_its_own_images(own):
    frame, flux = draw_own()
    seen = own.images.get(frame["id"][:3])
    assert np.allclose(seen, flux[:3], atol=1e-2) and np.array_equal(find_image(own, "NGC0001"), seen[1])
    assert find_image(own, "NGC0059") is None and find_image(own, "nobody") is None
    pictures = draw_thumbnails(own, ["NGC0000", "NGC0059", "NGC0058"])
    assert pictures[0] != pictures[1] == pictures[2], "one placeholder for those without"
    with pytest.raises(InputError, match="No image of galaxy 'NGC0059'"):
        own.images.get(["NGC0059"])


def test_nothing_of_it_is_called_simulated(own):
    assert own.simulated is False
    assert "simulated" not in json.dumps([describe_recipe(own), list_limits(own)])
    assert b'"simulated": true' not in make_bundle(own, AtlasState(), [], None, "")
    assert own.table["population"].eq("ordinary").all(), "of which nothing is said is ordinary"


def test_columns_that_clash_are_set_aside(own):
    frame, _ = draw_own()
    assert np.allclose(own.table["chi2_catalogue"], frame["chi2"]) and np.allclose(own.table["chi2"], own.atlas.chi2)


def test_neighbours_say_which_value_is_a_label(own):
    near = find_neighbours(own, "NGC0000")
    assert list(near) == ["id", "distance", "z", "logmass", "logsfr", "population"]
    assert near["z"].isna().all() and near["logmass"].notna().all(), "what the catalogue does not know is not inferred"
    labels = own.table.set_index("id")["logmass"]
    assert np.allclose(near["logmass"], labels[near["id"]])


def test_a_catalogue_that_names_a_galaxy_twice_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path))
    frame, _ = draw_own()
    frame.loc[1, "id"] = frame.loc[0, "id"]
    make_own_model(tmp_path / "twice", frame=frame)
    with pytest.raises(InputError, match="'NGC0000' stands twice"):
        load("twice")


def test_a_catalogue_of_another_atlas_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path))
    make_own_model(tmp_path / "other", frame=draw_own()[0].iloc[1:])
    with pytest.raises(InputError, match="not the one of this atlas: it has no galaxy 'NGC0000'"):
        load("other")


def test_a_catalogue_given_by_its_path_brings_its_files(own, tmp_path):
    from tests.pages.driver import make_fits

    frame, flux = draw_own()
    (tmp_path / "mine" / "images.npz").unlink()
    seal_folder(tmp_path / "mine")
    assert "NGC0000" not in load("mine").images, "numbers are shown without images"
    (tmp_path / "stars").mkdir()
    (tmp_path / "stars" / "a.fits").write_bytes(make_fits(flux[0]))
    named = frame.assign(file=["stars/a.fits"] + [""] * (N - 1))
    catalogue.write(named, tmp_path / "mine.csv")
    assert "NGC0000" in load("mine", data=tmp_path / "mine.csv").images
    shutil.copy(tmp_path / "mine.csv", tmp_path / "mine" / "catalogue.csv")
    catalogue.write(named, tmp_path / "mine" / "catalogue.parquet")
    seal_folder(tmp_path / "mine")
    assert "NGC0000" not in load("mine").images, "a model's own table opens no files"


def test_the_embedded_model_is_simulated_and_drawn():
    explorer = load()
    assert explorer.simulated and isinstance(explorer.images, Store)
    assert (
        "**simulated** galaxies alone" in list_limits(explorer)[0]
        and "simulated galaxies" in describe_recipe(explorer)[0][1]
    )


@pytest.mark.parametrize(
    ("attrs", "columns", "expected"),
    [
        ({}, {}, False),
        ({"simulated": True}, {}, True),
        ({"simulated": False, "survey": '{"seed": 1}'}, {}, False),
        ({"survey": '{"n": 26000, "seed": 1, "depth": "default"}'}, {}, True),
        ({"survey": "DECaLS"}, {}, False),
        ({}, dict.fromkeys(["seed", "phi_true", "inclination", "re_arcsec", "oddity"], 0), True),
        ({}, {"seed": 1, "re_arcsec": 2.0}, False),
    ],
)
def test_the_catalogue_tells_what_is_simulated(attrs, columns, expected):
    frame = pd.DataFrame({"id": ["A"]} | {name: [value] for name, value in columns.items()})
    frame.attrs = attrs
    assert is_simulated(frame) is expected


def test_a_drawn_survey_says_that_it_is_simulated(tmp_path, monkeypatch):
    from galexplore.jobs import mock_survey

    table = pd.DataFrame({"id": ["M1"], "z": [0.1]})
    monkeypatch.setattr(mock_survey, "draw_block", lambda *_: table)
    mock_survey.build(1, 1, tmp_path / "c.parquet", DECALS)
    provenance = catalogue.read_provenance(tmp_path / "c.parquet")
    assert provenance["simulated"] is True and mock_survey.is_built(tmp_path / "c.parquet", 1, 1, "default")
    assert is_simulated(catalogue.read(tmp_path / "c.parquet"))
