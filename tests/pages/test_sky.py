"""Names and positions on Locate and in the search, held against a stand-in of the servers, and without a network."""

import time

import pytest
from streamlit.testing.v1 import AppTest

from galexplore.sources import transport
from pages._parts import known, location, position
from pages._parts.location import UNSEEN
from pages._parts.surroundings import write_page
from tests.pages.driver import check, go, list_images, list_numbers, words


@pytest.fixture
def sky(monkeypatch):
    """The app's own way to its stand-in."""
    monkeypatch.setenv("GALEXPLORE_OFFLINE", "0")
    monkeypatch.setenv("GALEXPLORE_DEMO_SKY", "1")
    return transport.open_session()


def ask(app, text):
    go(app, "locate")
    app.text_input(key="position").set_value(text).run()
    check(app)


def test_a_name_is_located_with_its_picture_and_says_that_it_is_a_demonstration(app, sky):
    ask(app, "NGC 4565")
    told = words(app)
    assert "NGC  4565" in told.replace("\\", "") and "RA 189.08658°" in told and "by Simbad" in told
    assert "a program on this machine replaces the survey servers" in told
    assert len(app.metric) == 5 and app.session_state["upload"]["simulated"]
    assert app.session_state["upload"]["sky"]["layer"] == "ls-dr11"
    assert "/media/" in "".join(list_images(app)) and not app.get("link_button"), "no links of what is simulated"
    audit = {c.check: c.detail for c in app.session_state["upload"]["location"].prepared.checks}
    assert "PSF" in audit["seeing"] and "removed" in audit["dust"]
    assert told.count("badge[simulated]") >= 3, "the atlas, the demonstration, and what it resembles"
    app.toggle(key="field-sky").set_value(True).run()
    check(app)
    assert "none of them is in this field" in words(app)
    app.button(key="forget").click().run()
    check(app)
    assert not list_numbers(app) and app.text_input(key="position").value == "NGC 4565", "not fetched again by itself"
    app.button(key="sky-again").click().run()
    check(app)
    assert len(app.metric) == 5


def test_words_and_numbers_are_sent_before_any_plot_and_a_browser_has_loaded_both(app, sky, monkeypatch):
    go(app, "locate")
    assert [m.label for m in app.metric] == [UNSEEN] and len(app.get("plotly_chart")) == 1
    sent = []
    for module, name in ((position, "show_place"), (known, "show_density"), (location, "show_audit")):
        do = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, name=name, do=do: sent.append(name) or do(*a))
    ask(app, "NGC 4565")
    assert sent == ["show_audit", "show_density", "show_place", "show_place"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("NGC 99999", "knows"),
        ("M 31", "BASS and MzLS"),
        ("M 17", "plane of our Galaxy"),
        ("ACO S 999", "only known to 36″"),
        ("400 95", "right ascension"),
    ],
)
def test_what_cannot_be_located_gets_one_sentence(app, sky, text, sentence):
    ask(app, text)
    assert len(app.error) == 1 and sentence in app.error[0].value.replace("\\", "") and not list_numbers(app)


def test_the_search_offers_the_sky(app, sky):
    app.text_input(key="object").set_value("NGC 4565").run()
    check(app)
    app.button(key="search-sky").click().run()
    check(app)
    assert len(app.metric) == 5 and app.session_state["upload"]["sky"]["place"].name == "NGC  4565"


def test_a_list_is_located_while_another_page_is_used(app, sky):
    go(app, "locate")
    app.text_area(key="sky-text").set_value("NGC 4565\nM 104\nM 31\n150.1 2.2").run()
    app.button(key="sky-start").click().run()
    check(app)
    go(app, "model")
    listed = app.session_state["sky_list"]
    listed.wait()
    go(app, "locate")
    assert listed.finished and "3 located, 1 not" in app.get("progress")[0].proto.text
    app.button(key="sky-show").click().run()
    check(app)
    assert "3 of 4 located" in words(app) and len(app.metric) == 5


def test_without_a_network_one_quiet_sentence_is_said(app):
    app.session_state["session"] = transport.Session(resolve=lambda host, port: time.sleep(20) or [])
    ask(app, "150.1 -0.5")
    assert "there seems to be no network" in words(app) and not len(app.error)
    assert "legacysurvey.org/viewer/fits-cutout" in app.get("link_button")[0].proto.url


def test_switched_off_nobody_is_asked_and_nothing_is_offered(app):
    ask(app, "NGC 4565")
    assert "switched off" in app.error[0].value and len(app.error) == 1
    app.text_input(key="object").set_value("NGC 4565").run()
    check(app)
    assert not [b for b in app.button if b.key == "search-sky"]


def test_a_list_is_found_again_by_a_server_that_was_started_anew(app, sky, tmp_path, monkeypatch):
    monkeypatch.setattr("pages._session.sky.cache_folder", lambda: tmp_path)
    go(app, "locate")
    app.text_area(key="sky-text").set_value("NGC 4565\nM 104").run()
    app.button(key="sky-start").click().run()
    check(app)
    app.session_state["sky_list"].wait()
    assert len(list((tmp_path / "lists").iterdir())) == 1
    fresh = AppTest.from_file(app._script_path, default_timeout=60)
    fresh.session_state["person"] = app.session_state["person"]
    fresh.run()
    go(fresh, "locate")
    assert "0 of 2 done" in fresh.get("progress")[0].proto.text
    fresh.button(key="sky-resume").click().run()
    fresh.session_state["sky_list"].wait()
    go(fresh, "locate")
    assert "2 of 2 done: 2 located" in fresh.get("progress")[0].proto.text
    fresh.button(key="sky-forget").click().run()
    check(fresh)
    assert not list((tmp_path / "lists").iterdir())


def test_the_page_about_a_place_loads_one_script_and_holds_numbers_alone():
    page = write_page(150.1, -2.2)
    assert "150.100000 -2.200000" in page and "cannot be loaded" in page and page.count("https://") == 1
    with pytest.raises(ValueError):
        write_page("</script>", 0.0)


def show_in_field():
    import pandas as pd

    from galexplore.survey import DECALS
    from pages._parts.surroundings import show_field

    class Real:
        survey, simulated = DECALS, False
        table = pd.DataFrame({"id": ["itself", "near", "far"], "ra": [150.1, 150.1, 150.1], "dec": [2.2, 2.21, 2.3]})

    show_field(Real(), 150.1, 2.2, "x")


def test_the_field_names_galaxies_of_a_real_atlas_that_lie_in_it(session):
    shown = AppTest.from_function(show_in_field)
    shown.session_state["session"] = session
    shown.run()
    assert not shown.get("image")
    shown.toggle[0].set_value(True).run()
    assert not shown.exception and len(shown.get("image")) == 1
    assert (
        "Galaxies of the atlas in this field: near (36" in words(shown)
        and "far" not in words(shown)
        and "itself" not in words(shown)
    )


def show_about():
    from pages._parts.surroundings import show_surroundings

    show_surroundings(150.1, -2.2, "x")


def test_surroundings_are_loaded_on_a_click_and_offered_to_nobody_offline():
    shown = AppTest.from_function(show_about)
    shown.session_state["session"] = transport.Session(resolve=lambda host, port: [])
    shown.run()
    assert not shown.get("iframe") and len(shown.toggle) == 1
    shown.toggle[0].set_value(True).run()
    assert not shown.exception and len(shown.get("iframe")) == 1
    for session in (transport.Session(off=True), transport.Session(stand_in="http://127.0.0.1:9")):
        shown = AppTest.from_function(show_about)
        shown.session_state["session"] = session
        shown.run()
        assert not shown.exception and not len(shown.toggle)


def show_samp():
    import pandas as pd
    import streamlit as st

    from pages._parts.samp import offer_located, offer_position, take_samp

    st.session_state.taken = take_samp()
    offer_position(150.1, -2.2, "here")
    offer_located(pd.DataFrame({"id": ["a"], "ra": [150.1], "dec": [-2.2]}), "default")


def test_samp_is_offered_at_this_machine_alone_and_says_where_no_hub_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'none').as_uri()}")
    monkeypatch.delenv("GALEXPLORE_SAMP", raising=False)
    shown = AppTest.from_function(show_samp).run()
    assert not len(shown.button)
    monkeypatch.setenv("GALEXPLORE_SAMP", "1")
    shown = AppTest.from_function(show_samp).run()
    for key in ("samp-take", "samp-point-here", "samp-send-located"):
        shown.button(key=key).click().run()
        assert not shown.exception and "No SAMP hub runs" in words(shown)
