"""What goes wrong with servers, as the stand-in plays it: each fault spoils the answers that are planned for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

HTML = b"<!DOCTYPE html><html><body><h1>Service temporarily unavailable</h1></body></html>"
_SLOW = 0.2  # seconds between bytes


@dataclass(frozen=True)
class Reply:
    """What is sent: status, kind of content, body, further headers, the length that is announced, and how slowly."""

    status: int = 200
    kind: str = "application/octet-stream"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    pause: float = 0.0
    endless: bool = False


def _fail(status: int, *headers: tuple[str, str]) -> Callable[[Reply], Reply]:
    return lambda reply: Reply(status, "text/html", HTML, headers)


#: By name, what becomes of a good reply.
FAULTS: dict[str, Callable[[Reply], Reply]] = {
    "429": _fail(429),
    "429 with Retry-After": _fail(429, ("Retry-After", "1")),
    "429 for an hour": _fail(429, ("Retry-After", "3600")),
    "404": _fail(404),
    "500": _fail(500),
    "503": _fail(503),
    "slow bytes": lambda reply: replace(reply, pause=_SLOW),
    "truncated body": lambda reply: replace(reply, body=reply.body[: len(reply.body) // 2], length=len(reply.body)),
    "truncated file": lambda reply: replace(reply, body=reply.body[: len(reply.body) // 2]),
    "HTML with status 200": lambda reply: Reply(200, "text/html", HTML),
    "empty body": lambda reply: replace(reply, body=b""),
    "endless body": lambda reply: replace(reply, endless=True),
    "oversize": lambda reply: replace(reply, length=10**12),
    "redirect elsewhere": _fail(302, ("Location", "https://example.org/")),
    "redirect to a private address": _fail(302, ("Location", "http://169.254.169.254/latest/meta-data")),
    "redirect to a file": _fail(302, ("Location", "file:///etc/passwd")),
}
#: Faults of what is in an answer, which the stand-in plays as it makes one.
PLAYED = ("wrong position", "blank image", "other size", "no weights")


def send(reply: Reply, write: Callable[[bytes], object]) -> None:
    """Write a body as slowly, or as endlessly, as a fault has it."""
    if reply.pause:
        for i in range(len(reply.body)):
            write(reply.body[i : i + 1])
            time.sleep(reply.pause)
        return
    write(reply.body)
    while reply.endless:
        write(b"\0" * 65_536)
