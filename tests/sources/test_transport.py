"""A good guest: who is asked, how often, how much is read, what is kept, and what is said where there is no network."""

import io
import itertools
import json
import threading

import pytest
import requests
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from galexplore.errors import InputError
from galexplore.sources.answers import AnswerStore
from galexplore.sources.connections import REACHED_WITHIN, reach
from galexplore.sources.hosts import HOSTS, check_stand_in, check_url, is_public
from galexplore.sources.limiter import Limiter
from galexplore.sources.transport import COOL_DOWN, NetworkError, ServerError, Session
from tests.sources.answering import Passing, Scripted

URL = "https://www.legacysurvey.org/viewer/jpeg-cutout"
GOOD = (200, {"Content-Type": "text/plain", "Content-Length": "4"}, b"good")


def make(*lines, folder=None, **kwargs):
    clock = Passing()
    adapter = Scripted(*lines, clock=clock)
    return Session(adapter=adapter, clock=clock, folder=folder, **kwargs), adapter, clock


@pytest.mark.parametrize(
    "url",
    [
        "http://www.legacysurvey.org/viewer/",
        "https://www.legacysurvey.org.evil.org/",
        "https://www.legacysurvey.org@evil.org/",
        "https://user:word@www.legacysurvey.org/",
        "https://www.legacysurvey.org:8443/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:8501/",
        "file:///etc/passwd",
        "ftp://www.legacysurvey.org/",
        "data:text/plain,x",
        "//www.legacysurvey.org/",
        "https://[::1",
        "https://www.legacysurvey.org:port/",
        "",
    ],
)
def test_only_servers_of_the_list_are_asked(url):
    session, adapter, _ = make(GOOD)
    with pytest.raises(InputError):
        session.fetch(url)
    with pytest.raises((InputError, requests.RequestException)):
        session.get(url)
    assert not adapter.asked


def test_a_stand_in_is_asked_for_all_and_nobody_else():
    clock = Passing()
    adapter = Scripted(GOOD, (302, {"Location": "http://127.0.0.1:81/"}, b""), clock=clock)
    session = Session(adapter=adapter, clock=clock, stand_in="http://127.0.0.1:8123/")
    assert session.fetch(URL, {"ra": "1"}).body == b"good"
    assert adapter.asked[0][0] == "http://127.0.0.1:8123/viewer/jpeg-cutout?ra=1"
    with pytest.raises(InputError, match="stand-in"):
        session.fetch(URL)
    assert len(adapter.asked) == 2
    for origin in ("http://127.0.0.1", "https://127.0.0.1:81", "http://10.0.0.1:81", "http://127.0.0.1:81@evil.org"):
        with pytest.raises(InputError):
            check_stand_in(origin)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:a00:1::",
        "::",
        "no address",
    ],
)
def test_private_addresses_are_not_connected_to(address):
    assert not is_public(address)
    with pytest.raises(InputError, match="private"):
        # one public address beside it makes it no better: which one is connected to would be chance
        reach("www.legacysurvey.org", 443, lambda host, port: ["8.8.8.8", address])


def test_public_addresses_are_public():
    assert all(is_public(a) for a in ("8.8.8.8", "130.79.128.1", "2607:f140::1", "64:ff9b::808:808"))


def test_the_private_address_of_a_public_name_is_refused_by_the_session_itself():
    session = Session(resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(InputError, match="private network"):
        session.fetch(URL)


def test_a_resolver_that_hangs_is_given_up_within_three_seconds():
    assert REACHED_WITHIN < 3
    never = threading.Event()
    session = Session(resolve=lambda host, port: never.wait(20) and [])
    with pytest.raises(NetworkError, match="no network"):
        session.fetch(URL)
    never.set()


@pytest.mark.parametrize(
    "target", ["https://evil.org/", "http://www.legacysurvey.org/", "https://10.0.0.1/", "file:///x"]
)
def test_redirects_lead_nowhere_else(target):
    session, adapter, _ = make((302, {"Location": target}, b""), GOOD)
    with pytest.raises(InputError, match="not asked"):
        session.fetch(URL)
    assert len(adapter.asked) == 1


def test_redirects_within_the_list_are_followed_and_end():
    session, adapter, _ = make((301, {"Location": "/viewer/other"}, b""), GOOD)
    assert session.fetch(URL).body == b"good"
    assert adapter.asked[1][0] == "https://www.legacysurvey.org/viewer/other"
    session, adapter, _ = make((302, {"Location": URL}, b""))
    with pytest.raises(ServerError, match="redirects without end"):
        session.fetch(URL)
    assert len(adapter.asked) == 4


class Counted(io.RawIOBase):
    """A body without end, that counts what is read of it."""

    def __init__(self):
        self.count = 0

    def read1(self, size=-1):
        self.count += size
        return b"x" * size

    read = read1


def test_sizes_are_bounded_before_a_byte_is_read_and_while_it_is():
    body = Counted()
    session, adapter, _ = make((200, {"Content-Length": "1000001"}, body))
    with pytest.raises(ServerError, match="more than 1 MB"):
        session.fetch(URL, most=1_000_000)
    assert body.count == 0
    body = Counted()  # the first one was closed
    session, adapter, _ = make((200, {}, body))
    with pytest.raises(ServerError, match="more than 1 MB"):
        session.fetch(URL, most=1_000_000)
    assert body.count < 1_200_000 and len(adapter.asked) == 1


def test_slow_bytes_end_at_the_deadline():
    clock = Passing()

    class Slow(io.RawIOBase):
        def read1(self, size=-1):
            clock.sleep(2)
            return b"x"

        read = read1

    adapter = Scripted((200, {}, Slow()), clock=clock)
    session = Session(adapter=adapter, clock=clock)
    with pytest.raises(ServerError, match="too slowly"):
        session.fetch(URL, seconds=20)
    assert clock.now() < 1000 + 25


def test_cut_bodies_are_asked_for_again():
    session, _adapter, _ = make((200, {"Content-Length": "9"}, b"cut"), GOOD)
    assert session.fetch(URL).body == b"good"
    session, _adapter, _ = make((200, {"Content-Length": "9"}, b"cut"))
    with pytest.raises(ServerError, match="closes the connection"):
        session.fetch(URL)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_busy_servers_are_asked_again_after_growing_pauses(status):
    bad = (status, {}, b"")
    session, adapter, _ = make(bad, bad, bad, GOOD)
    assert session.fetch(URL).body == b"good"
    times = [at for _, at in adapter.asked]
    pauses = [b - a for a, b in itertools.pairwise(times)]
    assert pauses[0] >= 0.5 and pauses == sorted(pauses) and pauses[-1] > pauses[0]
    session, adapter, _ = make(bad)
    with pytest.raises(ServerError, match=f"{status}.*try again later") as caught:
        session.fetch(URL, seconds=1000)
    assert caught.value.status == status and len(adapter.asked) == 5


def test_what_is_wrong_with_the_question_is_not_asked_again():
    session, adapter, _ = make((404, {}, b""))
    with pytest.raises(ServerError, match="404"):
        session.fetch(URL)
    assert len(adapter.asked) == 1


def test_retry_after_is_kept_to_by_all_and_has_a_cap():
    session, adapter, _ = make((429, {"Retry-After": "7"}, b""), GOOD)
    session.fetch(URL)
    assert adapter.asked[1][1] - adapter.asked[0][1] >= 7
    session, adapter, clock = make((503, {"Retry-After": "3600"}, b""))
    with pytest.raises(ServerError, match="asks to wait 3600 s"):
        session.fetch(URL)
    assert len(adapter.asked) == 1 and clock.now() == 1000
    session, adapter, _ = make((429, {"Retry-After": "soon"}, b""), GOOD)
    assert session.fetch(URL).body == b"good"


def test_eight_requests_a_second_by_any_number_of_threads():
    session, adapter, _ = make(GOOD)
    threads = [threading.Thread(target=lambda: [session.fetch(URL) for _ in range(10)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = sorted(at for _, at in adapter.asked)
    assert len(times) == 40
    assert all(times[i + 8] - times[i] >= 1 for i in range(32))
    assert times[-1] - times[0] < 6  # and no slower than that


def test_four_requests_at_once():
    limiter, gate, lock = Limiter(Passing()), threading.Event(), threading.Lock()
    going, most = 0, 0

    def ask():
        nonlocal going, most
        with limiter.turn():
            with lock:
                going += 1
                most = max(most, going)
            gate.wait(5)
            with lock:
                going -= 1

    threads = [threading.Thread(target=ask) for _ in range(9)]
    for thread in threads:
        thread.start()
    while going < 4:
        pass
    gate.set()
    for thread in threads:
        thread.join()
    assert most == 4


def test_it_says_who_it_is_and_hands_over_nothing_of_the_person(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://10.0.0.1:3128")
    session, adapter, _ = make(GOOD)
    session.fetch(URL)
    headers = adapter.requests[0].headers
    assert headers["User-Agent"].startswith("galexplore/") and "python-requests" in headers["User-Agent"]
    assert set(headers) <= {"User-Agent", "Accept-Encoding", "Accept", "Connection"}


def test_what_was_said_is_kept_and_grows_old(tmp_path):
    session, adapter, clock = make(GOOD, folder=tmp_path)
    assert not session.fetch(URL, age=100).kept
    again = session.fetch(URL, age=100)
    assert again.kept and again.body == b"good" and len(adapter.asked) == 1
    clock.sleep(101)
    assert not session.fetch(URL, age=100).kept
    assert not session.fetch(URL).kept  # who asks for no age asks the server
    assert len(adapter.asked) == 3


def test_failures_are_never_kept(tmp_path):
    def check(answer):
        if answer.body != b"good":
            raise ServerError("no good")

    for bad in ((500, {}, b""), (404, {}, b""), (200, {}, b"<html>")):
        session, *_ = make(bad, folder=tmp_path)
        with pytest.raises(ServerError):
            session.fetch(URL, age=100, check=check)
    session, _adapter, _ = make(GOOD, folder=tmp_path)
    assert not session.fetch(URL, age=100, check=check).kept


def test_damaged_answers_are_not_there(tmp_path):
    session, _adapter, _ = make(GOOD, folder=tmp_path)
    session.fetch(URL, age=100)
    (path,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    whole = path.read_bytes()
    for spoilt in (whole[:-1], whole[:-1] + b"?", b"", b"{}\n", whole.replace(b"200", b"abc"), b"[1]\n"):
        path.write_bytes(spoilt)
        assert not session.fetch(URL, age=100).kept
        assert session.fetch(URL, age=100).kept


def test_the_least_recently_asked_for_make_room(tmp_path):
    clock = Passing()
    session = Session(adapter=Scripted((200, {}, b"x" * 1000), clock=clock), clock=clock, folder=tmp_path, cap=13_000)
    for i in range(30):
        session.fetch(URL, {"ra": str(i)}, age=1e6)
        session.fetch(URL, {"ra": "0"}, age=1e6)
        assert sum(p.stat().st_size for p in tmp_path.rglob("*") if p.is_file()) <= 13_000
    assert session.fetch(URL, {"ra": "0"}, age=1e6).kept and not session.fetch(URL, {"ra": "5"}, age=1e6).kept


def test_a_disk_that_takes_nothing_is_no_failure(tmp_path):
    (tmp_path / "file").write_text("no folder")
    session, _adapter, _ = make(GOOD, folder=tmp_path / "file")
    assert session.fetch(URL, age=100).body == b"good"


def test_an_answer_is_the_one_to_its_own_question(tmp_path):
    store = AnswerStore(tmp_path, Passing())
    session, *_ = make(GOOD, folder=tmp_path)
    session.fetch(URL, {"ra": "1"}, age=100)
    (path,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    other = store._place(f"{URL}?ra=2")
    other.parent.mkdir(exist_ok=True)
    path.rename(other)
    assert store.find(f"{URL}?ra=2", 100) is None


@pytest.mark.parametrize("how", [requests.ConnectTimeout(), None])
def test_no_network_is_known_at_once_and_remembered(how):
    reason = requests.ConnectionError(type("Max", (Exception,), {"reason": NewConnectionError(None, "refused")})())
    session, adapter, clock = make(how or reason)
    for _ in range(3):
        with pytest.raises(NetworkError, match="no network"):
            session.fetch(URL)
    assert len(adapter.asked) == 1
    clock.sleep(COOL_DOWN + 1)
    adapter.lines = [GOOD]
    assert session.fetch(URL).body == b"good"


def test_a_connection_that_breaks_is_no_lack_of_network():
    session, adapter, _ = make(requests.ConnectionError("reset"), ReadTimeoutError(None, URL, "timed out"), GOOD)
    assert session.fetch(URL).body == b"good"
    session, adapter, _ = make(requests.exceptions.SSLError("self-signed"))
    with pytest.raises(ServerError, match="certificate"):
        session.fetch(URL)
    assert len(adapter.asked) == 1


def test_switched_off_only_what_was_kept_is_given(tmp_path):
    session, adapter, _ = make(GOOD, folder=tmp_path)
    session.fetch(URL, age=100)
    session, adapter, _ = make(GOOD, folder=tmp_path, off=True)
    assert session.fetch(URL, age=100).kept
    for ask in (lambda: session.fetch(URL, {"ra": "1"}, age=100), lambda: session.get(URL)):
        with pytest.raises(NetworkError, match="switched off"):
            ask()
    assert not adapter.asked


def test_whoever_takes_a_session_has_the_same_manners():
    """As pyvo does, with `get` or `post` and by reading from `raw`."""
    session, adapter, _ = make((503, {}, b""), (200, {"Content-Type": "application/json"}, b'{"a": 1}'))
    response = session.get(URL, params={"q": "1"}, stream=True)
    assert json.loads(response.raw.read(decode_content=True)) == response.json() == {"a": 1}
    assert len(adapter.asked) == 2
    session, adapter, _ = make((302, {"Location": "https://evil.org/"}, b""))
    with pytest.raises(InputError):
        session.post(URL, data={"q": "1"})


def test_the_list_is_of_https_servers():
    for host in HOSTS:
        check_url(f"https://{host}/x")
