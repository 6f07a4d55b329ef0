"""Files opened within bounds, and written beside and renamed."""

import bz2
import ctypes
import errno
import gzip
import hashlib
import json
import lzma
import os
import platform
import re
import secrets
import shutil
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from zipfile import BadZipFile

from galexplore.errors import InputError
from galexplore.locks import find_start

MAX_UNPACKED = 100_000_000  # bytes that a compressed file may unfold to
#: What a write raises where a disk is full or takes nothing.
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
STRAY = 86_400  # seconds after which a temporary name of another machine's process counts as left behind
#: What reading a damaged or hostile zip, or arrays within it, may raise.
DAMAGE: tuple[type[Exception], ...] = (OSError, ValueError, LookupError, TypeError, EOFError, RuntimeError, MemoryError)
DAMAGE += (AttributeError, SyntaxError, TokenError, struct.error, zlib.error, BadZipFile)


def bare_name(name: str) -> str:
    """Keep of a name only its last part and what can be printed, for it comes from outside."""
    last = re.split(r"[/\\]", str(name))[-1]
    return "".join(c for c in last if c.isprintable())[:120]


def unpack(data: bytes, most: int = MAX_UNPACKED) -> bytes:
    """Unfold gzip, bzip2 and xz, told by their first bytes, once or twice over; return anything else as it is.

    Raises
    ------
    InputError
        If it is damaged, or unfolds to more than `most` bytes.
    """
    file: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile
    for _ in range(2):
        if data.startswith(b"\x1f\x8b"):
            kind, file = "gzipped", gzip.GzipFile(fileobj=BytesIO(data))
        elif data.startswith(b"BZh"):
            kind, file = "bzip2", bz2.BZ2File(BytesIO(data))
        elif data.startswith(b"\xfd7zXZ\x00"):
            kind, file = "xz", lzma.LZMAFile(BytesIO(data))
        else:
            break
        try:
            data = file.read(most + 1)
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, MemoryError) as error:
            raise InputError(f"the {kind} file is cut short or damaged") from error
        if len(data) > most:
            raise InputError(f"the {kind} file unfolds to more than {most // 10**6} MB")
    return data


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(card: dict) -> str:
    """SHA-256 of all of a card but its digest, as canonical JSON, in hexadecimal."""
    rest = {k: v for k, v in card.items() if k != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def explain_failure(path: Path | None, error: OSError) -> str:
    """Say in a sentence why something, perhaps nobody knows what, cannot be written, and what would be right."""
    why = os.strerror(error.errno) if error.errno else str(error)
    said = f"{path or 'A file'} cannot be written: {why.lower()}"
    if path is None or error.errno not in NO_ROOM or error.errno == errno.EROFS:
        return f"{said}."
    return f"{said}; {measure_room(path) / 1e6:.1f} MB are free there. Make room, then do the same again."


def measure_room(path: Path) -> int:
    """Bytes that are free where a file is, or would be."""
    near = next(p for p in (path.absolute(), *path.absolute().parents) if p.exists())
    return shutil.disk_usage(near).free


@contextmanager
def write_beside(path: Path) -> Iterator[Path]:
    """Lend a new name beside `path`; what was written there takes its place once it is whole and on the disk.

    Whoever is killed in between leaves `path` as it was, and a hidden file that the next writer of `path` removes;
    whoever reads it sees the old file or the new one, never a part. Where the block ends in an error, nothing is left;
    where it writes nothing, nothing changes.

    Parameters
    ----------
    path : Path
        The file to make or to replace; its folder exists.

    Yields
    ------
    Path
        A hidden name with the same suffix, of which there is no file yet.

    Raises
    ------
    InputError
        Where it cannot be written.
    """
    path = Path(os.path.realpath(path))  # a link stays one
    partial = name_beside(path)
    try:
        yield partial
        if partial.exists():
            _sync(partial)
            os.replace(partial, path)
            _sync(path.parent)
    except OSError as error:
        if error.errno in NO_ROOM or error.filename in (partial, str(partial)):
            raise InputError(explain_failure(path, error)) from error
        raise
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file in UTF-8, beside and renamed."""
    with write_beside(path) as partial:
        partial.write_text(text, encoding="utf-8")


def name_beside(path: Path) -> Path:
    """Give a new hidden name beside `path`, with its suffix; what killed processes left under such names is removed.

    The name tells whose it is: another process that lives keeps its own.
    """
    machine = hashlib.sha256(platform.node().encode()).hexdigest()[:6]
    stray = re.compile(re.escape(f".{path.stem}.") + r"(\w{6})-(\d+)-\w{8}" + re.escape(path.suffix))
    with suppress(OSError):
        for other in path.parent.iterdir():
            if not (match := stray.fullmatch(other.name)):
                continue
            here, aged = match[1] == machine, time.time() - other.lstat().st_mtime > STRAY
            if (find_start(int(match[2])) is None) if here else aged:
                shutil.rmtree(other) if other.is_dir() and not other.is_symlink() else other.unlink(missing_ok=True)
    return path.with_name(f".{path.stem}.{machine}-{os.getpid()}-{secrets.token_hex(4)}{path.suffix}")


def _sync(path: Path) -> None:
    """Have what was written, or renamed within a folder, reach the disk."""
    if path.is_dir() and os.name != "posix":
        return  # only there can a folder be opened
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that knows no such thing
            raise
    finally:
        os.close(handle)


@contextmanager
def make_beside(place: Path) -> Iterator[Path]:
    """Lend a new folder beside `place`, in which something is made; what is left in it at the end is removed."""
    folder = name_beside(place)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish_folder(made: Path, place: Path) -> None:
    """Rename a finished folder into its place; one that stands there is swapped for it in one step and removed.

    Where the system cannot swap, the old folder steps aside first, and back again if its place stays empty.

    Parameters
    ----------
    made, place : Path
        In the same file system, best in the same folder.
    """
    for path in (*made.rglob("*"), made):
        if path.is_file() or path.is_dir():
            _sync(path)
    aside = made
    if not place.exists():
        os.rename(made, place)
    elif not _exchange(made, place):
        aside = name_beside(place)
        os.rename(place, aside)
        try:
            os.rename(made, place)
        except BaseException:
            os.rename(aside, place)
            raise
    _sync(place.parent)
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
