"""The README promises what the project does."""

import re
import tomllib

from galexplore.places import ROOT

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


def test_the_python_it_shows_exists():
    code = re.search(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)[1]
    names = set(re.findall(r"(?:location|explorer|gx)\.(\w+)", code))
    import galexplore as gx
    from galexplore.explore.explorer import Explorer
    from galexplore.explore.location import Location

    for name in names:
        assert (
            hasattr(Location, name) or hasattr(Explorer, name) or hasattr(gx, name) or name in Location.__annotations__
        )


def test_its_links_lead_somewhere():
    for path in re.findall(r"\]\((?!http)([^)#]+)\)", TEXT):
        assert (ROOT / path).exists(), path


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
