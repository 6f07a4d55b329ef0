"""How fast the app answers: a server of its own, driven by headless Chromium as a person would drive it.

Each act is timed twice. What the server worked on it: the processor time of its whole process until nothing more comes,
Streamlit's housekeeping included. And how long a person waited: from the message that the browser sends to the
one that brings the first picture, by the browser's clock, with the browser itself working on the same cores.
"""

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from galexplore.bench.browser import QUIET, Wire, clock_of, open_browser, read_memory, serve, visit, wait_for_plots
from galexplore.bench.million import NAME, make_million
from galexplore.bench.name_to_answer import measure_names
from galexplore.places import SAMPLES

if TYPE_CHECKING:  # an extra brings it
    from playwright.sync_api import Browser, Locator, Page

TARGETS = {"slider_p95_ms": 100, "paint_warm_s": 3, "picture_cold_s": 6, "lasso_s": 1, "card_s": 0.5, "session_mib": 30}
#: The first galaxy's image stands on the first page.
FIRST_PICTURE = "document.querySelector('.st-key-gallery-landing img')?.naturalWidth > 0"
#: What stands first where a link names an atlas, for then nothing introduces it.
FIRST_PLOT = "document.querySelector('.st-key-plots .js-plotly-plot .main-svg') !== null"
#: What Locate says only where it has answered.
ANSWERED = "of 50 neighbours"
#: Where a Green Pea stands on the first plot's screen.
POINT = """(k) => {
  const plot = document.querySelector(".st-key-plots .js-plotly-plot"), { xaxis, yaxis } = plot._fullLayout;
  plot.scrollIntoView({ block: "center" });
  const trace = plot._fullData.find((trace) => trace.name === "Green Pea"), box = plot.getBoundingClientRect();
  const i = k % trace.x.length;
  return [box.left + xaxis._offset + xaxis.l2p(trace.x[i]), box.top + yaxis._offset + yaxis.l2p(trace.y[i])];
}"""
#: A lasso around most of the galaxies, in parts of the plot.
CORNERS = ((0.12, 0.35), (0.5, 0.28), (0.78, 0.35), (0.78, 0.8), (0.12, 0.8), (0.12, 0.37))


def measure_app(
    n: int = 1_000_000, moves: int = 40, sessions: int = 5, report: Callable[[str], None] = lambda text: None
) -> dict[str, Any]:
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
        Called with a sentence that says what is being done.

    Returns
    -------
    dict
        `slider` (ms), `paint` (s), `card` (s), `lasso` (s, by number of galaxies), `upload` (s), `name` (s, as
        `measure_names` gives it) and `session_mib`; of the synthetic atlas (`million`) `paint`, `card`, `server_mib`.

    Raises
    ------
    InputError
        Where Chromium or playwright is missing.
    """
    lasso: dict[int, dict] = {}
    measured: dict[str, Any] = {"cores": os.cpu_count(), "lasso": lasso}
    with open_browser() as browser:
        report("Starting a server with the embedded atlas")
        with serve({}) as (address, pid):
            measured["paint"] = measure_paint(browser, address, pid)
            report("Moving a slider")
            measured["slider"] = move_slider(browser, address, pid, moves)
            report("Clicking on points")
            measured["card"] = open_cards(browser, address, pid)
            report("Drawing a lasso")
            lasso |= draw_lasso(browser, address, pid)
            report("Uploading a cutout")
            measured["upload"] = upload_sample(browser, address)
            report("Opening further sessions")
            measured["session_mib"] = weigh_sessions(browser, address, pid, sessions)
        if n:
            measured |= measure_million(browser, n, lasso, report)
    report("Typing names of the sky")
    return measured | {"name": measure_names()}


def measure_million(
    browser: "Browser", n: int, lasso: dict[int, dict], report: Callable[[str], None]
) -> dict[str, dict]:
    """Draw the lasso on a synthetic atlas of n galaxies; measure first paint and memory with it."""
    with tempfile.TemporaryDirectory() as folder:
        report(f"Making a synthetic atlas of {n:,} galaxies")
        models = Path(folder) / "models"
        make_million(models / NAME, n)
        environment = {"GALEXPLORE_MODELS": str(models), "GALEXPLORE_CACHE": str(Path(folder) / "cache")}
        report("Starting a server with it")
        with serve(environment) as (address, pid):
            address += f"/?atlas={NAME}"
            first = {
                "paint": measure_paint(browser, address, pid, FIRST_PLOT),
                "card": open_cards(browser, address, pid),
            }
            lasso |= draw_lasso(browser, address, pid)
            return {"million": first | {"server_mib": read_memory(pid)}}


def time_paint(
    browser: "Browser", address: str, pid: int, first: str = FIRST_PICTURE
) -> tuple[dict[str, float], dict[str, float]]:
    """Time the first page in a fresh browser, and in it once more, until the script `first` finds what stands first.

    Returns
    -------
    dict, dict
        Seconds from asking for it: `picture` to the first galaxy's image, `plots` to both plots drawn; and `server`,
        what the server worked until that image stood there.
    """
    context, visits = browser.new_context(viewport={"width": 1280, "height": 900}), []
    for _ in range(2):
        tab, start, worked = context.new_page(), time.monotonic(), time.clock_gettime(clock_of(pid))
        tab.goto(address)
        tab.wait_for_function(first, timeout=180_000)
        taken = {"picture": time.monotonic() - start, "server": time.clock_gettime(clock_of(pid)) - worked}
        wait_for_plots(tab)
        visits.append(taken | {"plots": time.monotonic() - start})
        tab.close()
    context.close()
    return visits[0], visits[1]


def measure_paint(
    browser: "Browser", address: str, pid: int, first: str = FIRST_PICTURE, times: int = 3
) -> dict[str, dict[str, float]]:
    """First paint of a server just started (`cold`), and of a warm one (medians), in `fresh` browsers and `known` ones.

    Each as `time_paint` gives it.
    """
    cold = time_paint(browser, address, pid, first)[0]
    visits = [time_paint(browser, address, pid, first) for _ in range(times)]
    medians = [{k: float(np.median([v[i][k] for v in visits])) for k in cold} for i in (0, 1)]
    return {"cold": cold, "fresh": medians[0], "known": medians[1]}


def open_cards(browser: "Browser", address: str, pid: int, clicks: int = 12) -> dict[str, float]:
    """Click on points of the first plot; medians of seconds that the server works, and until the card's first image."""
    with visit(browser, address) as tab:
        wait_for_plots(tab)
        tab.wait_for_timeout(3000)
        wire, times = Wire(tab, pid), []
        for k in range(clicks + 1):
            x, y = tab.evaluate(POINT, 5 * k)
            tab.mouse.move(x, y)
            tab.wait_for_timeout(2 * QUIET)  # for the picture at the pointer
            times.append(wire.time(partial(tab.mouse.click, x, y)))
    later = times[1:]  # the first one hides the introduction as well
    return {"clicks": len(later)} | {k: float(np.nanmedian([t[k] for t in later])) for k in ("server_s", "picture_s")}


def move_slider(browser: "Browser", address: str, pid: int, moves: int) -> dict[str, float]:
    """Move a slider of Traverse by its keys; times in ms."""
    with visit(browser, f"{address}/traverse") as tab:
        slider = tab.get_by_role("slider").nth(1)
        slider.wait_for(timeout=120_000)
        tab.wait_for_timeout(2000)
        wire, times = Wire(tab, pid), []
        slider.focus()
        for _ in range(moves):
            times.append(wire.time(lambda: tab.keyboard.press("ArrowRight")))
    answers: dict[str, float] = {"moves": moves}
    for name in ("server", "picture"):
        taken = np.array([1000 * t[f"{name}_s"] for t in times[2:]])  # the first ones warm up
        answers |= {f"{name}_p50_ms": float(np.nanmedian(taken)), f"{name}_p95_ms": float(np.nanpercentile(taken, 95))}
    return answers


def upload_sample(browser: "Browser", address: str, times: int = 4) -> dict[str, float]:
    """Upload a sample cutout to Locate; seconds until its answer stands on the page, the first and the median after."""
    taken = []
    for _ in range(times):
        with visit(browser, f"{address}/locate") as tab:
            box = tab.locator('[data-testid="stFileUploaderDropzoneInput"]').first
            box.wait_for(state="attached", timeout=120_000)
            tab.wait_for_timeout(2000)
            start = time.monotonic()
            box.set_input_files(str(SAMPLES / "spiral.fits.fz"))
            tab.get_by_text(ANSWERED).first.wait_for(timeout=120_000)
            taken.append(time.monotonic() - start)
    return {"first_s": taken[0], "seen_s": float(np.median(taken[1:]))}


def draw_lasso(browser: "Browser", address: str, pid: int) -> dict[int, dict]:
    """Draw a lasso; seconds until the gallery comes, and until all of it is drawn."""
    with visit(browser, address) as tab:
        wait_for_plots(tab)
        tab.wait_for_timeout(3000)
        total = int(tab.locator(".st-key-header").inner_text().split("galaxies")[0].split("·")[-1].replace(",", ""))
        plot, wire, taken = tab.locator(".st-key-plots .js-plotly-plot").first, Wire(tab, pid), []
        for shift in (0.0, 0.02, 0.04):  # the first lasso also renders images and fills caches
            _drag_around(tab, plot, shift)
            start = time.monotonic()

            def let_go(start: float = start) -> None:
                tab.mouse.up()
                tab.locator('[class*="st-key-pick-"] button').first.wait_for(timeout=60_000)
                taken.append({"seen_s": time.monotonic() - start})

            times = wire.time(let_go)
            taken[-1] |= times
            tab.locator(".st-key-clear button").click()
            tab.get_by_text("Nothing selected yet").wait_for(timeout=60_000)
            tab.wait_for_timeout(2000)
    return {total: {"first": taken[0]} | taken[-1]}


def _drag_around(tab: "Page", plot: "Locator", shift: float) -> None:
    """Drag the pointer around most of a plot, and keep its button down."""
    box = plot.bounding_box() or {"x": 0, "y": 0, "width": 0, "height": 0}
    places = [(box["x"] + (fx + shift) * box["width"], box["y"] + fy * box["height"]) for fx, fy in CORNERS]
    tab.mouse.move(*places[0])
    tab.mouse.down()
    for place in places[1:]:
        tab.mouse.move(*place, steps=4)
    tab.wait_for_timeout(QUIET)  # for what the pointer asked on its way


def weigh_sessions(browser: "Browser", address: str, pid: int, sessions: int) -> float:
    """MiB that the server grows by for each further session on the Atlas."""
    contexts = []

    def add() -> None:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        contexts.append(context)
        tab = context.new_page()
        tab.goto(address)
        wait_for_plots(tab)
        tab.wait_for_timeout(1000)

    add()
    before = read_memory(pid)
    for _ in range(sessions):
        add()
    grown = read_memory(pid) - before
    for context in contexts:
        context.close()
    return grown / sessions
