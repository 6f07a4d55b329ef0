"""Selections kept under a short hash, so that a link can bring one back."""

import hashlib
import os
import re
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

from galexplore.errors import InputError
from galexplore.files import write_beside
from galexplore.places import cache_folder

MOST = 1000  # selections kept; the oldest go first
LARGEST = 64 << 20  # bytes of ids that are kept or read back
STRAY = 3600  # seconds after which what a killed process left half written goes
OTHER = "The link's selection belongs to another catalogue, whose ids are other galaxies here; it was ignored."
UNKNOWN = "The link's selection is not known here: a selection is stored on the server where it was made."
_NAME = re.compile("[0-9a-f]{12}")
_HEAD = "# catalogue "  # and which one, before the ids: no id is like it


def find_folder() -> Path:
    """Folder in which selections are kept."""
    return cache_folder() / "selections"


def keep(ids: Sequence[str], catalogue: str = "") -> str:
    """Keep ids, in their order; return the 12 characters under which `recall` finds them.

    `catalogue` tells whose ids they are (`Explorer.catalogue`), for in another one they name other galaxies. What
    stands under them already is held against them, and written anew where it is damaged. Any number of threads and
    processes may do so at once.

    Raises
    ------
    InputError
        Where they are too many, or the disk does not take them.
    """
    data = "\n".join([*[_HEAD + catalogue] * bool(catalogue), *ids]).encode()
    name = hashlib.sha256(data).hexdigest()[:12]
    path = find_folder() / name
    if len(data) > LARGEST:
        raise InputError("The selection is too large to be part of the link.")
    try:
        if _read(path) == data and _renew(path):
            return name
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_beside(path) as partial:
            partial.write_bytes(zlib.compress(data, 1))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise InputError(
            f"The selection is not part of the link, because it cannot be stored on disk: {why}."
        ) from error
    _make_room(path.parent)
    return name


def _read(path: Path) -> bytes | None:
    """Read what is kept in a file; None where there is none, or it is not what its name says."""
    try:
        data = zlib.decompressobj().decompress(path.read_bytes(), LARGEST)
    except (OSError, zlib.error):
        return None
    return data if hashlib.sha256(data).hexdigest()[:12] == path.name else None


def _renew(path: Path) -> bool:
    """Note that a file was asked for; False where another thread has dropped it meanwhile."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    except OSError:  # a disk that takes nothing: it is kept all the same
        pass
    return True


def _age(path: Path) -> float:
    """When a file was last asked for; of one that another thread has dropped meanwhile, long ago."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _make_room(folder: Path) -> None:
    """Drop the selections that were not asked for the longest, and what was left half written."""
    times = {path: _age(path) for path in folder.iterdir()}
    kept = sorted((p for p in times if _NAME.fullmatch(p.name)), key=times.__getitem__)
    stray = [p for p, when in times.items() if p.name.startswith(".") and when < time.time() - STRAY]
    for path in (*kept[: max(0, len(kept) - MOST)], *stray):
        try:
            path.unlink(missing_ok=True)
        except OSError:  # a disk that takes nothing any more: what is kept stays readable
            return


def recall(name: str, catalogue: str = "") -> list[str]:
    """Give back the ids that were kept under a hash.

    Raises
    ------
    InputError
        Where the hash is malformed or unknown, what is kept under it was changed, or it is not of that catalogue.
    """
    if not _NAME.fullmatch(name):
        raise InputError("The link's selection is malformed; it was ignored.")
    data = _read(find_folder() / name)
    if data is None:
        raise InputError(UNKNOWN)
    lines = data.decode().split("\n") if data else []
    whose = lines.pop(0).removeprefix(_HEAD) if lines and lines[0].startswith(_HEAD) else ""
    if whose != catalogue:
        raise InputError(OTHER)
    return lines


def find_damaged() -> tuple[int, list[Path]]:
    """Count the selections kept, and list the files that are damaged or none."""
    folder = find_folder()
    kept = [p for p in folder.iterdir() if not p.name.startswith(".")] if folder.is_dir() else []
    return len(kept), [p for p in kept if _read(p) is None]
