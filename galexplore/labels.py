"""A person's labels of galaxies, 0 to 5 with notes, on disk at once; and a ranking that learns from them."""

import hashlib
import json
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.config import cache_folder
from galexplore.cutout import InputError

SCORES = (0, 1, 2, 3, 4, 5)
MEANINGS = ("artefact or dull", "ordinary", "a little odd", "odd", "very odd", "look at this first")
LONGEST_NOTE = 500  # characters
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


def add_label(path: Path, identifier: str, score: int | None, note: str = "") -> None:
    """Append one label to a person's file; it is on disk when this returns. The last one of a galaxy counts.

    Parameters
    ----------
    score : int from 0 to 5, or None
        None takes the label back.

    Raises
    ------
    InputError
        If the score is none of these, or the file has grown too large.
    """
    if score is not None and score not in SCORES:
        raise InputError(f"a label is a number from 0 to 5, not {score}")
    if path.exists() and path.stat().st_size > LARGEST_FILE:
        raise InputError("this file of labels is full; export it and begin a new one")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    when = datetime.now(UTC).isoformat(timespec="seconds")
    row = {"id": str(identifier)[:120], "score": score, "note": str(note)[:LONGEST_NOTE], "time": when}
    # One short line in one append: two windows of the same person cannot mix their lines.
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def read_labels(path: Path) -> pd.DataFrame:
    """Read a person's labels: `id`, `score`, `note`, `time`; the latest of each galaxy, in the order of labelling.

    A line that a crash cut short is passed over.
    """
    rows = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
            identifier, score = row["id"], row["score"]
        except (ValueError, TypeError, KeyError):
            continue
        rows.pop(identifier, None)
        if score in SCORES:
            rows[identifier] = (identifier, int(score), str(row.get("note", "")), str(row.get("time", "")))
    return pd.DataFrame(list(rows.values()), columns=["id", "score", "note", "time"])


def rerank(
    features: np.ndarray, rank: np.ndarray, labelled: np.ndarray, scores: np.ndarray, width: float = 0.5, trust=0.5
) -> np.ndarray:
    """Mix a ranking with a person's scores: near what was labelled the scores rule, far from it the ranking does.

    A galaxy's new score is the mean of its own rank, with the weight `trust`, and of all scores, each divided by 5
    and weighted with exp(-d^2 / 2 width^2), d its distance in feature space. So one label weighs twice as much as the
    rank for its galaxy's twins and nothing at all for galaxies unlike it. The aim is that of Lochner & Bassett (2021,
    arXiv:2010.11202), whose formula also lowers what lies far from every label.

    Parameters
    ----------
    features : array (N, J)
        In units in which a distance of 1 means something in every direction.
    rank : array (N,)
        How interesting each is taken to be without labels, from 0 to 1.
    labelled : int array (L,)
        Rows that were labelled.
    scores : array (L,)
        0 to 5.
    width : float
        Distance over which a label speaks for its neighbours.

    Returns
    -------
    ndarray (N,)
        From 0 to 1.
    """
    total, weight = np.asarray(rank, float) * trust, np.full(len(rank), float(trust))
    for row, score in zip(labelled, scores, strict=True):
        near = np.exp(-0.5 * ((features - features[row]) ** 2).sum(axis=1) / width**2)
        total += near * score / max(SCORES)
        weight += near
    return total / weight
