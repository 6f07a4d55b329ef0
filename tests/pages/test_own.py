"""Every page of a model made from a person's own cutouts: its images, and no word of what it is not."""

import base64
import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.own_model import N, draw_own, make_own_model
from tests.pages.driver import check, go, list_images, words

PAGES = ("atlas", "galaxy", "traverse", "locate", "anomalies", "populations", "model")


@pytest.fixture
def own(app, tmp_path, monkeypatch) -> AppTest:
    """The app with an atlas of a person's own: no population, split, redshift or magnitude; some without images."""
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path))
    make_own_model(tmp_path / "mine", kept=N - 10)
    fresh = AppTest.from_file(app._script_path, default_timeout=60)
    fresh.query_params["atlas"] = "mine"
    fresh.run()
    check(fresh)
    return fresh


def everything(app) -> str:
    """All that a page says, its captions, titles and pictures' words among it."""
    parts = [words(app), *(b.label for b in app.get("link_button")), *(json.dumps(str(e.proto)) for e in app.main)]
    return "\n".join(parts).lower()


def test_the_embedded_atlas_is_called_simulated(app):
    """What the tests below look for would be seen."""
    for page in ("locate", "traverse", "model", "populations"):
        go(app, page)
        assert "simulated" in everything(app), page


@pytest.mark.parametrize("page", PAGES)
def test_no_page_calls_it_simulated_and_none_crashes(own, page):
    own.session_state["opened"] = "NGC0003"
    own.session_state["selection"] = [f"NGC{i:04d}" for i in range(8)]
    if page == "atlas":
        own.run()
        check(own)
    else:
        go(own, page)
    told = everything(own)
    assert "simulated" not in told and f"{N} galaxies" in told


def test_its_own_images_are_shown_and_what_has_none_says_so(own):
    own.session_state["opened"] = "NGC0003"
    own.run()
    check(own)
    shown = list_images(own)
    own.session_state["opened"] = f"NGC{N - 1:04d}"
    own.run()
    check(own)
    assert shown and list_images(own) != shown
    captions = str([e.proto for e in own.get("image")])
    assert "no image of this galaxy" in captions


def test_galleries_keep_their_form_where_images_are_missing(own):
    own.session_state["selection"] = ["NGC0001", f"NGC{N - 1:04d}", f"NGC{N - 2:04d}"]
    own.run()
    check(own)
    labels = {b.key: b.label for b in own.button if (b.key or "").startswith("pick-")}
    pictures = {k: base64.b64decode(re.search(r"base64,([^ ]+) ", v)[1]) for k, v in labels.items()}
    without = [pictures[f"pick-NGC{N - i:04d}"] for i in (1, 2)]
    assert without[0] == without[1] != pictures["pick-NGC0001"]


def test_a_sample_of_its_own_is_located_as_what_it_is(own):
    go(own, "locate")
    assert "Try a galaxy of the atlas" in words(own)
    own.button(key="try-ordinary").click().run()
    check(own)
    assert own.metric and "simulated" not in everything(own)


@pytest.mark.parametrize("simulated", [True, False])
def test_lists_of_the_sky_are_offered_of_what_lies_there_alone(app, monkeypatch, simulated):
    """A simulated galaxy's position is none to look at."""
    from pages._session import state

    monkeypatch.setattr(state.open_explorer(), "simulated", simulated)
    app.session_state["selection"] = state.open_explorer().table["id"].iloc[:3].tolist()
    app.run()
    check(app)
    labels = {b.label for b in app.get("download_button")}
    assert "CSV" in labels
    assert {"Legacy viewer", "DS9 regions"} & labels == (set() if simulated else {"Legacy viewer", "DS9 regions"})
    assert ("Legacy viewer" in words(app)) == (not simulated)


def test_the_ids_of_a_selection_are_not_looked_at_again(app):
    """What a rerun costs does not grow with the selection: only a new one is hashed."""
    from pages._session import state

    class Counted(list):
        looks = 0

        def __iter__(self):
            Counted.looks += 1
            return super().__iter__()

    ids = state.open_explorer().table["id"].iloc[:3000].tolist()
    app.session_state["selection"] = Counted(ids)
    go(app, "populations")
    first = Counted.looks
    app.run()
    check(app)
    assert first and Counted.looks == first


def test_what_its_catalogue_does_not_say_is_left_out(own):
    """Neither empty tables nor empty lists, and no kind where none is known."""
    own.session_state["selection"] = [f"NGC{i:04d}" for i in range(8)]
    own.session_state["aspect"] = "Compare with the rest"
    own.run()
    check(own)
    told = words(own)
    assert "These 8 compared with" in told and "Rare kinds" not in told and "UMAP of the latents. For" in told
    go(own, "locate")
    own.button(key="try-ordinary").click().run()
    check(own)
    assert "What it resembles" in words(own) and "of 50 neighbours" not in words(own)
    go(own, "model")
    told = words(own)
    assert "Too few labels are known" in told and "rare kinds" not in told


def test_a_model_without_any_label_shows_every_page(app, tmp_path, monkeypatch):
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path))
    make_own_model(tmp_path / "bare", frame=draw_own()[0][["id"]])
    fresh = AppTest.from_file(app._script_path, default_timeout=60)
    fresh.query_params["atlas"], fresh.query_params["object"] = "bare", "NGC0003"
    fresh.run()
    check(fresh)
    for page in PAGES[1:]:
        go(fresh, page)
    assert not fresh.get("plotly_chart"), "nothing to hold the inferred values against"


def test_a_damaged_model_says_so_and_leaves_the_others(app, tmp_path, monkeypatch):
    """Its page used to have no way back to another atlas."""
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path))
    for name in ("spoilt", "other"):
        make_own_model(tmp_path / name)
    (tmp_path / "spoilt" / "atlas.npz").write_bytes((tmp_path / "spoilt" / "weights.safetensors").read_bytes())
    fresh = AppTest.from_file(app._script_path, default_timeout=60)
    fresh.query_params["atlas"] = "spoilt"
    fresh.run()
    check(fresh)
    assert "atlas's arrays of 'spoilt'" in fresh.error[0].value and "train \\-\\-name spoilt" in fresh.error[0].value
    choice = fresh.selectbox(key="choose-atlas")
    assert choice.options == ["default", "other", "spoilt (damaged)"]
    choice.set_value("other").run()
    check(fresh)
    assert not fresh.error and f"{N} galaxies" in everything(fresh)


def test_a_damaged_image_is_said_where_it_was_asked_for(app, tmp_path, monkeypatch):
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path))
    make_own_model(tmp_path / "scarred")
    flux = draw_own()[1]
    path, image = tmp_path / "scarred" / "images.npz", flux[3].astype("<f2").tobytes()
    data = bytearray(path.read_bytes())
    data[data.index(image) + 5000] ^= 64
    path.write_bytes(data)
    fresh = AppTest.from_file(app._script_path, default_timeout=60)
    fresh.query_params |= {"atlas": "scarred", "object": "NGC0003"}
    fresh.run()
    check(fresh)
    assert any("are damaged \\(NGC0003\\)" in w.value for w in fresh.warning)
