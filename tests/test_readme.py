"""The README promises what the project does."""

import re
import tomllib

import pytest

import galexplore as gx
from galexplore.places import ROOT
from tests.served import write_cutout

TEXT = (ROOT / "README.md").read_text()


def test_its_commands_are_the_makefiles():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    promised = set(re.findall(r"^make (\w+)", TEXT, flags=re.MULTILINE))
    assert {"app", "test"} <= promised <= targets


def test_every_command_it_shows_exists():
    from typer.main import get_command

    from galexplore.cli.main import app

    verbs = get_command(app).commands
    for line in re.findall(r"^galexplore (.+)$", TEXT, flags=re.MULTILINE):
        words = line.split("#")[0].split()
        assert words[0] in verbs, line
        known = {option for p in verbs[words[0]].params for option in (*p.opts, *p.secondary_opts)}
        known |= {o for sub in getattr(verbs[words[0]], "commands", {}).values() for p in sub.params for o in p.opts}
        assert {w for w in words[1:] if w.startswith("--")} <= known, line


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A person's folder, with the files that the examples name."""
    folder = tmp_path_factory.mktemp("examples")
    write_cutout(folder / "cutout.fits")
    (folder / "broken.fits").write_bytes(b"")
    (folder / "list.csv").write_text("id,ra,dec\nM000123,150.1,2.2\nM000124,150.2,2.3\n")
    return folder


@pytest.mark.parametrize("name", ["README.md", "docs/api.md", "CONTRIBUTING.md"])
def test_the_python_it_shows_runs_as_it_stands(name, folder, monkeypatch):
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(), flags=re.DOTALL):
        exec(compile(code, name, "exec"), names)


def test_every_public_name_is_shown_in_use():
    blocks = "".join(re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "api.md").read_text(), flags=re.DOTALL))
    assert [name for name in gx.__all__ if f"gx.{name}" not in blocks] == []


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")], ids=lambda p: p.name)
def test_its_links_lead_somewhere(page):
    for path in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
        assert (page.parent / path).exists(), path


def test_the_citation_names_the_paper():
    assert "2312.16687" in (ROOT / "CITATION.cff").read_text()
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license"] == "BSD-3-Clause"


def test_the_project_speaks_of_itself_alone():
    """No path of one machine, in any text file of the project."""
    for path in [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("galexplore/**/*.py"),
        *ROOT.glob("pages/*.py"),
    ]:
        assert not re.search(r"/(work|root|home|tmp)/", path.read_text()), path
