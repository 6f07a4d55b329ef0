"""Where things stand: the app's files, the shipped catalogue, models, and what is cached."""

import os
from pathlib import Path

#: The repository root: `app.py`, `models/` and `data/` stand here.
ROOT = Path(__file__).resolve().parent.parent
#: The catalogue that comes with the repository.
DATA = ROOT / "data" / "catalogue.parquet"


def cache_folder() -> Path:
    """Where rendered pixels are kept: `$GALEXPLORE_CACHE`, else `~/.cache/galexplore`."""
    return Path(os.environ.get("GALEXPLORE_CACHE") or Path.home() / ".cache" / "galexplore")


def models_folder() -> Path:
    """Where trained models stand: `$GALEXPLORE_MODELS`, else `models/` of the repository."""
    return Path(os.environ.get("GALEXPLORE_MODELS") or ROOT / "models")
