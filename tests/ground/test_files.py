"""Written beside and renamed: whoever reads sees the old or the new, whole."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from galexplore import files
from galexplore.errors import InputError
from galexplore.files import hash_file, publish_folder, write_beside, write_whole
from galexplore.places import ROOT
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


def kill_a_writer(path, rest=""):
    """Kill a process in the middle of writing a file; return its temporary name."""
    code = f"from pathlib import Path; from galexplore.files import write_beside; import time\n{rest}\n"
    code += f"with write_beside(Path({str(path)!r})) as partial:\n partial.write_text('half')\n"
    code += " print(partial, flush=True); time.sleep(100)"
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    partial = Path(writer.stdout.readline().strip())
    return writer, partial


def test_the_next_writer_clears_what_a_killed_one_left_and_nothing_else(tmp_path):
    path = tmp_path / "t.json"
    path.write_text("old")
    writer, partial = kill_a_writer(path)
    strangers = [tmp_path / ".t.notes.json", tmp_path / ".u.abcdef-1-00000000.json", tmp_path / "t.abcdef-1-0000.json"]
    for stranger in strangers:
        stranger.write_text("a person's")
    write_whole(path, "meanwhile")
    assert partial.exists(), "its writer lives"
    writer.kill()
    writer.communicate()
    assert partial.exists() and path.read_text() == "meanwhile"
    write_whole(path, "new")
    assert not partial.exists() and path.read_text() == "new" and all(s.exists() for s in strangers)


def test_another_machines_partial_file_stays_for_a_day(tmp_path):
    theirs = tmp_path / ".t.000000-1-01234567.json"
    theirs.write_text("half")
    write_whole(tmp_path / "t.json", "new")
    assert theirs.exists()
    os.utime(theirs, (0, 0))
    write_whole(tmp_path / "t.json", "newer")
    assert os.listdir(tmp_path) == ["t.json"]


def test_a_file_and_its_rename_are_on_the_disk_before_it_counts(tmp_path, monkeypatch):
    steps, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(
        files.os, "fsync", lambda file: steps.append(os.path.isdir(f"/proc/self/fd/{file}")) or fsync(file)
    )
    monkeypatch.setattr(files.os, "replace", lambda *at: steps.append("renamed") or replace(*at))
    write_whole(tmp_path / "t.json", "new")
    assert steps == [False, "renamed", True] or not os.path.isdir("/proc/self/fd"), "the file, the rename, its folder"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS])
def test_a_full_disk_is_a_sentence_and_leaves_the_old_file(tmp_path, monkeypatch, code):
    path = tmp_path / "t.json"
    path.write_text("old")
    monkeypatch.setattr(files.os, "fsync", lambda file: (_ for _ in ()).throw(OSError(code, os.strerror(code))))
    with pytest.raises(InputError, match=rf"t\.json cannot be written: {os.strerror(code).lower()}"):
        write_whole(path, "new")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["t.json"]


def test_an_error_of_reading_is_not_taken_for_one_of_writing(tmp_path):
    with pytest.raises(FileNotFoundError), write_beside(tmp_path / "t.json") as partial:
        partial.write_bytes((tmp_path / "nothing").read_bytes())
    assert not os.listdir(tmp_path)


def test_a_system_that_refuses_more_bytes_is_a_sentence(tmp_path):
    """By the system's own limit on the size of a file, in a process of its own."""
    code = "import resource, sys; from pathlib import Path; from galexplore.cli.terminal import refuse\n"
    code += "from galexplore.files import write_whole; from galexplore.errors import InputError\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
    code += "try: write_whole(Path(sys.argv[1]), 'x' * 5000)\nexcept InputError as error: refuse(error)"
    command = [sys.executable, "-c", code, str(tmp_path / "t.json")]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert answer.returncode == 2 and len(answer.stderr.splitlines()) == 1 and "are free there" in answer.stderr
    assert not os.listdir(tmp_path)


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
