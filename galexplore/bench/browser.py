"""A server of the app and a browser that visits it, with a clock on what passes between them."""

import base64
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from galexplore.errors import InputError
from galexplore.places import ROOT

if TYPE_CHECKING:  # an extra brings it
    from playwright.sync_api import Browser, Page

#: WebGL in software, so that plots are drawn where there is no graphics card.
FLAGS = ["--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
QUIET = 400  # ms without a message: the answer is complete


@contextmanager
def open_browser() -> "Iterator[Browser]":
    """Headless Chromium: the machine's own, else playwright's."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise InputError("This needs playwright; install it with: pip install -e '.[dev]'") from error
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        except Error as error:
            raise InputError("No Chromium starts here; install one with: playwright install chromium") from error
        yield browser
        browser.close()


@contextmanager
def serve(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Serve the app on a port of its own; give its address and process id."""
    port = random.randint(20_000, 40_000)
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"]
    both = os.environ | environment
    server = subprocess.Popen(command, cwd=ROOT, env=both, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in server.stdout or ():
            if "URL" in line:
                break
        if server.poll() is not None:
            raise InputError(f"No server could be started on port {port}; try again.")
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(20)


def read_memory(pid: int) -> float:
    """Resident memory of a process in MiB."""
    return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)])) / 1024


def clock_of(pid: int) -> int:
    """Give Linux's processor clock of another process."""
    return ~pid << 3 | 2


class Wire:
    """What passes between a tab and its server, by the browser's network clock; and what the server works for it."""

    def __init__(self, tab: "Page", pid: int):
        self.tab, self.clock = tab, clock_of(pid)
        self.sent, self.received, self.pictures = list[float](), list[float](), list[float]()
        session = tab.context.new_cdp_session(tab)
        session.send("Network.enable")
        session.on("Network.webSocketFrameSent", lambda event: self.sent.append(event["timestamp"]))
        session.on("Network.webSocketFrameReceived", self._receive)

    def _receive(self, event: dict) -> None:
        self.received.append(event["timestamp"])
        data = event["response"]["payloadData"]
        data = base64.b64decode(data) if len(data) < 40_000 else b""
        if b"/media/" in data or b"data:image/jpeg" in data:
            self.pictures.append(event["timestamp"])

    def time(self, act: Callable[[], None], timeout: float = 60) -> dict[str, float]:
        """Seconds that the server works on an act's answer, and that pass until its first picture comes."""
        for events in (self.sent, self.received, self.pictures):
            events.clear()
        start, end = time.clock_gettime(self.clock), time.monotonic() + timeout
        act()
        while time.monotonic() < end:
            before = len(self.received)
            self.tab.wait_for_timeout(QUIET)
            if self.sent and self.pictures and len(self.received) == before and is_idle(self.tab):
                break
        worked = time.clock_gettime(self.clock) - start
        waited = self.pictures[0] - self.sent[0] if self.sent and self.pictures else float("nan")
        return {"server_s": worked, "picture_s": waited}


def is_idle(tab: "Page") -> bool:
    """Whether the server has no script running for a tab."""
    return tab.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').count() > 0


def wait_for_plots(tab: "Page") -> None:
    """Wait until both plots are drawn."""
    tab.wait_for_function(
        "document.querySelectorAll('.st-key-plots .js-plotly-plot canvas').length >= 2", timeout=180_000
    )


@contextmanager
def visit(browser: "Browser", address: str) -> "Iterator[Page]":
    """Open an address in a fresh session with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    tab.goto(address)
    yield tab
    context.close()
