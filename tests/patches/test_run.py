"""A survey by this process: what goes in comes out, once, as it would alone; killed or full, it goes on."""

import json
import resource
import shutil
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from galexplore.errors import InputError
from galexplore.latents import MEANS, SIGMAS
from galexplore.network.embed import Embedder
from galexplore.patches import instrument, run
from galexplore.patches.images import FileSource, StoreSource
from galexplore.patches.instrument import Instrument
from galexplore.patches.run import embed_survey
from galexplore.sources.kept import KEPT, Kept
from galexplore.survey import DECALS
from galexplore.tables import catalogue


def read_all(folder):
    return pd.concat([pd.read_parquet(p) for p in sorted((folder / "patches").glob("*.parquet"))], ignore_index=True)


def read_bytes(folder):
    return {p.name: p.read_bytes() for p in (folder / "patches").iterdir()}


@pytest.fixture(scope="module")
def store(own, tmp_path_factory):
    """A catalogue with images beside it, and all of them as the model embeds them by itself."""
    folder = tmp_path_factory.mktemp("store")
    for name in ("catalogue.parquet", KEPT):
        shutil.copy(own / name, folder)
    frame = catalogue.read(folder / "catalogue.parquet")
    flux = Kept.open(folder / KEPT, DECALS).get(list(frame["id"])).astype(np.float32)
    return folder / "catalogue.parquet", Embedder.load(own).embed(flux)


@pytest.fixture(scope="module")
def whole(store, tmp_path_factory):
    """An undisturbed run in four partitions."""
    out = tmp_path_factory.mktemp("whole") / "out"
    return out, embed_survey(StoreSource(store[0], DECALS, 16), out, "own", student=False)


def test_every_galaxy_comes_out_once_and_as_it_would_alone(store, whole):
    out, summary = whole
    table, (path, alone) = read_all(out), store
    assert list(table["id"]) == list(catalogue.read(path)["id"])
    off = np.abs(table[MEANS].to_numpy() - alone[MEANS].to_numpy()) / alone[SIGMAS].to_numpy()
    assert off.max() < 5e-4, "an untaught network, in batches of another size"
    assert np.allclose(table[SIGMAS], alone[SIGMAS], rtol=1e-4)
    assert np.allclose(table["chi2"], alone["chi2"], rtol=1e-4)
    assert summary.galaxies == 60 == summary.verdicts["located"] and summary.partitions == 4
    assert json.loads((out / "report.json").read_text())["galaxies"] == 60


def test_a_file_says_what_it_is_of(whole, own):
    metadata = pq.read_schema(whole[0] / "patches" / "part-00000.parquet")
    said, card = json.loads(metadata.metadata[b"provenance"]), json.loads((own / "card.json").read_text())
    assert (
        said["model_sha256"] == card["sha256"] and said["survey"] == card["survey"] and said["measured_by"] == "model"
    )
    assert metadata.field("lat_logmass").metadata[b"unit"] == b"dex"


@pytest.mark.parametrize("size", [7, 60])
def test_other_partitions_give_the_same_rows(store, whole, tmp_path, size):
    embed_survey(StoreSource(store[0], DECALS, size), tmp_path / "out", "own", student=False)
    one, other = read_all(whole[0]), read_all(tmp_path / "out")
    assert list(one["id"]) == list(other["id"])
    assert (np.abs(one[MEANS] - other[MEANS]).to_numpy() / one[SIGMAS].to_numpy()).max() < 1e-4


def test_what_is_there_and_whole_is_not_made_again(store, whole, tmp_path, monkeypatch):
    out = tmp_path / "out"
    shutil.copytree(whole[0], out)
    before = read_bytes(out)
    broken = out / "patches" / "part-00002.parquet"
    broken.write_bytes(before[broken.name][:-100])
    (out / "patches" / "part-00003.parquet").unlink()
    measured = []
    measure = Instrument.measure
    monkeypatch.setattr(
        Instrument, "measure", lambda self, block: measured.append(len(block.rows)) or measure(self, block)
    )
    summary = embed_survey(StoreSource(store[0], DECALS, 16), out, "own", student=False)
    assert measured == [16, 12] and summary.kept == 2 and summary.galaxies == 60
    assert read_bytes(out) == before


def test_a_run_that_is_ended_in_the_middle_goes_on_to_the_same_bytes(store, whole, tmp_path, monkeypatch):
    out, count, measure = tmp_path / "out", [], Instrument.measure

    def end(self, block):
        count.append(1)
        if len(count) == 3:
            raise KeyboardInterrupt
        return measure(self, block)

    with monkeypatch.context() as patch:
        patch.setattr(Instrument, "measure", end)
        with pytest.raises(KeyboardInterrupt):
            embed_survey(StoreSource(store[0], DECALS, 16), out, "own", student=False)
    assert sorted(read_bytes(out)) == ["part-00000.parquet", "part-00001.parquet"]
    embed_survey(StoreSource(store[0], DECALS, 16), out, "own", student=False)
    assert read_bytes(out) == read_bytes(whole[0])


@contextmanager
def little_room(most):
    """Let files grow to so many bytes, as a full disk or a quota does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_and_the_same_command_goes_on(store, whole, tmp_path):
    out, source = tmp_path / "out", StoreSource(store[0], DECALS, 16)
    with (
        little_room(5000),
        pytest.raises(InputError, match=r"cannot be written: file too large.*then do the same again"),
    ):
        embed_survey(source, out, "own", student=False)
    assert not list((out / "patches").iterdir())
    embed_survey(source, out, "own", student=False)
    assert read_bytes(out) == read_bytes(whole[0])


def test_what_cannot_be_used_stands_there_with_its_reason(own, tmp_path):
    for name in ("catalogue.parquet", KEPT):
        shutil.copy(own / name, tmp_path)
    data = bytearray((tmp_path / KEPT).read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / KEPT).write_bytes(data)
    embed_survey(StoreSource(tmp_path / "catalogue.parquet", DECALS, 16), tmp_path / "out", "own", student=False)
    table = read_all(tmp_path / "out")
    refused = table[table["verdict"] == "refused"]
    assert len(table) == 60 and len(refused) == 1 and "damaged" in refused["detail"].iloc[0]
    assert refused[MEANS].isna().all(axis=None) and table.drop(refused.index)[MEANS].notna().all(axis=None)


def test_a_folder_keeps_to_its_source_and_its_model(store, whole, tmp_path):
    with pytest.raises(InputError, match="another source, by another model or version"):
        embed_survey(StoreSource(store[0], DECALS, 16), whole[0], "own", student=True)
    (tmp_path / "patches").mkdir()
    with pytest.raises(InputError, match="without its plan"):
        embed_survey(StoreSource(store[0], DECALS, 16), tmp_path, "own")


def test_many_galaxies_are_the_students_and_its_teacher_tells_the_difference(store, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "MANY", 50)
    monkeypatch.setattr(instrument, "SAMPLE", 10)
    summary = embed_survey(StoreSource(store[0], DECALS, 16), tmp_path / "out", "own")
    table = read_all(tmp_path / "out")
    assert summary.difference["n"] > 0 and summary.galaxies == 60 and table["chi2"].isna().all()
    said = json.loads(pq.read_schema(tmp_path / "out" / "patches" / "part-00000.parquet").metadata[b"provenance"])
    assert said["measured_by"] == "student" and len(said["student_sha256"]) == 64
    sampled = [i for i in table["id"] if instrument.zlib.crc32(i.encode()) % 10 == 0]
    off = table.set_index("id")["lat_logmass"] - pd.Series(store[1]["lat_logmass"].to_numpy(), table["id"])
    off = off / pd.Series(store[1]["lat_logmass_sigma"].to_numpy(), table["id"])
    assert summary.difference["n"] == len(sampled)
    assert summary.difference["logmass"]["mean"] == pytest.approx(off[sampled].mean(), rel=1e-3)
    assert any("student less model" in line for line in summary.tell())


def test_files_come_out_by_their_paths(tmp_path, own):
    flux = Kept.open(own / KEPT, DECALS).get(["NGC0000"])[0].astype(np.float32)
    np.save(tmp_path / "good.npy", flux)
    (tmp_path / "bad.fits").write_bytes(b"no")
    files = (tmp_path / "good.npy", tmp_path / "bad.fits")
    embed_survey(FileSource(files, DECALS, pixel_scale=DECALS.model_scale), tmp_path / "out", "own")
    table = read_all(tmp_path / "out").set_index("id")
    assert table.loc[str(files[0]), "verdict"] == "located" and table.loc[str(files[1]), "verdict"] == "refused"
