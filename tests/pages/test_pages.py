"""Every page and its empty, filled and error states, without a browser."""

import io
import json
import math

import numpy as np
import pytest
import streamlit as st
from astropy.io import fits
from streamlit.testing.v1 import AppTest

from galexplore.atlas.kinds import NOT_GALAXIES
from galexplore.explore import residual
from galexplore.images import Observed
from galexplore.latents import LATENTS
from galexplore.places import ROOT
from galexplore.survey import DECALS
from pages._parts import axes, label_files, labels, pointer, ranges
from pages._session import sky, uploads
from tests.pages.driver import (
    APP,
    check,
    find_plots,
    find_pointer,
    go,
    list_images,
    list_numbers,
    make_fits,
    make_galaxy,
    say_passed,
    upload,
    words,
)

pytestmark = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)


# Atlas ------------------------------------------------------------------------------------------------------------


def test_the_atlas_opens_with_two_plots_and_says_what_to_do(app, explorer):
    app.run()
    check(app)
    charts = find_plots(app)
    assert len(charts) == 2
    told = words(app)
    artefacts = explorer.table["population"].isin(NOT_GALAXIES).sum()
    counted = f"{len(explorer.table) - artefacts:,} galaxies · {artefacts} artefacts"
    assert counted in told and "nothing selected" in told
    assert "Drag a lasso" in told and "No galaxy opened" in told
    for chart in charts:
        names = [trace.get("name") for trace in json.loads(chart.proto.spec)["data"]]
        assert names[:3] == ["ordinary", "Green Pea", "Red Spiral"]


def test_a_newcomer_reads_what_this_is_and_flies_to_a_galaxy(app, explorer):
    app.run()
    check(app)
    assert "An atlas of galaxy images" in words(app) and "simulated galaxies and 100 artefacts" in words(app)
    shown = [b for b in app.button if str(b.key).startswith("landing-") and b.label.startswith("![")]
    kinds = [explorer.table.set_index("id").loc[b.key.removeprefix("landing-"), "population"] for b in shown]
    assert kinds == ["Green Pea", "Red Spiral", "Merger", "Lens-like Arc", "ordinary", "ordinary"]
    assert "Cardamone et al. 2009" in shown[0].help
    drawn = [chart.proto.spec for chart in find_plots(app)]
    assert find_pointer(app)["ring"] == {}
    shown[1].click().run()
    check(app)
    name = shown[1].key.removeprefix("landing-")
    assert f"### {name}" in words(app) and "An atlas of galaxy images" not in words(app), "it makes room for the card"
    pointer, row = find_pointer(app), explorer.table.set_index("id").loc[name]
    assert pointer["opened"] == name and list(pointer["ring"]) == ["latents", "map"], "it is ringed on both plots"
    assert pointer["ring"]["latents"] == pytest.approx([row["lat_redshift"], row["lat_logmass"]])
    assert pointer["ring"]["map"] == pytest.approx([row["umap_x"], row["umap_y"]])
    assert [chart.proto.spec for chart in find_plots(app)] == drawn, "which are drawn no second time for it"
    app.text_input(key="where").set_value(f"id != '{name}'").run()
    check(app)
    assert find_pointer(app)["ring"] == {}, "what a filter leaves out is not ringed"
    app.button(key="filter-none").click().run()
    app.button(key="clear").click().run()
    app.button(key="landing-hide").click().run()
    assert "An atlas of galaxy images" not in words(app)


def test_a_newcomer_tries_a_sample_that_ships(app, explorer):
    app.run()
    keys = [b.key for b in app.button if str(b.key).startswith("sample-file-")]
    assert keys == ["sample-file-spiral.fits.fz", "sample-file-green-pea.fits.fz"]
    app.button(key=keys[1]).click().run()
    check(app)
    location = app.session_state["upload"]["location"]
    assert "### green" in words(app) and "What it resembles" in words(app) and app.session_state["upload"]["simulated"]
    assert {c.status for c in location.prepared.checks} == {"passed"} and location.prepared.dust.ebv == 0
    assert np.isfinite(location.prepared.seeing).all() and location.source.pixel_scale == pytest.approx(0.262)


def test_a_file_dropped_on_the_landing_is_answered_on_locate(app):
    app.run()
    app.file_uploader[0].set_value([("a.fits", make_fits(make_galaxy()), "application/octet-stream")]).run()
    check(app)
    assert "What it resembles" in words(app) and app.session_state["url"] == "locate"


def test_what_the_browser_says_of_parts_that_have_left_the_page_changes_nothing(app, explorer, monkeypatch):
    with monkeypatch.context() as patch:  # an uploader that tells once more that it is empty
        patch.setattr(st, "file_uploader", lambda *args, on_change, **settings: on_change())
        app.session_state["landing-files-0"] = []
        app.run()
    app.run()
    check(app)
    assert app.session_state["url"] == "" and "An atlas of galaxy images" in words(app), "nobody is sent to Locate"

    app.switch_page("pages/locate.py").run()
    assert "pointer" not in app.session_state, "the pointer's part has gone with its page, yet may have asked before"
    monkeypatch.setattr(pointer.st, "session_state", app.session_state)
    pointer.take_question()
    pointer.take_small()
    pointer.take_clear()
    pointer.take_zoom({}, False)
    assert app.session_state["hovered"] is None
    before = app.session_state["filter-lat_redshift"]
    ranges.take_slider("lat_redshift", "range-lat_redshift-9")
    axes.turn_log(explorer, "axis-9")
    labels.put_note("GP-001", "note-GP-001")
    label_files.take_labels("labels-file-9")
    sky.want_typed()
    assert not uploads.take_files("files-9") and app.session_state["filter-lat_redshift"] == before
    assert "labels_brought" not in app.session_state and not app.session_state["sky_wanted"]


def test_the_landing_says_what_each_kind_is_and_where_it_is_from(app):
    app.run()
    assert all(name in words(app) for name in ("Cardamone et al. 2009", "Masters et al. 2010", "Bolton et al. 2006"))
    assert "These are not real data" in words(app) and "noise of DECaLS" in words(app)
    told = app.button_group(key="overlays").proto.help
    go(app, "anomalies")
    assert "Cardamone et al. 2009" in told and told == app.button_group(key="among").proto.help, "beside them, too"
    assert "deviation in σ" in words(app), "and what the words below an image mean"
    assert "ranking.sort('rarity')" in app.code[0].value, "the view as Python"


def test_the_map_names_its_regions(app):
    app.run()
    latents, mapped = (json.loads(c.proto.spec)["layout"].get("annotations", []) for c in find_plots(app))
    assert len(mapped) >= 4 and not latents
    assert any("massive and passive" in note["text"] for note in mapped)


def test_a_galaxy_of_the_atlas_is_located_as_it_was_observed(app, explorer):
    go(app, "locate")
    app.button(key="try-Red Spiral").click().run()
    check(app)
    assert "Red Spiral" in words(app) and "What it resembles" in words(app)
    location = app.session_state["upload"]["location"]
    row = explorer.table.iloc[explorer.find_rows([location.source.name])]
    assert np.array_equal(location.prepared.seeing, Observed.read(row, explorer.survey).seeing[0], equal_nan=True)
    assert np.isfinite(location.prepared.seeing).all() and location.prepared.dust.ebv == 0


def test_a_click_opens_the_galaxys_card(app, explorer):
    name = explorer.table["id"].iloc[3]
    app.session_state["latents-0"] = {"selection": {"points": [{"customdata": name}], "box": [], "lasso": []}}
    app.run()
    check(app)
    told = words(app)
    assert f"### {name}" in told and "nothing selected" in told and "What makes it odd" in told
    assert all(title in told for title in ("Orientation", "Redshift", "log\u00a0M", "log\u00a0SFR", "Structure"))


def test_an_ordinary_galaxy_has_nothing_that_makes_it_odd(app, explorer):
    table = explorer.table
    name = table["id"][(table["percentile"] < 50) & (table["statement"] == "ordinary")].iloc[0]
    app.session_state["opened"] = name
    app.run()
    check(app)
    assert "**What makes it odd:** nothing, it is ordinary: no property deviates" in words(app)


def crowd(table):
    """Tell a box where the map is fullest."""
    count, x, y = np.histogram2d(table["umap_x"], table["umap_y"], bins=8)
    i, j = np.unravel_index(count.argmax(), count.shape)
    return {"x": [x[i], x[i] + 2], "y": [y[j], y[j] + 2]}


def test_a_box_on_the_map_selects_all_within_and_survives_pages(app, explorer):
    table, box = explorer.table, crowd(explorer.table)
    n = (table["umap_x"].between(*box["x"]) & table["umap_y"].between(*box["y"])).sum()
    assert n > 24, "the test needs a crowd there"
    app.session_state["map-0"] = {"selection": {"points": [], "box": [box], "lasso": []}}
    app.run()
    assert f"**{n:,}** selected" in words(app) and f"Showing 24 of {n:,}" in words(app)
    go(app, "anomalies")
    app.switch_page("pages/atlas.py").run()
    assert f"**{n:,}** selected" in words(app)
    app.button(key="clear").click().run()
    check(app)
    assert "nothing selected" in words(app) and "Nothing selected yet" in words(app)


def test_a_row_of_the_table_opens_a_card_and_a_thumbnail_another(app, explorer):
    box = crowd(explorer.table)
    app.session_state["map-0"] = {"selection": {"points": [], "box": [box], "lasso": []}}
    app.session_state["aspect"] = "Table"
    app.run()
    shown = app.dataframe[0].value
    assert shown["anomaly percentile"].is_monotonic_decreasing, "the rarest first"
    app.session_state["table"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    app.run()
    check(app)
    assert f"### {shown['id'].iloc[1]}" in words(app)
    app.session_state["aspect"] = "Images"
    app.run()
    app.button(key=f"pick-{shown['id'].iloc[3]}").click().run()
    check(app)
    assert f"### {shown['id'].iloc[3]}" in words(app)


def test_the_filter_says_n_of_m(app, explorer):
    app.run()
    slider = next(s for s in app.slider if s.label == "Redshift")
    slider.set_value((0.05, 0.1)).run()
    check(app)
    assert say_passed(explorer.table, explorer.table["lat_redshift"].between(0.05, 0.1)) in words(app)


def test_axes_and_colours_can_be_chosen(app):
    app.run()
    app.selectbox(key="axis-x").set_value("lat_free")
    app.selectbox(key="colour").set_value("lat_phi").run()
    check(app)
    figure = json.loads(find_plots(app)[0].proto.spec)
    assert figure["layout"]["xaxis"]["title"]["text"] == "Free latent"
    assert "colorbar" in figure["data"][0]["marker"]


def test_search_finds_and_says_when_it_does_not(app, explorer):
    name = explorer.table["id"].iloc[7]
    app.run()
    app.text_input(key="object").set_value(f" {name.lower()} ").run()
    check(app)
    assert f"### {name}" in words(app)
    app.text_input(key="object").set_value("<script>alert(1)</script>").run()
    check(app)
    assert "This atlas has no galaxy" in words(app) and "<script>" not in words(app)


def test_without_a_model_the_page_says_what_to_do(app, monkeypatch, tmp_path):
    from galexplore.errors import InputError

    def fail():
        raise InputError("No model stands in 'default'; train one with: galexplore train")

    monkeypatch.setattr("pages._session.state.open_explorer", fail)
    app.run()
    check(app)
    assert "train one with" in app.error[0].value and not app.get("plotly_chart")


def test_a_page_run_without_its_header_goes_back_for_it(explorer):
    """AppTest without the fixture's patch is a fresh server that is asked for a page by its link."""
    app = AppTest.from_file(str(APP), default_timeout=60).switch_page("pages/traverse.py").run()
    check(app)
    told = words(app)
    assert "galaxies" in told and "Started from" in told and app.text_input(key="object")


def test_a_link_opens_its_galaxy(app, explorer):
    name = explorer.table["id"].iloc[5]
    fresh = AppTest.from_file(str(APP), default_timeout=60)
    fresh.query_params["object"] = name
    fresh.run()
    check(fresh)
    assert f"### {name}" in words(fresh)
    fresh.button(key="clear").click().run()
    check(fresh)
    assert "object" not in fresh.query_params and f"### {name}" not in words(fresh)


# Traverse ---------------------------------------------------------------------------------------------------------


def test_traverse_starts_typical_and_decodes_what_the_sliders_say(app, explorer):
    go(app, "traverse")
    told = words(app)
    assert "a typical galaxy" in told and "nearest galaxies" in told
    sliders = {s.key: s for s in app.slider}
    assert set(sliders) == {f"slide-{name}" for name in LATENTS}
    centre = dict(zip(("redshift", "logmass", "logsfr", "free"), explorer.atlas.centre, strict=True))
    for name, value in centre.items():
        assert sliders[f"slide-{name}"].value == pytest.approx(value, abs=0.06)
    before, near = list_images(app), [b.label for b in app.button if b.key.startswith("near-")]
    assert len(near) == 8 and all("data:image/jpeg;base64," in label for label in near)
    app.slider(key="slide-redshift").set_value(sliders["slide-redshift"].max).run()
    check(app)
    assert list_images(app)[0] != before[0], "another image is decoded"
    assert [b.label for b in app.button if b.key.startswith("near-")] != near
    app.button(key="reset").click().run()
    check(app)
    assert app.slider(key="slide-redshift").value == pytest.approx(centre["redshift"], abs=0.006)


def test_an_opened_galaxy_can_be_the_start(app, explorer):
    name = explorer.table["id"].iloc[11]
    app.session_state["opened"] = name
    app.run()
    app.button(key="to-traverse").click().run()
    check(app)
    assert f"Started from **{name}**" in words(app)
    phi = math.degrees(explorer.table["lat_phi"].iloc[11]) % 180
    assert abs((app.slider(key="slide-phi").value - phi + 90) % 180 - 90) <= 1


# Locate -----------------------------------------------------------------------------------------------------------


def test_locate_teaches_and_offers_a_sample(app):
    go(app, "locate")
    assert "Upload a cutout" in words(app)
    app.button(key="try-Green Pea").click().run()
    check(app)
    told = words(app)
    assert all(t in told for t in ("Redshift", "68 %", "95 %", "What makes it odd", "What it resembles", "passed"))
    assert len(app.get("plotly_chart")) == 3, "p(z) and its place on both plots; the rest where it is opened"


def test_an_uploaded_fits_is_located_and_kept(app, explorer):
    upload(app, "mine.fits", make_fits(make_galaxy()))
    assert [m.label for m in app.metric] == [
        "Orientation",
        "Redshift",
        "log stellar mass",
        "log SFR",
        "Structure",
    ]
    shown, location = app.metric[1].value, app.session_state["upload"]["location"]
    assert shown.startswith(f"{location.latents[1]:.2f}"[:3]) and "±" in shown
    go(app, "atlas")
    go(app, "locate")
    assert app.metric[1].value == shown, "forgotten on leaving the page"
    app.button(key="send").click().run()
    check(app)
    assert "Started from **your upload**" in words(app)


def test_the_reasons_shown_add_up(app):
    upload(app, "mine.fits", make_fits(make_galaxy()))
    app.session_state["split-open"] = True  # it is only drawn where it is opened
    app.run()
    split = next(c for c in app.get("plotly_chart") if c.key == "split-upload")
    labels = [t.split("<b>")[1].split("</b>")[0] for t in json.loads(split.proto.spec)["data"][0]["y"]]
    *terms, total = (round(10 * float(t)) for t in labels)
    assert sum(terms) == total


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("broken.fits", make_fits(make_galaxy())[:4000]),
        ("words.fits", b"this is no image at all"),
        ("nothing.fits", b""),
        ("sky.fits", make_fits(np.zeros((3, 69, 69), np.float32))),
        ("<b>*bold*.fits", b"SIMPLE  = no"),
    ],
)
def test_a_bad_file_gets_one_sentence(app, name, data):
    upload(app, name, data)
    assert len(app.error) == 1 and "This cannot be used" in app.error[0].value
    assert "Traceback" not in words(app) and not list_numbers(app)
    app.button(key="try-Green Pea").click().run()
    check(app)
    assert not app.error and app.metric, "a good galaxy after a bad one"


def test_a_refusal_shows_the_audit_so_far(app):
    upload(app, "tiny.fits", make_fits(make_galaxy()[:, 20:49, 20:49]))
    assert "needs at least" in app.error[0].value.replace("\\", "")
    assert "refused" in words(app) and "✓" in words(app)


def test_the_pixel_scale_is_asked_for_only_where_the_file_is_silent(app):
    stream = io.BytesIO()
    np.save(stream, make_galaxy())
    upload(app, "mine.npy", stream.getvalue())
    assert "gives no pixel scale" in words(app) and not list_numbers(app)
    app.number_input[0].set_value(DECALS.model_scale)
    next(b for b in app.button if b.label == "Locate it").click().run()
    check(app)
    assert app.metric and "as given" in words(app)


def test_two_files_are_two_galaxies(app):
    go(app, "locate")
    data = make_fits(make_galaxy())
    app.file_uploader[0].set_value([("a.fits", data, "x/y"), ("b.fits", data, "x/y")]).run()
    check(app)
    assert "2 of 2 located" in words(app) and app.dataframe[0].value["file"].tolist() == ["a.fits", "b.fits"]


def test_three_single_bands_are_taken_together(app):
    go(app, "locate")
    flux, files = make_galaxy(), []
    for band, image in zip("grz", flux, strict=True):
        with fits.open(io.BytesIO(make_fits(flux))) as cube:
            header = cube[0].header
        for word in ("BANDS", "NAXIS3"):
            header.remove(word, ignore_missing=True)
        header["FILTER"], stream = band, io.BytesIO()
        fits.PrimaryHDU(image, header).writeto(stream)
        files.append((f"mine-{band}.fits", stream.getvalue(), "x/y"))
    app.file_uploader[0].set_value(files[::-1]).run()
    check(app)
    assert not app.error and len(app.metric) == len(LATENTS)


# Anomalies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["rarity", "reconstruction", "both"])
def test_anomalies_are_ranked_with_reasons(app, explorer, by):
    go(app, "anomalies")
    app.button_group(key="rank").set_value(by).run() if by != "rarity" else None
    check(app)
    ranked = explorer.table.iloc[explorer.ranking.sort(by)]
    oddest = (ranked[ranked["suspicion"] == ""] if "suspicion" in ranked else ranked)["id"].iloc[0]  # artefacts apart
    button = app.button(key=f"odd-{oddest}")
    said = explorer.quote(explorer.find_rows([oddest])[0]).split(",")[0]
    kinds = (
        residual.ARTEFACT,
        residual.CONTAMINATED,
        residual.STRUCTURE,
    )  # strange looks are told by what is left over
    assert any(f"**{k}**" in button.label for k in kinds) or said in button.label
    button.click().run()
    check(app)
    (said,) = [line for line in words(app).splitlines() if line.startswith("**Counterfactual")]
    moves = said.split(":** ")[1]
    assert f"### {oddest}" in words(app) and "→" in moves
    for unit, what in (("[M☉]", "log stellar mass"), ("[yr⁻¹]", "log sSFR")):
        assert moves.count(unit) == moves.count(what), "a logarithm is called one"


def test_kinds_can_be_left_out(app, explorer):
    go(app, "anomalies")
    app.button_group(key="among").set_value(["Green Pea"]).run()
    check(app)
    peas = explorer.table[explorer.table["population"] == "Green Pea"]
    n = (peas["suspicion"] == "").sum() if "suspicion" in peas else len(peas)
    assert f"of {n}, the oddest first" in words(app)
    app.button_group(key="among").set_value([]).run()
    check(app)
    assert "No kind chosen" in words(app)
