"""What fetching costs is said before anything is asked for or read; `--dry-run` says no more."""

import re

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from galexplore.cli.main import app
from galexplore.cli.train import choose_start
from galexplore.network.recipes import FEW
from galexplore.tables import catalogue


def ask(*words) -> str:
    """What a command says, on one line."""
    answer = CliRunner().invoke(app, [str(w) for w in words], catch_exceptions=False)
    assert answer.exit_code == 0
    return " ".join(answer.output.split())


@pytest.fixture
def demo(server, monkeypatch):
    """The stand-in, as the command line asks it."""
    monkeypatch.setenv("GALEXPLORE_OFFLINE", "0")
    monkeypatch.setenv("GALEXPLORE_DEMO_SKY", server.origin)
    return server


def test_a_catalogue_says_requests_time_and_disk_and_asks_no_more_than_how_many_there_are(demo, tmp_path):
    to = ("--out", tmp_path / "f", "--dry-run")
    said = ask("fetch", "catalogue", "sdss", "--n", 100, *to)
    assert re.search(r"2,000 galaxies there; 130 rows .*: 2 requests, at 8 a second 1 s at least.*MB on disk", said)
    assert len(demo.asked) == 1 and "COUNT" in demo.asked[0]
    demo.asked.clear()
    said = ask("fetch", "catalogue", "tap", "--service", "https://tap.org/x", "--query", "SELECT 1", "--n", 10, *to)
    assert "1 request, at 8 a second" in said and "MB on disk" in said
    (tmp_path / "mine.csv").write_text("id,ra,dec,z\n1,10,1,0.1\n")
    assert "no request; 10 rows at most" in ask("fetch", "catalogue", tmp_path / "mine.csv", "--n", 10, *to)
    assert "2 requests, " in ask("fetch", "populations", *to)
    assert not demo.asked and not (tmp_path / "f").exists()


@pytest.mark.parametrize(("n", "fetched", "begins"), [(30, True, "default"), (FEW, True, ""), (30, False, "")])
def test_few_fetched_galaxies_are_learnt_from_the_shipped_weights(tmp_path, n, fetched, begins):
    catalogue.write(pd.DataFrame({"id": np.arange(n).astype(str)}), tmp_path / "own.parquet")
    assert choose_start(None, tmp_path / "own.parquet", fetched) == begins
    assert choose_start("scratch", tmp_path / "own.parquet", fetched) == ""
    assert choose_start("other", tmp_path / "own.parquet", fetched) == "other"


def test_labels_in_hats_form_are_counted_and_not_read(demo, tmp_path, monkeypatch):
    lsdb = pytest.importorskip("lsdb")
    n = 40
    frame = pd.DataFrame({"TARGETID": np.arange(n) + 10**15, "LOG_MSTAR": 10.0, "AVG_SFR": 1.0})
    frame["ra"], frame["dec"] = np.linspace(10, 50, n), 1.0
    made = lsdb.from_dataframe(frame, ra_column="ra", dec_column="dec", catalog_name="l", margin_threshold=None)
    made.write_catalog(tmp_path / "l", catalog_name="l", progress_bar=False)
    monkeypatch.setattr("galexplore.sources.catalogues.hats.HatsCatalogue.read", lambda *_: pytest.fail("it is read"))
    said = ask(
        "fetch", "catalogue", "desi", "--labels", tmp_path / "l", "--n", 20, "--out", tmp_path / "f", "--dry-run"
    )
    assert f"{n} rows, at most 0.00 GB to read" in said and "26 rows to ask for" in said and "6 requests" in said
    assert not demo.asked
