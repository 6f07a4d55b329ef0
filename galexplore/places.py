"""Where things stand: the app's files, the shipped catalogue, models, and what is cached."""

import os
from pathlib import Path

_PACKAGED = Path(__file__).resolve().parent / "_site"
#: `app.py`, `pages/`, `models/` and `data/` stand here: within an installed package, else at the checkout's top.
ROOT = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parent.parent
#: The catalogue that is shipped.
DATA = ROOT / "data" / "catalogue.parquet"
#: The models that are shipped.
SHIPPED = ROOT / "models"


def cache_folder() -> Path:
    """Where rendered pixels are kept: `$GALEXPLORE_CACHE`, else `~/.cache/galexplore`."""
    return Path(os.environ.get("GALEXPLORE_CACHE") or Path.home() / ".cache" / "galexplore")


def models_folder() -> Path:
    """Where trained models are written.

    `$GALEXPLORE_MODELS`, else `models/` of the checkout; of an installed package, which nobody writes into, else
    `~/.local/share/galexplore/models`.
    """
    own = Path.home() / ".local" / "share" / "galexplore" / "models" if ROOT == _PACKAGED else SHIPPED
    return Path(os.environ.get("GALEXPLORE_MODELS") or own)


def find_model(name: str) -> Path:
    """Find the folder of a model: a person's own, else the shipped one of that name, else where it would be written."""
    own, shipped = models_folder() / name, SHIPPED / name
    return shipped if (shipped / "card.json").exists() and not (own / "card.json").exists() else own
