"""Tables and positions to and from TOPCAT, Aladin and whatever else speaks SAMP on this machine."""

import os
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pandas as pd
import requests

from galexplore.errors import InputError
from galexplore.sources.transport import Session
from galexplore.tables import catalogue
from galexplore.tables.lists import LARGEST

#: Set to 1 where the person who looks at the app sits at this machine.
HERE = "GALEXPLORE_SAMP"
TABLE, POSITION = "table.load.votable", "coord.pointAt.sky"
_KEPT = 20  # messages


def is_here() -> bool:
    """Whether the app serves the person at this machine, whose hub may be asked."""
    return os.environ.get(HERE, "0") not in ("", "0")


class Samp:
    """A client of this machine's SAMP hub; connected when it is first needed, and again after the hub was gone.

    Parameters
    ----------
    listens : bool
        Whether it takes what others send.
    """

    def __init__(self, listens: bool = True):
        self.listens, self._lock = listens, threading.Lock()
        self._client: Any = None
        self._received: deque[tuple[str, dict[str, str]]] = deque(maxlen=_KEPT)
        self._folder = tempfile.TemporaryDirectory(prefix="galexplore-samp-")

    def connect(self) -> Any:
        """Connect to the hub.

        Raises
        ------
        InputError
            Where no hub runs.
        ImportError
            Without pyvo.
        """
        try:
            from pyvo.samp import SAMPHubError, SAMPIntegratedClient
            from pyvo.samp.errors import SAMPProxyError
        except ImportError as error:
            raise ImportError("SAMP needs pyvo: pip install 'galexplore[sky]'") from error
        with self._lock:
            try:
                if self._client is not None:
                    self._client.ping()
                    return self._client
            except (SAMPHubError, SAMPProxyError, OSError):
                self._client = None
            client = SAMPIntegratedClient(name="galexplore", callable=self.listens, addr="127.0.0.1")
            try:
                client.connect()
            except (SAMPHubError, SAMPProxyError, OSError) as error:
                raise InputError("no SAMP hub runs on this machine; start TOPCAT or Aladin, then try again") from error
            if self.listens:
                for kind in (TABLE, POSITION):
                    client.bind_receive_notification(kind, self._note)
                    client.bind_receive_call(kind, self._answer)
            self._client = client
            return client

    def _note(self, key: str, sender: str, kind: str, params: Mapping[str, str], extra: Mapping) -> None:
        self._received.append((kind, dict(params)))

    def _answer(self, key: str, sender: str, message: str, kind: str, params: Mapping[str, str], extra: Any) -> None:
        self._note(key, sender, kind, params, extra)
        self._client.reply(message, {"samp.status": "samp.ok", "samp.result": {}})

    def send_table(self, frame: pd.DataFrame, name: str) -> int:
        """Send a table with its units and descriptions to all who take one; return how many there are.

        Raises
        ------
        InputError, ImportError
            As `connect` does; where nobody takes tables.
        """
        takers = self._count_takers(TABLE, "tables")
        path = Path(self._folder.name) / f"table-{len(os.listdir(self._folder.name))}.vot"
        catalogue.write(frame, path, "votable")
        params = {"url": path.as_uri(), "table-id": path.name, "name": name}
        self.connect().notify_all({"samp.mtype": TABLE, "samp.params": params})
        return takers

    def send_position(self, ra: float, dec: float) -> int:
        """Have all look at a position [deg] who take one; return how many there are.

        Raises
        ------
        InputError, ImportError
            As `connect` does; where nobody takes positions.
        """
        takers = self._count_takers(POSITION, "positions")
        self.connect().notify_all({"samp.mtype": POSITION, "samp.params": {"ra": f"{ra:.6f}", "dec": f"{dec:.6f}"}})
        return takers

    def _count_takers(self, kind: str, what: str) -> int:
        takers = len(self.connect().get_subscribed_clients(kind))
        if not takers:
            raise InputError(f"no program at the SAMP hub accepts {what}; start TOPCAT, or Aladin, then try again")
        return takers

    def take(self) -> bytes | None:
        """Take what was received last: a VOTable's bytes, or a position as a line of text; None where nothing was.

        Raises
        ------
        InputError
            Where it is no position, or a table that is too large or not on this machine.
        """
        if not self._received:
            return None
        kind, params = self._received.pop()
        self._received.clear()
        if kind == POSITION:
            try:
                return f"{float(params['ra']):.6f} {float(params['dec']):+.6f}".encode()
            except (KeyError, ValueError) as error:
                raise InputError("what came by SAMP is no position in degrees") from error
        return read_local(params.get("url", ""))


def read_local(url: str) -> bytes:
    """Read a table that another program of this machine names: a file, or a page of its own on loopback.

    Raises
    ------
    InputError
        Where it is elsewhere, no file, or larger than a list may be.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.hostname in (None, "", "localhost"):
        path = Path(unquote(parts.path))
        if not path.is_file() or path.stat().st_size > LARGEST:
            raise InputError(f"the table that came by SAMP is no file of up to {LARGEST >> 20} MB")
        return path.read_bytes()
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "localhost") or not parts.port:
        raise InputError("the table that came by SAMP is not on this machine, and is not fetched")
    origin = f"http://127.0.0.1:{parts.port}"
    session = Session(stand_in=origin)
    request = session.prepare_request(
        requests.Request("GET", f"{origin}{parts.path}" + (f"?{parts.query}" if parts.query else ""))
    )
    response = session.send(request, most=LARGEST)
    if response.status_code != 200:
        raise InputError(f"the program that sent a table does not give it ({response.status_code})")
    return response.content
