"""Build: what a checkout keeps at its top (app, pages, shipped model, catalogue) goes into the wheel."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SITE = (
    "app.py",
    "CITATION.cff",
    ".streamlit/config.toml",
    "data/catalogue.parquet",
    "data/samples/*.fits.fz",
    "models/default/*.*",
    "pages/**/*.*",
)


def list_site() -> list[Path]:
    """Files that `galexplore.places` looks for under `galexplore/_site`, by their paths in the checkout."""
    files = {path for pattern in SITE for path in Path().glob(pattern) if path.is_file()}
    return sorted(p for p in files if "__pycache__" not in p.parts and p.name != "learnt.json")


class BuildWithSite(build_py):
    """Build the package's modules with the app's files among them; an editable installation reads the checkout."""

    def run(self) -> None:
        """Copy modules and files; nothing that an earlier build left goes along."""
        if not self.editable_mode:
            shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        if not self.editable_mode:
            for path in list_site():
                target = Path(self.build_lib, "galexplore", "_site", path)
                self.mkpath(str(target.parent))
                self.copy_file(str(path), str(target))

    def get_source_files(self) -> list[str]:
        """Return what a source distribution holds of all this."""
        return [*super().get_source_files(), *map(str, list_site())]


setup(cmdclass={"build_py": BuildWithSite})
