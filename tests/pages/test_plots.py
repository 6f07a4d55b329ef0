"""The Atlas's plots as astronomers want them: expressions, ends, logarithms, subsets, brushes, what is taken away."""

import io
import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from galexplore.places import ROOT
from tests.pages.driver import check, say_passed, words
from tests.pages.test_atlas import cache, open_link  # noqa: F401

pytestmark = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)


def read_figure(app, at=0):
    return json.loads(app.get("plotly_chart")[at].proto.spec)


def find_plot(app, title):
    """The figure whose x axis has this title."""
    figures = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    return next(f for f in figures if f["layout"]["xaxis"].get("title", {}).get("text") == title)


def test_a_link_restores_expressions_ends_condition_and_subsets(app, explorer):
    told = {"x": "mag_g - mag_r", "y": "log10(re_arcsec)", "xlim": "1.5~-0.5", "contours": "1"}
    told |= {"where": "low and mag_r < 19", "subsets": "low=lat_redshift < 0.2"}
    fresh = open_link(app, **told)
    table = explorer.table
    assert say_passed(table, (table["lat_redshift"] < 0.2) & (table["mag_r"] < 19)) in words(fresh)
    figure = find_plot(fresh, "mag_g - mag_r")
    assert figure["layout"]["xaxis"]["range"] == [1.5, -0.5], "turned"
    assert "log₁₀" in figure["layout"]["yaxis"]["title"]["text"]
    assert "contours" in [t.get("name") for t in figure["data"]]
    for name, value in told.items():
        assert fresh.query_params[name] in (value, [value])


def test_what_cannot_be_computed_is_told_and_leaves_the_plot(app, explorer):
    app.session_state["where"] = "lat_redshif < 0.1"
    app.run()
    check(app)
    told = " ".join(e.value for e in app.error).replace("\\", "")
    assert "did you mean lat_redshift" in told and "not applied" in told
    assert "pass the filter" not in words(app)
    app.text_input(key="where").set_value("lat_redshift < 0.1").run()
    check(app)
    passed = explorer.table["lat_redshift"] < 0.1
    assert say_passed(explorer.table, passed) in words(app)
    app.button(key="filter-select").click().run()
    check(app)
    assert f"**{passed.sum():,}** selected" in words(app)
    app.button(key="filter-none").click().run()
    check(app)
    assert "pass the filter" not in words(app) and app.text_input(key="where").value == ""


def show_axis():
    """A page of one axis, over a table of two columns."""
    from types import SimpleNamespace

    import pandas as pd
    import streamlit as st

    from pages._parts.axes import choose_column

    explorer, troubles = SimpleNamespace(table=pd.DataFrame({"mag_g": [1.0, 2.0], "mag_r": [0.0, 1.0]})), []
    st.write("drawn: " + choose_column(explorer, "x axis", ["mag_g", "mag_r"], "axis-x", "mag_g", troubles))
    st.write("; ".join(troubles))


@pytest.mark.parametrize(
    ("typed", "drawn", "said"),
    [
        ("mag_g - mag_r", "mag_g - mag_r", ""),
        ("mag_r", "mag_r", ""),
        ("mag_g - magr", "mag_g", "x axis: There is no column “magr”; did you mean mag_r?"),
        ("mag_g < mag_r", "mag_g", "a condition, not a number"),
    ],
)
def test_an_axis_is_a_column_or_an_expression_or_stays_as_it_was(typed, drawn, said):
    page = AppTest.from_function(show_axis, default_timeout=60)
    page.session_state["axis-x"] = typed
    page.run()
    check(page)
    first, *others = (e.value for e in page.markdown)
    assert first == f"drawn: {drawn}" and said in "".join(others) and bool(said) == bool("".join(others))


def test_subsets_are_named_joined_selected_and_forgotten(app, explorer):
    table = explorer.table
    ids = table["id"][table["mag_r"] < 17].tolist()
    app.session_state["selection"] = ids
    app.run()
    for name, button, condition in (("bright", "selection", ""), ("low", "condition", "lat_redshift < 0.1")):
        app.text_input(key="where").set_value(condition).run()
        app.text_input(key="subset-name").set_value(name).run()
        app.button(key=f"name-{button}").click().run()
        check(app)
    app.text_input(key="subset-name").set_value("mag_r").run()
    app.button(key="name-condition").click().run()
    assert "column already" in app.error[0].value.replace("\\", "")
    app.text_input(key="where").set_value("low and not bright").run()
    check(app)
    assert say_passed(table, (table["lat_redshift"] < 0.1) & ~table["id"].isin(ids)) in words(app)
    app.button(key="select-low").click().run()
    assert f"**{int((table['lat_redshift'] < 0.1).sum()):,}** selected" in words(app)
    app.button(key="forget-low").click().run()
    check(app)
    assert "no column “low”" in " ".join(e.value for e in app.error).replace("\\", "")


def test_ends_are_typed_and_an_axis_becomes_logarithmic(app):
    app.run()
    app.number_input(key="y-low").set_value(9.0).run()
    check(app)
    low, high = find_plot(app, "Redshift")["layout"]["yaxis"]["range"]
    assert low == 9 and high > 10
    app.toggle(key="log-y").set_value(True).run()
    check(app)
    figure = find_plot(app, "Redshift")
    assert figure["layout"]["yaxis"]["title"]["text"].startswith("log₁₀ log₁₀")
    assert "range" not in figure["layout"]["yaxis"], "ends of another quantity are forgotten"
    app.toggle(key="log-y").set_value(False).run()
    assert find_plot(app, "Redshift")["layout"]["yaxis"]["title"]["text"].startswith("log₁₀ stellar mass")


def test_a_range_filters_whether_brushed_or_slid(app, explorer):
    def passed(low, high):
        check(app)
        return say_passed(explorer.table, explorer.table["lat_redshift"].between(low, high)) in words(app)

    app.run()
    # as `take_brush` leaves them, a callback that AppTest cannot fire for a plot
    app.session_state["filter-lat_redshift"], app.session_state["brushed"] = (0.1, 0.2), 1
    app.run()
    assert passed(0.1, 0.2)
    app.slider(key="range-lat_redshift-1").set_range(0.3, 0.5).run()
    assert passed(0.3, 0.5)
    app.run()
    assert passed(0.3, 0.5) and app.session_state.atlas_state.limits == {"lat_redshift": (0.3, 0.5)}


def test_a_range_of_redshifts_begins_at_zero_and_leaves_out_nothing_there(app, explorer):
    inferred = explorer.table["lat_redshift"]
    assert inferred.min() < 0, "a mean may lie just below zero"
    app.run()
    slider = app.slider(key="range-lat_redshift-0")
    assert slider.min == 0 and slider.value[0] == 0
    slider.set_range(0, 0.5).run()
    check(app)
    assert say_passed(explorer.table, inferred <= 0.5) in words(app)
    assert app.slider(key="range-lat_redshift-0").value == (0, 0.5)
    app.slider(key="range-lat_redshift-0").set_range(0, app.slider(key="range-lat_redshift-0").max).run()
    assert "pass the filter" not in words(app)


def test_a_brush_falls_on_the_steps_of_its_slider(monkeypatch):
    from pages._parts import ranges

    class State(dict):
        __getattr__, __setattr__ = dict.__getitem__, dict.__setitem__

    state = State({"b": {"selection": {"box": [{"x": [0.204, 0.0987]}]}}})
    monkeypatch.setattr(ranges.st, "session_state", state)
    ranges.take_brush("z", "b", (0.0, 1.0), 0.01)
    assert state["filter-z"] == pytest.approx((0.10, 0.20)) and state["brushed"] == 1
    state["b"] = {"selection": {"box": [{"x": [-3, 0.5]}]}}
    ranges.take_brush("z", "b", (0.0, 1.0), 0.01)
    assert state["filter-z"] == pytest.approx((0, 0.5))
    state["b"] = {"selection": {"box": []}}
    ranges.take_brush("z", "b", (0.0, 1.0), 0.01)
    assert state["filter-z"] == pytest.approx((0, 0.5)), "a plot that is drawn anew says so, and widens nothing"


def test_the_plot_is_taken_away_as_code_and_figure(app, explorer):
    app.session_state["save"] = True
    app.session_state["selection"] = explorer.table["id"].iloc[[1, 2]].tolist()
    app.run()
    check(app)
    (code,) = app.code
    assert "gx.load('default')" in code.value and explorer.table["id"].iloc[1] in code.value
    assert "Its data" in words(app)


def test_figures_for_print_have_the_size_that_is_asked_for(explorer):
    pytest.importorskip("matplotlib")
    from PIL import Image

    from galexplore import figures
    from galexplore.errors import InputError
    from galexplore.tables.expressions import tabulate

    table = tabulate(explorer.table, ["id", "population", "mag_g - mag_r", "log10(re_arcsec)", "split", "mag_r"])
    picked = np.arange(len(table)) < 50
    look = {"selected": picked, "contours": True, "limits": ((2, None), (None, None)), "overlays": ["Green Pea"]}
    for colour in ("mag_r", "split"):
        asked = {"width": 88, "height": 60, "dpi": 200, "kind": "png", "colour": colour}
        image = Image.open(io.BytesIO(figures.print_atlas(table, "mag_g - mag_r", "log10(re_arcsec)", **look, **asked)))
        assert image.size == pytest.approx((88 / 25.4 * 200, 60 / 25.4 * 200), abs=1)
        assert np.asarray(image.convert("L")).std() > 5, "not empty"
    pdf = figures.print_atlas(table, "mag_g - mag_r", "mag_r", kind="pdf", dpi=60)
    assert pdf.startswith(b"%PDF") and len(pdf) < 3_000_000
    svg = figures.print_atlas(table.iloc[:100], "mag_g - mag_r", "mag_r", kind="svg", dpi=60)
    assert b"<svg" in svg
    for wrong in ({"width": 5}, {"dpi": 9000}, {"kind": "exe"}, {"width": 400, "height": 400, "dpi": 1200}):
        with pytest.raises(InputError):
            figures.print_atlas(table, "mag_r", "mag_r", **wrong)


def test_the_selection_alone_has_a_map_of_its_own(app, explorer, monkeypatch):
    from types import SimpleNamespace

    from pages._parts import remap

    ids = explorer.table["id"].iloc[:200].tolist()
    drawn = SimpleNamespace(position=np.random.default_rng(0).normal(size=(200, 2)), trouble="", share=1.0, started=0.0)
    monkeypatch.setattr(remap, "Remap", lambda points: drawn if points.shape == (200, 4) else None)
    app.session_state["selection"] = ids
    app.session_state["aspect"] = "Map of the selection"
    app.session_state["space"] = True
    app.run()
    check(app)
    figures = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    titles = [f["layout"].get("title", {}).get("text") for f in figures]
    alone = figures[titles.index("Principal components of these galaxies' latents")]
    assert "component 1" in alone["layout"]["xaxis"]["title"]["text"]
    assert sum(len(t["customdata"]) for t in alone["data"] if t.get("customdata")) == 200
    assert "scatter3d" in [t["type"] for f in figures for t in f["data"]]
    app.session_state["remap"] = "umap"
    app.run()
    check(app)
    assert "UMAP of these 200 galaxies alone" in words(app)
