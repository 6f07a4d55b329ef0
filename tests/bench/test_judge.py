"""Real galaxies of known redshift scored, and simulated ones seen through other skies."""

import numpy as np
import pandas as pd
import pytest

import galexplore as gx
from galexplore.bench import sky
from galexplore.bench.judge import judge, score, write_scores
from galexplore.cutouts.conventions import PSFSIZE
from galexplore.errors import InputError
from galexplore.mock.rows import PARTS
from galexplore.network.student_card import has_student
from galexplore.patches.instrument import open_instrument
from galexplore.places import SHIPPED
from galexplore.survey import DECALS
from tests.analytic import REAL


def test_scores_by_hand():
    truth, error = np.array([0.1, 0.2, 0.3, 0.4, 0.5]), np.array([0.0, 0.01, -0.01, 0.3, 0.02])
    rows = pd.DataFrame({"z": truth, "redshift": truth + error, "redshift_68": 0.015, "redshift_95": 0.03})
    scored = score(rows, "redshift", "z")
    scaled = error / (1 + truth)
    assert scored["r2"][0] == pytest.approx(1 - (error**2).sum() / ((truth - 0.3) ** 2).sum())
    assert scored["bias"][0] == pytest.approx(np.median(scaled))
    assert scored["nmad"][0] == pytest.approx(1.4826 * np.median(np.abs(scaled - np.median(scaled))), rel=1e-4)
    assert scored["outliers"][0] == pytest.approx(0.2) and scored["n"] == 5
    assert scored["inside68"][0] == 3 and scored["inside95"][0] == 4
    assert scored["inside68"][1] < 3 < scored["inside68"][2]


def test_a_folder_without_truth_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"truth\.csv"):
        judge(None, tmp_path)


@pytest.mark.skipif(not (REAL / "completed").is_dir(), reason="no real galaxies here")
def test_real_galaxies_are_scored_by_what_is_published_of_them(tmp_path):
    truth = pd.read_csv(REAL / "completed" / "truth.csv").iloc[:3]
    truth.assign(name=[*truth["name"][:2], "missing.fits"]).to_csv(tmp_path / "truth.csv")
    for name in truth["name"][:2]:
        (tmp_path / name).write_bytes((REAL / "completed" / name).read_bytes())
    judged = judge(gx.load(), tmp_path)
    rows = judged["galaxies"]
    assert [row["z"] for row in rows] == truth["z"].tolist() and "refused" in rows[2]
    told = rows[0]["logmass_told"], rows[0]["logmass_told_68"]
    assert np.isfinite(told).all() and told[1] < rows[0]["logmass_68"] and "logmass_told" in judged
    assert rows[0]["published_logmass"] == truth["logmass"].iloc[0] != rows[0]["logmass"]
    assert judged["redshift"]["n"] == 2 and judged["logmass"]["n"] == truth["logmass"][:2].notna().sum()
    assert judge(gx.load(), tmp_path, (truth["name"][0],))["redshift"]["n"] == 1
    assert "refused: " in write_scores(judged)
    assert list(judged["skies"]) == ["by position", "as published", "seeing withheld", "dust withheld"]
    assert rows[0]["seeing"] == pytest.approx([truth[f"psf_fwhm_{b}"].iloc[0] / PSFSIZE for b in "grz"])
    unpublished = truth[["name", "z"]].iloc[:1]
    unpublished.to_csv(tmp_path / "truth.csv")
    alone = judge(gx.load(), tmp_path)
    assert list(alone["skies"]) == ["by position", "dust withheld"] and alone["galaxies"][0]["seeing"] == [None] * 3


@pytest.mark.skipif(not (REAL / "completed").is_dir(), reason="no real galaxies here")
@pytest.mark.skipif(not has_student(SHIPPED / "default"), reason="the shipped model has no student here")
def test_a_student_stands_beside_its_model_with_intervals_of_its_own(tmp_path):
    truth = pd.read_csv(REAL / "completed" / "truth.csv").dropna(subset="logmass").iloc[:1]
    truth[["name", "z", "logmass"]].to_csv(tmp_path / "truth.csv")
    for name in truth["name"]:
        (tmp_path / name).write_bytes((REAL / "completed" / name).read_bytes())
    explorer, instrument = gx.load(), open_instrument("default", True)
    judged, alone = judge(explorer, tmp_path, student=instrument), judge(explorer, tmp_path)
    for row, own in zip(judged["galaxies"], alone["galaxies"], strict=True):
        assert {k: v for k, v in row.items() if "student" not in k} == own, "the model's answers stay"
        location = explorer.locate(gx.read(tmp_path / row["name"]))
        flux, observed = location.prepared.flux[None], location.observed
        said = instrument.student.read(flux, observed, batch=1)[0].iloc[0]
        assert row["redshift_student"] == pytest.approx(said["lat_redshift"], rel=1e-4) != row["redshift"]
        assert row["logmass_student_68"] >= said["lat_logmass_sigma"] * (1 - 1e-4), "wider where it knows less"
        assert row["logmass_student_95"] > row["logmass_student_68"] > 0
    assert judged["redshift_student"]["n"] == 1 and "outliers" in judged["redshift_student"]
    assert "| redshift, student | by position | 1 |" in write_scores(judged)


def test_each_change_of_the_sky_changes_what_it_names_and_nothing_else():
    row = gx.load().table.iloc[:2]
    changes = {(kind, name): change(row) for kind, name, change in sky.list_changes(DECALS)}
    assert sum(kind == "seeing" for kind, _ in changes) == 27
    dust = changes["dust left in", "E(B-V) 0.1"]
    for band, k in zip(DECALS.bands, DECALS.extinction, strict=True):
        for part in PARTS:
            flux = f"flux_{part}_{band}"
            assert np.allclose(dust[flux], row[flux] * 10 ** (-0.04 * k))
    cleared = changes["dust taken off", "E(B-V) 0.3"]
    raised = 10 ** (0.4 * DECALS.extinction[0] * (0.3 - row["ebv"]))
    assert np.allclose(cleared["noise_g"], row["noise_g"] * raised)
    assert cleared["flux_disc_g"].equals(row["flux_disc_g"])
    wide = changes["seeing of one band", 'r 1.7"']
    assert (wide["psf_r"] == 1.7).all() and wide.drop(columns="psf_r").equals(row.drop(columns="psf_r"))
    assert np.allclose(changes["depth", "noise x 2.5"]["noise_z"], 2.5 * row["noise_z"])
    moved = changes["position", '1.0" off']
    assert np.allclose(moved["offset_x"] - row["offset_x"], 1.0 / DECALS.pixel_scale)


def test_another_sampling_shows_the_same_galaxy_and_without_neighbours_the_rest_stays():
    row = gx.load().table.iloc[40].to_dict()
    usual, finer = sky.draw(row, DECALS), sky.draw(row | {"sampled": 0.15}, DECALS)
    middle = slice(25, 44)
    assert finer.shape == usual.shape and np.isfinite(finer).all()
    assert finer[:, middle, middle].sum() == pytest.approx(usual[:, middle, middle].sum(), rel=0.02)
    alone = sky.draw(row | {"alone": True}, DECALS)
    assert (usual - alone).max() > 0 and alone[:, 34, 34] == pytest.approx(usual[:, 34, 34], rel=0.02)


def test_the_answers_move_with_the_sky(monkeypatch):
    def two(survey, triplets):
        yield "nothing", "", lambda rows: rows
        yield sky.LEFT_IN, "0.3", sky._redden(survey, 0.3)
        yield "seeing", 'z 2"', sky._set_seeing({"z": 2.0})

    monkeypatch.setattr(sky, "list_changes", two)
    drawn, untold, nothing, dust, told, silent = sky.measure_sky(gx.load(), 24)["rows"]
    assert nothing["redshift"] == drawn["redshift"] and nothing["redshift"]["shift"] == 0
    assert [row["told"] for row in (drawn, untold, nothing, dust, told, silent)] == [
        True,
        False,
        True,
        True,
        True,
        False,
    ]
    assert untold["redshift"]["shift"] != 0 and dust["redshift"]["scatter"] > 0
    assert told["redshift"] != silent["redshift"]
    table = sky.write_table({"rows": [drawn, nothing, dust, told, silent]})
    assert "| dust left in 0.3 |" in table and '| seeing z 2", not told |' in table
