"""A transport that answers from a script, and a clock that passes as it is told: nothing is patched, nothing waits."""

import io
import threading
from collections.abc import Callable

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.response import HTTPResponse

from galexplore.sources.limiter import Clock

#: What a script holds: an exception to raise, or status, headers and body of an answer.
Line = Exception | tuple[int, dict[str, str], bytes]


class Passing(Clock):
    """Time that only passes while somebody sleeps, or as it is told."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.lock = threading.Lock()

    def now(self) -> float:
        return self.time

    def date(self) -> float:
        return 1.7e9 + self.time

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.time += seconds


class Scripted(BaseAdapter):
    """Answers one line after another, the last one for ever; notes what was asked, and when."""

    def __init__(self, *lines: Line, clock: Clock | None = None, answer: Callable[[str], Line] | None = None):
        super().__init__()
        self.lines, self.clock, self.answer = list(lines), clock or Passing(), answer
        self.asked: list[tuple[str, float]] = []
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request, **kwargs):
        self.asked.append((request.url, self.clock.now()))
        self.requests.append(request)
        line = self.answer(request.url) if self.answer else self.lines.pop(0) if len(self.lines) > 1 else self.lines[0]
        if isinstance(line, Exception):
            raise line
        status, headers, body = line
        stream = body if hasattr(body, "read1") else io.BytesIO(body)
        raw = HTTPResponse(stream, headers, status, preload_content=False)
        return HTTPAdapter().build_response(request, raw)

    def close(self):
        pass
