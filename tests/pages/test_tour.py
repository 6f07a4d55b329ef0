"""The guided tour: offered, never in the way, six steps over four pages, left at any of them."""

import pytest

from galexplore.places import ROOT
from pages._parts.tour import STEPS
from tests.pages.driver import check, go, words

pytestmark = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)


def test_six_steps_lead_over_the_pages_and_back(app):
    app.run()
    assert "Take the tour" in words(app) and "1 of 6" not in words(app), "it is offered and does not start by itself"
    app.button(key="tour-start").click().run()
    for at, step in enumerate(STEPS):
        check(app)
        assert f"**{at + 1} of 6 · {step.title}.**" in words(app)
        assert (app.session_state["url"] or "atlas") == step.page
        if at + 1 < len(STEPS):
            app.button(key="tour-next").click().run()
    app.button(key="tour-back").click().run()
    assert "5 of 6" in words(app) and app.session_state["url"] == "locate"
    app.button(key="tour-end").click().run()
    check(app)
    assert " of 6 ·" not in words(app)


def test_it_may_be_left_and_is_remembered(app):
    app.run()
    app.button(key="tour-start").click().run()
    go(app, "model")
    assert "1 of 6" in words(app), "it waits while a person looks elsewhere"
    app.button(key="tour-end").click().run()
    assert " of 6 ·" not in words(app)
    assert any("galexplore_tour=seen" in e.proto.body for e in app.get("html")), "the browser is told to keep it"


def test_every_step_frames_something_that_is_there():
    pages = "\n".join(p.read_text() for p in (ROOT / "pages").glob("**/*.py"))
    for step in STEPS:
        assert f'key="{step.framed}"' in pages, step
