"""The direction of the arrows: who may import what."""

import ast
import shutil
import subprocess
import sys
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


def test_importing_the_package_is_light():
    """A bare import must not pay for torch, umap or plotly; loading the explorer must not pay for umap or galsim."""
    code = (
        "import sys, galexplore; assert not {'torch', 'umap', 'plotly', 'galsim'} & set(sys.modules);"
        "import galexplore.explore.models; assert not {'umap', 'galsim', 'bagpipes', 'streamlit'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_imported_is_declared_and_the_other_way_round():
    declared = {
        line.split(">=")[0].split("==")[0] for line in (ROOT / "requirements.txt").read_text().split() if "=" in line
    }
    names = {"pillow": "PIL", "scikit-learn": "sklearn", "umap-learn": "umap"}
    used = {module.split(".")[0] for path in FILES for module in imported(path)}
    # pyarrow is what pandas and astropy write parquet with.
    assert {names.get(d, d) for d in declared} - used <= {"pyarrow"}
    # threadpoolctl comes with scikit-learn.
    extras = {"bagpipes", "galsim", "speclite", "lightning_fabric", "playwright", "threadpoolctl"}
    outside = used - set(sys.stdlib_module_names) - {"galexplore", "pages"} - extras
    assert outside - {names.get(d, d) for d in declared} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_small(path):
    limit = 60 if path == ROOT / "app.py" else 150 if "pages" in path.parts else 300
    assert len(path.read_text().splitlines()) <= limit
