"""Names and positions on Locate and in the search, held against a stand-in of the servers, and without a network."""

import time

import pytest

from galexplore.sources import transport
from tests.pages.driver import check, go, list_images, words


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
    assert "stand\\-in on this machine" in told or "stand-in on this machine" in told
    assert len(app.metric) == 5 and app.session_state["upload"]["simulated"]
    assert app.session_state["upload"]["sky"]["layer"] == "ls-dr11"
    assert "/media/" in "".join(list_images(app)) and not app.get("link_button"), "no links of what is simulated"
    audit = {c.check: c.detail for c in app.session_state["upload"]["location"].prepared.checks}
    assert "PSF" in audit["seeing"] and "removed" in audit["dust"]
    app.button(key="forget").click().run()
    check(app)
    assert not len(app.metric) and app.text_input(key="position").value == "NGC 4565", "not fetched again by itself"
    app.button(key="sky-again").click().run()
    check(app)
    assert len(app.metric) == 5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("NGC 99999", "knows"),
        ("M 31", "BASS and MzLS"),
        ("M 17", "plane of our Galaxy"),
        ("ACO S 999", "known to 36″ only"),
        ("400 95", "right ascension"),
    ],
)
def test_what_cannot_be_located_gets_one_sentence(app, sky, text, sentence):
    ask(app, text)
    assert len(app.error) == 1 and sentence in app.error[0].value.replace("\\", "") and not len(app.metric)


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
