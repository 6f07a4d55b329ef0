"""One process at a time: the second is told by whom it waits; a dead process's lock holds nobody up."""

import json
import os
import platform
import subprocess
import sys

import pytest

from galexplore.errors import InputError
from galexplore.locks import find_start, hold
from galexplore.places import ROOT

HOLD = "import sys, time; from pathlib import Path; from galexplore.locks import hold\n"
HOLD += "with hold(Path(sys.argv[1]), 'It is being made'): print('held', flush=True); time.sleep(100)"


def test_a_second_process_is_refused_until_the_first_has_ended_however(tmp_path):
    path = tmp_path / "deep" / ".a.lock"
    first = subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert first.stdout.readline() == "held\n"
    with (
        pytest.raises(InputError, match=f"It is being made by process {first.pid} of this machine"),
        hold(path, "It is being made"),
    ):
        pass
    assert path.exists(), "still theirs"
    first.kill()
    first.communicate()
    assert path.exists(), "nobody was there to remove it"
    with hold(path, "It is being made"):
        assert json.loads(path.read_text())["process"] == os.getpid()
        with pytest.raises(InputError, match=f"by process {os.getpid()}"), hold(path, "It is being made"):
            pass
    assert not os.listdir(path.parent)


def test_another_process_of_the_same_number_is_another(tmp_path):
    path, owner = tmp_path / ".a.lock", {"machine": platform.node(), "process": os.getpid(), "start": "long ago"}
    path.write_text(json.dumps(owner))
    with hold(path, "It is being made"):
        assert json.loads(path.read_text())["start"] == find_start(os.getpid()) != "long ago"


def test_of_another_machine_nobody_knows(tmp_path):
    path = tmp_path / ".a.lock"
    path.write_text(json.dumps({"machine": "elsewhere", "process": 1, "start": "1"}))
    with (
        pytest.raises(InputError, match="on elsewhere, process 1; wait for it, or remove"),
        hold(path, "It is being made"),
    ):
        pass
    assert path.exists()


def test_a_lock_that_nobody_signed_holds_for_a_minute(tmp_path):
    path = tmp_path / ".a.lock"
    path.touch()
    with pytest.raises(InputError, match="just begun"), hold(path, "It is being made"):
        pass
    os.utime(path, (0, 0))
    with hold(path, "It is being made"):
        pass
    assert not os.listdir(tmp_path)


def test_where_none_can_be_made_it_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="cannot be written"), hold(tmp_path / "file" / ".a.lock", "It is being made"):
        pass


def test_an_ended_process_has_no_start():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert find_start(ended.pid) is None and find_start(os.getpid())
