"""What is opened when it is first asked for: once, whichever of several threads asks first."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Deferred(Generic[T]):
    """What a function opens, at the first call; every later call gives the same.

    Parameters
    ----------
    open : callable
        Where it raises, so does the call; the next one tries again.
    """

    def __init__(self, open: Callable[[], T]):
        self._open, self._lock, self._opened = open, Lock(), list[T]()

    def __call__(self) -> T:
        """Give it, opened."""
        with self._lock:
            if not self._opened:
                self._opened.append(self._open())
            return self._opened[0]
