"""Traverse, Locate and Anomalies in every state, without a browser: undo, strips, paths, many files, labels."""

import io
import json
import math

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from galexplore.atlas.basis import BASIS
from galexplore.explore.labels import add_label, read_labels
from galexplore.latents import INTRINSIC_AT, LATENTS
from galexplore.places import ROOT
from galexplore.survey import DECALS
from tests.explore.test_locate_many import make_band, make_npy
from tests.pages.driver import APP, check, go, list_images, list_numbers, make_fits, make_galaxy, upload, words

pytestmark = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path, request):
    """Labels go to a folder of the test's own; pictures stay where they are."""
    from galexplore.places import cache_folder

    monkeypatch.setattr("galexplore.explore.labels.cache_folder", lambda: tmp_path)
    assert cache_folder() != tmp_path
    return tmp_path


def give(app, *files):
    go(app, "locate")
    app.file_uploader[0].set_value([(name, data, "x/y") for name, data in files]).run()
    check(app)
    return app


# Traverse ---------------------------------------------------------------------------------------------------------


def test_undo_goes_back_move_by_move(app):
    go(app, "traverse")
    assert app.button(key="undo").disabled
    first = app.slider(key="slide-logmass").value
    app.slider(key="slide-logmass").set_value(9.5).run()
    app.slider(key="slide-redshift").set_value(0.5).run()
    app.button(key="undo").click().run()
    check(app)
    assert app.slider(key="slide-redshift").value != 0.5 and app.slider(key="slide-logmass").value == 9.5
    app.button(key="reset").click().run()
    assert app.slider(key="slide-logmass").value == first
    app.button(key="undo").click().run()
    assert app.slider(key="slide-logmass").value == 9.5, "a reset can be undone too"
    app.button(key="undo").click().run()
    assert app.slider(key="slide-logmass").value == first and app.button(key="undo").disabled


def test_a_filmstrip_says_what_is_model_and_what_is_data(app):
    go(app, "traverse")
    app.button_group(key="way").set_value("Filmstrip").run()
    check(app)
    told = words(app)
    assert "model reconstruction" in told and "simulated data" in told and told.count("percentile\u00a0") == 9
    before = list_images(app)
    app.selectbox(key="strip-latent").set_value("phi").run()
    check(app)
    assert "160°" in words(app) and "180°" not in words(app), "north and south are one direction"
    assert list_images(app) != before


def test_a_grid_needs_two_latents(app):
    go(app, "traverse")
    app.button_group(key="way").set_value("Grid").run()
    check(app)
    app.selectbox(key="grid-up").set_value("redshift").run()
    check(app)
    assert "two different latents" in words(app)


def test_a_path_leads_between_two_galaxies(app, explorer):
    name = explorer.table["id"].iloc[20]
    app.session_state["opened"] = name
    go(app, "traverse")
    app.button_group(key="way").set_value("Path").run()
    check(app)
    ends = app.selectbox(key="path-to").options
    chosen = next(e for e in ends if e.startswith(name))
    app.selectbox(key="path-to").set_value(chosen).run()
    check(app)
    redshift = explorer.table["lat_redshift"].iloc[20]
    assert f"z {redshift:.3f}" in words(app)
    app.selectbox(key="path-from").set_value(chosen).run()
    check(app)
    assert "the same galaxy" in words(app)


def test_every_galaxy_of_a_path_opens(app):
    go(app, "traverse")
    app.button_group(key="way").set_value("Path").run()
    app.button(key="frame-8").click().run()
    check(app)
    assert app.session_state["opened"]


# Locate -----------------------------------------------------------------------------------------------------------


def test_many_files_give_a_table_and_each_its_own_verdict(app):
    flux = make_galaxy()
    bands = [(f"pair-{b}.fits", make_band(b, flux)) for b in "grz"]
    files = [("a.fits", make_fits(flux)), ("<b>.fits", b"rubbish"), ("silent.npy", make_npy(flux)), *bands]
    give(app, *files)
    table = app.dataframe[0].value
    assert [v.split()[-1] for v in table["verdict"]] == ["located", "refused", "unknown", "located"]
    assert "2 of 4 located" in words(app) and "silent" in words(app) and len(list_numbers(app)) == len(LATENTS)
    app.number_input[0].set_value(DECALS.model_scale)
    next(b for b in app.button if b.label == "Locate it").click().run()
    check(app)
    assert "3 of 4 located" in words(app)
    key = f"verdicts-{app.session_state['uploads']}"
    app.session_state[key] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    app.run()
    check(app)
    assert "This cannot be used" in app.error[0].value and "<b>" not in app.error[0].value
    go(app, "atlas")
    go(app, "locate")
    assert "3 of 4 located" in words(app), "forgotten on leaving the page"
    app.button(key="forget-all").click().run()
    check(app)
    assert "Upload a cutout" in words(app)


def test_a_located_galaxy_has_kinds_an_error_budget_and_the_pixels(app):
    give(app, ("mine.fits", make_fits(make_galaxy())))
    told = words(app)
    assert all(
        t in told for t in ("of 50 neighbours", "over flips and rotations", "The 69 × 69 pixels", "squared Mahalanobis")
    )
    names = [t["name"] for c in app.get("plotly_chart") for t in json.loads(c.proto.spec)["data"] if "name" in t]
    assert names.count("68 %") == names.count("95 %") == 2, "an ellipse on both plots"
    assert {"npy", "JSON", "FITS", "VOTable", "CSV"} <= {b.label for b in app.get("download_button")}


def test_an_empty_sky_with_a_star_is_suspected(app):
    from tests.cutouts.test_artefacts import make_star

    give(app, ("star.fits", make_fits(make_star(0.6, 0.294).astype(np.float32))))
    assert "no answer is given" in app.error[0].value
    assert not [m for m in app.metric if m.label == "Redshift"], "no number is shown"


@pytest.mark.parametrize("text", ["150.1 -0.5", "10:00:24.0 -00:30:00", "J100024.00-003000.0"])
def test_a_position_gives_the_way_to_its_cutout(app, text):
    go(app, "locate")
    app.text_input(key="position").set_value(text).run()
    check(app)
    told = words(app)
    assert "RA 150.10000°, Dec -0.50000°" in told and "Download the survey's cutout" in told
    link = app.get("link_button")[0].proto.url
    assert link.startswith("https://www.legacysurvey.org/viewer/fits-cutout?ra=150.1") and "dec=-0.5" in link


@pytest.mark.parametrize("text", ["nonsense <b>", "400 95", "javascript:alert(1)"])
def test_what_is_no_position_gets_one_sentence(app, text):
    go(app, "locate")
    app.text_input(key="position").set_value(text).run()
    check(app)
    assert len(app.error) == 1 and not app.get("link_button") and "<b>" not in app.error[0].value


# Anomalies --------------------------------------------------------------------------------------------------------


def open_oddest(app, explorer):
    go(app, "anomalies")
    button = next(b for b in app.button if (b.key or "").startswith("odd-"))
    button.click().run()
    check(app)
    return button.key.removeprefix("odd-")


def test_a_person_quicker_than_the_page_loses_neither_score_nor_note(app, explorer, own_cache):
    """A key pressed while the page still shows what stood before: what stands is read when it is written."""
    name = open_oddest(app, explorer)
    app.button(key="label-2").click().run()
    (file,) = (own_cache / "labels").glob("*.jsonl")
    add_label(file, name, 4, catalogue=explorer.catalogue)  # pressed, and the page not drawn yet
    app.text_input(key=f"note-{name}").set_value("13 rings").run()
    check(app)
    assert read_labels(file)[["score", "note"]].values.tolist() == [[4, "13 rings"]]
    add_label(file, name, 4, "14 rings", explorer.catalogue)
    app.button(key="label-5").click().run()
    check(app)
    assert read_labels(file)[["score", "note"]].values.tolist() == [[5, "14 rings"]]


def test_labels_are_kept_at_once_and_apart(app, explorer, own_cache, monkeypatch):
    name = open_oddest(app, explorer)
    app.button(key="label-4").click().run()
    app.text_input(key=f"note-{name}").set_value("a ring *or* <b>two</b>").run()
    check(app)
    (file,) = (own_cache / "labels").glob("*.jsonl")
    last = json.loads(file.read_text().splitlines()[-1])
    assert (last["id"], last["score"], last["note"]) == (name, 4, "a ring *or* <b>two</b>")
    assert "`4`" in app.button(key=f"odd-{name}").label
    other = AppTest.from_file(str(APP), default_timeout=60).run()
    assert open_oddest(other, explorer) == name
    assert not other.text_input(key=f"note-{name}").value and "`4`" not in other.button(key=f"odd-{name}").label
    other.button(key="label-0").click().run()
    app.run()
    assert "`4`" in app.button(key=f"odd-{name}").label and len(list((own_cache / "labels").glob("*.jsonl"))) == 2
    app.button(key="label-4").click().run()
    check(app)
    assert "`" not in app.button(key=f"odd-{name}").label, "pressed again, it is taken back"


def test_a_disk_that_takes_nothing_keeps_the_label_for_the_window_and_says_so(app, explorer, own_cache, monkeypatch):
    import errno

    def refuse(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    name = open_oddest(app, explorer)
    with monkeypatch.context() as full:
        full.setattr("galexplore.explore.labels._append", refuse)
        app.button(key="label-4").click().run()
        check(app)
        assert "`4`" in app.button(key=f"odd-{name}").label
        assert any("no space left on device" in w.value for w in app.warning)
    assert not list((own_cache / "labels").glob("*.jsonl"))
    app.button(key="write-labels").click().run()
    check(app)
    (file,) = (own_cache / "labels").glob("*.jsonl")
    assert read_labels(file)["score"].tolist() == [4] and not app.warning


def test_damaged_labels_are_told_and_the_rest_is_shown(app, explorer, own_cache):
    """One flipped bit used to leave nothing of the page but a generic error."""
    name = open_oddest(app, explorer)
    app.button(key="label-4").click().run()
    (file,) = (own_cache / "labels").glob("*.jsonl")
    file.write_bytes(file.read_bytes() + b'{"id": "M\xff\n')
    app.run()
    check(app)
    assert "`4`" in app.button(key=f"odd-{name}").label
    assert any("A line of your labels on disk is damaged" in w.value for w in app.warning)
    file.unlink()
    file.mkdir()
    app.run()
    check(app)
    assert any("cannot be read from disk" in w.value for w in app.warning) and app.button


def test_labels_are_brought_back_from_a_file(app, own_cache):
    go(app, "anomalies")
    data = b"id,score,note\nM000001,5,<b>ring</b>\nM000002,7,\n"
    app.file_uploader(key="labels-file-0").set_value([("mine.csv", data, "text/csv")]).run()
    check(app)
    (said,) = [w.value for w in app.warning]
    assert "1 label imported" in said and "score must be a number from 0 to 5" in said
    (file,) = (own_cache / "labels").glob("*.jsonl")
    assert read_labels(file)[["id", "score", "note"]].values.tolist() == [["M000001", 5, "<b>ring</b>"]]
    app.file_uploader(key="labels-file-1").set_value([("mine.json", b"nothing", "text/plain")]).run()
    check(app)
    assert "needs the columns id and score" in app.error[0].value and not app.warning


def test_uploads_are_a_persons_own(app):
    give(app, ("mine.fits", make_fits(make_galaxy())))
    other = AppTest.from_file(str(APP), default_timeout=60).run()
    go(other, "locate")
    assert "Upload a cutout" in words(other) and not list_numbers(other)


def test_the_ranking_learns_from_labels_when_asked(app, explorer):
    name = open_oddest(app, explorer)

    def shown():
        return [b.key for b in app.button if (b.key or "").startswith("odd-")]

    before = shown()
    app.button(key="label-0").click().run()
    assert shown() == before, "not before it is asked to"
    app.toggle(key="learn").set_value(True).run()
    check(app)
    assert shown()[0] != before[0] and f"odd-{name}" not in shown()[:3]


def test_next_goes_down_the_ranking(app, explorer):
    open_oddest(app, explorer)
    second = [b.key for b in app.button if (b.key or "").startswith("odd-")][1].removeprefix("odd-")
    app.button(key="step-Right").click().run()
    check(app)
    assert app.session_state["opened"] == second
    app.toggle(key="label-next").set_value(True).run()
    app.button(key="label-2").click().run()
    check(app)
    assert app.session_state["opened"] != second
    app.button(key="step-Left").click().run()
    assert app.session_state["opened"] == second


def test_artefacts_stand_apart_with_their_reason(app, explorer):
    if "suspicion" not in explorer.table:
        pytest.skip("this model was made without measurements of the pixels")
    go(app, "anomalies")
    app.button_group(key="suspects").set_value("suspects").run()
    check(app)
    n = (explorer.table["suspicion"] != "").sum()
    assert f"of {n:,}, the oddest first" in words(app) and "known non-galaxies" in words(app)
    labels = [b.label for b in app.button if (b.key or "").startswith("odd-")]
    assert all(any(w in t for w in ("line in one band", "empty sky", "like a star")) for t in labels)


def test_both_deviations_stand_beside_the_split(app, explorer):
    name = open_oddest(app, explorer)
    reasons = explorer.explain_at(explorer.find_rows([name])[0]).reasons
    app.session_state["split-open"] = True
    app.run()
    split = next(c for c in app.get("plotly_chart") if "waterfall" in c.proto.spec)
    figure = json.loads(split.proto.spec)
    texts = [a["text"] for a in figure["layout"]["annotations"]][: len(reasons)]
    for text, one, other in zip(texts, reasons["marginal_z"], reasons["conditional_z"], strict=True):
        numbers = [float(t) for t in text.replace("−", "-").replace("<b>", "").replace("</b>", "").split()]
        assert numbers == pytest.approx([one, other], abs=0.051)
    terms = [round(10 * float(t.split("<b>")[1].split("</b>")[0])) for t in figure["data"][0]["y"]]
    assert sum(terms[:-1]) == terms[-1]


def test_the_made_ordinary_galaxy_is_one(explorer):
    """Whatever is odd: what comes out lies within the crowd, and what was moved is what the words say."""
    for place in explorer.ranking.sort()[:30]:
        explained, latents = explorer.explain_at(place), explorer.atlas.latents[place].astype(float)
        made = explained.counterfactual
        assert made.before == pytest.approx(explorer.table["distance2"].iloc[place], rel=0.01)
        assert made.after < 13.3 and made.latents[0] == latents[0]  # as 99 % of a chi-squared of four
        atlas, still = explorer.atlas, [j for j, name in enumerate(BASIS) if name not in made.moved]
        mode, covariance = atlas.choose_mode(latents, explained.sigma, atlas.correlation[place])
        turn = atlas.find_turn(np.array([mode]), covariance[None])[0]
        before, after = (turn @ values[INTRINSIC_AT] for values in (latents, made.latents))
        assert np.allclose(after[still], before[still]), "what is told of the others stays"
        assert np.allclose(explained.image, explorer.decode(latents)[0], atol=1e-5)
        assert np.allclose(made.image, explorer.decode(made.latents)[0], atol=1e-5)


def test_gif_and_png_are_made_on_demand(explorer):
    from PIL import Image

    from galexplore.atlas.paths import walk
    from pages._parts.frames import animate

    rows = walk(explorer.atlas.latents[0], explorer.atlas.latents[1], 5)
    movie = Image.open(io.BytesIO(animate(explorer, rows, [f"{math.degrees(r[0]):.0f}°" for r in rows])))
    assert movie.format == "GIF" and movie.n_frames == 8


def test_what_was_filled_in_is_told_at_the_top(app):
    flux = make_galaxy()[:, 12:57, 12:57]  # 22 arcsec of 33.5
    upload(app, "small.fits", make_fits(flux))
    assert any("of the image has no data and was filled in" in w.value for w in app.warning)
    app.button(key="forget").click().run()
    upload(app, "whole.fits", make_fits(make_galaxy()))
    assert not any("filled in" in w.value for w in app.warning)
