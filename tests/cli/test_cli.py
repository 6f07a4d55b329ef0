import errno
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits

from galexplore.atlas.basis import BASIS
from galexplore.cutouts.audit import CHECKS
from galexplore.latents import LATENTS
from galexplore.places import ROOT
from galexplore.survey import DECALS

DATA = ROOT / "data" / "catalogue.parquet"
EXECUTABLE = [sys.executable, "-c", "from galexplore.cli.main import main; main()"]


def run(*words, cwd=None):
    return subprocess.run([*EXECUTABLE, *map(str, words)], capture_output=True, text=True, cwd=cwd)


@pytest.fixture(scope="module")
def cutout(tmp_path_factory):
    """A simulated galaxy of the embedded catalogue, written as the survey's server would serve it."""
    from galexplore.mock.render import render
    from galexplore.tables import catalogue

    frame = catalogue.read(DATA)
    row = frame[(frame["population"] == "ordinary") & (frame["mag_r"] < 18)].iloc[0]
    header = fits.Header({"BANDS": "grz", "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 2.0})
    step, middle = DECALS.pixel_scale / 3600, (DECALS.native_size + 1) / 2
    header.update({"CRPIX1": middle, "CRPIX2": middle, "CD1_1": -step, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": step})
    path = tmp_path_factory.mktemp("cutout") / "galaxy.fits"
    fits.PrimaryHDU(render(row, DECALS), header).writeto(path)
    return path, row


def test_locate_json_keeps_its_schema(cutout):
    path, row = cutout
    answer = run("locate", path, "--json")
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    keys = ["validity", "source", "audit", "ebv", "ebv_source", "seeing", "latents", "umap", "neighbours", "anomaly"]
    assert list(found) == [*keys, "model", "posterior", "given"]
    assert found["validity"] == {"state": "inside", "sentence": "Inside the training distribution.", "reasons": []}
    assert found["seeing"] == [None] * 3
    assert found["given"] is None and found["posterior"]["coordinates"] == ["ln(redshift)", "logmass", "logsfr"]
    assert sum(found["posterior"]["weights"]) == pytest.approx(1)
    assert found["source"] == {
        "path": "galaxy.fits",
        "kind": found["source"]["kind"],
        "bands": "grz",
        "pixel_scale_arcsec": pytest.approx(0.262),
        "approximate": False,
    }
    assert all(set(c) == {"check", "status", "detail"} and c["status"] in ("passed", "fixed") for c in found["audit"])
    assert tuple(found["latents"]) == LATENTS
    for latent in found["latents"].values():
        assert set(latent) == {"value", "sigma", "interval68", "interval95", "unit"}
        assert latent["interval95"][0] <= latent["interval68"][0] <= latent["value"] <= latent["interval68"][1]
    assert len(found["umap"]) == 2
    assert set(found["neighbours"][0]) == {"id", "distance", "z", "logmass", "logsfr", "population"}
    odd = found["anomaly"]
    assert tuple(odd["contributions"]) == tuple(odd["conditional_z"]) == BASIS
    assert sum(odd["contributions"].values()) == pytest.approx(odd["distance2"])
    assert 0 <= odd["percentile"] <= 100
    assert set(found["model"]) == {"name", "sha256"}
    redshift = found["latents"]["redshift"]
    assert abs(redshift["value"] - row["z_true"]) < 5 * redshift["sigma"]


def test_the_python_face_says_the_same(cutout):
    import galexplore as gx

    path, _ = cutout
    from_json = json.loads(run("locate", path, "--json").stdout)
    location = gx.load().locate(gx.read(str(path))).to_dict()
    for name, latent in from_json["latents"].items():
        assert location["latents"][name]["value"] == pytest.approx(latent["value"], rel=1e-4, abs=1e-5)
    assert [n["id"] for n in location["neighbours"]] == [n["id"] for n in from_json["neighbours"]]


def test_a_redshift_that_is_known_is_told_on_the_command_line(cutout):
    path, _ = cutout
    said = json.loads(run("locate", path, "--redshift", "0.1", "--redshift-error", "0.002", "--json").stdout)
    assert said["given"] == {"redshift": 0.1, "error": 0.002, "pull": pytest.approx(said["given"]["pull"])}
    assert said["latents"]["redshift"]["value"] == pytest.approx(0.1, abs=0.002)
    assert run("locate", path, "--redshift", "-0.1").returncode == 2


def test_the_table_shows_what_the_json_says(cutout):
    path, _ = cutout
    text = run("locate", path).stdout
    assert text.startswith("Inside the training distribution.\n")
    for word in ("Redshift", "log stellar mass", "log SFR", "pixel scale", "sigma"):
        assert word in text


def bad_inputs(folder):
    (folder / "empty.fits").write_bytes(b"")
    (folder / "text.fits").write_text("not an image at all")
    np.save(folder / "two.npy", np.zeros((2, 50, 50), np.float32))
    np.save(folder / "unscaled.npy", np.ones((3, 128, 128), np.float32))
    return sorted(folder.iterdir())


def test_bad_input_is_one_sentence_and_status_two(tmp_path):
    for path in [*bad_inputs(tmp_path), tmp_path / "missing.fits"]:
        answer = run("locate", path)
        assert answer.returncode == 2
        assert answer.stdout == ""
        assert len(answer.stderr.strip().splitlines()) == 1
        assert "Traceback" not in answer.stderr
    as_json = run("locate", tmp_path / "empty.fits", "--json")
    assert as_json.returncode == 2
    assert list(json.loads(as_json.stdout)) == ["error"]


def test_embed_names_what_it_leaves_out(cutout, tmp_path):
    from galexplore.tables import catalogue

    (tmp_path / "broken.fits").write_bytes(b"")
    answer = run("embed", cutout[0], tmp_path / "broken.fits", "--out", tmp_path / "table.parquet")
    assert answer.returncode == 0, answer.stderr
    assert "broken.fits" in answer.stderr
    table = catalogue.read(tmp_path / "table.parquet")
    assert table["id"].tolist() == ["galaxy.fits"] and table["path"].tolist() == [str(cutout[0])]
    assert np.isfinite(table["lat_redshift"]).all()


def test_embed_looks_at_its_output_before_any_work(cutout, tmp_path):
    for to, words in (("no/such/table.csv", "no folder"), ("table.xlsx", "no table format"), (cutout[0], "one of the")):
        answer = run("embed", cutout[0], "--out", tmp_path / to)
        assert answer.returncode == 2 and words in answer.stderr and len(answer.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_mock_draws_renders_and_continues(tmp_path):
    pytest.importorskip("bagpipes")
    first = run("mock", "--n", 12, "--seed", 3, "--out", tmp_path / "survey")
    assert first.returncode == 0, first.stderr
    again = run("mock", "--n", 12, "--seed", 3, "--out", tmp_path / "survey")
    assert again.returncode == 0, again.stderr
    assert "12 galaxies" not in again.stdout  # drawn once
    assert len(list((tmp_path / "survey").glob("mock-*/pictures.f16"))) == 1


def test_a_northern_survey_is_drawn_and_trained_on(tmp_path):
    pytest.importorskip("bagpipes")
    assert "no survey is called 'SDSS'" in refuse_one_line("mock", "--survey", "SDSS", "--out", tmp_path / "none")
    assert "with --out" in refuse_one_line("mock", "--survey", "bass-mzls")
    drawn = run("mock", "--n", 40, "--seed", 3, "--survey", "BASS/MzLS", "--no-pixels", "--out", tmp_path / "north")
    assert drawn.returncode == 0, drawn.stderr
    cost = run("train", "--name", "mine-1", "--data", tmp_path / "north", "--dry-run")
    assert cost.returncode == 0, cost.stderr
    refused = refuse_one_line("train", "--name", "mine-1", "--data", tmp_path / "north", "--survey", "DECaLS")
    assert "drawn for BASS/MzLS" in refused
    assert "no other catalogue" in refuse_one_line(
        "train", "--name", "mine-1", "--data", tmp_path / "north", "--extra", 5
    )
    assert not list((ROOT / "models").glob("*mine-1*"))


def test_a_cache_that_cannot_be_written_is_no_place_to_render_into(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GALEXPLORE_CACHE", str(tmp_path / "file" / "cache"))
    assert "give --out" in refuse_one_line("mock")


def test_the_server_takes_the_place_of_its_command(monkeypatch):
    """Whoever ends the command ends the server: they are one process."""
    from galexplore.cli import main

    called = []
    monkeypatch.setattr(main.os, "execv", lambda *at: called.append(at) or (_ for _ in ()).throw(SystemExit(0)))
    with pytest.raises(SystemExit):
        main.serve(port=9999, browser=False)
    ((program, command),) = called
    assert program == sys.executable and command[:5] == [sys.executable, "-P", "-m", "streamlit", "run"]
    assert "--server.port=9999" in command


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_nothing_is_a_sentence(monkeypatch, capsys, code):
    from galexplore.cli import main

    def fail():
        raise OSError(code, os.strerror(code), "/some/where")

    monkeypatch.setattr(main, "app", fail)
    with pytest.raises(SystemExit, match="2"):
        main.main()
    said = capsys.readouterr().err
    assert said.startswith("/some/where cannot be written: ") and len(said.splitlines()) == 1


def test_evaluate_scores_a_split_and_refuses_an_unknown_one():
    answer = run("evaluate", "--split", "validation", "--json")
    scores = json.loads(answer.stdout)
    assert scores["simulated"] is True
    for latent in ("redshift", "logmass", "logsfr"):
        assert {"r2", "pearson_r2", "nmad", "bias", "outlier_fraction", "coverage68", "coverage95", "crps"} == set(
            scores[latent]
        )
    refused = run("evaluate", "--split", "tset")
    assert refused.returncode == 2
    assert "validation" in refused.stderr


def test_every_verb_is_in_the_readme():
    text = (ROOT / "README.md").read_text()
    verbs = re.findall(r"^ ?│? ?(\w+) {2,}", run("--help").stdout, flags=re.MULTILINE)
    assert {"app", "locate", "mock", "train", "embed", "evaluate"} <= set(verbs)
    for verb in verbs:
        assert f"galexplore {verb}" in text, verb


def refuse_one_line(*words, **more):
    answer = run(*words, **more)
    assert answer.returncode == 2, answer.stderr
    assert answer.stdout == "" and len(answer.stderr.strip().splitlines()) == 1 and "Traceback" not in answer.stderr
    return answer.stderr


def test_train_asks_for_a_name_and_replaces_no_model_unasked(tmp_path):
    unnamed = run("train")
    assert unnamed.returncode == 2 and "--name" in unnamed.stderr and "Traceback" not in unnamed.stderr
    before = (ROOT / "models" / "default" / "card.json").read_bytes()
    assert "--overwrite" in refuse_one_line("train", "--name", "default")
    assert (ROOT / "models" / "default" / "card.json").read_bytes() == before
    assert "cannot name a model" in refuse_one_line("train", "--name", "../mine")
    assert "No catalogue stands at" in refuse_one_line("train", "--name", "mine-1", "--data", tmp_path / "no.parquet")
    assert not list((ROOT / "models").glob("*mine-1*"))


def test_train_mixes_no_mock_galaxies_into_a_catalogue_of_ones_own(tmp_path):
    (tmp_path / "mine.csv").write_text("id,z\na,0.1\n")
    refused = refuse_one_line("train", "--name", "mine-1", "--data", tmp_path / "mine.csv", "--extra", 5)
    assert "mixed with no other catalogue" in refused
    refused = refuse_one_line("train", "--name", "mine-1", "--data", tmp_path / "mine.csv")
    assert "no column split" in refused
    assert not list((ROOT / "models").glob("*mine-1*"))


def test_train_packs_into_a_new_folder_and_unpacks_by_the_recipe_that_was_packed(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    assert "is not empty" in refuse_one_line("train", "--name", "mine-1", "--pack", tmp_path / "full")
    assert "holds no packed training" in refuse_one_line("train", "--unpack", tmp_path / "full")
    refused = refuse_one_line("train", "--unpack", tmp_path / "full", "--start-from", "default", "--epochs", 3)
    assert "give it without --epochs, --start-from" in refused
    assert "without --pack" in refuse_one_line("train", "--unpack", tmp_path, "--pack", tmp_path / "new")
    assert not list((ROOT / "models").glob("*mine-1*"))


def test_model_lists_packs_and_refuses_in_a_sentence(tmp_path):
    listed = run("model", "list")
    assert listed.returncode == 0 and "default" in listed.stdout
    (tmp_path / "bad.galexplore").write_bytes(b"no zip")
    assert "no packed model" in refuse_one_line("model", "install", tmp_path / "bad.galexplore")
    assert "No model stands" in refuse_one_line("model", "pack", "none", tmp_path / "none.galexplore")
    packed = run("model", "pack", "default", tmp_path / "default.galexplore")
    assert packed.returncode == 0, packed.stderr
    refused = refuse_one_line("model", "install", tmp_path / "default.galexplore")
    assert "There is a model 'default' already" in refused


def test_inspect_prints_the_audit_and_locates_nothing(cutout, tmp_path):
    path, _ = cutout
    found = json.loads(run("inspect", path, "--json").stdout)
    assert [c["check"] for c in found["checks"]] == list(CHECKS) and found["error"] is None and found["bands"] == "grz"
    assert "flux_units" in found["assumed"], "the file names no unit"
    (tmp_path / "no.fits").write_bytes(b"nothing")
    assert found["seeing"] == [None] * 3
    told = json.loads(run("inspect", path, "--json", "--seeing", "1.4,?,1.2").stdout)
    assert told["seeing"] == [1.4, None, 1.2]
    assert "from 0.3 to 5" in refuse_one_line("inspect", path, "--seeing", "14")
    bad = run("inspect", tmp_path / "no.fits", "--json")
    assert bad.returncode == 2 and json.loads(bad.stdout)["error"]
    assert "flux units" in run("inspect", path).stdout


def test_inspect_reads_for_the_survey_that_is_asked_for(cutout, tmp_path):
    from dataclasses import replace

    from galexplore.survey import DECALS

    path, _ = cutout
    other = replace(DECALS, name="five", bands=("g", "r", "y"), rgb=("y", "r", "g"))
    (tmp_path / "survey.json").write_text(json.dumps(other.to_dict()))
    refused = run("inspect", path, "--survey", tmp_path / "survey.json", "--json")
    assert refused.returncode == 2 and "y not found" in json.loads(refused.stdout)["error"]
    assert run("inspect", path, "--model", "default").returncode == 0
    assert "No model stands in" in refuse_one_line("inspect", path, "--model", "nowhere")
    assert "one of them" in refuse_one_line("inspect", path, "--model", "default", "--survey", tmp_path / "survey.json")


def test_inspect_prints_what_a_file_says_and_no_markup(tmp_path):
    from astropy.io import fits

    from tests.pages.driver import make_fits, make_galaxy

    path = tmp_path / "[red]x.fits"
    path.write_bytes(make_fits(make_galaxy()))
    with fits.open(path, mode="update") as hdus:
        hdus[0].header["EXTNAME"] = "[/]"
        hdus[0].header["BUNIT"] = "[nanomaggy]"
    shown = run("inspect", path)
    assert shown.returncode == 0 and "[nanomaggy]" in " ".join(shown.stdout.split()), shown.stdout + shown.stderr
