"""The direction of the arrows: who may import what."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("galexplore/**/*.py")])

#: Standard modules that open connections, which import-linter does not tell from their harmless siblings.
CONNECTS = ("urllib.request", "http", "socket", "ftplib", "smtplib", "xmlrpc")


def imported(path: Path) -> set[str]:
    """Every module that a file imports, at any depth of its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def is_of(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def test_arrows_run_downwards():
    """The contracts of pyproject.toml, held by import-linter."""
    lint = shutil.which("lint-imports", path=Path(sys.executable).parent)
    run = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def test_the_roof_knows_the_pages_alone():
    """`app.py` is no module of a package, so the contracts cannot see it."""
    used = {m.split(".")[0] for m in imported(ROOT / "app.py")}
    assert used <= {"pages", "streamlit", "galexplore"} | set(sys.stdlib_module_names)
    assert not any(is_of(m, f"galexplore.{room}") for m in imported(ROOT / "app.py") for room in ("cli", "bench"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_connections_are_opened_in_sources_alone(path):
    if "sources" not in path.parts:
        assert not [m for m in imported(path) for c in CONNECTS if is_of(m, c)]
    assert "pickle" not in imported(path)


def test_every_room_says_what_it_is_for():
    rooms = sorted({p.parent for p in FILES} - {ROOT})
    for room in rooms:
        text = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
        assert len(re.findall(r"[.:](?:\s|$)", text)) >= 2, f"{room.name}: {text}"


def test_the_house_can_be_drawn():
    """At most 26 rooms: the package's own, the pages with theirs, and the roof."""
    ground = [p for p in (ROOT / "galexplore").glob("*.py") if p.stem != "__init__"]
    rooms = [p.parent for top in ("galexplore", "pages") for p in ROOT.glob(f"{top}/*/__init__.py")]
    assert len(ground) + len(rooms) + len(["pages", "app"]) <= 26


def test_importing_the_package_is_light():
    """A bare import pays for nothing, not even to name what there is; loading the explorer not for umap or galsim."""
    code = (
        "import sys, galexplore; assert 'load' in dir(galexplore) and galexplore.__version__;"
        "assert not {'numpy', 'pandas', 'torch', 'umap', 'plotly', 'galsim'} & set(sys.modules);"
        "import galexplore.explore.models; assert not {'umap', 'galsim', 'bagpipes', 'streamlit'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


#: What a requirement is imported as, where that differs from its name.
MODULES = {"pillow": "PIL", "scikit-learn": "sklearn", "umap-learn": "umap", "lightning-fabric": "lightning_fabric"}
MODULES |= {"qp-prob": "qp"}
#: What the dev extra names to be run, not imported.
TOOLS = {"import-linter", "mypy", "pandas-stubs", "pytest-timeout", "pytest-xdist", "ruff", "types-requests"}


def name_modules(requirements: list[str]) -> set[str]:
    """Modules that requirements bring, tools aside."""
    names = {re.split(r"[<>=!~;\[ ]", r)[0] for r in requirements if r and not r.startswith("#")} - TOOLS
    return {MODULES.get(n, n) for n in names}


def collect_modules(files: list[Path]) -> set[str]:
    """Modules of others that files import."""
    ours = set(sys.stdlib_module_names) | {"galexplore", "pages", "tests"}
    return {module.split(".")[0] for path in files for module in imported(path)} - ours


def test_pages_are_drawn_before_torch_is_imported():
    """It takes seconds: the frame of a page, and whatever does not ask the model, must not wait for it."""
    parts = [path.relative_to(ROOT).with_suffix("") for path in sorted(ROOT.glob("pages/_*/*.py"))]
    names = [".".join(part.parts) for part in parts if part.name != "__init__"]
    assert "pages._session.state" in names and "pages._parts.header" in names
    code = f"import sys; [__import__(n) for n in {names}]; assert 'torch' not in sys.modules, 'torch'"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)


def test_what_is_imported_is_declared_and_the_other_way_round():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    needed = name_modules((ROOT / "requirements.txt").read_text().splitlines())
    optional = {module for requirements in extras.values() for module in name_modules(requirements)}
    used = collect_modules(FILES) - {"hyrax"}  # of `bench.hyrax_child`, which an environment of hyrax's own runs
    assert used - optional == needed - optional
    about = [*FILES, ROOT / "setup.py", *ROOT.glob(".ci/*.py"), *ROOT.glob("tests/**/*.py")]
    assert optional <= collect_modules(about)
    assert used <= needed | optional


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_what_only_an_extra_brings_is_imported_when_it_is_used(path):
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    optional = {m for r in extras.values() for m in name_modules(r)}
    optional -= name_modules((ROOT / "requirements.txt").read_text().splitlines())
    at_once = [n for n in ast.parse(path.read_text()).body if isinstance(n, ast.Import | ast.ImportFrom)]
    modules = {m for n in at_once for m in ([n.module] if isinstance(n, ast.ImportFrom) else [a.name for a in n.names])}
    assert not {(m or "").split(".")[0] for m in modules} & optional


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_small(path):
    limit = 60 if path == ROOT / "app.py" else 150 if "pages" in path.parts else 300
    assert len(path.read_text().splitlines()) <= limit
