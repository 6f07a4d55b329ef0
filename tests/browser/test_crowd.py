"""A million galaxies in a browser: a density with points over it, a click on either plot, a zoom that counts anew."""

import re

import pytest

from galexplore.bench.million import NAME, make_million
from tests.browser.conftest import serve
from tests.browser.driver import NEEDS, await_plot, find_lonely, settle

pytestmark = [NEEDS, pytest.mark.slow]

#: What stands below the first plot of a crowd, with its number.
DENSITY = re.compile(r"A density of ([\d,]+) ordinary galaxies")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where a server opens the million galaxies, and no other atlas."""
    folder = tmp_path_factory.mktemp("crowd")
    make_million(folder / "models" / NAME)
    with serve(GALEXPLORE_MODELS=str(folder / "models"), GALEXPLORE_CACHE=str(folder / "cache")) as where:
        yield f"{where}/?atlas={NAME}"


def count_drawn(page) -> int:
    """Read of how many galaxies the first plot says that it draws a density."""
    said = page.locator(".st-key-plots").get_by_text(DENSITY).first.inner_text()
    return int(DENSITY.search(said)[1].replace(",", ""))


def test_a_click_opens_a_card_and_a_zoom_counts_anew(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address)
    # The server has opened the atlas and drawn both plots once it says of what: seconds, or minutes beside other work.
    page.locator(".st-key-plots").get_by_text(DENSITY).first.wait_for(timeout=600_000)
    for at in (0, 1):
        await_plot(page, at)
        place = find_lonely(page, at)
        page.mouse.click(place["x"], place["y"])
        page.get_by_role("heading", name=place["id"], exact=True).wait_for(timeout=60_000)
        page.get_by_text("What makes it odd").wait_for(timeout=60_000)
        settle(page)
    before = count_drawn(page)
    assert 900_000 < before < 1_000_000, "of the ordinary ones"
    page.locator(".st-key-plots .js-plotly-plot").first.locator('[data-val="in"]').click()
    page.wait_for_function(
        f"!document.querySelector('.st-key-plots').innerText.includes('density of {before:,}')", timeout=60_000
    )
    settle(page)
    assert 50_000 < count_drawn(page) < before, "of what is in sight"
    assert page.locator('[data-testid="stException"]').count() == 0
    page.close()
