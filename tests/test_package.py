"""The package as a person installs it: what the wheel holds, and where an installed one looks for things."""

import ast
import inspect
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

import galexplore as gx
from galexplore import places
from galexplore.errors import InputError
from galexplore.explore.models import list_models
from galexplore.jobs.shifts import teach
from galexplore.places import ROOT


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of the checkout, with all that lies about in a used one."""
    tree = tmp_path_factory.mktemp("tree") / "galexplore"
    aside = (".git", ".venv", "runs", "build", "*.egg-info", ".*_cache", "screenshots", "progress", "checkpoint*")
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*aside))
    for litter in (
        "build/lib/galexplore/stale.py",
        "models/default/learnt.json",
        "models/default/progress/epoch-01.png",
        "models/mine/card.json",
        "pages/__pycache__/atlas.cpython-311.pyc",
        "data/other.parquet",
        ".streamlit/secrets.toml",
    ):
        (tree / litter).parent.mkdir(parents=True, exist_ok=True)
        (tree / litter).write_bytes(b"litter")
    return tree


@pytest.fixture(scope="module")
def wheel(tree) -> Path:
    """The wheel that is built of it."""
    pytest.importorskip("setuptools", "77")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    run = subprocess.run(
        [*command, "--wheel-dir", "dist", "."], cwd=tree, env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return next((tree / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """A folder that holds the package and nothing of the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    return folder


def test_the_wheel_holds_the_package_the_app_and_the_shipped_model_and_nothing_else(tree, wheel):
    own = {p.relative_to(tree) for p in tree.glob("galexplore/**/*") if p.is_file()}
    app = {p.relative_to(tree) for p in tree.glob("pages/**/*") if p.is_file()}
    app |= {Path(name) for name in ("app.py", "CITATION.cff", ".streamlit/config.toml", "data/catalogue.parquet")}
    app |= {Path("data/samples", f"{name}.fits.fz") for name in ("spiral", "green-pea")}
    app |= {
        Path("models/default", n) for n in os.listdir(ROOT / "models" / "default") if "." in n and n != "learnt.json"
    }
    wanted = {p.as_posix() for p in own | {Path("galexplore/_site", p) for p in app} if "__pycache__" not in p.parts}
    with zipfile.ZipFile(wheel) as file:
        held = {name for name in file.namelist() if ".dist-info/" not in name}
    assert held == wanted
    model = ("weights.safetensors", "student.json", "student.safetensors")
    assert {"galexplore/py.typed", *(f"galexplore/_site/models/default/{name}" for name in model)} <= held
    assert wheel.stat().st_size < 20e6


def test_the_wheel_says_what_it_is_and_needs(wheel):
    with zipfile.ZipFile(wheel) as file:
        about = file.read(f"galexplore-{gx.__version__}.dist-info/METADATA").decode()
    assert f"\nVersion: {gx.__version__}\n" in about
    needed = [r for r in (ROOT / "requirements.txt").read_text().split("\n") if r and not r.startswith("#")]
    assert all(f"\nRequires-Dist: {r}\n" in about for r in needed)


ASK = """
import json
import galexplore as gx
from galexplore import places
from galexplore.errors import InputError
from galexplore.explore.models import list_models
opened = {name: str(places.find_model(name)) for name in list_models()}
explorer = gx.load()
answer = {"file": gx.__file__, "root": str(places.ROOT), "written": str(places.models_folder()), "opened": opened}
print(json.dumps(answer | {"n": len(explorer.table)}))
"""


def ask(installed: Path, home: Path, **environment: str) -> dict:
    """Ask an installed package where it finds things, from a person's own folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GALEXPLORE_")} | environment
    environment |= {"PYTHONPATH": str(installed), "HOME": str(home)}
    run = subprocess.run([sys.executable, "-c", ASK], cwd=home, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_an_installed_package_opens_the_shipped_model_and_writes_elsewhere(installed, tmp_path):
    before = {p for p in installed.rglob("*") if "__pycache__" not in p.parts}
    answer = ask(installed, tmp_path)
    assert Path(answer["file"]).is_relative_to(installed) and answer["n"] > 20_000
    assert Path(answer["root"]) == installed / "galexplore" / "_site"
    assert answer["opened"] == {"default": str(installed / "galexplore" / "_site" / "models" / "default")}
    assert Path(answer["written"]) == tmp_path / ".local" / "share" / "galexplore" / "models"
    assert {p for p in installed.rglob("*") if "__pycache__" not in p.parts} == before


def test_an_installed_package_shows_ones_own_models_beside_the_shipped_one(installed, tmp_path):
    shipped, own = installed / "galexplore" / "_site" / "models" / "default", tmp_path / "own"
    shutil.copytree(shipped, own / "mine")
    answer = ask(installed, tmp_path, GALEXPLORE_MODELS=str(own))
    assert answer["opened"] == {"default": str(shipped), "mine": str(own / "mine")}
    assert Path(answer["written"]) == own


def test_ones_own_model_comes_before_the_shipped_one_of_its_name(tmp_path, monkeypatch):
    assert places.find_model("default") == ROOT / "models" / "default"
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path))
    (tmp_path / "default").mkdir()  # a training that has not come to its end
    assert places.find_model("default") == ROOT / "models" / "default"
    assert places.find_model("new") == tmp_path / "new"
    for name in ("default", "b", "a"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "card.json").write_text("{}")
        (tmp_path / name / "atlas.npz").write_bytes(b"")
    assert places.find_model("default") == tmp_path / "default"
    assert list_models() == ["default", "a", "b"]


def test_the_shipped_model_of_an_installed_package_is_not_taught(tmp_path, monkeypatch):
    monkeypatch.setenv("GALEXPLORE_MODELS", str(tmp_path))
    with pytest.raises(InputError, match="galexplore train --name"):
        teach(SimpleNamespace(name="default"))


def test_the_command_tells_its_version():
    command = [sys.executable, "-c", "from galexplore.cli.main import main; main()", "--version"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == gx.__version__


def test_the_newest_entry_of_the_changelog_is_this_version():
    lines = (ROOT / "CHANGELOG.md").read_text().splitlines()
    assert next(line for line in lines if line.startswith("## [")).startswith(f"## [{gx.__version__}]")


@pytest.mark.parametrize("name", gx.__all__)
def test_what_is_public_is_documented_and_typed(name):
    thing = getattr(gx, name)
    assert len((inspect.getdoc(thing) or "").split()) > 5
    if inspect.isfunction(thing):
        signature = inspect.signature(thing)
        assert signature.return_annotation is not inspect.Signature.empty
        assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values()), signature


def test_editors_are_shown_the_names_that_are_imported():
    """The block that only type checkers read says the same as the table that the interpreter reads."""
    body = ast.parse((ROOT / "galexplore" / "__init__.py").read_text()).body
    block = next(node for node in body if isinstance(node, ast.If))
    shown = {a.asname or a.name: f"{n.module}.{a.name}" for n in block.body for a in n.names}
    assert shown == {name: f"galexplore.{home}" for name, home in gx._HOMES.items()}
    assert sorted(shown) == sorted(gx.__all__) and set(gx.__all__) <= set(dir(gx))
    with pytest.raises(AttributeError, match="no attribute 'views'"):
        _ = gx.views
