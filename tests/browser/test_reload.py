"""What a reload, Back and Forward leave as it was: sliders, an upload, the way from a first galaxy to Traverse."""

import re

from tests.browser.driver import NEEDS, settle
from tests.pages.driver import make_fits, make_galaxy

pytestmark = NEEDS


def read_sliders(page) -> list[str]:
    page.get_by_role("slider").nth(4).wait_for(timeout=60_000)
    settle(page)
    return page.get_by_role("slider").evaluate_all("all => all.map(slider => slider.value)")


def test_a_reload_keeps_the_sliders_and_a_move_is_no_step_of_back(page):
    page.get_by_role("link", name="Traverse").click()
    page.get_by_text("Started from").wait_for(timeout=60_000)
    before = read_sliders(page)
    slider = page.get_by_role("slider", name="Redshift")
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    page.wait_for_url("**/traverse?*at=*", timeout=60_000)
    slider.press("ArrowRight")
    settle(page)
    page.wait_for_timeout(1000)
    moved = read_sliders(page)
    assert moved != before
    page.reload()
    page.get_by_text("Started from").wait_for(timeout=90_000)
    assert read_sliders(page) == moved
    page.go_back()
    page.locator(".st-key-plots").wait_for(timeout=60_000)
    assert "traverse" not in page.url, "nine moves are no nine steps"


def test_a_reload_keeps_an_upload_for_its_own_browser_alone(page, tmp_path, browser):
    cutout = tmp_path / "mine.fits"
    cutout.write_bytes(make_fits(make_galaxy()))
    page.get_by_role("link", name="Locate").click()
    page.get_by_text("Upload a cutout").wait_for()
    page.set_input_files('input[type="file"]', cutout)
    page.get_by_text("of 50 neighbours").wait_for(timeout=60_000)
    page.wait_for_url("**/locate?upload=*", timeout=60_000)
    settle(page)
    values = page.get_by_test_id("stMetricValue").all_inner_texts()
    page.reload()
    page.get_by_role("heading", name="mine.fits").wait_for(timeout=90_000)
    page.get_by_text("of 50 neighbours").wait_for(timeout=60_000)
    settle(page)
    assert page.get_by_test_id("stMetricValue").all_inner_texts() == values

    other = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    other.goto(page.url)
    other.get_by_text("was made in another browser").wait_for(timeout=90_000)
    settle(other)
    assert other.get_by_text("mine.fits").count() == 0 and other.get_by_text("Upload a cutout").count() == 1
    other.context.close()

    address = page.url
    page.get_by_role("button", name="Another").click()
    page.get_by_text("Upload a cutout").wait_for()
    page.wait_for_url(re.compile("/locate$"), timeout=60_000)
    page.goto(address)
    page.get_by_text("upload has expired").wait_for(timeout=90_000)


def test_from_the_first_page_to_traverse_and_back_and_forward(page):
    first = page.locator(".st-key-gallery-landing button").first
    first.wait_for(timeout=60_000)
    settle(page)
    name = first.locator("img").get_attribute("alt")
    first.click()
    card = page.get_by_role("heading", name=name)
    card.wait_for(timeout=60_000)
    page.wait_for_url(f"**object={name}", timeout=60_000)
    settle(page)
    page.get_by_role("button", name="Open in Traverse").click()
    page.get_by_text(f"Started from {name}").wait_for(timeout=60_000)
    page.wait_for_url(f"**/traverse?*from={name}*", timeout=60_000)
    settle(page)
    page.go_back()
    card.wait_for(timeout=60_000)
    settle(page)
    assert "traverse" not in page.url and name in page.url
    page.go_back()
    first.wait_for(timeout=60_000)
    settle(page)
    assert card.count() == 0 and "object" not in page.url, "the first page as it was"
    page.go_forward()
    card.wait_for(timeout=60_000)
    settle(page)
    page.go_forward()
    page.get_by_text(f"Started from {name}").wait_for(timeout=60_000)
