"""Uploads that outlast a reload of the page: for an hour, in this server's memory, for the browser they came from.

An upload is found by an unguessable token, which stands in the page's address, and only by who has the cookie of the
browser that brought it: a link that is passed on opens nothing. None of it is written to disk.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from threading import Lock

import numpy as np
import pandas as pd

from galexplore.errors import InputError

LASTS = 3600.0  # seconds after it was last shown
MOST, MOST_OF_ONE = 500, 10  # uploads that are kept: of all persons, and of one
LARGEST, LARGEST_OF_ALL = 32 << 20, 512 << 20  # bytes: of one upload, and of all

GONE = "The link's upload has expired: uploads are kept for one hour, on the server that read them. Upload it again."
FOREIGN = "The link's upload was made in another browser and opens only there. Upload the cutout here."


def make_token() -> str:
    """Make a token that nobody guesses."""
    return secrets.token_urlsafe(24)


@dataclass(frozen=True)
class _Kept:
    person: str
    until: float
    size: int
    upload: dict


class KeptUploads:
    """Uploads by their tokens, the longest unseen first; any number of threads may ask.

    Parameters
    ----------
    clock : callable
        Seconds that only ever grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock, self._lock, self._kept = clock, Lock(), dict[str, _Kept]()

    def keep(self, token: str, person: str, upload: dict) -> bool:
        """Keep an upload, or keep it for another hour; those longest unseen make room.

        Returns
        -------
        bool
            False where it is too large to be kept.
        """
        size = measure(upload)
        with self._lock:
            self._kept.pop(token, None)
            if size > LARGEST:
                return False
            self._kept[token] = _Kept(person, self._clock() + LASTS, size, upload)
            self._make_room(person)
        return True

    def recall(self, token: str, person: str) -> dict:
        """Give back an upload.

        Raises
        ------
        InputError
            Where none is kept under the token, or it is another person's.
        """
        with self._lock:
            self._drop_old()
            kept = self._kept.get(token)
        if kept is None:
            raise InputError(GONE)
        if not secrets.compare_digest(kept.person.encode(), person.encode()):
            raise InputError(FOREIGN)
        return kept.upload

    def forget(self, token: str) -> None:
        """Keep an upload no longer."""
        with self._lock:
            self._kept.pop(token, None)

    def _drop_old(self) -> None:
        now = self._clock()
        for token in [t for t, kept in self._kept.items() if kept.until <= now]:
            del self._kept[token]

    def _make_room(self, person: str) -> None:
        self._drop_old()
        own = [t for t, kept in self._kept.items() if kept.person == person]
        for token in own[:-MOST_OF_ONE]:
            del self._kept[token]
        total = sum(kept.size for kept in self._kept.values())
        while len(self._kept) > MOST or total > LARGEST_OF_ALL:
            total -= self._kept.pop(next(iter(self._kept))).size


def measure(value: object) -> int:
    """Bytes that a value's arrays, tables and texts take, however deep in lists, dicts and dataclasses."""
    match value:
        case np.ndarray():
            return value.nbytes
        case pd.DataFrame():
            return int(value.memory_usage(deep=True).sum())
        case bytes() | str():
            return len(value)
        case dict():
            return sum(map(measure, value.values()))
        case list() | tuple():
            return sum(map(measure, value))
    if is_dataclass(value):
        return sum(measure(getattr(value, field.name)) for field in fields(value))
    return 0
