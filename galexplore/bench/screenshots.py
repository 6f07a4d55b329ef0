"""Pictures of the app as a person sees it: every page and state, at chosen widths, on both themes."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from astropy.io import fits

from galexplore.bench.browser import is_idle, open_browser, serve, wait_for_plots
from galexplore.places import SAMPLES

if TYPE_CHECKING:  # an extra brings it
    from playwright.sync_api import Page

Theme = Literal["dark", "light"]
THEMES: tuple[Theme, ...] = ("dark", "light")
#: Width of a window and its height.
WINDOWS = {820: 1100, 1280: 900, 1920: 1080}
QUALITY = 88  # of a JPEG
PATIENCE = 300_000  # ms, for a machine that does other work as well
SAMPLE = SAMPLES / "spiral.fits.fz"
#: A lasso around part of the galaxies, in parts of the plot.
CORNERS = ((0.3, 0.45), (0.5, 0.4), (0.6, 0.55), (0.45, 0.7), (0.3, 0.6), (0.3, 0.47))


def show_first(tab: "Page", address: str) -> None:
    """Show the Atlas as a newcomer meets it."""
    tab.goto(address)
    tab.locator(".st-key-gallery-landing img:visible").first.wait_for()
    wait_for_plots(tab)


def show_selected(tab: "Page", address: str) -> None:
    """Show the Atlas with a lasso and a galaxy's card."""
    tab.goto(f"{address}/?object=GP-001")
    wait_for_plots(tab)
    _settle(tab)
    box = tab.locator(".st-key-plots .js-plotly-plot").first.bounding_box()
    assert box is not None, "it is drawn"
    places = [(box["x"] + fx * box["width"], box["y"] + fy * box["height"]) for fx, fy in CORNERS]
    tab.mouse.move(*places[0])
    tab.mouse.down()
    for place in places[1:]:
        tab.mouse.move(*place, steps=4)
    tab.mouse.up()
    tab.get_by_text("Showing 24 of").wait_for()
    _settle(tab)
    tab.get_by_text("Showing 24 of").scroll_into_view_if_needed()


def show_galaxy(tab: "Page", address: str) -> None:
    """Show one galaxy's own page."""
    tab.goto(f"{address}/galaxy?object=RS-001")
    tab.get_by_text("What makes it odd").first.wait_for()


def show_traverse(tab: "Page", address: str) -> None:
    """Show the sliders, from a galaxy, with one of them moved."""
    tab.goto(f"{address}/traverse?from=RS-001")
    slider = tab.get_by_role("slider", name="Redshift")
    slider.wait_for()
    _settle(tab)
    slider.focus()
    for _ in range(8):
        tab.keyboard.press("ArrowRight")


def show_locate_empty(tab: "Page", address: str) -> None:
    """Show Locate before anything was given to it."""
    tab.goto(f"{address}/locate")
    tab.get_by_text("Upload a cutout").wait_for()


def show_locate_loading(tab: "Page", address: str) -> None:
    """Show Locate while it reads files."""
    show_locate_empty(tab, address)
    _settle(tab)
    tab.set_input_files('input[type="file"]', [str(SAMPLE)] * 20)
    tab.get_by_text("files read").wait_for()


def show_locate_refusal(tab: "Page", address: str) -> None:
    """Show Locate where a file cannot be used."""
    show_locate_empty(tab, address)
    _settle(tab)
    small = _write_small()
    tab.set_input_files('input[type="file"]', {"name": "small.fits", "mimeType": "image/fits", "buffer": small})
    tab.get_by_text("cannot be used").wait_for()


def show_locate(tab: "Page", address: str) -> None:
    """Show what is said of a sample."""
    show_locate_empty(tab, address)
    _settle(tab)
    tab.set_input_files('input[type="file"]', str(SAMPLE))
    tab.get_by_text("of 50 neighbours").first.wait_for()


def show_anomalies(tab: "Page", address: str) -> None:
    """Show the ranking beside one of its galaxies."""
    tab.goto(f"{address}/anomalies")
    first = tab.locator('.st-key-odd-gallery [data-testid="stBaseButton-tertiary"]').first
    first.wait_for()
    _settle(tab)
    first.click()
    tab.get_by_text("What makes it odd").wait_for()


def show_populations(tab: "Page", address: str) -> None:
    """Show the kinds."""
    tab.goto(f"{address}/populations")
    tab.locator(".js-plotly-plot canvas").first.wait_for()


def show_model(tab: "Page", address: str) -> None:
    """Show the model's card."""
    tab.goto(f"{address}/model")
    tab.get_by_text("How to cite").wait_for()


STATES: dict[str, Callable[["Page", str], None]] = {
    "atlas": show_first,
    "atlas-selected": show_selected,
    "galaxy": show_galaxy,
    "traverse": show_traverse,
    "locate-empty": show_locate_empty,
    "locate-loading": show_locate_loading,
    "locate-refusal": show_locate_refusal,
    "locate": show_locate,
    "anomalies": show_anomalies,
    "populations": show_populations,
    "model": show_model,
}


def take_screenshots(
    to: Path,
    widths: list[int],
    themes: list[Theme],
    states: list[str],
    whole: bool = False,
) -> Iterator[Path]:
    """Write a JPEG of each state at each width and theme, and yield its path once it is there.

    A file is named by its state, its width where that is not 1280, and its theme where that is not dark.

    Parameters
    ----------
    to : Path
        Folder, made if need be.
    widths : list of int
        Of `WINDOWS`.
    themes : list of "dark" | "light"
    states : list of str
        Of `STATES`.
    whole : bool
        All of a page, not only what a window shows of it.

    Raises
    ------
    InputError
        Where Chromium or playwright is missing.
    """
    to.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser, serve({}) as (address, _):
        for width in widths:
            for theme in themes:
                size = {"width": width, "height": WINDOWS[width]}
                for state in states:
                    context = browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
                    context.set_default_timeout(PATIENCE)
                    tab = context.new_page()
                    STATES[state](tab, address)
                    if state != "locate-loading":  # which is over once the server is at rest
                        _settle(tab)
                    parts = [state, *([str(width)] * (width != 1280)), *([theme] * (theme != "dark"))]
                    path = to / f"{'-'.join(parts)}.jpg"
                    _picture(tab, path, size, whole)
                    context.close()
                    yield path


def _picture(tab: "Page", path: Path, size: dict[str, int], whole: bool) -> None:
    """Write what a tab shows; all of it in a window as high as the page, for what scrolls is a part of the page."""
    if whole:
        height = tab.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
        tab.set_viewport_size({"width": size["width"], "height": max(size["height"], min(height, 6000))})
        tab.wait_for_timeout(1500)
    tab.screenshot(path=path, quality=QUALITY, type="jpeg")


def _settle(tab: "Page") -> None:
    """Wait until the server has answered, and the browser has drawn it."""
    for _ in range(2):
        tab.wait_for_timeout(1000)
        while not is_idle(tab):
            tab.wait_for_timeout(200)


def _write_small() -> bytes:
    """Write the middle of the sample, too small a field to infer anything from."""
    stream = BytesIO()
    with fits.open(SAMPLE) as file:
        image = next(hdu for hdu in file if hdu.data is not None)
        middle = slice(image.data.shape[-1] // 3, 2 * image.data.shape[-1] // 3)
        fits.PrimaryHDU(image.data[:, middle, middle], image.header).writeto(stream)
    return stream.getvalue()
