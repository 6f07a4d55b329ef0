"""Connections to servers, each to an address that was looked at first, and within a time."""

import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from galexplore.errors import InputError
from galexplore.sources.hosts import is_public

#: Seconds within which a server is reached, its name looked up and its port opened, or is not.
REACHED_WITHIN = 2.5

#: Looks up a name: (host, port) to addresses.
Resolve = Callable[[str, int], Sequence[str]]


def look_up(host: str, port: int) -> list[str]:
    """Addresses of a host, by the system's resolver."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def make_adapter(resolve: Resolve = look_up, loopback: bool = False) -> HTTPAdapter:
    """Make an adapter whose connections look at an address before they go there (`hosts.reach`)."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, resolve, loopback)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, resolve, loopback)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    adapter = HTTPAdapter(max_retries=0)
    adapter.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return adapter


def _connect(connection: HTTPConnection, resolve: Resolve, loopback: bool) -> socket.socket:
    try:
        return reach(connection.host, int(connection.port or 443), resolve, loopback)
    except OSError as error:
        raise NewConnectionError(connection, str(error)) from error


def reach(host: str, port: int, resolve: Resolve = look_up, loopback: bool = False) -> socket.socket:
    """Open a connection to a host, at an address that was looked at before a byte is sent.

    The name is looked up once and the connection goes to what was found then, so that a name which changes its
    address in between leads nowhere else.

    Parameters
    ----------
    loopback : bool
        Whether the host is a stand-in on this machine, whose address is not public.

    Raises
    ------
    InputError
        Where the name leads to an address that is not public.
    OSError
        Where it cannot be reached within `REACHED_WITHIN`.
    """
    ends = time.monotonic() + REACHED_WITHIN
    addresses = _look_up_within(host, port, resolve, REACHED_WITHIN)
    if not loopback and (hidden := [a for a in addresses if not is_public(a)]):
        raise InputError(f"{host} leads to {hidden[0]}, an address of a private network, and is not asked")
    trouble = OSError(f"{host} has no address")
    for address in addresses:
        left = ends - time.monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((address, port), timeout=left)
        except OSError as error:
            trouble = error
    raise trouble


def _look_up_within(host: str, port: int, resolve: Resolve, seconds: float) -> list[str]:
    """Look up a name in a thread of its own: without a network, a system's resolver may take half a minute."""
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(resolve(host, port)))
        except OSError as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"the address of {host} was not found in {seconds:g} s") from None
    if isinstance(answer, OSError):
        raise answer
    return answer
