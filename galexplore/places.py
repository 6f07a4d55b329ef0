"""Where things stand: the app's files, the shipped catalogue, models, and what is cached."""

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from galexplore.locks import find_start

_PACKAGED = Path(__file__).resolve().parent / "_site"
#: `app.py`, `pages/`, `models/` and `data/` stand here: within an installed package, else at the checkout's top.
ROOT = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parent.parent
#: The catalogue that is shipped.
DATA = ROOT / "data" / "catalogue.parquet"
#: Cutouts of simulated galaxies that are shipped, to try the app with.
SAMPLES = ROOT / "data" / "samples"
#: The models that are shipped.
SHIPPED = ROOT / "models"


_TEMPORARY = "galexplore-cache-"
#: What is said where nothing can be kept.
TEMPORARY = (
    "cannot be written: rendered pictures, labels and selections are kept in a temporary folder and lost when this "
    "program ends; let $GALEXPLORE_CACHE name a folder that can."
)


def cache_folder() -> Path:
    """Where rendered pixels are kept: `$GALEXPLORE_CACHE`, else `~/.cache/galexplore`.

    Where that cannot be written or there is no home, a temporary folder that is removed when the program ends;
    `warn_of_cache` says so.
    """
    return _choose_cache(os.environ.get("GALEXPLORE_CACHE"), _find_home())[0]


def warn_of_cache() -> str:
    """Say in a sentence that the cache is a temporary one; empty where it is not."""
    return _choose_cache(os.environ.get("GALEXPLORE_CACHE"), _find_home())[1]


@cache
def _choose_cache(asked: str | None, home: Path | None) -> tuple[Path, str]:
    """Choose a cache, once: what was kept must be found again as long as the program runs."""
    wanted = Path(asked) if asked else home / ".cache" / "galexplore" if home else None
    if wanted is not None and _can_write(wanted):
        return wanted, ""
    said = f"{wanted or 'The cache of a person without a home'} {TEMPORARY}"
    try:
        return _make_temporary(), said
    except OSError:  # nowhere at all: what is rendered stays in memory
        return wanted or Path("galexplore-cache"), said


def _make_temporary() -> Path:
    """Make a folder that is this person's alone and removed when the program ends, with those of killed programs."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*-*"):
        process = folder.name.removeprefix(_TEMPORARY).partition("-")[0]
        if process.isdigit() and find_start(int(process)) is None:
            shutil.rmtree(folder, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}{os.getpid()}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def lend_home() -> None:
    """Lend a temporary home to libraries that will not start without any, such as astropy."""
    try:
        Path.home()
    except RuntimeError:
        with suppress(OSError):
            os.environ["HOME"] = str(_make_temporary())


def _can_write(folder: Path) -> bool:
    """Whether a folder can be written into, or made."""
    near = next(p for p in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(p))
    return near.is_dir() and os.access(near, os.W_OK | os.X_OK)


def _find_home() -> Path | None:
    """Find a person's home; None where there is none, or one that was lent."""
    try:
        home = Path.home()
    except RuntimeError:  # neither $HOME nor an entry of this person in the system's list
        return None
    return None if home.name.startswith(_TEMPORARY) else home


def models_folder() -> Path:
    """Where trained models are written.

    `$GALEXPLORE_MODELS`, else `models/` of the checkout; of an installed package, which nobody writes into, else
    `~/.local/share/galexplore/models`, where there is a home.
    """
    home = _find_home()
    own = home / ".local" / "share" / "galexplore" / "models" if home and ROOT == _PACKAGED else SHIPPED
    return Path(os.environ.get("GALEXPLORE_MODELS") or own)


def find_model(name: str) -> Path:
    """Find the folder of a model: a person's own, else the shipped one of that name, else where it would be written.

    One of a person's own that has lost its card is not passed over for a shipped one.
    """
    own, shipped = models_folder() / name, SHIPPED / name
    return shipped if shipped.exists() and not (own.is_dir() and any(own.iterdir())) else own
