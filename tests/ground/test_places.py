"""Where things are kept; and where nothing can be, a temporary folder of this program's own, and a sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from galexplore import places
from galexplore.places import ROOT, cache_folder, warn_of_cache


def test_the_cache_is_where_it_is_asked_to_be(monkeypatch, tmp_path):
    monkeypatch.setenv("GALEXPLORE_CACHE", str(tmp_path / "deep" / "cache"))
    assert cache_folder() == tmp_path / "deep" / "cache" and warn_of_cache() == ""
    monkeypatch.delenv("GALEXPLORE_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "galexplore" and warn_of_cache() == ""


@pytest.fixture(params=["no folder", "read-only"])
def closed(request, monkeypatch, tmp_path):
    """A place that cannot be written: beneath a file, or one that the system says is closed (root may write all)."""
    if request.param == "no folder":
        (tmp_path / "file").write_text("")
        return tmp_path / "file" / "cache"
    shut, access = tmp_path / "shut", os.access
    shut.mkdir()
    monkeypatch.setattr(places.os, "access", lambda path, mode: Path(path) != shut and access(path, mode))
    return shut / "cache"


def test_where_it_cannot_be_written_it_is_a_temporary_one_and_said(monkeypatch, closed):
    monkeypatch.setenv("GALEXPLORE_CACHE", str(closed))
    folder = cache_folder()
    assert folder.is_dir() and folder != closed and folder == cache_folder(), "one and the same"
    assert folder.stat().st_mode & 0o777 == 0o700, "its owner's alone"
    assert str(closed) in warn_of_cache() and "temporary folder" in warn_of_cache()


def test_what_killed_programs_left_for_temporary_is_removed(monkeypatch, tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (f"galexplore-cache-{ended.pid}-x", f"galexplore-cache-{os.getpid()}-x", "galexplore-cache-mine-x"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(places.tempfile, "tempdir", str(tmp_path))
    made = places._make_temporary()
    assert set(os.listdir(tmp_path)) == {f"galexplore-cache-{os.getpid()}-x", "galexplore-cache-mine-x", made.name}


ASK = """
import os, pwd
os.environ.pop("HOME", None)
pwd.getpwuid = lambda user: {}[user]
import galexplore.cli
from galexplore.places import *
from pathlib import Path
assert Path.home().is_dir(), "lent to libraries that need one"
folder = cache_folder()
print(folder, folder.is_dir(), models_folder(), warn_of_cache(), sep="|")
"""


def test_without_a_home_there_is_a_temporary_one_that_goes_with_the_program():
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GALEXPLORE")}
    answer = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    folder, was, models, said = answer.stdout.strip().split("|")
    assert was == "True" and not Path(folder).exists() and "without a home cannot be written" in said
    assert Path(models) == ROOT / "models"
