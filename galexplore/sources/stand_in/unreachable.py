"""A server that nobody reaches: a port of this machine at which no connection is ever made."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

_FULL = 8  # clients that wait for ever; Linux answers no further one


@contextmanager
def swallow() -> Iterator[str]:
    """Give the origin, "http://127.0.0.1:PORT", of a server that neither takes nor refuses a connection."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(_FULL):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
