"""Everything that is kept is looked over: what is whole is said to be, what is damaged is named and mended."""

import json
import shutil

import pytest

from galexplore.errors import InputError
from galexplore.explore import selections
from galexplore.explore.labels import add_label, find_file, make_token, name_copy, read_labels
from galexplore.explore.models import find_damage, list_models, load
from galexplore.jobs.check import check_all
from galexplore.jobs.publish import seal_folder
from galexplore.places import find_model
from tests.own_model import make_own_model


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A model of one's own."""
    folder = tmp_path_factory.mktemp("made") / "mine"
    make_own_model(folder)
    return folder


@pytest.fixture
def place(made, tmp_path, monkeypatch):
    """Two models of one's own beside the shipped one, and a cache."""
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("GALEXPLORE_CACHE", str(tmp_path / "cache"))
    for name in ("mine", "other"):
        shutil.copytree(made, tmp_path / "models" / name)
    return tmp_path


def states(name=None, mend=False):
    return {finding.what: finding.state for finding in check_all(name, mend)}


def test_what_is_whole_is_said_to_be(place):
    found = states()
    assert set(found.values()) == {"whole"}
    assert {"model default: card.json", "model mine: atlas.npz", "model mine: images in images.npz"} <= set(found)
    assert "model other: card.json" not in states("mine")
    with pytest.raises(InputError, match="no model 'nobody'"):
        states("nobody")


@pytest.mark.parametrize("file", ["weights.safetensors", "atlas.npz", "catalogue.parquet", "images.npz"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied", "deleted"])
def test_a_damaged_file_is_named_and_no_other_model_suffers(place, file, damage):
    path = place / "models" / "mine" / file
    data = bytearray(path.read_bytes())
    if damage == "deleted":
        path.unlink()
    else:
        data[100 if file == "images.npz" else len(data) // 2] ^= 1  # of images, one of the ids
        path.write_bytes({"flipped": data, "cut": data[: len(data) // 2], "emptied": b""}[damage])
    with pytest.raises(InputError, match="'mine'") as refused:
        load("mine")
    assert str(refused.value) == find_damage("mine") and "galexplore train --name mine" in str(refused.value)
    assert states("mine")[f"model mine: {file}"] == "damaged"
    assert list_models() == ["default", "mine", "other"] and not find_damage("other") and load("other")


def test_a_card_is_as_it_was_written_or_refused(place):
    path = place / "models" / "mine" / "card.json"
    card = json.loads(path.read_text())
    path.write_text(json.dumps(card, separators=(",", ":")))
    assert load("mine"), "what is laid out otherwise says the same"
    halved = json.loads(json.dumps(card))
    halved["calibration"]["redshift"]["scale68"] /= 2
    unsealed = {k: v for k, v in card.items() if k not in ("files", "digest")}
    spoilt = {
        "halved": (json.dumps(halved), "not as it was written"),
        "cut": (json.dumps(card)[:-40], "no JSON can be read"),
        "deep": ("[" * 100_000, "no JSON can be read"),
        "a list": ("[]", "lacks survey"),
        "unsealed": (json.dumps(unsealed), "galexplore model seal mine"),
        "no digest": (json.dumps({k: v for k, v in card.items() if k != "digest"}), "galexplore model seal mine"),
    }
    for what, (text, sentence) in spoilt.items():
        path.write_text(text)
        with pytest.raises(InputError, match=sentence):
            load("mine")
        assert states("mine") == {"model mine: card.json": "damaged"}, what


def test_a_model_of_ones_own_that_lost_its_card_is_not_taken_for_the_shipped_one(place):
    (place / "models" / "mine").rename(place / "models" / "default")
    (place / "models" / "default" / "card.json").unlink()
    assert find_model("default") == place / "models" / "default"
    with pytest.raises(InputError, match="No card of a model stands in 'default'"):
        load()


def test_what_a_person_changed_on_purpose_is_sealed_once_it_opens(place):
    folder = place / "models" / "mine"
    (folder / "images.npz").unlink()
    assert find_damage("mine")
    seal_folder(folder)
    assert not find_damage("mine") and load("mine")
    before = (folder / "card.json").read_bytes()
    (folder / "atlas.npz").write_bytes((folder / "weights.safetensors").read_bytes())
    with pytest.raises(InputError):
        seal_folder(folder)
    assert (folder / "card.json").read_bytes() == before and find_damage("mine")


def test_a_damaged_image_is_named(place):
    path = place / "models" / "mine" / "images.npz"
    image = load("mine").images.get(["NGC0007"]).tobytes()
    data = bytearray(path.read_bytes())
    data[data.index(image) + 99] ^= 1
    path.write_bytes(data)
    (said,) = [f.said for f in check_all("mine") if f.state == "damaged"]
    assert "1 of 60 are damaged (NGC0007)" in said


def test_labels_and_selections_are_mended(place):
    path = find_file(make_token())
    for i in range(3):
        add_label(path, f"M{i}", i)
    name = selections.keep(["M1", "M2"])
    expected = read_labels(path)
    path.write_bytes(path.read_bytes()[:-20])
    (place / "cache" / "selections" / name).write_bytes(b"")
    what = f"labels {path.stem[:12]}"
    assert {k: v for k, v in states().items() if v != "whole"} == {what: "damaged", "selections": "damaged"}
    assert {k: v for k, v in states(mend=True).items() if v != "whole"} == {what: "mended", "selections": "mended"}
    assert set(states().values()) == {"whole"}
    assert read_labels(path).equals(expected) and path.read_bytes() == name_copy(path).read_bytes()
    assert b'"M2"' in path.with_suffix(".damaged").read_bytes()


def test_damaged_rendered_pictures_are_rendered_anew(place):
    explorer = load()
    images, name = explorer.images, explorer.images.catalogue["id"].iloc[0]
    expected, (segment, *_) = images.get([name]), images.segments
    data = bytearray(segment.file.path.read_bytes())
    data[1000] ^= 1
    segment.file.path.write_bytes(data)
    what = "model default: rendered pictures"
    assert states("default")[what] == "damaged" and states("default", mend=True)[what] == "mended"
    assert states("default")[what] == "whole" and (load().images.get([name]) == expected).all()
