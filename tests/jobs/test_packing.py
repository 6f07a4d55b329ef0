"""A packed model is a model again on another machine; what is damaged or hostile leaves nothing behind."""

import hashlib
import io
import json
import os
import platform
import stat
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

import galexplore as gx
from galexplore.errors import InputError
from galexplore.explore.models import list_models
from galexplore.files import digest, hash_file
from galexplore.jobs.packing import install_model, pack_model
from galexplore.jobs.publish import hold_name
from galexplore.places import DATA, ROOT
from tests.jobs.conftest import make_place
from tests.jobs.tiny import train_own, write_own


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """A model of one's own, packed, and the table it shows."""
    folder = tmp_path_factory.mktemp("packed")
    with pytest.MonkeyPatch.context() as patch:
        make_place(patch, folder)
        train_own("mine", write_own(folder)[0])
        explorer = gx.load("mine")
        pack_model("mine", folder / "mine.galexplore")
        return folder / "mine.galexplore", explorer.table, explorer.images.get(["own-5"])


def test_the_same_model_packs_to_the_same_bytes(packed, own_models, tmp_path, monkeypatch):
    install_model(packed[0])
    for path in (own_models / "mine").iterdir():
        os.utime(path, (10**9, 10**9))
    later = time.gmtime(2 * 10**9)
    monkeypatch.setattr("zipfile.time.localtime", lambda *at: later)
    assert pack_model("mine", tmp_path / "again.galexplore").read_bytes() == packed[0].read_bytes(), "whatever the time"


def test_what_a_killed_install_left_is_cleared_by_the_next(packed, own_models):
    machine, ended = (
        hashlib.sha256(platform.node().encode()).hexdigest()[:6],
        subprocess.Popen([sys.executable, "-c", ""]),
    )
    ended.wait()
    (own_models / f".mine.{machine}-{ended.pid}-01234567" / "mine").mkdir(parents=True)
    install_model(packed[0])
    assert [p.name for p in own_models.iterdir()] == ["mine"]


def test_a_model_that_is_being_made_is_not_installed_over(packed, own_models):
    with hold_name("mine"), pytest.raises(InputError, match="The model 'mine' is being made by process"):
        install_model(packed[0])
    assert not list(own_models.iterdir())


def test_a_packed_model_installs_with_its_catalogue_and_images(packed, own_models):
    file, table, image = packed
    assert install_model(file) == "mine"
    explorer = gx.load("mine")
    assert explorer.table.equals(table) and np.array_equal(explorer.images.get(["own-5"]), image)
    assert not explorer.simulated
    assert [p.name for p in own_models.iterdir()] == ["mine"]
    assert install_model(file, "other") == "other" and set(list_models()) - {"default"} == {"mine", "other"}


def test_a_model_that_exists_is_replaced_only_when_asked(packed, own_models):
    install_model(packed[0])
    (own_models / "mine" / "note").write_text("kept")
    with pytest.raises(InputError, match="--overwrite"):
        install_model(packed[0])
    assert (own_models / "mine" / "note").exists()
    install_model(packed[0], overwrite=True)
    assert not (own_models / "mine" / "note").exists() and [p.name for p in own_models.iterdir()] == ["mine"]
    with pytest.raises(InputError, match="cannot name a model"):
        install_model(packed[0], "../out")


@pytest.mark.skipif(not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default")
def test_the_shipped_model_is_packed_with_its_catalogue(monkeypatch, tmp_path):
    pack_model("default", tmp_path / "default.galexplore")
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path / "models"))
    install_model(tmp_path / "default.galexplore", "copy")
    assert hash_file(tmp_path / "models" / "copy" / "catalogue.parquet") == hash_file(DATA)
    assert gx.load("copy").simulated


def rewrite(file, target, change):
    """Copy a packed model, its members (name: bytes) changed, the manifest's hashes as they were."""
    with zipfile.ZipFile(file) as source:
        members = {i.filename: source.read(i) for i in source.infolist()}
    change(members)
    with zipfile.ZipFile(target, "w") as made:
        for name, data in members.items():
            made.writestr(name, data)
    return target


def seal(members):
    """Make the manifest agree with its members, as whoever forges one would."""
    manifest = json.loads(members["manifest.json"])
    named = {k: v for k, v in members.items() if k != "manifest.json"}
    sealed = {k: {"size": len(v), "sha256": hashlib.sha256(v).hexdigest()} for k, v in named.items()}
    members["manifest.json"] = json.dumps(manifest | {"members": sealed}).encode()


def forge(members):
    """Make the card agree with its files, too."""
    card = json.loads(members["card.json"])
    hashes = {k: hashlib.sha256(members[k]).hexdigest() for k in card["files"] if k != "images.npz"}
    card["files"] |= hashes
    members["card.json"] = json.dumps(card | {"digest": digest(card)}).encode()
    seal(members)


def edit_manifest(members, **fields):
    members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | fields).encode()


def edit_card(members, **fields):
    members["card.json"] = json.dumps(json.loads(members["card.json"]) | fields).encode()
    seal(members)


def add(name, data=b"x"):
    def change(members):
        members[name] = data
        seal(members)

    return change


def pickled():
    """An npz whose one array would be unpickled."""
    buffer = io.BytesIO()
    np.savez(buffer, id=np.array([{"a": 1}], object))
    return buffer.getvalue()


def bomb():
    """An npz of a few kilobytes that unfolds to a gigabyte."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made, made.open("id.npy", "w", force_zip64=True) as file:
        for _ in range(1000):
            file.write(bytes(1_000_000))
    return buffer.getvalue()


HOSTILE = {
    "other weights": (lambda m: m.update({"weights.safetensors": b"x" * len(m["weights.safetensors"])}), "is damaged"),
    "shorter": (lambda m: m.update({"atlas.npz": m["atlas.npz"][:-1]}), "more than it says"),
    "forged weights": (lambda m: (m.update({"weights.safetensors": b"forged"}), seal(m)), "not those its card"),
    "traversal": (add("../evil.txt"), "other members"),
    "absolute": (add("/etc/evil"), "other members"),
    "in a folder": (add("sub/card.json"), "other members"),
    "a script": (add("run.py"), "other members"),
    "lacks the atlas": (lambda m: (m.pop("atlas.npz"), seal(m)), "lacks atlas.npz"),
    "newer": (lambda m: edit_manifest(m, version=2), "newer galexplore"),
    "another format": (lambda m: edit_manifest(m, format="zoo"), "no packed model"),
    "no manifest": (lambda m: m.pop("manifest.json"), "no packed model"),
    "manifest is a list": (lambda m: m.update({"manifest.json": b"[]"}), "damaged, or no packed model"),
    "manifest is deep": (lambda m: m.update({"manifest.json": b"[" * 100_000}), "damaged, or no packed model"),
    "name leads out": (lambda m: edit_manifest(m, name="../out"), "cannot name a model"),
    "huge network": (lambda m: edit_card(m, network={"widths": [10**6] * 4}), "too large"),
    "card is no card": (lambda m: (m.update({"card.json": b"{}"}), seal(m)), "no model that"),
    "pickle": (add("atlas.npz", pickled()), "no model that can be opened"),
    "bomb": (add("pixels.npz", bomb()), "unpacks to more"),
    "another's catalogue": (add("catalogue.parquet", DATA.read_bytes()), "not those its card"),
    "another's catalogue, forged": (
        lambda m: (add("catalogue.parquet", DATA.read_bytes())(m), forge(m)),
        "not the one",
    ),
    "edited card": (lambda m: edit_card(m, calibration={}), "not as it was written"),
}


def test_what_an_earlier_version_packed_is_sealed_once_every_byte_is_checked(packed, own_models, tmp_path):
    def unseal(members):
        card = json.loads(members["card.json"])
        members["card.json"] = json.dumps({k: v for k, v in card.items() if k not in ("files", "digest")}).encode()
        seal(members)

    install_model(rewrite(packed[0], tmp_path / "old.galexplore", unseal))
    assert gx.load("mine").table.equals(packed[1])


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_is_refused_in_a_sentence_and_leaves_nothing(packed, own_models, tmp_path, what):
    change, sentence = HOSTILE[what]
    file = rewrite(packed[0], tmp_path / "bad.galexplore", change)
    with pytest.raises(InputError, match=sentence) as refused:
        install_model(file)
    assert "\n" not in str(refused.value)
    assert not own_models.exists() or not list(own_models.iterdir())
    assert not (tmp_path / "evil.txt").exists()


def test_links_duplicates_and_bombs_are_refused_before_anything_is_unpacked(packed, own_models, tmp_path):
    with zipfile.ZipFile(packed[0]) as source:
        members = {i.filename: source.read(i) for i in source.infolist()}
    link = zipfile.ZipInfo("card.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    for name in ("link", "twice", "bomb"):
        with zipfile.ZipFile(tmp_path / name, "w") as made:
            for member, data in members.items():
                if member == "card.json" and name == "link":
                    made.writestr(link, data)
                elif member == "card.json" and name == "bomb":
                    made.writestr(member, bytes(10_000_000), zipfile.ZIP_DEFLATED)
                else:
                    made.writestr(member, data)
            if name == "twice":
                with pytest.warns(UserWarning, match="Duplicate"):
                    made.writestr("card.json", members["card.json"])
        with pytest.raises(InputError, match="not safe to unpack"):
            install_model(tmp_path / name)
        assert not own_models.exists() or not list(own_models.iterdir())


def test_a_damaged_or_foreign_file_is_refused_wherever_it_is_damaged(packed, own_models, tmp_path):
    whole, generator = packed[0].read_bytes(), np.random.default_rng(0)
    damaged = [whole[: int(at)] for at in np.linspace(0, len(whole) - 1, 12)]
    for at in generator.integers(0, len(whole), 60):
        damaged.append(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
    damaged += [b"", b"PK\x03\x04", b"no zip at all", DATA.read_bytes()]
    for data in damaged:
        (tmp_path / "bad").write_bytes(data)
        try:
            install_model(tmp_path / "bad")
        except InputError as error:
            assert "\n" not in str(error)
            assert not own_models.exists() or not list(own_models.iterdir())
        else:  # a flipped byte of what a zip says beside its members' bytes, such as a date, hurts nothing
            install_model(packed[0], "whole", overwrite=True)
            same = [(own_models / n / "card.json").read_bytes() for n in ("mine", "whole")]
            assert same[0] == same[1]
            for name in ("mine", "whole"):
                (own_models / name).rename(tmp_path / f"{name}-{hashlib.sha256(data).hexdigest()[:8]}")


def test_what_is_not_there_or_cannot_be_written_is_said_in_a_sentence(packed, own_models, tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        install_model(tmp_path / "none.galexplore")
    with pytest.raises(InputError, match="cannot be installed"):
        install_model(tmp_path)
    with pytest.raises(InputError, match="No model stands"):
        pack_model("none", tmp_path / "none.galexplore")
    install_model(packed[0])
    with pytest.raises(InputError, match="cannot be written"):
        pack_model("mine", tmp_path / "nowhere" / "mine.galexplore")


def test_a_killed_install_leaves_the_old_model(packed, own_models, monkeypatch):
    install_model(packed[0])
    before = (own_models / "mine" / "card.json").read_bytes()

    def kill(*at):
        raise KeyboardInterrupt

    monkeypatch.setattr("galexplore.jobs.packing.publish_folder", kill)
    with pytest.raises(KeyboardInterrupt):
        install_model(packed[0], overwrite=True)
    assert (own_models / "mine" / "card.json").read_bytes() == before and set(list_models()) - {"default"} == {"mine"}
