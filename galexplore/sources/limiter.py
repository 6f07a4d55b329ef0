"""How often servers are asked: so many requests a second, so many at once, and none while one asked for a rest."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

#: The most that a server is asked: requests that begin within a second, and those that go on at once.
A_SECOND, AT_ONCE = 8, 4


class Clock:
    """Time as it passes; a test hands in one that passes as it likes."""

    def now(self) -> float:
        """Seconds, of which only differences mean anything."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def date(self) -> float:
        """Seconds since 1970, which outlast the process."""
        return time.time()


class Limiter:
    """Lends turns to whoever asks a server, in any thread.

    Parameters
    ----------
    clock : Clock
    a_second, at_once : int
    """

    def __init__(self, clock: Clock, a_second: int = A_SECOND, at_once: int = AT_ONCE):
        self.clock, self._places = clock, threading.BoundedSemaphore(at_once)
        self._begun: deque[float] = deque(maxlen=a_second)
        self._rests_until = -float("inf")
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and hold it."""
        with self._places:
            self._wait()
            yield

    def rest(self, seconds: float) -> None:
        """Let nobody begin for so many seconds."""
        with self._lock:
            self._rests_until = max(self._rests_until, self.clock.now() + seconds)

    def _wait(self) -> None:
        while True:
            with self._lock:
                now, start = self.clock.now(), self._rests_until
                if len(self._begun) == self._begun.maxlen:
                    start = max(start, self._begun[0] + 1.0)
                if start <= now:
                    self._begun.append(now)
                    return
            self.clock.sleep(start - now)
