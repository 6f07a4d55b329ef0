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
