"""How fast the app answers: a server of its own, driven by headless Chromium as a person would drive it.

Of each act two times are told. What the server worked on it: the processor time of its whole process until nothing more
comes, Streamlit's housekeeping included. And how long a person waited: from the message that the browser sends to the
one that brings the first picture, by the browser's clock, with the browser itself working on the same cores.
"""

import base64
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from galexplore.bench.million import NAME, make_million
from galexplore.errors import InputError
from galexplore.places import ROOT

#: WebGL in software, so that plots are drawn where there is no graphics card.
FLAGS = ["--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
TARGETS = {"slider_p95_ms": 100, "paint_warm_s": 3, "lasso_s": 1, "session_mib": 30}
#: A lasso around most of the galaxies, in parts of the plot.
CORNERS = ((0.12, 0.35), (0.5, 0.28), (0.78, 0.35), (0.78, 0.8), (0.12, 0.8), (0.12, 0.37))
QUIET = 400  # ms without a message: the answer is complete


def measure_app(n: int = 1_000_000, moves: int = 40, sessions: int = 5, report=lambda text: None) -> dict:
    """Measure the app with the embedded atlas, and with a synthetic one of n galaxies.

    Parameters
    ----------
    n : int
        0 leaves the synthetic atlas out.
    moves : int
        Moves of a slider.
    sessions : int
        Further sessions that are opened to see what each costs.
    report : callable
        Told in a sentence what is being done.

    Returns
    -------
    dict
        `slider` (ms), `paint` (s), `lasso` (s, by number of galaxies) and `session_mib`.

    Raises
    ------
    InputError
        Where Chromium or playwright is missing.
    """
    found = {"cores": os.cpu_count(), "lasso": {}}
    with open_browser() as browser:
        report("Starting a server with the embedded atlas")
        with serve({}) as (address, pid):
            found["paint"] = measure_paint(browser, address)
            report("Moving a slider")
            found["slider"] = move_slider(browser, address, pid, moves)
            report("Drawing a lasso")
            found["lasso"] |= draw_lasso(browser, address, pid)
            report("Opening further sessions")
            found["session_mib"] = weigh_sessions(browser, address, pid, sessions)
        if n:
            found |= measure_million(browser, n, found["lasso"], report)
    return found


def measure_million(browser, n: int, lasso: dict, report) -> dict:
    """Draw the lasso on a synthetic atlas of n galaxies; first paint and memory are told with it."""
    with tempfile.TemporaryDirectory() as folder:
        report(f"Making a synthetic atlas of {n:,} galaxies")
        models = Path(folder) / "models"
        make_million(models / NAME, n)
        environment = {"GALEXPLORE_MODELS": str(models), "GALEXPLORE_CACHE": str(Path(folder) / "cache")}
        report("Starting a server with it")
        with serve(environment) as (address, pid):
            address += f"/?atlas={NAME}"
            found = measure_paint(browser, address)
            lasso |= draw_lasso(browser, address, pid)
            return {"million": found | {"server_mib": read_memory(pid)}}


@contextmanager
def open_browser():
    """Headless Chromium: the machine's own, else playwright's."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise InputError("This needs playwright; install it with: pip install -e '.[dev]'") from error
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        except Error as error:
            raise InputError("No Chromium starts here; install one with: playwright install chromium") from error
        yield browser
        browser.close()


@contextmanager
def serve(environment: dict):
    """Serve the app on a port of its own; give its address and process id."""
    port = random.randint(20_000, 40_000)
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"]
    about = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, **about)
    try:
        for line in server.stdout:
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


class Wire:
    """What passes between a page and its server, by the browser's network clock; and what the server works for it."""

    def __init__(self, page, pid: int):
        self.page, self.clock = page, ~pid << 3 | 2  # Linux's processor clock of another process
        self.sent, self.received, self.pictures = [], [], []
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.webSocketFrameSent", lambda event: self.sent.append(event["timestamp"]))
        session.on("Network.webSocketFrameReceived", self._receive)

    def _receive(self, event: dict) -> None:
        self.received.append(event["timestamp"])
        data = event["response"]["payloadData"]
        data = base64.b64decode(data) if len(data) < 40_000 else b""
        if b"/media/" in data or b"data:image/jpeg" in data:
            self.pictures.append(event["timestamp"])

    def time(self, act, timeout: float = 60) -> dict:
        """Seconds that the server works on an act's answer, and that pass until its first picture comes."""
        for events in (self.sent, self.received, self.pictures):
            events.clear()
        start, end = time.clock_gettime(self.clock), time.monotonic() + timeout
        act()
        while time.monotonic() < end:
            before = len(self.received)
            self.page.wait_for_timeout(QUIET)
            if self.sent and self.pictures and len(self.received) == before and is_idle(self.page):
                break
        worked = time.clock_gettime(self.clock) - start
        waited = self.pictures[0] - self.sent[0] if self.sent and self.pictures else float("nan")
        return {"server_s": worked, "picture_s": waited}


def is_idle(page) -> bool:
    """Whether the server has no script running for a page."""
    return page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').count() > 0


def wait_for_plots(page) -> None:
    """Wait until both plots are drawn."""
    page.wait_for_function(
        "document.querySelectorAll('.st-key-plots .js-plotly-plot canvas').length >= 2", timeout=180_000
    )


@contextmanager
def visit(browser, address: str):
    """Open a page in a fresh session with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address)
    yield page
    context.close()


def paint(browser, address: str) -> tuple[float, float]:
    """Seconds from asking for the first page to both plots drawn: in a fresh browser, and in it once more."""
    context, taken = browser.new_context(viewport={"width": 1280, "height": 900}), []
    for _ in range(2):
        page, start = context.new_page(), time.monotonic()
        page.goto(address)
        wait_for_plots(page)
        taken.append(time.monotonic() - start)
        page.close()
    context.close()
    return taken[0], taken[1]


def measure_paint(browser, address: str, times: int = 3) -> dict:
    """First paint of a server just started, and of a warm one (medians), in fresh browsers and in known ones."""
    cold = paint(browser, address)[0]
    fresh, known = np.median([paint(browser, address) for _ in range(times)], axis=0)
    return {"cold_s": cold, "fresh_s": float(fresh), "warm_s": float(known)}


def move_slider(browser, address: str, pid: int, moves: int) -> dict:
    """Move a slider of Traverse by its keys; times in ms."""
    with visit(browser, f"{address}/traverse") as page:
        slider = page.get_by_role("slider").nth(1)
        slider.wait_for(timeout=120_000)
        page.wait_for_timeout(2000)
        wire, times = Wire(page, pid), []
        slider.focus()
        for _ in range(moves):
            times.append(wire.time(lambda: page.keyboard.press("ArrowRight")))
    found: dict = {"moves": moves}
    for name in ("server", "picture"):
        taken = np.array([1000 * t[f"{name}_s"] for t in times[2:]])  # the first ones warm up
        found |= {f"{name}_p50_ms": float(np.nanmedian(taken)), f"{name}_p95_ms": float(np.nanpercentile(taken, 95))}
    return found


def draw_lasso(browser, address: str, pid: int) -> dict:
    """Draw a lasso; seconds until the gallery comes, and until all of it is drawn."""
    with visit(browser, address) as page:
        wait_for_plots(page)
        page.wait_for_timeout(3000)
        total = int(page.locator(".st-key-header").inner_text().split("galaxies")[0].split("·")[-1].replace(",", ""))
        plot, wire, taken = page.locator(".st-key-plots .js-plotly-plot").first, Wire(page, pid), []
        for shift in (0.0, 0.02, 0.04):  # the first lasso also renders images and fills caches
            box = plot.bounding_box()
            places = [(box["x"] + (fx + shift) * box["width"], box["y"] + fy * box["height"]) for fx, fy in CORNERS]
            page.mouse.move(*places[0])
            page.mouse.down()
            for place in places[1:]:
                page.mouse.move(*place, steps=4)
            page.wait_for_timeout(QUIET)  # for what the pointer asked on its way
            start = time.monotonic()

            def let_go(start=start) -> None:
                page.mouse.up()
                page.locator('[class*="st-key-pick-"] button').first.wait_for(timeout=60_000)
                taken.append({"seen_s": time.monotonic() - start})

            times = wire.time(let_go)
            taken[-1] |= times
            page.locator(".st-key-clear button").click()
            page.get_by_text("Nothing selected yet").wait_for(timeout=60_000)
            page.wait_for_timeout(2000)
    return {total: {"first": taken[0]} | taken[-1]}


def weigh_sessions(browser, address: str, pid: int, sessions: int) -> float:
    """MiB that the server grows by for each further session on the Atlas."""
    contexts = []

    def add() -> None:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        wait_for_plots(page)
        page.wait_for_timeout(1000)

    add()
    before = read_memory(pid)
    for _ in range(sessions):
        add()
    grown = read_memory(pid) - before
    for context in contexts:
        context.close()
    return grown / sessions
