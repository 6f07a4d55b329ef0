"""Cutout files to a table on disk: whole or not at all, in every format the same."""

import numpy as np
import pytest

import galexplore as gx
from galexplore.errors import InputError
from galexplore.jobs.locate_many import embed_files
from galexplore.tables import catalogue
from tests.pages.driver import make_fits, make_galaxy


@pytest.fixture(scope="module")
def explorer():
    return gx.load()


@pytest.fixture
def files(tmp_path):
    """The same name in two folders, and a bad file between them."""
    paths = [tmp_path / name for name in ("one/a.fits", "one/bad.fits", "two/a.fits")]
    for path, factor in zip(paths, (1.0, None, 1.4), strict=True):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(make_fits(make_galaxy() * np.float32(factor)) if factor else b"SIMPLE  = no")
    return paths


@pytest.mark.parametrize("suffix", ["parquet", "csv", "fits", "vot", "ecsv"])
def test_every_format_holds_the_same_table(explorer, files, tmp_path, suffix):
    to, seen = tmp_path / f"table.{suffix}", []
    rows, refused = embed_files(files, to, explorer, progress=lambda done, of: seen.append((done, of)))
    assert rows == 2 and [p for p, _ in refused] == [str(files[1])] and all(s for _, s in refused)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    table = catalogue.read(to)
    assert table["id"].tolist() == ["a.fits", "a.fits (2)"] and table["verdict"].tolist() == ["located"] * 2
    assert table["path"].tolist() == [str(files[0]), str(files[2])]
    for path, row in zip((files[0], files[2]), table.to_dict("records"), strict=True):
        alone = explorer.locate(gx.read(path))
        assert row["lat_logmass"] == pytest.approx(alone.latents[2], abs=1e-5)
        assert row["percentile"] == pytest.approx(alone.percentile, abs=0.01)
    if suffix != "csv":
        assert table.attrs["model_sha256"] == explorer.card["sha256"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", f"table.{suffix}", "two"], "nothing is left beside it"


def test_blocks_are_row_groups_of_one_file(explorer, files, tmp_path, monkeypatch):
    monkeypatch.setattr("galexplore.explore.locate_many.BLOCK", 1)
    rows, refused = embed_files(files, tmp_path / "table.parquet", explorer)
    assert rows == 2 and len(refused) == 1
    assert [len(b) for b in catalogue.read_blocks(tmp_path / "table.parquet")] == [1, 1]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_run_that_dies_leaves_the_former_table(explorer, files, tmp_path, monkeypatch, suffix):
    to = tmp_path / f"table.{suffix}"
    to.write_bytes(b"former")
    monkeypatch.setattr("galexplore.explore.locate_many.BLOCK", 1)

    def stop(done, of):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embed_files(files, to, explorer, progress=stop)
    assert to.read_bytes() == b"former" and not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_nothing_usable_writes_nothing(explorer, files, tmp_path, suffix):
    to = tmp_path / f"table.{suffix}"
    assert embed_files(files[1:2], to, explorer)[0] == 0 and not to.exists()


def test_outputs_are_looked_at_before_the_work(explorer, files, tmp_path):
    for to in (tmp_path / "no" / "x.csv", tmp_path / "x.xlsx", files[0]):
        with pytest.raises(InputError):
            embed_files(files, to, explorer=None)
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        embed_files(files, tmp_path / "x.csv", explorer=None)
    with pytest.raises(InputError, match="0 files"):
        embed_files([], tmp_path / "y.csv", explorer)
