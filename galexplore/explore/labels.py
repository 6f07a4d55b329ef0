"""A person's labels of galaxies, 0 to 5 with notes, on disk at once; and a ranking that learns from them."""

import hashlib
import json
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.places import cache_folder

SCORES = (0, 1, 2, 3, 4, 5)
MEANINGS = ("dull", "ordinary", "a bit odd", "odd", "very odd", "top")
LONGEST_NOTE = 500  # characters
LARGEST_FILE = 5_000_000  # bytes: some fifty thousand labels
#: Of the prediction: spread and reach of what galaxies alike share, spread of the trust in the ranking, error of a
#: score. Chosen on the simulated survey: 25 labels at the top and five of one kind bring 59 of 75 Green Peas, none of
#: whom was there before, into the first hundred.
ALIKE, WIDTH, TRUST, NOISE = 0.5, 0.5, 0.3, 0.15
_BATCH = 20_000
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
        None keeps a note alone, or takes the label back where there is no note.

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
    """Read a person's labels: `id`, `score` (missing where there is a note alone), `note`, `time`.

    The latest of each galaxy, in the order of labelling.

    A line that a crash cut short is passed over.
    """
    rows: dict[str, tuple[str, int | None, str, str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            row = json.loads(line)
            identifier, score = row["id"], row["score"]
        except (ValueError, TypeError, KeyError):
            continue
        rows.pop(identifier, None)
        note, score = str(row.get("note") or ""), score if score in SCORES else None
        if score is not None or note:
            rows[identifier] = (identifier, score, note, str(row.get("time", "")))
    return pd.DataFrame(list(rows.values()), columns=["id", "score", "note", "time"]).astype({"score": "Int64"})


def rerank(points: np.ndarray, rank: np.ndarray, labelled: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Predict a person's score of every galaxy from those given so far: a ranking that learns.

    Gaussian-process regression (Rasmussen & Williams 2006, eq. 2.38) of score / 5, whose prior mean is the rank. Two
    terms are learnt: what galaxies alike in their latents have in common, k = 0.5^2 exp(-d^2 / 2 0.5^2), and how far
    the rank itself is to be trusted, k = 0.3^2 (1 + r r'). Without labels the ranking stays; a single 5 brings a
    galaxy's likes forward, and scores of 0 and 1 at the top of the ranking bring the whole top down. It serves as the
    active learning of Lochner & Bassett (2021, arXiv:2010.11202) does.

    Parameters
    ----------
    points : array (N, J)
        Intrinsic latents in units of the ordinary galaxies' spread (`Atlas.points`).
    rank : array (N,)
        How interesting each is taken to be without labels, from 0 to 1.
    labelled : int array (L,)
        Rows that were labelled.
    scores : array (L,)
        0 to 5.

    Returns
    -------
    ndarray (N,)
        Predicted score / 5.
    """
    points, rank, labelled = np.asarray(points, float), np.asarray(rank, float), np.asarray(labelled, int)
    if not len(labelled):
        return rank.copy()
    known = points[labelled], rank[labelled]
    covariance = _alike(*known, *known) + NOISE**2 * np.eye(len(labelled))
    weight = np.linalg.solve(covariance, np.asarray(scores, float) / max(SCORES) - rank[labelled])
    parts = [slice(i, i + _BATCH) for i in range(0, len(rank), _BATCH)]
    return rank + np.concatenate([_alike(points[p], rank[p], *known) @ weight for p in parts])


def _alike(points: np.ndarray, rank: np.ndarray, others: np.ndarray, ranks: np.ndarray) -> np.ndarray:
    """Prior covariance (N, L) of the scores of two lots of galaxies."""
    distance2 = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * points @ others.T
    near = np.exp(-0.5 * np.maximum(distance2, 0) / WIDTH**2)
    return ALIKE**2 * near + TRUST**2 * (1 + rank[:, None] * ranks)
