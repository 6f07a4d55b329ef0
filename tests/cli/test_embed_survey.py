"""`galexplore embed SOURCE OUT`."""

import pandas as pd

from galexplore.places import ROOT
from galexplore.tables import catalogue
from tests.cli.test_cli import run


def test_a_survey_is_embedded_told_and_gone_on_with(tmp_path):
    catalogue.write(catalogue.read(ROOT / "data" / "catalogue.parquet").iloc[:6], tmp_path / "six.parquet")
    first = run("embed", tmp_path / "six.parquet", tmp_path / "out", "--rows", "4")
    assert first.returncode == 0, first.stderr
    said = " ".join(first.stdout.split())
    assert "6 galaxies: 6 located; 2 partitions, 0 of them from before" in said
    rows = pd.concat([pd.read_parquet(p) for p in sorted((tmp_path / "out" / "patches").iterdir())])
    assert list(rows["id"]) == [f"M{i:06d}" for i in range(1, 7)]
    again = run("embed", tmp_path / "six.parquet", tmp_path / "out", "--rows", "4")
    assert "2 of them from before" in " ".join(again.stdout.split())


def test_what_is_no_survey_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    for words, sentence in (
        ((tmp_path / "none.parquet", tmp_path / "out"), "there is no"),
        ((tmp_path / "empty", tmp_path / "out"), "there is no cutout in"),
        ((tmp_path / "empty",), "say where to write"),
        ((tmp_path / "empty", tmp_path / "out.csv", "--bricks", tmp_path), "a survey is written into a folder"),
        ((tmp_path / "empty", tmp_path / "out", "--bricks", tmp_path), "give one table of positions"),
    ):
        answer = run("embed", *words)
        assert answer.returncode == 2 and sentence in answer.stderr and "Traceback" not in answer.stderr, answer.stderr
