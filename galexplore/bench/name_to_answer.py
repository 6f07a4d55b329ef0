"""How fast a name that is typed on Locate is answered, the sky's servers played by a stand-in that takes its time."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from galexplore.bench.browser import clock_of, open_browser, serve, visit
from galexplore.latents import LATENTS
from galexplore.sources.stand_in.server import StandIn
from galexplore.sources.stand_in.unreachable import swallow

if TYPE_CHECKING:  # an extra brings it
    from playwright.sync_api import Browser, Locator, Page

#: Seconds until a name is answered, those of them that no server takes, and until a lack of network is said.
TARGETS = {"seen_s": 3.0, "own_s": 1.5, "unreached_s": 3.0}
#: What is typed; the first name warms up.
NAMES = ("M 104", "NGC 4565", "IC 1101", "UGC 1333", "NGC 1365", "M 104")
DELAY = 0.3  # seconds before each answer of a server: about that of one on another continent
BOX = "Object name, RA and Dec"
UNREACHED = "there seems to be no network"
#: Has the page itself note, by its own clock, when a name's picture and answer are painted: a driver's questions wait
#: for whatever else the browser does. Answered is where all numbers and the kinds' table, the last of the words, stand.
WATCH = """numbers => {
  const all = selector => [...document.querySelectorAll(selector)];
  const signs = {
    picture: () => all('img').some(i => i.alt.startsWith('The sky at') && i.complete),
    seen: () => all('[data-testid="stMetric"]').length >= numbers
      && all('th').some(h => h.textContent.includes('of 50 neighbours')),
  };
  window.shown = {};
  let start;
  addEventListener('keydown', event => { if (event.key === 'Enter') start = performance.now(); }, true);
  const note = (name, at) => { window.shown[name] ??= (at - start) / 1000; };
  const look = () => {
    for (const name of Object.keys(signs)) if (signs[name]()) {
      delete signs[name];
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => note(name, performance.now());  // after the frame
        port2.postMessage(0);
      });
    }
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  document.addEventListener('load', look, true);  // of a picture
}"""


def measure_names(delay: float = DELAY, names: Sequence[str] = NAMES) -> dict[str, float]:
    """Type names on Locate, each in a fresh session of one server, and time what is shown.

    Parameters
    ----------
    delay : float
        Seconds before each answer of the stand-in.
    names : sequence of str

    Returns
    -------
    dict
        Seconds from the key that is pressed, by the page's own clock: `picture_s` until the sky's picture is painted,
        `seen_s` until the answer is, in numbers and words; `servers_s` in which a server was waited for, `own_s` the
        rest, `worked_s`, the processor time that the app's server took until then; medians over all names but the
        first, whose `seen_s` is `first_s`; `best_seen_s` and `best_own_s`, the smallest; `requests` and `delay_s`; and
        `unreached_s` until it is said that no server can be reached, where none takes a connection.

    Raises
    ------
    InputError
        Where Chromium or playwright is missing.
    """
    with open_browser() as browser, StandIn(delay=delay) as servers:
        origin = servers.start()
        with serve({"GALEXPLORE_OFFLINE": "0", "GALEXPLORE_DEMO_SKY": origin}) as (address, pid):
            taken = [time_name(browser, address, pid, servers, name) for name in names]
        with swallow() as nowhere, serve({"GALEXPLORE_OFFLINE": "0", "GALEXPLORE_DEMO_SKY": nowhere}) as (address, _):
            unreached = time_silence(browser, address, names[0])
    later = taken[1:]
    medians = {
        k: float(np.median([t[k] for t in later])) for k in ("picture_s", "seen_s", "servers_s", "own_s", "worked_s")
    }
    return medians | {
        "first_s": taken[0]["seen_s"],
        **{f"best_{k}": min(t[k] for t in later) for k in ("seen_s", "own_s")},
        "requests": taken[-1]["requests"],
        "delay_s": delay,
        "unreached_s": unreached,
    }


def time_name(browser: "Browser", address: str, pid: int, servers: StandIn, name: str) -> dict[str, float]:
    """Type a name in a fresh session; seconds as `measure_names` has them, and the `requests` that it took."""
    with visit(browser, f"{address}/locate") as tab:
        box, before, worked = _find_box(tab), len(servers.busy), time.clock_gettime(clock_of(pid))
        tab.evaluate(WATCH, len(LATENTS))
        _type(tab, box, name)
        tab.wait_for_function("'picture' in window.shown && 'seen' in window.shown", timeout=60_000)
        shown, worked = tab.evaluate("window.shown"), time.clock_gettime(clock_of(pid)) - worked
    spans = servers.busy[before:]
    waited = measure_union(spans)
    return {
        "picture_s": shown["picture"],
        "seen_s": shown["seen"],
        "servers_s": waited,
        "own_s": shown["seen"] - waited,
        "worked_s": worked,
        "requests": len(spans),
    }


def time_silence(browser: "Browser", address: str, name: str) -> float:
    """Type a name where no server is reached; seconds until that is said."""
    with visit(browser, f"{address}/locate") as tab:
        start = _type(tab, _find_box(tab), name)
        tab.get_by_text(UNREACHED).first.wait_for(timeout=60_000)
        return time.monotonic() - start


def _find_box(tab: "Page") -> "Locator":
    """Wait for Locate's box, and until the page is quiet."""
    box = tab.get_by_label(BOX)
    box.wait_for(timeout=120_000)
    tab.wait_for_timeout(2000)
    return box


def _type(tab: "Page", box: "Locator", name: str) -> float:
    """Type a name into Locate's box; return when the key was pressed."""
    box.fill(name)
    start = time.monotonic()
    tab.keyboard.press("Enter")
    return start


def measure_union(spans: Sequence[tuple[float, float]]) -> float:
    """Measure the length of spans (start, end), what is in several of them once."""
    total, reached = 0.0, -np.inf
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total
