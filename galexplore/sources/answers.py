"""Answers of servers kept on disk: whole, no older than asked for, in a folder that never grows past its cap."""

import hashlib
import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from galexplore.errors import InputError
from galexplore.files import write_beside
from galexplore.sources.limiter import Clock

#: Bytes that answers take on disk at most: some thousands of cutouts.
CAP = 500_000_000
_FULL = 0.9  # of the cap that is left once it was reached


@dataclass(frozen=True)
class Answer:
    """What a server said: its status, the kind of content that it names, the body, and whether it was kept."""

    url: str
    status: int
    kind: str
    body: bytes
    kept: bool = False


class AnswerStore:
    """Answers by their addresses, in files that hold their own checksum.

    What is damaged or too old is not there. A disk that takes nothing is no failure: nothing is kept then.

    Parameters
    ----------
    folder : Path
        Made when the first answer is kept.
    clock : Clock
    cap : int
        Bytes.
    """

    def __init__(self, folder: Path, clock: Clock, cap: int = CAP):
        self.folder, self.clock, self.cap = Path(folder), clock, cap
        self._size: int | None = None
        self._lock = threading.Lock()

    def find(self, url: str, age: float) -> Answer | None:
        """Find an answer that is at most `age` seconds old."""
        path = self._place(url)
        try:
            head, _, body = path.read_bytes().partition(b"\n")
            header = json.loads(head)
            whole = header["url"] == url and header["sha256"] == hashlib.sha256(body).hexdigest()
            if not whole or not 0 <= self.clock.date() - header["date"] <= age:
                return None
            with suppress(OSError):
                os.utime(path)  # what is asked for again goes last
            return Answer(url, int(header["status"]), str(header["kind"]), body, kept=True)
        except (OSError, ValueError, LookupError, TypeError):
            return None

    def keep(self, answer: Answer) -> None:
        """Keep an answer; the least recently asked for make room."""
        header = {"url": answer.url, "status": answer.status, "kind": answer.kind, "date": self.clock.date()}
        header["sha256"] = hashlib.sha256(answer.body).hexdigest()
        data = json.dumps(header).encode() + b"\n" + answer.body
        path = self._place(answer.url)
        with self._lock, suppress(OSError, InputError):
            if len(data) > self.cap:
                return
            self._make_room(len(data))
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.stat().st_size if path.exists() else 0
            with write_beside(path) as partial:
                partial.write_bytes(data)
            self._size = (self._size or 0) + len(data) - before

    def _place(self, url: str) -> Path:
        name = hashlib.sha256(url.encode()).hexdigest()
        return self.folder / name[:2] / name[2:]

    def _make_room(self, size: int) -> None:
        """Remove the least recently asked for, where `size` bytes more would pass the cap."""
        if self._size is None:
            self._size = sum(entry.stat().st_size for entry in self._list())
        if self._size + size <= self.cap:
            return
        stats = sorted(((p.stat(), p) for p in self._list()), key=lambda pair: pair[0].st_mtime_ns)
        total = sum(stat.st_size for stat, _ in stats)  # another process may have kept some, too
        for stat, path in stats:
            if total + size <= _FULL * self.cap:
                break
            path.unlink(missing_ok=True)
            total -= stat.st_size
        self._size = total

    def _list(self) -> list[Path]:
        return [path for path in self.folder.glob("??/*") if path.is_file()]
