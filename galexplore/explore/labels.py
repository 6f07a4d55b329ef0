"""A person's labels of galaxies, 0 to 5 with notes, on disk at once."""

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
import zlib
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

import pandas as pd

from galexplore.errors import InputError
from galexplore.files import write_beside
from galexplore.places import cache_folder

SCORES = (0, 1, 2, 3, 4, 5)
MEANINGS = ("0 not interesting", "1", "2", "3", "4", "5 very interesting")
FIELDS = ("id", "score", "note", "time")
CATALOGUE = "catalogue"  # of a label, whose id it is (`Explorer.catalogue`); those of earlier versions do not say
LONGEST_ID, LONGEST_NOTE = 120, 500  # characters
LARGEST_FILE = 5_000_000  # bytes: some fifty thousand labels
_TOKEN = re.compile("[0-9a-f]{32}")


def make_token() -> str:
    """Make the secret by which a browser is known again: 128 random bits in hexadecimal."""
    return secrets.token_hex(16)


def is_token(text: object) -> bool:
    """Whether text from outside could be such a secret."""
    return isinstance(text, str) and _TOKEN.fullmatch(text) is not None


def find_file(token: str, folder: Path | None = None) -> Path:
    """Where a person's labels lie: a name that follows from the token but does not tell it, nor is made of it.

    Raises
    ------
    ValueError
        If it is no token.
    """
    if not is_token(token):
        raise ValueError("this is no token")
    name = hashlib.sha256(token.encode()).hexdigest()[:32]
    return (folder or cache_folder() / "labels") / f"{name}.jsonl"


def make_label(identifier: str, score: int | None, note: str = "", time: str = "", catalogue: str = "") -> dict:
    """Make one label, as it is written.

    Parameters
    ----------
    score : int from 0 to 5, or None
        None keeps a note alone, or takes the label back where there is no note.
    time : str, optional
        When it was given, in ISO 8601; now by default.
    catalogue : str, optional
        Whose id it is (`Explorer.catalogue`).

    Raises
    ------
    InputError
        If the score is none of these.
    """
    if score is not None and (isinstance(score, bool) or score not in SCORES):
        raise InputError(f"a label is a number from 0 to 5, not {score}")
    when = time or datetime.now(UTC).isoformat(timespec="microseconds")
    label = {"id": str(identifier)[:LONGEST_ID], "score": score, "note": str(note)[:LONGEST_NOTE], "time": when}
    label |= {CATALOGUE: catalogue} if catalogue else {}
    return label | {"sum": _sum(label)}


def _sum(label: dict) -> str:
    """CRC-32 of what a label says: a flipped bit may make another score or id of it, which is JSON all the same."""
    said = [label[k] for k in (*FIELDS, CATALOGUE) if k in label]
    return f"{zlib.crc32(json.dumps(said).encode()):08x}"


def add_label(path: Path, identifier: str, score: int | None, note: str = "", catalogue: str = "") -> None:
    """Append one label to a person's file, as `make_label` takes it and `write_labels` writes it."""
    write_labels(path, [make_label(identifier, score, note, catalogue=catalogue)])


def write_labels(path: Path, labels: list[dict]) -> None:
    """Append labels to a person's file and to its copy; they are on disk when this returns.

    The last one of a galaxy counts.

    Raises
    ------
    InputError
        If the file has grown too large.
    OSError
        If the disk does not take them.
    """
    if path.exists() and path.stat().st_size > LARGEST_FILE:
        raise InputError("this file of labels is full; export it and begin a new one")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = "".join(json.dumps(label) + "\n" for label in labels).encode()
    copy = name_copy(path)
    if path.exists() and not copy.exists():
        with suppress(OSError), write_beside(copy) as partial:
            shutil.copyfile(path, partial)
            partial.chmod(0o600)
    _append(path, lines)
    with suppress(OSError):  # they are on disk once
        _append(copy, lines)


def name_copy(path: Path) -> Path:
    """Path of the second file that a person's labels are written to."""
    return path.with_suffix(".copy")


def _append(path: Path, lines: bytes) -> None:
    """Append whole lines, and have them reach the disk; a line that a crash cut short is ended first.

    All in one write: two windows of the same person cannot mix their lines.
    """
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.lseek(file, 0, os.SEEK_END)
        os.lseek(file, max(size - 1, 0), os.SEEK_SET)
        if size and os.read(file, 1) != b"\n":
            lines = b"\n" + lines
        if os.write(file, lines) < len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(file)
    finally:
        os.close(file)


def read_lines(path: Path) -> tuple[list[dict], list[bytes]]:
    """Read the labels of one file, the oldest first, and the lines of it that are none: damaged, or cut short."""
    labels, bad = [], []
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        if label := _parse(line):
            labels.append(label)
        elif line.strip():
            bad.append(line)
    return labels, bad


def _parse(line: bytes) -> dict | None:
    try:
        label = json.loads(line)
        texts = [label[k] for k in ("id", "note", "time")] + [label.get(CATALOGUE, "")]
        whole = set(label) - {"sum", CATALOGUE} == {*FIELDS} and all(isinstance(t, str) for t in texts)
        score, kept = label["score"], label.get("sum", _sum(label))  # earlier versions wrote no sums
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    whole &= score is None or (type(score) is int and score in SCORES)
    return label if whole and label["id"] and kept == _sum(label) else None


class Recalled(NamedTuple):
    """Labels of a person, the oldest first; lines on disk that are damaged; labels that only the copy still held."""

    labels: list[dict]
    damaged: list[bytes]
    restored: int


def recall_labels(path: Path) -> Recalled:
    """Read a person's labels; those that are damaged are taken from the copy."""
    labels, damaged = read_lines(path)
    copy = name_copy(path)
    if not copy.exists() or (not damaged and path.exists() and path.stat().st_size == copy.stat().st_size):
        return Recalled(labels, damaged, 0)
    known, lost = {_sum(label) for label in labels}, dict[str, list[dict]]()
    before = ""
    for label in read_lines(copy)[0]:  # each goes back behind the one that it followed: the last of a galaxy counts
        if _sum(label) in known:
            before = _sum(label)
        else:
            lost.setdefault(before, []).append(label)
    restored = sum(map(len, lost.values()))
    merged = lost.pop("", [])
    for label in labels:
        merged += [label, *lost.pop(_sum(label), [])]
    return Recalled(merged, damaged, restored)


def part_labels(labels: list[dict], catalogue: str) -> tuple[list[dict], list[dict]]:
    """Part labels into those of a catalogue and those of others, whose ids name other galaxies in it."""
    ours = [label for label in labels if label.get(CATALOGUE, "") == catalogue]
    return ours, [label for label in labels if label.get(CATALOGUE, "") != catalogue]


def tabulate(labels: list[dict]) -> pd.DataFrame:
    """Give the latest label of each galaxy, in the order of labelling: `id`, `score` (missing: a note), `note`, `time`.

    Parameters
    ----------
    labels : list of dict
        As `recall_labels` gives them.
    """
    rows: dict[str, tuple] = {}
    for label in labels:
        rows.pop(label["id"], None)
        if label["score"] is not None or label["note"]:
            rows[label["id"]] = tuple(label[k] for k in FIELDS)
    return pd.DataFrame(list(rows.values()), columns=list(FIELDS)).astype({"score": "Int64"})


def read_labels(path: Path) -> pd.DataFrame:
    """Read a person's labels from disk, as `tabulate` gives them; damaged lines are passed over."""
    return tabulate(recall_labels(path).labels)


def mend_labels(path: Path) -> None:
    """Write a person's labels anew, twice and with sums; damaged lines are put aside in a file of their own.

    What is appended to either file meanwhile goes into the new one.
    """
    sizes = {target: target.stat().st_size for target in (path, name_copy(path)) if target.exists()}
    labels, damaged, _ = recall_labels(path)
    if damaged := damaged + read_lines(name_copy(path))[1]:
        _append(path.with_suffix(".damaged"), b"\n".join(damaged) + b"\n")
    for target in (path, name_copy(path)):
        with open(target, "rb") if target in sizes else nullcontext() as old:
            with write_beside(target) as partial:
                partial.write_text("".join(json.dumps(label | {"sum": _sum(label)}) + "\n" for label in labels))
                partial.chmod(0o600)
            if old and (late := _read_from(old, sizes[target])):
                _append(target, late)


def _read_from(file: BinaryIO, at: int) -> bytes:
    file.seek(at)
    return file.read()
