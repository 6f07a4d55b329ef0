"""What outlasts a reload, a step back, a change of mind: sliders, uploads and selections."""

import secrets

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from galexplore.errors import InputError
from galexplore.places import ROOT
from pages._session import kept
from pages._session.kept import FOREIGN, GONE, KeptUploads, make_token, measure
from tests.pages.driver import APP, check, go, list_numbers, make_fits, make_galaxy, upload, words

with_model = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)
pytestmark = pytest.mark.usefixtures("navigation")
ANNA, BERT = secrets.token_hex(16), secrets.token_hex(16)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def open_page(page: str, person: str = ANNA, **params: str) -> AppTest:
    """Open a link to a page in a fresh session of a person's browser."""
    fresh = AppTest.from_file(str(APP), default_timeout=200)
    fresh.session_state["person"] = person
    for name, value in params.items():
        fresh.query_params[name] = value
    return go(fresh, page)


def read_sliders(app: AppTest) -> dict[str, float]:
    return {slider.key: slider.value for slider in app.slider}


# Uploads, without a page ------------------------------------------------------------------------------------------


def test_an_upload_is_kept_for_an_hour_after_it_was_last_shown():
    clock = Clock()
    store, token, mine = KeptUploads(clock), make_token(), {"verdicts": [np.ones(3)]}
    assert store.keep(token, ANNA, mine)
    clock.now = 3599
    assert store.recall(token, ANNA) is mine
    assert store.keep(token, ANNA, mine)
    clock.now = 2 * 3599
    assert store.recall(token, ANNA) is mine
    clock.now = 3599 + 3600
    with pytest.raises(InputError, match="has expired"):
        store.recall(token, ANNA)


def test_an_upload_opens_for_its_own_person_alone():
    store, token = KeptUploads(), make_token()
    store.keep(token, ANNA, {})
    with pytest.raises(InputError, match="another browser"):
        store.recall(token, BERT)
    with pytest.raises(InputError, match="has expired"):
        store.recall(token[:-1], ANNA)
    store.forget(token)
    with pytest.raises(InputError, match="has expired"):
        store.recall(token, ANNA)


def test_tokens_are_not_guessed():
    tokens = {make_token() for _ in range(1000)}
    assert len(tokens) == 1000 and min(map(len, tokens)) >= 32  # 6 bits a character


def test_uploads_are_bounded_in_number_and_size(monkeypatch):
    store, small = KeptUploads(), {"verdicts": [np.zeros(1000, np.uint8)]}
    own = [str(i) for i in range(kept.MOST_OF_ONE + 2)]
    store.keep("other", BERT, small)
    for token in own:
        store.keep(token, ANNA, small)
    for token in own[:2]:
        with pytest.raises(InputError):
            store.recall(token, ANNA)
    assert store.recall(own[2], ANNA) is small and store.recall("other", BERT) is small
    monkeypatch.setattr(kept, "LARGEST", 999)
    assert not store.keep(own[2], ANNA, small), "too large by itself"
    monkeypatch.setattr(kept, "LARGEST", 2000)
    monkeypatch.setattr(kept, "LARGEST_OF_ALL", 2500)
    store.keep("last", "somebody else", small)
    for token, person in (("other", BERT), (own[3], ANNA)):  # those longest unseen made room
        with pytest.raises(InputError):
            store.recall(token, person)
    assert store.recall(own[-1], ANNA) and store.recall("last", "somebody else")


def test_what_an_upload_takes_is_measured():
    table = pd.DataFrame({"x": np.zeros(1000)})
    assert measure({"verdicts": [np.zeros((3, 100)), b"12345", "é"]}) == 2400 + 5 + 1
    assert 8000 <= measure({"alone": {1: (table,)}}) < 9000
    assert measure(None) == measure(3.0) == 0


# On the pages -----------------------------------------------------------------------------------------------------


def list_warnings(app):
    return [warning.value.replace("\\", "") for warning in app.warning]


@with_model
def test_a_reload_of_locate_keeps_the_upload():
    app = open_page("locate")
    assert "upload" not in app.session_state["carried"]
    upload(app, "mine.fits", make_fits(make_galaxy()))
    before, carried = [m.value for m in list_numbers(app)], dict(app.session_state["carried"])
    assert len(before) == 5 and len(carried["upload"]) >= 32
    again = open_page("locate", **carried)
    assert [m.value for m in list_numbers(again)] == before and "### mine.fits" in words(again).replace("\\", "")
    assert again.session_state["carried"] == carried and not {FOREIGN, GONE} & set(list_warnings(again))
    other = open_page("locate", person=BERT, **carried)
    assert not list_numbers(other) and list_warnings(other) == [FOREIGN]
    assert not other.session_state["carried"]
    again.button(key="forget").click().run()
    check(again)
    assert not again.session_state["carried"]
    late = open_page("locate", **carried)
    assert not list_numbers(late) and list_warnings(late) == [GONE]


@with_model
def test_an_upload_that_is_too_large_to_be_kept_is_shown_and_said(monkeypatch):
    monkeypatch.setattr(kept, "LARGEST", 1000)
    app = upload(open_page("locate"), "mine.fits", make_fits(make_galaxy()))
    assert len(list_numbers(app)) == 5 and any("too large to be kept" in said for said in list_warnings(app))
    assert not app.session_state["carried"]
    app.run()
    assert not any("too large" in said for said in list_warnings(app)), "said once"


@with_model
def test_a_reload_of_traverse_keeps_where_it_started_and_its_sliders(explorer):
    app = open_page("traverse")
    assert not app.session_state["carried"], "a typical galaxy, as it is"
    app.slider(key="slide-redshift").set_value(0.5).run()
    app.slider(key="slide-phi").set_value(30.0).run()
    stand = read_sliders(app)
    again = open_page("traverse", **app.session_state["carried"])
    assert read_sliders(again) == pytest.approx(stand) and "a typical galaxy" in words(again)

    name = explorer.table["id"].iloc[20]
    app.session_state["opened"] = name
    app.run()
    app.button(key="from-opened").click().run()
    app.slider(key="slide-logsfr").set_value(-0.5).run()
    check(app)
    carried, stand = dict(app.session_state["carried"]), read_sliders(app)
    assert carried["from"] == name and name in app.query_params.get("object", name)
    again = open_page("traverse", data=explorer.catalogue, **carried)
    assert read_sliders(again) == pytest.approx(stand) and f"Started from **{name}**" in words(again)
    again.button(key="reset").click().run()
    assert "at" not in again.session_state["carried"]
    elsewhere = open_page("traverse", data="c0ffee00", **carried)
    assert "a typical galaxy" in words(elsewhere), "another catalogue's galaxies are others"
    assert f"“{name}” ignored" in elsewhere.warning[0].value


@with_model
def test_traverse_from_an_upload_outlasts_a_reload_too():
    app = upload(open_page("locate"), "mine.fits", make_fits(make_galaxy()))
    go(app, "traverse")
    app.button(key="from-upload").click().run()
    app.slider(key="slide-logmass").set_value(9.6).run()
    check(app)
    carried, stand = dict(app.session_state["carried"]), read_sliders(app)
    again = open_page("traverse", **carried)
    assert read_sliders(again) == pytest.approx(stand) and "Started from **your upload**" in words(again)
    other = open_page("traverse", person=BERT, **carried)
    assert "a typical galaxy" in words(other) and "another browser" in other.warning[0].value
    assert read_sliders(other) == pytest.approx(stand)


@with_model
@pytest.mark.parametrize("at", ["1,2", "a,b,<b>,d,e", "nan,0,10,0,0", "," * 150])
def test_sliders_that_cannot_be_read_are_left_out_with_a_sentence(at):
    app = open_page("traverse", at=at)
    assert "not valid here: at" in app.warning[0].value.replace("\\", "") and not app.session_state["carried"]


@with_model
def test_sliders_beyond_their_ends_stop_there():
    app = open_page("traverse", at="500,99,99,-99,1")
    ends = {slider.key: (slider.min, slider.max) for slider in app.slider}
    stand = read_sliders(app)
    assert stand["slide-redshift"] == ends["slide-redshift"][1] and stand["slide-logsfr"] == ends["slide-logsfr"][0]


@with_model
def test_a_selection_is_undone_and_done_again(explorer):
    app = open_page("atlas")
    ids = explorer.table["id"]

    def draw(low, high):
        box = {"x": [low, high], "y": [8, 12]}
        app.session_state[f"latents-{app.session_state['epoch']}"] = {"selection": {"points": [], "box": [box]}}
        app.run()
        check(app)
        inside = explorer.table["lat_redshift"].between(low, high) & explorer.table["lat_logmass"].between(8, 12)
        assert app.session_state["selection"] == ids[inside].tolist()
        return app.session_state["selection"]

    assert "undo-selection" not in [b.key for b in app.button]
    first, second = draw(0.1, 0.2), draw(0.3, 0.5)
    shapes = [len(c.proto.spec.split('"shapes"')) for c in app.get("plotly_chart")]
    app.button(key="undo-selection").click().run()
    check(app)
    assert app.session_state["selection"] == first and "**" + f"{len(first):,}" + "** selected" in words(app)
    assert [len(c.proto.spec.split('"shapes"')) for c in app.get("plotly_chart")] == shapes, "drawn as it was"
    app.button(key="undo-selection").click().run()
    assert app.session_state["selection"] == [] and app.button(key="undo-selection").disabled
    app.button(key="redo-selection").click().run()
    app.button(key="redo-selection").click().run()
    assert app.session_state["selection"] == second and app.button(key="redo-selection").disabled
    app.button(key="clear").click().run()
    app.button(key="undo-selection").click().run()
    assert app.session_state["selection"] == second, "what was cleared comes back"
    third = draw(0.6, 0.7)
    app.button(key="undo-selection").click().run()
    assert app.session_state["selection"] == second and third != second


@with_model
def test_what_passes_the_filter_is_selected_without_a_pointer(explorer):
    app = open_page("atlas", filter="lat_redshift:0.3~0.4")
    app.button(key="filter-select").click().run()
    check(app)
    passing = explorer.table["id"][explorer.table["lat_redshift"].between(0.3, 0.4)].tolist()
    assert passing and app.session_state["selection"] == passing
