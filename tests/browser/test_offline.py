"""Without a network, in a browser: it is said once, and every page is as it was."""

import re

import pytest

from galexplore.sources.stand_in.unreachable import swallow
from tests.browser.conftest import serve
from tests.browser.driver import NEEDS, settle

pytestmark = NEEDS

PAGES = ("Atlas", "Traverse", "Locate", "Anomalies", "Populations", "Model")
NETWORK = re.compile("no network|network is|cannot be reached")


def read_pages(tab) -> dict[str, str]:
    """Go to each page, and read all that it says."""
    said = {}
    for name in PAGES:
        tab.get_by_role("link", name=name, exact=True).first.click()
        said[name] = read_page(tab)
    return said


def read_page(tab) -> str:
    """Read all that a page says, once it says the same twice: some of it comes late."""
    text, again = "", None
    while text != again:
        settle(tab)
        text = tab.locator('[data-testid="stMain"]').inner_text()
        tab.wait_for_timeout(700)
        again = tab.locator('[data-testid="stMain"]').inner_text()
    return text


def ask(page, text: str) -> None:
    """Go to Locate and ask for a name or a position."""
    page.get_by_role("link", name="Locate", exact=True).first.click()
    settle(page)
    page.get_by_label("Object name, RA and Dec").fill(text)
    page.keyboard.press("Enter")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where these servers alone keep labels and pictures: what other tests label meanwhile is told on pages, too."""
    return str(tmp_path_factory.mktemp("offline"))


@pytest.fixture(scope="module")
def before(browser, folder):
    """What every page says where nobody was asked for anything."""
    with serve(GALEXPLORE_CACHE=folder) as where:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(where)
        page.get_by_text("nothing selected", exact=True).wait_for(timeout=90_000)
        said = read_pages(page)
        page.close()
    assert all(len(text) > 200 for text in said.values()) and not NETWORK.search("".join(said.values()))
    return said


def test_switched_off_it_is_said_once_where_somebody_asks(page, before):
    ask(page, "NGC 4565")
    page.get_by_text("switched off here").wait_for(timeout=60_000)
    settle(page)
    assert page.get_by_role("alert").count() == 1
    page.get_by_placeholder("id, RA Dec, IAU name or viewer link").fill("NGC 4565")
    page.keyboard.press("Enter")
    page.get_by_text("This atlas has no galaxy").wait_for(timeout=60_000)
    assert page.get_by_role("button", name="Look for it on the sky").count() == 0


def test_out_of_reach_it_is_said_once_and_every_page_is_as_before(browser, before, folder):
    own = {"GALEXPLORE_CACHE": folder, "GALEXPLORE_OFFLINE": "0"}
    with swallow() as origin, serve(GALEXPLORE_DEMO_SKY=origin, **own) as where:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(where)
        page.get_by_text("nothing selected", exact=True).wait_for(timeout=90_000)
        for text in ("NGC 4565", "150.1 2.2"):
            ask(page, text)
            page.get_by_text("there seems to be no network").first.wait_for(timeout=60_000)
            settle(page)
            assert page.get_by_text("there seems to be no network").count() == 1
        assert page.get_by_role("link", name="Download its FITS cutout").count() == 1, "the way by hand"
        page.get_by_label("Object name, RA and Dec").fill("")
        page.keyboard.press("Enter")
        settle(page)
        said = read_pages(page)
        assert page.locator('[data-testid="stException"]').count() == 0
        assert {n: said[n] for n in PAGES if n != "Locate"} == {n: before[n] for n in PAGES if n != "Locate"}
        assert not NETWORK.search(said["Locate"]) and "Upload a cutout" in said["Locate"]
        page.close()
