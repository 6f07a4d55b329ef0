"""A redshift that a person knows, typed on Locate: what is shown holds for it, until it is taken back."""

import base64
import json

import numpy as np
import pytest

from galexplore.latents import TITLES
from tests.pages.driver import check, go, make_fits, make_galaxy, upload, words


def decode(array):
    """Numbers of a trace, as plotly sends them."""
    return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"])


def find_star(app, key):
    """Where the upload stands on a plot of the atlas."""
    spec = next(c for c in app.get("plotly_chart") if c.key == key).proto.spec
    (star,) = (t for t in json.loads(spec)["data"] if (t.get("hovertemplate") or "").startswith("your galaxy"))
    return tuple(float(decode(star[k])[0] if isinstance(star[k], dict) else star[k][0]) for k in "xy")


def read_metric(app, label):
    return next(m.value for m in app.metric if m.label == label)


def test_a_known_redshift_changes_the_mass_and_may_be_taken_back(app):
    upload(app, "mine.fits", make_fits(make_galaxy()))
    alone = read_metric(app, TITLES["logmass"]), read_metric(app, TITLES["redshift"])
    assert "log sSFR" in words(app) and "Pull against the image" not in words(app)
    stars = [find_star(app, key) for key in ("position-lat_redshift", "position-umap_x")]
    app.number_input[0].set_value(0.05).run()
    check(app)
    told = app.session_state["upload"]["location"]
    moved = [find_star(app, key) for key in ("position-lat_redshift", "position-umap_x")]
    assert moved[0] == pytest.approx((0.05, told.latents[2])) and moved[1] == pytest.approx(told.position, abs=1e-4)
    assert moved[0] != stars[0] and moved[1] != stars[1], "the star moves on both"
    assert read_metric(app, TITLES["redshift"]) == "0.05, known" and read_metric(app, TITLES["logmass"]) != alone[0]
    assert "Pull against the image" in words(app)
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


def test_a_redshift_that_the_image_speaks_against_is_said_to_be_one(app):
    upload(app, "mine.fits", make_fits(make_galaxy()))
    app.number_input[0].set_value(3.0).run()
    check(app)
    assert app.session_state["upload"]["location"].pull > 3
    assert any("disagrees with the image" in w.value for w in app.warning)


def test_the_corner_plot_is_drawn_where_it_is_opened(app, explorer):
    upload(app, "mine.fits", make_fits(make_galaxy()))
    assert not [c for c in app.get("plotly_chart") if c.key == "corner-upload"]
    app.session_state["corner-open-upload"] = True
    app.run()
    check(app)
    assert [c for c in app.get("plotly_chart") if c.key == "corner-upload"] and "Correlation coefficients" in words(app)


def test_the_physics_plot_shows_the_joint_posteriors_regions(app):
    upload(app, "mine.fits", make_fits(make_galaxy()))
    joint = app.session_state["upload"]["location"].posterior
    spec = next(c for c in app.get("plotly_chart") if c.key == "position-lat_redshift").proto.spec
    trace = next(t for t in json.loads(spec)["data"] if t.get("name") == "95 %")
    redshift = decode(trace["x"])
    low, high = joint.interval(0.95)
    assert np.nanmin(redshift) < low and np.nanmax(redshift) > high > low > 0.5 * np.nanmin(redshift)


def test_the_card_shows_the_density_of_the_redshift_and_the_catalogues(app, explorer):
    app.session_state["opened"] = explorer.table["id"].iloc[4]
    go(app, "galaxy")
    spec = next(c for c in app.get("plotly_chart") if c.key == "redshift-density-card").proto.spec
    line = next(s for s in json.loads(spec)["layout"]["shapes"] if s["type"] == "line")
    assert line["x0"] == pytest.approx(explorer.table["z"].iloc[4]) and line["label"]["text"] == "catalogue"


def test_traverse_may_start_from_what_else_a_galaxy_could_be(app, explorer):
    go(app, "traverse")
    app.button_group(key="way").set_value("Posterior draws").run()
    check(app)
    assert "Start from a galaxy of the atlas" in words(app), "a typical galaxy has no posterior"
    name, place = explorer.table["id"].iloc[4], 4
    app.session_state["opened"] = name
    go(app, "galaxy")
    app.button(key="to-traverse").click().run()
    go(app, "traverse")
    shown = [app.button(key=f"draw-{i}").label for i in range(8)]
    assert shown == sorted(shown, key=lambda s: float(s.split("z ")[-1])) and len(set(shown)) == 8
    drawn = np.sort(explorer.list_posteriors(np.array([place]))[0].sample(8)[:, 0])
    app.button(key="draw-2").click().run()
    check(app)
    start = app.session_state["start"]
    assert start["name"] == f"{name}, draw 3" and start["latents"][1] == pytest.approx(drawn[2])
    assert start["latents"][[0, 4]] == pytest.approx(explorer.atlas.latents[place][[0, 4]])
    assert app.slider(key="slide-redshift").value == pytest.approx(drawn[2], abs=0.0026)
    assert [app.button(key=f"draw-{i}").label for i in range(8)] == shown, "the draws stay those of the galaxy"


def test_an_upload_that_was_told_its_redshift_is_drawn_at_it(app):
    upload(app, "mine.fits", make_fits(make_galaxy()))
    app.number_input[0].set_value(0.05).run()
    app.button(key="send").click().run()
    go(app, "traverse")
    app.button_group(key="way").set_value("Posterior draws").run()
    check(app)
    assert all(app.button(key=f"draw-{i}").label.endswith("z 0.050") for i in range(8))
