"""Every page of a model of which one label was known of no galaxy."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.jobs.conftest import make_place
from tests.jobs.tiny import train_own, write_own
from tests.pages.driver import check, go, words

PAGES = ("atlas", "galaxy", "traverse", "locate", "anomalies", "populations", "model")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A models folder with a model that no star-formation rate taught."""
    folder = tmp_path_factory.mktemp("untaught")
    with pytest.MonkeyPatch.context() as patch:
        models = make_place(patch, folder)
        train_own("untaught", write_own(folder, lambda frame: frame.drop(columns=["logsfr", "logsfr_err"]))[0])
    return models


@pytest.fixture
def untaught(app, place, monkeypatch) -> AppTest:
    """The app with that model."""
    monkeypatch.setenv("GALEXPLORE_MODELS", str(place))
    fresh = AppTest.from_file(app._script_path, default_timeout=60)
    fresh.query_params["atlas"] = "untaught"
    fresh.session_state["opened"] = "own-3"
    return fresh.run()


@pytest.mark.parametrize("page", PAGES)
def test_no_page_breaks(untaught, page):
    if page != "atlas":
        go(untaught, page)
    check(untaught)


def test_it_has_no_slider_and_no_scores(untaught):
    go(untaught, "traverse")
    assert {s.key for s in untaught.slider} >= {"slide-redshift", "slide-logmass"}
    assert "slide-logsfr" not in {s.key for s in untaught.slider}
    go(untaught, "model")
    scores = next(m.value for m in untaught.markdown if "R² = 1" in m.value)
    assert "stellar mass" in scores and "star-formation" not in scores
    assert "Not trained" in words(untaught)


def test_its_odd_galaxies_are_shown_in_groups(untaught):
    go(untaught, "anomalies")
    untaught.button_group(key="odd-view").set_value("groups").run()
    check(untaught)
    rows = [b for b in untaught.button if (b.key or "").startswith("group-")]
    assert rows and rows[0].label.startswith("**")
    rows[0].click().run()
    check(untaught)
    assert untaught.button(key="all-group-5")
