"""A training carried to another machine and back ends as one that stayed; what is damaged or foreign is refused."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import galexplore as gx
from galexplore.errors import InputError
from galexplore.explore.seal import digest
from galexplore.files import hash_file
from galexplore.jobs import carry, draws, gather
from galexplore.jobs.carry import pack_training, train_packed
from galexplore.places import ROOT
from galexplore.sources.mock import Store
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from tests.jobs.conftest import make_place
from tests.jobs.tiny import BRIEF, TINY, nothing, train_own, write_own

THREE = replace(BRIEF, epochs=3, pictures=2, seed=1)


def pack(folder, data, training=THREE, name="mine", start_from=""):
    return pack_training(name, data, training, nothing, DECALS, TINY, folder, start_from)


def kill_after(epoch):
    def report(stage, done=0, *at):
        if stage == "train" and done == epoch:
            raise KeyboardInterrupt

    return report


def count_epochs(epochs):
    return lambda stage, done=0, *at: epochs.append(done) if stage == "train" else None


def forget_times(card):
    """Leave out of a card what no two runs have alike."""
    times = ("seconds", "galaxies_per_second", "made", "digest")
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in card["history"]]
    return {k: v for k, v in card.items() if k not in times} | {"history": rows}


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A catalogue of one's own, packed; and the same pack where all is learnt."""
    space = tmp_path_factory.mktemp("carried")
    data = write_own(space / "own")[0]
    with pytest.MonkeyPatch.context() as there:
        make_place(there, space)
        there.setattr(carry, "_list_missing", lambda training: "umap-learn")
        pack(space / "fresh", data)
        shutil.copytree(space / "fresh", space / "done")
        train_packed(space / "done", nothing)
    return space


def test_a_training_carried_away_and_back_ends_as_one_that_stayed(own_models, tmp_path, monkeypatch):
    """Killed there, gone on with on a third machine, which has no umap either, and completed at home."""
    data = write_own(tmp_path / "own")[0]
    stayed = train_own("stayed", data, THREE)
    sizes = pack(tmp_path / "home", data)
    assert set(sizes) == {"catalogue.parquet", "images.npz", "pack.json"}
    with monkeypatch.context() as there:
        there.setattr(carry, "_list_missing", lambda training: "umap-learn")
        shutil.copytree(tmp_path / "home", tmp_path / "there")
        with pytest.raises(KeyboardInterrupt):
            train_packed(tmp_path / "there", kill_after(2))
        shutil.copytree(tmp_path / "there", tmp_path / "third", ignore=shutil.ignore_patterns(".lock"))
        epochs = []
        card, missing = train_packed(tmp_path / "third", count_epochs(epochs))
    result = tmp_path / "third" / "learnt"
    assert epochs == [3] and missing == "umap-learn" and card["galaxies_per_second"] > 0
    assert sorted(p.name for p in result.iterdir()) == ["learnt.json", "progress", "weights.safetensors"]
    assert not (own_models / "mine").exists()
    shutil.copytree(result, tmp_path / "home" / "learnt")
    monkeypatch.setattr("galexplore.jobs.learn.gather_taught", lambda *at: pytest.fail("it is learnt"))
    card, missing = train_packed(tmp_path / "home", nothing)
    assert missing == "" and gx.load("mine").card == json.loads(json.dumps(card))
    assert forget_times(card) == forget_times(stayed)
    for name in ("weights.safetensors", "atlas.npz", "progress/epoch-002.png"):
        assert hash_file(own_models / "mine" / name) == hash_file(own_models / "stayed" / name), name
    assert not (own_models / "mine" / "learnt.json").exists()
    assert not [p for p in own_models.iterdir() if p.name.startswith(".")]


def test_a_training_that_was_begun_goes_along(own_models, tmp_path, begun, monkeypatch):
    data = write_own(tmp_path / "own")[0]
    with pytest.raises(KeyboardInterrupt):
        train_own("mine", data, THREE, report=kill_after(2))
    sizes = pack(tmp_path / "packed", data)
    assert {"learnt/checkpoint.safetensors", "learnt/progress/epoch-002.png"} <= set(sizes)
    assert max(sizes.values()) <= 15e6
    assert not any("checkpoint" in k for k in pack(tmp_path / "other", data, replace(THREE, seed=2))), (
        "another recipe's"
    )
    monkeypatch.setattr(carry, "_list_missing", lambda training: "umap-learn")
    epochs = []
    train_packed(tmp_path / "packed", count_epochs(epochs))
    assert epochs == [3]
    weights = [folder / "learnt" / "weights.safetensors" for folder in (tmp_path / "packed", begun / "done")]
    assert hash_file(weights[0]) == hash_file(weights[1])


def test_the_weights_that_it_begins_with_go_along(own_models, tmp_path, monkeypatch):
    data = write_own(tmp_path / "own")[0]
    first = train_own("first", data)
    fine = replace(THREE, epochs=1, start_from=first["sha256"])
    pack(tmp_path / "packed", data, fine, start_from="first")
    with pytest.raises(InputError, match=r"lacks start\.safetensors"):
        train_packed(edit(shutil.copytree(tmp_path / "packed", tmp_path / "bare"), drop_start), nothing)
    swapped = set_at("training", "start_from", value="0" * 64)(
        shutil.copytree(tmp_path / "packed", tmp_path / "swapped")
    )
    with pytest.raises(InputError, match="is not what the recipe begins with"):
        train_packed(swapped, nothing)
    shutil.rmtree(own_models)
    monkeypatch.setattr(carry, "_list_missing", lambda training: "umap-learn")
    card, _ = train_packed(tmp_path / "packed", nothing)
    assert "score_at_start" in card and card["training"]["start_from"] == first["sha256"]


def drop_start(folder, said):
    (folder / "start.safetensors").unlink()
    said["members"].pop("start.safetensors")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A small simulated survey that counts as the embedded one, packed with the table of its extra galaxies."""
    space = tmp_path_factory.mktemp("drawn")
    usual = catalogue.read(ROOT / "data" / "catalogue.parquet").query("population == 'ordinary'")
    catalogue.write(usual.iloc[:40].reset_index(drop=True), space / "embedded.parquet")
    with pytest.MonkeyPatch.context() as home:
        make_place(home, space)
        home.setenv("GALEXPLORE_CACHE", str(space / "cache"))
        home.setattr(gather, "DATA", space / "embedded.parquet")
        home.setattr(draws.mock, "draw_training", lambda n, *at: usual.iloc[100 : 100 + n].reset_index(drop=True))
        home.setattr(Store, "render_all", lambda *at, **more: pytest.fail("packing renders nothing"))
        recipe = replace(THREE, epochs=1, extra=6, calibrators=0, lessons=0)
        sizes = pack(space / "packed", space / "embedded.parquet", recipe)
    assert set(sizes) == {"catalogue.parquet", "extras.parquet", "pack.json"}
    return space


TRAIN = """
import sys
for name in ("umap", "numba", "bagpipes", "speclite", "galsim", "gdpyc", "streamlit", "plotly", "matplotlib"):
    sys.modules[name] = None
for name in ("requests", "pyvo", "photutils", "lightning_fabric", "dask", "distributed", "hats", "lsdb", "qp"):
    sys.modules[name] = None
from galexplore.sources.mock import Store
Store.render_all = lambda self, **more: None  # rendered in this process instead, where those modules are not
from galexplore.cli.main import main
sys.argv = ["galexplore", "train", "--unpack", sys.argv[1]]
main()
"""


def test_it_trains_where_the_mocks_libraries_and_umap_are_not(drawn, own_models, tmp_path, monkeypatch):
    """And at home nothing of what it learnt from is drawn or rendered: only the catalogue, which it is to embed."""
    folder = shutil.copytree(drawn / "packed", tmp_path / "packed")
    there = os.environ | {"GALEXPLORE_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT), "COLUMNS": "1000"}
    run = subprocess.run([sys.executable, "-c", TRAIN, folder], env=there, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "need umap-learn, which this machine has not. Carry weights.safetensors" in run.stdout
    assert "galexplore train --unpack packed" in run.stdout
    said = json.loads((folder / "learnt" / "learnt.json").read_text())
    assert said["n_train"] == 6 + (catalogue.read(folder / "catalogue.parquet")["split"] == "train").sum()
    drawn_there = {p.name for p in (tmp_path / "cache").iterdir()}
    assert {name.split("-")[0] for name in drawn_there} == {"mock", "alone"}, "no table of a pack enters the cache"
    monkeypatch.setenv("GALEXPLORE_CACHE", str(tmp_path / "home"))
    monkeypatch.setattr(Store, "render_all", lambda *at, **more: None)
    monkeypatch.setattr(draws, "draw_training_table", lambda *at: pytest.fail("drawn"))
    completed = {}
    monkeypatch.setattr("galexplore.jobs.make_model.complete", lambda *at: completed.update(at=at) or at[5])
    card, missing = train_packed(folder, nothing)
    _, plan, frame, flux, model, learnt, *_ = completed["at"]
    assert missing == "" and learnt == card and len(frame) == len(flux) == 40 and not model.training
    assert card["history"] == said["history"] and plan.is_of(said)
    (pictures,) = (tmp_path / "home").iterdir()
    assert pictures.name in drawn_there and pictures.name.startswith("mock-")


def edit(folder, change):
    """Change `pack.json` as whoever means to, with its digest reckoned anew."""
    path = folder / "pack.json"
    said = json.loads(path.read_text())
    change(folder, said)
    path.write_text(json.dumps(said | {"digest": digest(said)}))
    return folder


def set_at(*keys, value):
    def change(folder, said):
        for key in keys[:-1]:
            said = said[key]
        said[keys[-1]] = value

    return lambda folder: edit(folder, change)


def flip(name):
    def change(folder):
        path = folder / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

    return change


def link(folder):
    shutil.move(folder / "images.npz", folder / "elsewhere")
    (folder / "images.npz").symlink_to("elsewhere")


REFUSED = {
    "is damaged: its catalogue.parquet": flip("catalogue.parquet"),
    "is damaged: its images.npz": lambda folder: os.truncate(folder / "images.npz", 1000),
    "lacks images.npz; carry": lambda folder: (folder / "images.npz").unlink(),
    "it lacks images.npz": link,
    "is not as it was written": lambda f: (f / "pack.json").write_text(
        (f / "pack.json").read_text().replace('"batch": 16', '"batch": 32')
    ),
    "packed by galexplore 9.0 .* and here is": set_at("versions", "galexplore", value="9.0"),
    "was packed by galexplore . .mock": set_at("versions", value=[1]),
    r"packed by .*\(mock 99, .* bring both machines": set_at("versions", "mock", value=99),
    "holds no packed training": lambda folder: (folder / "pack.json").write_text("[1]"),
    "holds no packed training; make": set_at("format", value="another"),
    "names other files": set_at("members", "../up.parquet", value={"size": 1, "sha256": ""}),
    "pack.json is damaged": set_at("members", "images.npz", value=None),
    "holds extras.parquet, of which": lambda folder: (folder / "extras.parquet").write_bytes(b"another's"),
    "no recipe that this version": set_at("training", "novel", value=1),
    "no recipe that this": set_at("training", "batch", value="16"),
    "no recipe that": set_at("network", "hidden", value=10**9),
    "no recipe": set_at("survey", "size", value=10**6),
    "holds no recipe": set_at("training", "extra", value=5),
    "lacks start.safetensors": set_at("training", "start_from", value="0" * 64),
    "which cannot be rendered": lambda folder: edit(
        folder, lambda f, said: (said["members"].pop("images.npz"), (f / "images.npz").unlink())
    ),
    "leads elsewhere": lambda folder: (folder / "learnt").symlink_to("/tmp"),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_damaged_or_foreign_pack_is_refused_before_any_work(begun, own_models, tmp_path, monkeypatch, sentence):
    monkeypatch.setattr(carry, "learn", lambda *at: pytest.fail("refused before any work"))
    folder = shutil.copytree(begun / "fresh", tmp_path / "packed")
    REFUSED[sentence](folder)
    with pytest.raises(InputError, match=sentence) as refused:
        train_packed(folder, nothing)
    assert "\n" not in str(refused.value) and not own_models.exists()


def other(key, value):
    def change(folder):
        path = folder / "learnt" / "learnt.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))

    return change


FOREIGN = {
    "is of another recipe or other data": other("data_hash", "0" * 64),
    "written by another version": other("versions", {"galexplore": "9.0"}),
    "is damaged, or says nothing": other("hardware", "<b>" * 100),
    "is damaged, or says": other("seconds", "60"),
    "is damaged, or": lambda folder: os.truncate(folder / "learnt" / "learnt.json", 100),
    "is not what learnt.json was written for": flip("learnt/weights.safetensors"),
    "not what learnt.json was": lambda folder: (folder / "learnt" / "weights.safetensors").unlink(),
    "holds weights.safetensors without learnt.json": lambda folder: (folder / "learnt" / "learnt.json").unlink(),
}


@pytest.mark.parametrize("sentence", FOREIGN)
def test_what_was_learnt_elsewhere_is_believed_only_if_it_is_whole_and_of_this_training(
    begun, own_models, tmp_path, monkeypatch, sentence
):
    monkeypatch.setattr(carry, "learn", lambda *at: pytest.fail("not silently learnt anew"))
    folder = shutil.copytree(begun / "done", tmp_path / "packed")
    FOREIGN[sentence](folder)
    with pytest.raises(InputError, match=sentence):
        train_packed(folder, nothing)


def test_a_checkpoint_of_another_training_or_damaged_is_refused(begun, own_models, tmp_path):
    data = begun / "own" / "catalogue.parquet"
    with pytest.raises(KeyboardInterrupt):
        train_own("mine", data, THREE, report=kill_after(1))
    left = own_models / ".mine.partial"
    (part,) = left.glob("checkpoint-*")
    folder = shutil.copytree(begun / "fresh", tmp_path / "packed")
    shutil.copytree(left, folder / "learnt", ignore=shutil.ignore_patterns("images.npz"))
    flip(f"learnt/{part.name}")(folder)
    with pytest.raises(InputError, match=r"checkpoint .* is not as it was written"):
        train_packed(folder, nothing)
    (folder / "learnt" / part.name).unlink()
    with pytest.raises(InputError, match=r"checkpoint .* is not as it was written"):
        train_packed(folder, nothing)
    os.truncate(folder / "learnt" / "checkpoint.safetensors", 20)
    with pytest.raises(InputError, match=r"checkpoint .* is damaged"):
        train_packed(folder, nothing)
    foreign = tmp_path / "foreign"
    pack(foreign, data, replace(THREE, seed=2))
    shutil.copytree(left, foreign / "learnt")
    with pytest.raises(InputError, match="is of another training"):
        train_packed(foreign, nothing)


def test_it_is_packed_into_a_folder_of_its_own_whole_or_not_at_all(begun, own_models, tmp_path, monkeypatch):
    data = begun / "own" / "catalogue.parquet"
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(InputError, match="is not empty"):
        pack(tmp_path / "full", data)

    def fail(*at):
        raise KeyboardInterrupt

    monkeypatch.setattr(carry, "keep", fail)
    with pytest.raises(KeyboardInterrupt):
        pack(tmp_path / "packed", data)
    assert [p.name for p in tmp_path.iterdir() if p.name != "models"] == ["full"]
    assert Path(begun / "fresh" / "pack.json").stat().st_size < 10_000


def test_a_name_that_is_taken_is_refused_before_any_work(begun, own_models, monkeypatch):
    monkeypatch.setattr(carry, "learn", lambda *at: pytest.fail("refused before any work"))
    (own_models / "mine").mkdir(parents=True)
    with pytest.raises(InputError, match="--overwrite"):
        train_packed(begun / "fresh", nothing)
