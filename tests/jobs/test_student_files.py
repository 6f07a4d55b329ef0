"""A student is part of its model: packed, installed, looked over and sealed with it; another model's is refused.

The model itself opens without it, whatever has become of it.
"""

import json
import shutil
import zipfile

import numpy as np
import pytest

import galexplore as gx
from galexplore.errors import InputError
from galexplore.explore.models import describe_student
from galexplore.explore.seal import read_card
from galexplore.files import digest
from galexplore.jobs.check import check_all
from galexplore.jobs.packing import MEMBERS, install_model, pack_model
from galexplore.jobs.publish import seal_folder
from galexplore.network.embed_student import StudentEmbedder
from galexplore.network.student_card import CARD, FILES, WEIGHTS, read_student_card
from galexplore.places import SHIPPED
from tests.jobs.test_packing import rewrite, seal
from tests.own_model import add_student, make_own_model


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A model of one's own with a student."""
    folder = tmp_path_factory.mktemp("made") / "mine"
    make_own_model(folder)
    add_student(folder)
    return folder


@pytest.fixture
def mine(made, tmp_path, monkeypatch):
    """That model in a place of the test's own."""
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("GALEXPLORE_CACHE", str(tmp_path / "cache"))
    return shutil.copytree(made, tmp_path / "models" / "mine")


def look(name="mine"):
    return {f.what: (f.state, f.said) for f in check_all(name)}[f"model {name}: student"]


def edit(path, **fields):
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def cut(path):
    path.write_bytes(path.read_bytes()[:-8])


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def reseal(path, **fields):
    """Change a card and make it agree with itself, as whoever forges one would."""
    card = json.loads(path.read_text()) | fields
    path.write_text(json.dumps(card | {"digest": digest(card)}))


DAMAGE = {
    "weights flipped": (lambda f: flip(f / WEIGHTS), "not the one that its card describes"),
    "weights cut": (lambda f: cut(f / WEIGHTS), "not the one that its card describes"),
    "weights gone": (lambda f: (f / WEIGHTS).unlink(), f"lacks {WEIGHTS}"),
    "card gone": (lambda f: (f / CARD).unlink(), f"lacks {CARD}"),
    "card cut": (lambda f: cut(f / CARD), "damaged or another version's"),
    "card deep": (lambda f: (f / CARD).write_text("[" * 100_000), "damaged or another version's"),
    "card a list": (lambda f: (f / CARD).write_text("[]"), "damaged or another version's"),
    "card edited": (lambda f: edit(f / CARD, calibration={}), "not as it was written"),
    "another's": (lambda f: reseal(f / CARD, teacher="0" * 64), "taught by other weights"),
    "no hash of itself": (
        lambda f: (f / CARD).write_text(
            json.dumps({k: v for k, v in json.loads((f / CARD).read_text()).items() if k != "digest"})
        ),
        "galexplore model seal mine",
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_named(mine, what):
    teacher, (damage, sentence) = read_card(mine)["sha256"], DAMAGE[what]
    assert describe_student("mine", teacher) == ("whole", "")
    damage(mine)
    state, said = describe_student("mine", teacher)
    assert state == "damaged" and sentence in said and "\n" not in said
    with pytest.raises(InputError, match=sentence):
        StudentEmbedder.load(mine, teacher)


def test_a_damaged_student_is_not_packed_and_its_model_opens_all_the_same(mine, tmp_path):
    assert look() == ("whole", "taught by this model on 0 galaxies")
    damage, sentence = DAMAGE["another's"]
    damage(mine)
    state, said = look()
    assert state == "damaged" and sentence in said and "remove student.json and student.safetensors" in said
    with pytest.raises(InputError, match=sentence):
        pack_model("mine", tmp_path / "mine.galexplore")
    assert not (tmp_path / "mine.galexplore").exists() and len(gx.load("mine").table) == 60


def test_a_model_without_a_student_is_whole(mine):
    for name in FILES:
        (mine / name).unlink()
    assert describe_student("mine", "") == ("–", "")
    assert {f.state for f in check_all("mine")} == {"whole"} and not [
        f for f in check_all("mine") if "student" in f.what
    ]


def test_a_student_is_packed_and_installed_with_its_model(mine, tmp_path):
    file = pack_model("mine", tmp_path / "mine.galexplore")
    with zipfile.ZipFile(file) as packed:
        assert set(FILES) < set(packed.namelist())
    install_model(file, "theirs")
    teacher, flux = gx.load("theirs").card["sha256"], gx.load("mine").images.get(["NGC0003"]).astype(np.float32)
    one, other = (StudentEmbedder.load(f, teacher).read(flux)[0] for f in (mine, mine.parent / "theirs"))
    assert one.equals(other) and look("theirs")[0] == "whole"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda m: m.update({CARD: _edited(m, teacher="0" * 64)}), "taught by other weights"),
        (lambda m: m.update({CARD: _edited(m, network={"widths": [4000, 4, 4]})}), "too large"),
        (lambda m: m.update({CARD: _edited(m, network={"depths": [0, 1, 8000]})}), "too large"),
        (lambda m: m.update({CARD: _edited(m, network={"widths": [8, 8, 8]})}), "damaged or another version's"),
        (lambda m: m.update({WEIGHTS: b"forged"}), "not the one that its card describes"),
        (lambda m: m.pop(WEIGHTS), f"lacks {WEIGHTS}"),
    ],
)
def test_a_forged_student_is_refused_and_leaves_nothing(mine, tmp_path, change, sentence):
    file = pack_model("mine", tmp_path / "mine.galexplore")
    bad = rewrite(file, tmp_path / "bad.galexplore", lambda m: (change(m), seal(m)))
    with pytest.raises(InputError, match=sentence):
        install_model(bad, "theirs")
    assert [p.name for p in mine.parent.iterdir()] == ["mine"]


def _edited(members, **fields):
    card = json.loads(members[CARD]) | fields
    return json.dumps(card | {"digest": digest(card)}).encode()


def test_what_a_person_changed_of_a_student_is_sealed_once_it_opens(mine):
    teacher = read_card(mine)["sha256"]
    edit(mine / CARD, made="2025-01-01")
    assert look()[0] == "damaged"
    seal_folder(mine)
    assert look()[0] == "whole" and read_student_card(mine, teacher)["made"] == "2025-01-01"
    before = [(mine / name).read_bytes() for name in ("card.json", CARD)]
    for name in ("card.json", "atlas.npz"):  # nor is any other file taken for a student's weights
        shutil.copy(mine / name, mine / WEIGHTS)
        with pytest.raises(InputError, match="student of 'mine' is damaged"):
            seal_folder(mine)
    reseal(mine / CARD, teacher="0" * 64)
    with pytest.raises(InputError, match="taught by other weights"):
        seal_folder(mine)
    assert (mine / "card.json").read_bytes() == before[0]


@pytest.mark.skipif(not (SHIPPED / "default" / CARD).exists(), reason="the shipped model has no student here")
def test_the_shipped_models_student_is_whole_and_its_own():
    card = read_student_card(SHIPPED / "default", gx.load("default", network=False).card["sha256"])
    assert card["metrics"]["split"] == "validation" and set(FILES) < set(MEMBERS)
