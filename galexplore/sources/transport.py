"""The one session through which servers are asked: as a good guest, who trusts no byte unlooked at."""

import math
import os
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError
from urllib3.util.retry import Retry

from galexplore.errors import InputError
from galexplore.places import cache_folder
from galexplore.sources.answers import CAP, Answer, AnswerStore
from galexplore.sources.connections import REACHED_WITHIN, Resolve, look_up, make_adapter
from galexplore.sources.hosts import HOSTS, check_stand_in, check_url
from galexplore.sources.limiter import Clock, Limiter
from galexplore.sources.replies import Body, is_late, read_pause

MOST = 20_000_000  # bytes of an answer, unless whoever asks knows that it is less
SILENCE = 10.0  # seconds without a byte after which a server is given up
PATIENCE = 30.0  # seconds for an answer with all its retries
COOL_DOWN = 30.0  # seconds in which a server that could not be reached is not asked again
HOPS = 3  # redirects that are followed, within the list of servers
LONGEST_REST = 60.0  # seconds that all requests rest at a server's wish
_BLOCK = 65_536
#: Which answers are asked for again, and how the pauses between grow; its own sleep is not used.
RETRIES = Retry(total=4, backoff_factor=0.5, backoff_max=8, status_forcelist=(429, 500, 502, 503, 504))
_SHORTEST_PAUSE = 0.5
#: Set to anything but 0, it switches the network off, on a hosted server for all who use it.
OFF = "GALEXPLORE_OFFLINE"
#: Set to anything but 0, a stand-in on this machine answers for the servers: the one at that origin, else one's own.
DEMO = "GALEXPLORE_DEMO_SKY"


class ServerError(InputError):
    """A server did not give what it was asked for; `status` is its code, None where it gave none, and what it said."""

    def __init__(self, message: str, status: int | None = None, body: bytes = b""):
        super().__init__(message)
        self.status, self.body = status, body


class NetworkError(ServerError):
    """No server can be asked: the network is switched off, or cannot be reached."""


class Session(requests.Session):
    """A session with the manners of a good guest; one for all, in any thread.

    Only servers of the list are asked, over https and on public addresses, and redirects lead to no others. At most
    eight requests begin in a second and four go on at once. What is busy or broken (429, 5xx) is asked again after a
    pause, the one that it asks for where it does. Bodies are read up to a size and within a time. Failures are never
    kept. Proxies and passwords of the environment are not used.

    Whoever uses `get` and the like, as pyvo does with a `session`, keeps all of this but the answers on disk.

    Parameters
    ----------
    adapter : requests adapter, optional
        What sends a request; by default one that looks at each address before it connects.
    clock : Clock, optional
    resolve : callable, optional
        Looks up a host's addresses.
    folder : Path, optional
        Where answers are kept.
    cap : int
        Bytes that they may take there.
    stand_in : str
        "http://127.0.0.1:PORT" of a stand-in on this machine that answers for all servers.
    off : bool
        Whether the network is switched off: then only answers that were kept are given.
    """

    def __init__(
        self,
        *,
        adapter: BaseAdapter | None = None,
        clock: Clock | None = None,
        resolve: Resolve = look_up,
        folder: Path | None = None,
        cap: int = CAP,
        stand_in: str = "",
        off: bool = False,
    ):
        super().__init__()
        self.trust_env, self.off = False, off
        self.allowed: frozenset[str] = frozenset()
        self.stand_in = check_stand_in(stand_in) if stand_in else ""
        self.clock = clock or Clock()
        self.limiter = Limiter(self.clock)
        self.store = AnswerStore(folder, self.clock, cap) if folder else None
        version = import_module("galexplore").__version__  # by name, for the package's top stands above this room
        self.headers["User-Agent"] = f"galexplore/{version} {requests.utils.default_user_agent()}"
        self.headers["Accept-Encoding"] = "identity"
        self._unreached: dict[str, float] = {}
        adapter = adapter or make_adapter(resolve, bool(self.stand_in))
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def fetch(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        *,
        check: Callable[[Answer], None] = lambda answer: None,
        age: float = 0.0,
        most: int = MOST,
        seconds: float = PATIENCE,
        silence: float = SILENCE,
        retries: Retry = RETRIES,
    ) -> Answer:
        """Ask a server, or take what it said before.

        Parameters
        ----------
        url, params : str, mapping
        check : callable
            Raises `ServerError` where an answer is not what it should be; only what passes is kept.
        age : float
            Seconds that a kept answer may be old; 0 for none.
        most, seconds, silence : int, float, float
            Bytes of the body, time for all, and without a byte.
        retries : Retry

        Raises
        ------
        NetworkError
            Where the network is off or the server cannot be reached, which is known within 3 s and then remembered.
        ServerError
            Where the answer is no good: one sentence.
        InputError
            Where the address is not on the list.
        """
        request = self.prepare_request(requests.Request("GET", self.divert(url), params=dict(params or {})))
        address = str(request.url)
        if self.store and age and (kept := self.store.find(address, age)):
            return kept
        response = self.send(request, most=most, seconds=seconds, silence=silence, retries=retries)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        answer = Answer(address, response.status_code, kind, response.content)
        if answer.status != 200:
            raise ServerError(
                f"{self._name(address)} answers with an error ({answer.status})", answer.status, answer.body
            )
        check(answer)
        if self.store and age:
            self.store.keep(answer)
        return answer

    def divert(self, url: str) -> str:
        """Give the address that is asked for an address of the list: its own, or the stand-in's.

        Raises
        ------
        InputError
            Where it is not on the list.
        """
        if self.stand_in and url.startswith(f"{self.stand_in}/"):
            return url  # diverted already
        check_url(url, more=self.allowed)
        return url.replace(f"https://{urlsplit(url).netloc}", self.stand_in, 1) if self.stand_in else url

    def allow(self, url: str) -> None:
        """Allow the server of an address that a person named; it stays one over https on a public address.

        Raises
        ------
        InputError
            Where it is no https address, or names a port or a person.
        """
        host = urlsplit(url).hostname or ""
        check_url(url, more=frozenset({host}))
        self.allowed |= {host}

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request, follow its redirects within the list, and read its whole answer; raises as `fetch` does."""
        most, ends = kwargs.get("most", MOST), self.clock.now() + kwargs.get("seconds", PATIENCE)
        for _ in range(HOPS + 1):
            check_url(str(request.url), self.stand_in, self.allowed)
            if self.off:
                raise NetworkError(f"the network is switched off here ({OFF})")
            response = self._ask_patiently(
                request, most, ends, kwargs.get("silence", SILENCE), kwargs.get("retries", RETRIES)
            )
            target = self.get_redirect_target(response)
            if target is None:
                return response
            request = self.prepare_request(requests.Request("GET", urljoin(str(request.url), target)))
        raise ServerError(f"{self._name(str(request.url))} redirects without end")

    def _ask_patiently(
        self, request: requests.PreparedRequest, most: int, ends: float, silence: float, retries: Retry
    ) -> requests.Response:
        """Ask, and ask again after a pause where that may help."""
        name, method = self._name(str(request.url)), str(request.method)
        while True:
            status, pause = None, 0.0
            try:
                response = self._ask(request, most, ends, silence)
                after = response.headers.get("Retry-After")
                if not retries.is_retry(method, response.status_code, after is not None):
                    return response
                status, pause = response.status_code, read_pause(after)
                trouble = f"is busy or broken ({status})"
            except (requests.RequestException, HTTPError, OSError) as error:
                self._give_up_where_hopeless(request, error)
                trouble = "sends its answer too slowly" if is_late(error) else "closes the connection too early"
            try:
                retries = retries.increment(method, str(request.url), error=HTTPError(trouble))
            except (MaxRetryError, HTTPError):
                raise ServerError(f"{name} {trouble}; try again later", status) from None
            pause = max(pause, _SHORTEST_PAUSE, retries.get_backoff_time())
            if self.clock.now() + pause > ends:
                wait = f" and asks to wait {pause:.0f} s" if pause > retries.backoff_max else ""
                raise ServerError(f"{name} {trouble}{wait}; try again later", status)
            self.limiter.rest(min(pause, LONGEST_REST))

    def _ask(self, request: requests.PreparedRequest, most: int, ends: float, silence: float) -> requests.Response:
        """Send a request once, in its turn, and read its body."""
        host = urlsplit(str(request.url)).netloc
        if self.clock.now() - self._unreached.get(host, -math.inf) < COOL_DOWN:
            self._say_unreached(host)
        with self.limiter.turn():
            adapter = self.get_adapter(str(request.url))
            response = adapter.send(request, stream=True, timeout=(REACHED_WITHIN, silence), verify=True, proxies={})
            try:
                body = self._read(response, most, ends)
            finally:
                response.close()
        response._content, response.raw = body, Body(body)
        return response

    def _read(self, response: requests.Response, most: int, ends: float) -> bytes:
        """Read a body block by block, and stop where it is too much or too late."""
        said = response.headers.get("Content-Length", "")
        length = int(said) if said.isdecimal() else None
        parts, size = [], 0
        while (length or 0) <= most and size <= most:
            block = response.raw.read1(_BLOCK, decode_content=True)
            if not block:
                break
            parts.append(block)
            size += len(block)
            if self.clock.now() > ends:
                raise requests.ReadTimeout
        if max(length or 0, size) > most:
            name = self._name(str(response.url))
            raise ServerError(f"{name} sends more than {most / 1e6:g} MB, which is not read")
        if length is not None and size < length and not response.headers.get("Content-Encoding"):
            raise requests.exceptions.ChunkedEncodingError
        return b"".join(parts)

    def _give_up_where_hopeless(self, request: requests.PreparedRequest, error: Exception) -> None:
        """Raise where asking again would not help: a server out of reach, or one that cannot prove who it is."""
        url = str(request.url)
        if isinstance(error, requests.exceptions.SSLError):
            raise ServerError(f"{self._name(url)} has no valid certificate") from error
        reason = getattr(error.args[0], "reason", None) if error.args else None
        if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError):
            host = urlsplit(url).netloc
            self._unreached[host] = self.clock.now()
            self._say_unreached(host)

    def _say_unreached(self, host: str) -> NoReturn:
        what = "the stand-in of the servers" if self.stand_in else HOSTS.get(host, host)
        raise NetworkError(f"{what} cannot be reached: there seems to be no network")

    def _name(self, url: str) -> str:
        """Name the server of an address in a sentence."""
        host = urlsplit(url).netloc
        return "the stand-in" if self.stand_in else HOSTS.get(host, host)


def open_session() -> Session:
    """Open the session of this program: one for each setting of the environment."""
    return _open(_is_set(OFF), os.environ[DEMO] if _is_set(DEMO) else "")


@cache
def _open(off: bool, demo: str) -> Session:
    if demo.startswith("http") and not off:
        return Session(stand_in=demo)
    if demo and not off:
        from galexplore.sources.stand_in.server import StandIn

        return Session(stand_in=StandIn().start())
    return Session(folder=cache_folder() / "servers", off=off)


def _is_set(name: str) -> bool:
    return os.environ.get(name, "0") not in ("", "0")
