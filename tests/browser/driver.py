"""Drive Chromium as a person would: wait for the server, draw a lasso."""

import pytest

from galexplore.places import ROOT
from tests.analytic import REAL

APP = ROOT / "app.py"
CUTOUT = REAL / "cutouts" / "decals_dr5_J094651.41-010228.6_0.262arcsec.fits"

#: What every file of journeys needs: a model, and playwright.
NEEDS = pytest.mark.skipif(
    not (ROOT / "models" / "default" / "atlas.npz").exists(), reason="no model in models/default: run galexplore train"
)

#: WebGL in software, so that plots are drawn where there is no graphics card.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FLAGS += ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]

#: A lasso around most of the galaxies, in parts of a plot with histograms along its edges.
CORNERS = [(0.15, 0.3), (0.8, 0.3), (0.8, 0.85), (0.15, 0.85), (0.15, 0.32)]


def settle(page) -> None:
    """Wait until the server has answered."""
    page.wait_for_timeout(300)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=60_000)


def draw_lasso(page, plot) -> None:
    """Draw a lasso around most of the galaxies of a plot."""
    box = plot.bounding_box()
    places = [(box["x"] + fx * box["width"], box["y"] + fy * box["height"]) for fx, fy in CORNERS]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()


#: Where on the screen the galaxy lies that stands farthest from all others on a plot, and which it is.
LONELY = """at => {
  const plot = document.querySelectorAll('.st-key-plots .js-plotly-plot')[at];
  const { xaxis, yaxis } = plot._fullLayout, box = plot.getBoundingClientRect(), all = [];
  for (const trace of plot._fullData.filter(trace => trace.customdata))
    for (let i = 0; i < trace.x.length; i++)
      all.push([xaxis.l2p(trace.x[i]), yaxis.l2p(trace.y[i]), trace.customdata[i]]);
  const inside = ([x, y]) => x > 20 && y > 20 && x < xaxis._length - 20 && y < yaxis._length - 20;
  let best = { room: 0 };
  for (const [x, y, id] of all.filter(inside).filter((_, i) => i % 101 === 0)) {
    let room = Infinity;
    for (const [u, v, other] of all) if (other !== id) room = Math.min(room, (u - x) ** 2 + (v - y) ** 2);
    if (room > best.room) best = { room, id, x: box.left + xaxis._offset + x, y: box.top + yaxis._offset + y };
  }
  return best;
}"""


def await_plot(page, at: int) -> None:
    """Wait until a plot is drawn and listened to."""
    page.locator(".st-key-plots .js-plotly-plot").nth(at).locator("canvas").first.wait_for(timeout=60_000)
    settle(page)
    page.wait_for_timeout(1000)  # for the listener, which looks for new plots now and then


def find_lonely(page, at: int) -> dict:
    """Find a galaxy that no other one hides on a plot: its `id`, and its `x`, `y` on the screen."""
    await_plot(page, at)
    page.locator(".st-key-plots .js-plotly-plot").nth(at).evaluate("plot => plot.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(500)
    return page.evaluate(LONELY, at)


def read_spans(page, at: int) -> list[float]:
    """Read the ends of both axes of a plot."""
    plot = "document.querySelectorAll('.st-key-plots .js-plotly-plot')[at]._fullLayout"
    return page.evaluate(f"at => [...{plot}.xaxis.range, ...{plot}.yaxis.range]", at)
