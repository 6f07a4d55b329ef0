"""Files opened within bounds, and written beside and renamed."""

import bz2
import ctypes
import gzip
import hashlib
import os
import re
import secrets
import shutil
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from galexplore.errors import InputError

MAX_UNPACKED = 100_000_000  # bytes that a compressed file may unfold to


def bare_name(name: str) -> str:
    """Keep of a name only its last part and what can be printed, for it comes from outside."""
    last = re.split(r"[/\\]", str(name))[-1]
    return "".join(c for c in last if c.isprintable())[:120]


def unpack(data: bytes, most: int = MAX_UNPACKED) -> bytes:
    """Unfold gzip and bzip2, told by their first bytes, once or twice over; return anything else as it is.

    Raises
    ------
    InputError
        If it is damaged, or unfolds to more than `most` bytes.
    """
    file: gzip.GzipFile | bz2.BZ2File
    for _ in range(2):
        if data.startswith(b"\x1f\x8b"):
            kind, file = "gzipped", gzip.GzipFile(fileobj=BytesIO(data))
        elif data.startswith(b"BZh"):
            kind, file = "bzip2", bz2.BZ2File(BytesIO(data))
        else:
            break
        try:
            data = file.read(most + 1)
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise InputError(f"the {kind} file is cut short or damaged") from error
        if len(data) > most:
            raise InputError(f"the {kind} file unfolds to more than {most // 10**6} MB")
    return data


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def write_beside(path: Path) -> Iterator[Path]:
    """Lend a new name beside `path`; what was written there takes its place once it is whole and on the disk.

    Whoever is killed in between leaves `path` as it was; whoever reads it sees the old file or the new one, never a
    part. Where the block ends in an error, nothing is left.

    Parameters
    ----------
    path : Path
        The file to make or to replace; its folder exists.

    Yields
    ------
    Path
        A hidden name with the same suffix, of which there is no file yet.
    """
    path = Path(os.path.realpath(path))  # a link stays one
    partial = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield partial
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def publish_folder(made: Path, place: Path) -> None:
    """Rename a finished folder into its place; one that stands there is swapped for it in one step and removed.

    Where the system cannot swap, the old folder steps aside first, and back again if its place stays empty.

    Parameters
    ----------
    made, place : Path
        In the same file system, best in the same folder.
    """
    for path in made.rglob("*"):
        if path.is_file():
            with open(path, "rb+") as file:
                os.fsync(file.fileno())
    if not place.exists():
        os.rename(made, place)
        return
    aside = made
    if not _exchange(made, place):
        aside = place.with_name(f".{place.name}.{secrets.token_hex(4)}")
        os.rename(place, aside)
        try:
            os.rename(made, place)
        except BaseException:
            os.rename(aside, place)
            raise
    shutil.rmtree(aside, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step; return whether the system could."""
    names, here = (os.fsencode(one.absolute()), os.fsencode(other.absolute())), -100  # AT_FDCWD of Linux
    try:
        library = ctypes.CDLL(None)
        if sys.platform == "linux":
            return library.renameat2(here, names[0], here, names[1], 2) == 0  # RENAME_EXCHANGE
        if sys.platform == "darwin":
            return library.renamex_np(*names, 2) == 0  # RENAME_SWAP
    except (OSError, AttributeError, TypeError):  # a C library without the call, or none that can be opened
        pass
    return False
