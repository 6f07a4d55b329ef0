"""For everyone: axe-core on every page in both themes, the keyboard alone, a tablet, nothing that covers another."""

import re

import pytest

from tests.browser.driver import NEEDS, await_plot, draw_lasso, settle

pytestmark = NEEDS

PAGES = ("Traverse", "Locate", "Anomalies", "Populations", "Model")
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`));
}"""
FOCUS = """() => {
  const focus = document.activeElement; // what scrolls can be focused, too: it has all the page's words
  const words = focus.matches("a, button, [role]") ? focus.innerText : "";
  return `${focus.getAttribute("role") ?? focus.tagName} ${focus.getAttribute("aria-label") ?? ""} ${words}`;
}"""

#: A popover that a key opened has the focus; closed, it gives it back to its button.
IN_POPOVER = "document.activeElement.closest('[data-testid=\"stPopoverBody\"]') !== null"
ON_BUTTON = "document.activeElement.matches('[data-testid=\"stPopoverButton\"]')"


POPOVER = '[data-testid="stPopoverBody"]:visible'


def tab_to(page, words: str, key: str = "Tab", most: int = 60) -> int:
    """Press Tab until what holds the focus says so; return how often it was pressed."""
    for pressed in range(1, most + 1):
        page.keyboard.press(key)
        if words.lower() in page.evaluate(FOCUS).lower():
            return pressed
    raise AssertionError(f"{words} is not reached by {most} times {key}; the focus is on {page.evaluate(FOCUS)}")


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_serious_on_any_page(browser, address, axe, theme):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=theme)
    page, troubles = context.new_page(), {}

    def look(what: str) -> None:
        settle(page)
        page.wait_for_timeout(1000)
        page.evaluate(axe)
        if wrong := page.evaluate(RUN):
            troubles[what] = wrong
        assert page.locator("h1").count() == 1, f"{what} has no heading of its own"

    page.goto(address)
    page.get_by_text("nothing selected", exact=True).wait_for(timeout=90_000)
    await_plot(page, 1)
    look("the first page")
    for name in ("What are these kinds?", "Axes", "Filter", "Subsets", "Your list", "Save plot"):
        page.get_by_role("button", name=re.compile(f"{re.escape(name)}$")).click()
        page.locator(POPOVER).wait_for(timeout=60_000)
        look(f"{name} opened")
        page.keyboard.press("Escape")
        page.locator(POPOVER).wait_for(state="detached", timeout=60_000)
    page.locator(".st-key-tour-start button").click()
    page.locator(".st-key-tour-end button").wait_for(timeout=60_000)
    look("a step of the tour")
    page.locator(".st-key-tour-end button").click()
    page.goto(f"{address}/galaxy?object=GP-001")
    page.get_by_text("What makes it odd").first.wait_for(timeout=90_000)
    for name in ("Contributions to d²", "Joint posterior of redshift, mass and SFR"):
        page.get_by_text(name).click()
        settle(page)
    page.get_by_role("button", name=re.compile("Python$")).click()
    page.locator(POPOVER).wait_for(timeout=60_000)
    look("Galaxy with all that opens")
    page.keyboard.press("Escape")
    page.locator(POPOVER).wait_for(state="detached", timeout=60_000)
    page.get_by_role("link", name="Atlas", exact=True).click()
    await_plot(page, 1)
    draw_lasso(page, page.locator(".st-key-plots .js-plotly-plot").first)
    page.get_by_text("Showing 24 of").wait_for(timeout=60_000)
    look("Atlas with a selection and a card")
    for name in ("Table", "Compare with the rest", "Map of the selection"):
        page.get_by_role("tab", name=name).click()
        look(name)
    for name in PAGES:
        page.get_by_role("link", name=name, exact=True).click()
        page.wait_for_url(f"**/{name.lower()}*")
        look(name)
        if name == "Traverse":
            page.get_by_text("carry this galaxy", exact=True).click()
            look("Traverse, carrying a galaxy")
        if name == "Anomalies":
            page.get_by_text("In groups", exact=True).click()
            page.locator('[class*="st-key-group-"] button:visible').first.click(timeout=60_000)
            page.get_by_text("Label all", exact=False).first.wait_for(timeout=60_000)
            look("Anomalies in groups, one of them open")
    page.get_by_role("link", name="Locate", exact=True).click()
    page.set_input_files('input[type="file"]', {"name": "no.fits", "mimeType": "image/fits", "buffer": b"no image"})
    page.get_by_text("cannot be used").wait_for(timeout=60_000)
    look("Locate with a refusal")
    page.locator(".st-key-try-ordinary button").click()
    page.get_by_text("of 50 neighbours").wait_for(timeout=60_000)
    look("Locate with an upload")
    context.close()
    assert not troubles, "\n".join(f"{what}: {line}" for what, lines in troubles.items() for line in lines[:5])


def test_the_first_anomaly_is_three_keys_away_and_its_label_one_more(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/anomalies")
    page.get_by_text("Pick a galaxy").wait_for(timeout=90_000)
    page.locator(".st-key-odd-gallery button").first.wait_for()
    settle(page)
    assert tab_to(page, "Skip to the galaxies") == 1
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('.st-key-odd-gallery') !== null")
    page.keyboard.press("Enter")
    page.get_by_text("What makes it odd").wait_for(timeout=60_000)
    settle(page)
    page.keyboard.press("4")
    page.locator('.st-key-label-4 [data-testid="stBaseButton-primary"]').first.wait_for(timeout=30_000)
    tops = {page.locator(f".st-key-label-{i}").bounding_box()["y"] for i in range(6)}
    assert max(tops) - min(tops) < 5, "six labels stand in one row"
    page.close()


def test_filter_select_export_and_open_by_keyboard_alone(page):
    await_plot(page, 1)
    tab_to(page, "Filter")
    page.keyboard.press("Enter")
    page.wait_for_function(IN_POPOVER, timeout=30_000)
    page.get_by_role("slider").nth(3).wait_for()  # what a tab would pass over while it is on its way
    assert tab_to(page, "Redshift — start") < 10
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.get_by_text("pass the filter").wait_for(timeout=60_000)
    settle(page)
    page.keyboard.press("Escape")
    page.wait_for_function(ON_BUTTON, timeout=30_000)
    assert tab_to(page, "Select them") < 10
    page.keyboard.press("Enter")
    page.get_by_text("Showing 24 of").wait_for(timeout=60_000)
    settle(page)
    tab_to(page, "Export", "Shift+Tab")
    page.keyboard.press("Enter")
    page.wait_for_function(IN_POPOVER, timeout=30_000)
    assert "CSV" in page.evaluate(FOCUS)
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    lines = download.value.path().read_text().splitlines()
    assert (
        f"galexplore-{len([line for line in lines if not line.startswith('#')]) - 1}."
        in download.value.suggested_filename
    )
    page.keyboard.press("Escape")
    page.wait_for_function(ON_BUTTON, timeout=30_000)
    tab_to(page, "Search", "Shift+Tab")
    page.keyboard.type("GP-001")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="GP-001").wait_for(timeout=60_000)


def test_on_a_tablet_an_anomaly_stands_above_the_ranking_and_comes_into_sight(browser, address):
    page = browser.new_page(viewport={"width": 820, "height": 1100})
    page.goto(f"{address}/anomalies")
    page.get_by_text("Pick a galaxy").wait_for(timeout=90_000)
    gallery = page.locator(".st-key-odd-gallery")
    gallery.locator("button:visible").last.wait_for()
    settle(page)
    assert gallery.bounding_box()["width"] > 700, "the whole width"
    gallery.locator("button:visible").last.click()
    page.get_by_text("What makes it odd").wait_for(timeout=60_000)
    settle(page)
    page.wait_for_timeout(1000)
    labels = page.locator(".st-key-labels").bounding_box()
    assert 0 <= labels["y"] < 1100 and labels["y"] < gallery.bounding_box()["y"] and labels["width"] > 700
    page.close()


COVERED = """plot => {
  const rooms = (selector) => [...plot.querySelectorAll(selector)].map(part => part.getBoundingClientRect());
  const [bar] = rooms(".modebar");
  return rooms(".gtitle, .xtitle, .ytitle, .xtick text, .ytick text, .cbaxis text, .cbtitle text, .cbfill")
    .filter(room => room.left < bar.right && room.right > bar.left && room.top < bar.bottom && room.bottom > bar.top)
    .length;
}"""


@pytest.mark.parametrize("width", [820, 1280, 1920])
def test_the_mode_bar_covers_no_label_and_one_colour_bar_is_shown(browser, address, width):
    page = browser.new_page(viewport={"width": width, "height": 1000})
    page.goto(f"{address}/?colour=lat_redshift")
    page.locator(".st-key-plots").wait_for(timeout=90_000)
    await_plot(page, 1)
    plots = page.locator(".st-key-plots .js-plotly-plot")
    assert [plots.nth(at).locator(".cbfill").count() for at in (0, 1)] == [1, 0]
    for at in (0, 1):
        assert plots.nth(at).evaluate(COVERED) == 0
    page.close()
