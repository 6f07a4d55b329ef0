"""SAMP with a hub of the test's own: tables go and come, positions come, and nothing is fetched from elsewhere."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pandas as pd
import pytest

from galexplore.errors import InputError
from galexplore.sources.samp import POSITION, TABLE, Samp, is_here, read_local
from galexplore.tables import catalogue


@pytest.fixture
def hub(tmp_path, monkeypatch):
    from pyvo.samp import SAMPHubServer

    lock = tmp_path / "samp.lock"
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{lock.as_uri()}")
    server = SAMPHubServer(web_profile=False, mode="multiple", addr="127.0.0.1", lockfile=str(lock))
    server.start()
    yield server
    server.stop()


def wait_for(samp: Samp) -> bytes | None:
    pause = threading.Event()
    for _ in range(600):
        if (given := samp.take()) is not None:
            return given
        pause.wait(0.1)
    return None


FRAME = pd.DataFrame({"id": ["123456789012345678", "b"], "ra": [10.0, 20.0], "dec": [-1.0, 1.0], "z": [0.1, 0.2]})


def test_tables_and_positions_go_from_one_program_to_another(hub):
    one, other = Samp(), Samp()
    with pytest.raises(InputError, match="no program at the SAMP hub accepts tables"):
        one.send_table(FRAME, "mine")
    with pytest.raises(InputError, match="no program at the SAMP hub accepts positions"):
        one.send_position(150.1, -2.2)
    client = other.connect()
    assert one.send_table(FRAME, "mine") == 1
    given = wait_for(other)
    pd.testing.assert_frame_equal(catalogue.read(given)[list(FRAME)], FRAME, check_dtype=False)
    assert one.send_position(150.1, -2.2) == 1
    assert wait_for(other) == b"150.100000 -2.200000"
    params = {"ra": "here", "dec": "there"}
    for message in ({"samp.mtype": POSITION, "samp.params": params}, {"samp.mtype": TABLE, "samp.params": {}}):
        one.connect().notify_all(message)
        with pytest.raises(InputError):
            wait_for(other)
    client.disconnect()


def test_without_a_hub_one_sentence_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMP_HUB", f"std-lockurl:{(tmp_path / 'none').as_uri()}")
    with pytest.raises(InputError, match="no SAMP hub runs"):
        Samp().connect()
    assert Samp().take() is None


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/t.vot",
        "http://10.0.0.1:80/t",
        "ftp://127.0.0.1/x",
        "file://elsewhere/etc/passwd",
        "",
        "file:///none",
    ],
)
def test_tables_of_other_machines_are_not_fetched(url):
    with pytest.raises(InputError):
        read_local(url)


def test_tables_are_read_within_bounds(tmp_path):
    path = tmp_path / "large.vot"
    with open(path, "wb") as file:
        file.truncate(21 << 20)
    with pytest.raises(InputError, match="up to 20 MB"):
        read_local(path.as_uri())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/away":
                self.send_response(302)
                self.send_header("Location", "http://169.254.169.254/")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Length", str(30 << 20) if self.path == "/large" else "4")
            self.end_headers()
            self.wfile.write(b"tabl")

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    assert read_local(f"{origin}/table") == b"tabl"
    for path in ("/away", "/large"):
        with pytest.raises(InputError):
            read_local(origin + path)
    server.shutdown()


def test_only_the_person_at_this_machine_is_offered_it(monkeypatch):
    monkeypatch.delenv("GALEXPLORE_SAMP", raising=False)
    assert not is_here()
    monkeypatch.setenv("GALEXPLORE_SAMP", "1")
    assert is_here()
