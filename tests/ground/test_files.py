"""Written beside and renamed: whoever reads sees the old or the new, whole."""

import os

import pytest

from galexplore import files
from galexplore.errors import InputError
from galexplore.files import hash_file, publish_folder, write_beside
from galexplore.tables import catalogue


def test_a_file_takes_its_place_only_when_it_is_whole(tmp_path):
    path = tmp_path / "card.json"
    path.write_text("old")
    with write_beside(path) as partial:
        partial.write_text("half")
        assert path.read_text() == "old" and partial.suffix == ".json" and partial.parent == tmp_path
    assert path.read_text() == "half"
    with pytest.raises(RuntimeError), write_beside(path) as partial:
        partial.write_text("never")
        raise RuntimeError
    assert path.read_text() == "half" and os.listdir(tmp_path) == ["card.json"]


def test_two_writers_never_share_a_temporary_name(tmp_path):
    with write_beside(tmp_path / "a.npz") as one, write_beside(tmp_path / "a.npz") as other:
        assert one != other
        one.write_bytes(b"1")
        other.write_bytes(b"2")
    assert (tmp_path / "a.npz").read_bytes() == b"1" and os.listdir(tmp_path) == ["a.npz"]


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "t.csv").write_text("old")
    (tmp_path / "t.csv").symlink_to(tmp_path / "real" / "t.csv")
    with write_beside(tmp_path / "t.csv") as partial:
        partial.write_text("new")
    assert (tmp_path / "t.csv").is_symlink() and (tmp_path / "real" / "t.csv").read_text() == "new"


def make_folder(path, text):
    path.mkdir()
    (path / "card.json").write_text(text)
    return path


@pytest.mark.parametrize("swaps", [True, False])
def test_a_folder_is_swapped_for_the_new_one(tmp_path, monkeypatch, swaps):
    if not swaps:
        monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    place = tmp_path / "mine"
    publish_folder(make_folder(tmp_path / ".made", "first"), place)
    (place / "stale").write_text("of the first alone")
    publish_folder(make_folder(tmp_path / ".made", "second"), place)
    assert os.listdir(tmp_path) == ["mine"] and os.listdir(place) == ["card.json"]
    assert (place / "card.json").read_text() == "second"


@pytest.mark.skipif(os.name != "posix", reason="swapped in one step only where the system can")
def test_at_no_moment_is_there_no_folder(tmp_path, monkeypatch):
    place = make_folder(tmp_path / "mine", "first")
    monkeypatch.setattr(files.os, "rename", lambda *at: pytest.fail("one step"))
    publish_folder(make_folder(tmp_path / ".made", "second"), place)
    assert (place / "card.json").read_text() == "second"


def test_where_it_cannot_be_swapped_a_failure_puts_the_old_one_back(tmp_path, monkeypatch):
    place, rename = make_folder(tmp_path / "mine", "first"), os.rename

    def fail(old, new):
        if str(old).endswith(".made"):
            raise OSError("no")
        rename(old, new)

    monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    monkeypatch.setattr(files.os, "rename", fail)
    with pytest.raises(OSError):
        publish_folder(make_folder(tmp_path / ".made", "second"), place)
    assert (place / "card.json").read_text() == "first"


def test_a_hash_is_of_all_bytes(tmp_path):
    (tmp_path / "f").write_bytes(b"abc")
    assert hash_file(tmp_path / "f") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_table_that_cannot_be_written_is_said_in_a_sentence(tmp_path):
    import pandas as pd

    with pytest.raises(InputError, match="cannot be written"):
        catalogue.write(pd.DataFrame({"id": ["a"]}), tmp_path / "nowhere" / "t.csv")
    catalogue.write(pd.DataFrame({"id": ["a"]}), tmp_path / "t.csv")
    assert os.listdir(tmp_path) == ["t.csv"]
