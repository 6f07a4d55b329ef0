"""The direction of the arrows: who may import what."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("galexplore/**/*.py")])

#: Package to the files that may import it, as paths from the root (a folder ends in a slash).
ALLOWED = {
    "streamlit": ("app.py", "pages/"),
    "plotly": ("galexplore/figures/",),
    "requests": ("galexplore/sky.py",),
    "pyvo": ("galexplore/sky.py",),
    "urllib.request": ("galexplore/sky.py",),
    "http": ("galexplore/sky.py",),
    "socket": ("galexplore/sky.py",),
    "torch": (
        *(f"galexplore/{name}.py" for name in ("model", "layers", "train", "augment", "sample", "team", "embed")),
        *("galexplore/pipeline.py", "galexplore/bench/peers.py", "galexplore/bench/accuracy.py"),
    ),
    "lightning_fabric": ("galexplore/team.py",),
    "safetensors": ("galexplore/train.py", "galexplore/embed.py"),
    "umap": ("galexplore/maps.py",),
    "galsim": ("galexplore/mock/",),
    "bagpipes": ("galexplore/mock/light.py", "galexplore/bench/sed.py"),
    "speclite": ("galexplore/mock/light.py", "galexplore/bench/sed.py"),
    "pickle": (),
    "dask": ("galexplore/embed.py",),
}


def imported(path: Path) -> set[str]:
    """Every module that a file imports, at any depth of its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_arrows_run_one_way(path):
    place = str(path.relative_to(ROOT))
    for module in imported(path):
        for package, homes in ALLOWED.items():
            if module == package or module.startswith(package + "."):
                assert any(place == home or (home.endswith("/") and place.startswith(home)) for home in homes), (
                    f"{place} imports {module}"
                )
        if place.startswith("galexplore/"):
            assert not module.startswith("pages"), f"{place} looks back at {module}"
        if place in ("galexplore/model.py", "galexplore/config.py", "galexplore/stretch.py"):
            assert not module.startswith(("galexplore.explorer", "galexplore.embed", "galexplore.atlas")), place


def test_importing_the_package_is_light():
    """A bare import must not pay for torch, umap or plotly; loading the explorer must not pay for umap or galsim."""
    code = (
        "import sys, galexplore; assert not {'torch', 'umap', 'plotly', 'galsim'} & set(sys.modules);"
        "import galexplore.explorer; assert not {'umap', 'galsim', 'bagpipes', 'streamlit'} & set(sys.modules)"
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
    extras = {"bagpipes", "speclite", "lightning_fabric", "playwright", "threadpoolctl"}  # the last: with scikit-learn
    outside = used - set(sys.stdlib_module_names) - {"galexplore", "pages"} - extras
    assert outside - {names.get(d, d) for d in declared} == set()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_stay_small(path):
    limit = 60 if path == ROOT / "app.py" else 150 if path.parent.name == "pages" else 300
    assert len(path.read_text().splitlines()) <= limit
