"""A redshift that a person knows, typed on Locate: what is shown holds for it, until it is taken back."""

import pytest

from galexplore.latents import TITLES
from tests.pages.driver import check, go, make_fits, make_galaxy, upload, words


def read_metric(app, label):
    return next(m.value for m in app.metric if m.label == label)


def test_a_known_redshift_changes_the_mass_and_may_be_taken_back(app):
    upload(app, "mine.fits", make_fits(make_galaxy()))
    alone = read_metric(app, TITLES["logmass"]), read_metric(app, TITLES["redshift"])
    assert "log sSFR" in words(app) and "from what the image says" not in words(app)
    app.number_input[0].set_value(0.05).run()
    check(app)
    assert read_metric(app, TITLES["redshift"]) == "0.05, known" and read_metric(app, TITLES["logmass"]) != alone[0]
    assert "from what the image says" in words(app)
    assert app.session_state["upload"]["location"].given.redshift == 0.05
    app.number_input[1].set_value(0.01).run()
    check(app)
    assert app.session_state["upload"]["location"].given.error == pytest.approx(0.01)
    go(app, "atlas")
    go(app, "locate")
    assert app.session_state["upload"]["location"].given.redshift == 0.05, "it outlives its page"
    app.number_input[0].set_value(None).run()
    check(app)
    assert (read_metric(app, TITLES["logmass"]), read_metric(app, TITLES["redshift"])) == alone
