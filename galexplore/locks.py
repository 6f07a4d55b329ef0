"""One process at a time: a lock file that says whose it is, so that a dead process's lock is known for one."""

import json
import os
import platform
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from galexplore.errors import InputError

UNSIGNED = 60  # seconds after which a lock that nobody has signed counts as left behind


def find_start(process: int) -> str | None:
    """Find when a process of this machine started, as its system tells it; None where it has ended."""
    try:
        if sys.platform == "linux":
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            return None if state[0] in "ZX" else state[19]  # a zombie has ended
        command = ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(process)]
        plain = os.environ | {"LC_ALL": "C", "TZ": "UTC0"}  # of all processes alike
        said = subprocess.run(command, capture_output=True, text=True, env=plain).stdout.split(maxsplit=1)
        return None if len(said) < 2 or said[0].startswith("Z") else said[1].strip()
    except (FileNotFoundError, ProcessLookupError):
        return None if sys.platform == "linux" else ""  # a system without ps: taken to be alive


@contextmanager
def hold(path: Path, work: str) -> Iterator[None]:
    """Hold a lock file while the block runs; that of a process that has ended is taken over.

    Parameters
    ----------
    path : Path
        Made with its folder, and removed at the end.
    work : str
        What is done under it, as the refusal of a second process says: "The model 'a' is being trained".

    Raises
    ------
    InputError
        Where a living process holds it, or it cannot be made.
    """
    own = json.dumps({"machine": platform.node(), "process": os.getpid(), "start": find_start(os.getpid())})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while not _create(path, own):
            _put_aside(path, work)
    except OSError as error:
        raise InputError(f"{path.parent} cannot be written: {(error.strerror or str(error)).lower()}.") from error
    try:
        yield
    finally:
        if _read(path) == own:
            path.unlink(missing_ok=True)


def _create(path: Path, own: str) -> bool:
    """Make the lock file and sign it, if there is none."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return False
    try:
        os.write(handle, own.encode())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
    return True


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except FileNotFoundError:
        return None


def _put_aside(path: Path, work: str) -> None:
    """Remove the lock of a process that has ended; refuse where it lives."""
    said = _read(path)
    if said is None:
        return
    try:
        owner = json.loads(said)
        machine, process, start = owner["machine"], int(owner["process"]), owner["start"]
    except (ValueError, KeyError, TypeError):
        if time.time() - path.stat().st_mtime < UNSIGNED:
            raise InputError(f"{work} by another process that has just begun; wait for it.") from None
    else:
        if machine != platform.node():
            raise InputError(
                f"{work} on {machine}, process {process}; wait for it, or remove {path} if it has ended there."
            )
        if find_start(process) == start:
            raise InputError(f"{work} by process {process} of this machine; wait until it has ended.")
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        os.rename(path, aside)  # of several that see the same dead lock, one moves it
    except FileNotFoundError:
        return
    if _read(aside) != said:  # another has just taken it over: theirs goes back
        os.rename(aside, path)
    aside.unlink(missing_ok=True)
