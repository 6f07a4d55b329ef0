"""Selections kept under a short hash, so that a link can bring one back."""

import hashlib
import os
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

from galexplore.errors import InputError
from galexplore.places import cache_folder

MOST = 1000  # selections kept; the oldest go first
LARGEST = 64 << 20  # bytes of ids that are kept or read back
UNKNOWN = "The link's selection is not known here: selections are kept by the server on which they were made."


def _folder() -> Path:
    return cache_folder() / "selections"


def keep(ids: Sequence[str]) -> str:
    """Keep ids, in their order; return the 12 characters under which `recall` finds them."""
    data = "\n".join(ids).encode()
    name = hashlib.sha256(data).hexdigest()[:12]
    path = _folder() / name
    if len(data) > LARGEST:
        return name
    if path.exists():
        os.utime(path)
        return name
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}")
    partial.write_bytes(zlib.compress(data, 1))
    os.replace(partial, path)
    _make_room(path.parent)
    return name


def _make_room(folder: Path) -> None:
    """Drop the selections that were not asked for the longest."""
    kept = [p for p in folder.iterdir() if re.fullmatch("[0-9a-f]{12}", p.name)]
    for path in sorted(kept, key=lambda p: p.stat().st_mtime)[: max(0, len(kept) - MOST)]:
        path.unlink(missing_ok=True)


def recall(name: str) -> list[str]:
    """Give back the ids that were kept under a hash.

    Raises
    ------
    InputError
        Where the hash is malformed or unknown, or what is kept under it was changed.
    """
    if not re.fullmatch("[0-9a-f]{12}", name):
        raise InputError("The link's selection is malformed, so it was left out.")
    path = _folder() / name
    try:
        data = zlib.decompressobj().decompress(path.read_bytes(), LARGEST)
    except (OSError, zlib.error) as error:
        raise InputError(UNKNOWN) from error
    if hashlib.sha256(data).hexdigest()[:12] != name:
        raise InputError(UNKNOWN)
    return data.decode().split("\n") if data else []
