"""The real sky's journeys in a browser, against the stand-in of the servers: a name, a list, cancel and resume."""

import re

import pytest

from galexplore.sources.stand_in.server import StandIn
from tests.browser.conftest import serve
from tests.browser.driver import NEEDS, settle

pytestmark = NEEDS


@pytest.fixture(scope="module")
def stand_in():
    with StandIn() as servers:
        servers.origin = servers.start()
        yield servers


@pytest.fixture(scope="module")
def address(stand_in):
    with serve(GALEXPLORE_OFFLINE="0", GALEXPLORE_DEMO_SKY=stand_in.origin) as where:
        yield where


def test_a_name_is_typed_and_answered(page):
    page.get_by_role("link", name="Locate").first.click()
    settle(page)
    page.get_by_label("Object name, RA and Dec").fill("NGC 4565")
    page.keyboard.press("Enter")
    page.get_by_text("log stellar mass", exact=False).first.wait_for(timeout=60_000)
    settle(page)
    assert page.get_by_role("img", name=re.compile("The sky at NGC")).count() == 1
    assert page.get_by_text("by Simbad").count() == 1 and page.get_by_text("simulated", exact=True).count()
    assert page.get_by_role("link", name="SIMBAD").count() == 0


def test_the_search_leads_to_the_sky(page):
    page.get_by_placeholder("id, RA Dec, IAU name or viewer link").fill("M 104")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Look for it on the sky").click(timeout=60_000)
    page.get_by_text("M 104 (LIN)").first.wait_for(timeout=60_000)


N = 100  # positions of a list; two requests each, at eight a second: half a minute


def read_done(page) -> int:
    return int(re.search(r"(\d+) of", page.get_by_text(f"of {N} done").first.inner_text())[1])


def test_a_list_goes_on_while_another_page_is_used_and_is_cancelled_and_resumed(page, stand_in):
    page.get_by_role("link", name="Locate").first.click()
    settle(page)
    page.get_by_text("A list of up to 500").click()
    box = page.get_by_label("One name or position per line")
    box.fill("\n".join(f"{150 + i / 7:.4f} {2 + i / 9:.4f}" for i in range(N)))
    box.press("Control+Enter")
    page.get_by_text("to apply").wait_for(state="hidden", timeout=60_000)  # the server has the text
    settle(page)
    stand_in.hold()  # no speed of the server's can finish the list before it is cancelled
    try:
        page.get_by_role("button", name="Locate them").click()
        page.get_by_role("button", name="Cancel").click(timeout=60_000)
        page.get_by_role("button", name="Finishing the current objects").wait_for(timeout=60_000)
    finally:
        stand_in.release()
    resume = page.get_by_role("button", name="Resume")
    resume.wait_for(timeout=60_000)
    cancelled = read_done(page)
    assert cancelled < N / 2
    resume.click()
    resume.wait_for(state="hidden", timeout=60_000)
    begun = len(stand_in.asked)
    page.get_by_role("link", name="Model").first.click()
    page.get_by_role("heading", name="The model").first.wait_for(timeout=60_000)
    page.get_by_role("link", name="Anomalies").first.click()
    page.wait_for_url("**/anomalies", timeout=60_000)
    settle(page)
    assert len(stand_in.asked) > begun, "it is gone on with meanwhile"
    page.get_by_role("link", name="Locate").first.click()
    page.get_by_text(f"of {N} done").first.wait_for(timeout=60_000)
    assert read_done(page) > cancelled
    page.get_by_text(f"{N} of {N} done: {N} located").wait_for(timeout=120_000)
    page.get_by_role("button", name="Show results").click()
    page.get_by_text(f"{N} of {N} located").wait_for(timeout=60_000)
    asked = [a for a in stand_in.asked if a.startswith("fits-cutout")]
    assert len(asked) == len(set(asked)), "none is fetched twice"
