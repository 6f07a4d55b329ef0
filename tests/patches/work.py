"""Work for engines that Dask's workers can be handed by name: quick, and told on the disk."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from galexplore.errors import InputError


@dataclass(frozen=True)
class Item:
    """One piece of work."""

    name: str
    folder: Path
    seconds: float = 0.0
    lethal: bool = False


def do(item):
    """Write a file with the worker's process id; the lethal piece ends the worker that first gets it."""
    path = item.folder / item.name
    if path.exists():
        return item.name
    if item.lethal and not (item.folder / "killed").exists():
        (item.folder / "killed").touch()
        os.kill(os.getpid(), 9)
    time.sleep(item.seconds)
    path.write_text(str(os.getpid()))
    return item.name


def fail(item):
    """Refuse, as where a disk is full."""
    raise InputError("the disk is full")
