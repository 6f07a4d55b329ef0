"""A survey of five bands, other pixels and another grid: a model made of files of it, and every page that shows it."""

import json

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from galexplore.explore.models import load
from galexplore.jobs.make_model import train_model
from galexplore.latents import LATENTS
from galexplore.network.recipes import Training
from galexplore.tables import catalogue
from tests.jobs.tiny import TINY, nothing
from tests.pages.driver import APP, check, go, list_images, upload, words
from tests.survey.five import FIVE, as_fits, draw_disc

N = 48
PAGES = ("atlas", "galaxy", "traverse", "locate", "anomalies", "populations", "model")


def write_survey(folder) -> None:
    """Write a catalogue that names a five-band FITS file for each galaxy; the brighter ones are more massive."""
    generator = np.random.default_rng(5)
    frame = pd.DataFrame({"id": [f"five-{i:02d}" for i in range(N)], "ra": np.linspace(10, 20, N), "dec": 1.0})
    frame["z"], frame["logmass"] = generator.uniform(0.02, 0.4, N), np.linspace(9, 11, N)
    frame["logsfr"], frame["phi"] = generator.normal(0, 0.5, N), generator.uniform(0, np.pi, N)
    for column in ("z", "logmass", "logsfr", "phi"):
        frame[f"{column}_err"] = 0.05
    frame["split"] = np.resize(["train", "train", "validation", "calibration"], N)
    frame["file"] = frame["id"] + ".fits"
    for i, name in enumerate(frame["file"]):
        (folder / name).write_bytes(as_fits((0.5 + i / N) * draw_disc(120, seed=i), "ugriz"))
    catalogue.write(frame, folder / "catalogue.parquet")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder of models with `five` in it, trained for a moment on files of the survey."""
    folder, data = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("five")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GALEXPLORE_MODELS", str(folder))
        write_survey(data)
        train_model("five", data / "catalogue.parquet", Training(epochs=1, batch=16), nothing, FIVE, TINY)
    for path in data.iterdir():
        path.unlink()  # the model keeps what it shows
    return folder


@pytest.fixture
def five(app, models, monkeypatch) -> AppTest:
    """The app with the atlas of five bands."""
    monkeypatch.setenv("GALEXPLORE_MODELS", str(models))
    fresh = AppTest.from_file(str(APP), default_timeout=60)
    fresh.query_params["atlas"] = "five"
    fresh.run()
    check(fresh)
    return fresh


def test_its_card_says_which_survey_and_its_images_have_five_bands(models, monkeypatch):
    monkeypatch.setenv("GALEXPLORE_MODELS", str(models))
    explorer = load("five")
    assert explorer.survey == FIVE and explorer.card["survey"] == FIVE.to_dict() and not explorer.simulated
    flux = explorer.images.get(["five-07"])
    assert flux.shape == (1, *FIVE.shape) and explorer.decode(np.zeros((2, 5))).shape == (2, *FIVE.shape)
    row = explorer.table.set_index("id").loc["five-07"]
    light = 80.0 * (0.5 + 7 / N)  # in i, the band of reference, nearly all of it within the aperture
    assert row["mag_aperture"] == pytest.approx(22.5 - 2.5 * np.log10(light), abs=0.1)


def test_a_cutout_of_it_is_located_and_explained(models, monkeypatch):
    monkeypatch.setenv("GALEXPLORE_MODELS", str(models))
    from galexplore.cutouts.readers import read

    explorer = load("five")
    location = explorer.locate(read(as_fits(draw_disc(120, seed=99), "ugriz"), survey=explorer.survey))
    assert location.prepared.flux.shape == FIVE.shape
    answer = json.loads(json.dumps(location.to_dict(), allow_nan=False))
    assert set(answer["latents"]) == set(LATENTS) and len(answer["neighbours"]) == 8
    total = sum(answer["anomaly"]["contributions"].values())
    assert total == pytest.approx(answer["anomaly"]["distance2"], rel=1e-6)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_it(five, page):
    five.session_state["opened"], five.session_state["selection"] = "five-03", [f"five-{i:02d}" for i in range(9)]
    five.run() if page == "atlas" else go(five, page)
    check(five)
    said = words(five)
    assert f"{FIVE.name} · {N} galaxies" in said and "DECaLS" not in said and "33.5″" not in said
    assert "simulated" not in said.lower()


def test_an_upload_is_located_by_its_five_bands(five):
    upload(five, "mine.fits", as_fits(draw_disc(120, seed=77), "ugriz"))
    assert any(m.label == "Redshift" for m in five.metric) and len(list_images(five)) >= 4
    said = words(five)
    assert "48 × 48 pixels" in said and "20.0″" in said


def test_three_bands_of_it_are_refused_by_name(five):
    upload(five, "mine.fits", as_fits(draw_disc(120)[1:4], "gri"))
    assert "u and z not found" in words(five)


def test_a_slider_moves_what_is_decoded(five, models):
    go(five, "traverse")
    slider = next(s for s in five.slider if s.key == "slide-logmass")
    low, high = slider.min, slider.max
    slider.set_value(high - slider.step).run()
    check(five)
    assert "20.0″ wide" in "".join(str(image.proto) for image in five.get("image")) or "20.0″" in words(five)
    rows = np.array([[0.3, 0.2, mass, 0.0, 0.0] for mass in (low, high)])
    faint, bright = load("five").decode(rows)
    assert np.isfinite(bright).all() and not np.array_equal(faint, bright)


def test_its_odd_galaxies_are_shown_in_groups(five):
    go(five, "anomalies")
    five.button_group(key="odd-view").set_value("groups").run()
    check(five)
    rows = [b for b in five.button if (b.key or "").startswith("group-")]
    assert rows and rows[0].label.startswith("**")
    rows[0].click().run()
    check(five)
    assert five.button(key="all-group-5")
