"""The real thing: a server, headless Chromium, a real cutout, a slider moved by keyboard, a lasso drawn by mouse."""

import re
from urllib.parse import parse_qs, urlparse

from tests.browser.driver import CUTOUT, NEEDS, draw_lasso, settle
from tests.pages.driver import make_fits, make_galaxy

pytestmark = NEEDS


def test_upload_a_galaxy_and_change_its_redshift(page, tmp_path):
    cutout = CUTOUT
    if not cutout.exists():
        cutout = tmp_path / "simulated.fits"
        cutout.write_bytes(make_fits(make_galaxy()))
    page.get_by_role("link", name="Locate").click()
    page.get_by_text("Upload a cutout").wait_for()
    page.set_input_files('input[type="file"]', cutout)
    metric = page.get_by_test_id("stMetric").filter(has_text="Redshift")
    metric.wait_for(timeout=60_000)
    settle(page)
    found = re.fullmatch(r"(\d\.\d+) ± (\d\.\d+)", metric.get_by_test_id("stMetricValue").inner_text().strip())
    assert found and 0 < float(found[1]) < 1.2
    assert page.get_by_text("passed").count() >= 6

    page.get_by_role("link", name="Atlas").click()
    page.get_by_text("Nothing selected yet").wait_for()
    page.get_by_role("link", name="Locate").click()
    metric.wait_for()
    settle(page)
    assert found[0] in metric.inner_text(), "forgotten on leaving the page"

    page.get_by_label("Search", exact=True).fill("gp-001")
    page.keyboard.press("Enter")
    page.get_by_text("GP-001 found").wait_for()
    page.wait_for_url("**object=GP-001*", timeout=60_000)
    settle(page)
    page.get_by_role("button", name="Send to Traverse").click()
    page.get_by_text("Started from").wait_for()
    settle(page)
    decoded = page.locator('[data-testid="stImage"]:has-text("wide") img')
    before = decoded.get_attribute("src")
    slider = page.get_by_role("slider", name="Redshift")
    slider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("before => !document.querySelector(`img[src='${before}']`)", arg=before, timeout=30_000)
    settle(page)
    assert decoded.get_attribute("src") != before
    assert decoded.evaluate("image => image.complete && image.naturalWidth > 300")


def test_a_lasso_gives_a_gallery_a_card_and_a_start(page, address):
    kept = "y=lat_logsfr&colour=percentile&map=features&filter=lat_redshift:0.05~0.8"
    page.goto(f"{address}/?{kept}")
    plot = page.locator(".js-plotly-plot").first
    plot.locator("canvas").first.wait_for()
    page.wait_for_timeout(1000)
    draw_lasso(page, plot)
    page.get_by_text("Showing 24 of").wait_for(timeout=60_000)
    settle(page)
    counted = page.locator(".st-key-header").inner_text()
    assert re.search(r"[\d,]+ selected", counted) and "nothing selected" not in counted
    left, words = page.locator(".st-key-plots").inner_text(), parse_qs(urlparse(page.url).query)
    assert {"y", "colour", "map", "filter", "sel"} <= set(words), "axes, colour, map, filter and selection"

    thumbnail = page.locator('[class*="st-key-pick-"] button').nth(2)
    thumbnail.click()
    page.get_by_text("What makes it odd").wait_for(timeout=30_000)
    settle(page)
    page.get_by_role("button", name="Open in Traverse").click()
    page.get_by_text("Started from").wait_for()
    page.get_by_role("link", name="Atlas").click()
    page.get_by_text("What makes it odd").wait_for(timeout=30_000)
    settle(page)
    assert re.search(r"[\d,]+ selected", counted)[0] in page.locator(".st-key-header").inner_text()
    assert page.locator(".st-key-plots").inner_text() == left, "the same plots"
    back = parse_qs(urlparse(page.url).query)
    assert back.pop("object") and back == words


def test_a_link_restores_the_view_in_a_fresh_browser(page, browser, address):
    plot = page.locator(".st-key-plots .js-plotly-plot").first
    plot.locator("canvas").first.wait_for(timeout=60_000)
    settle(page)
    page.get_by_label("Search", exact=True).fill("gp-002")
    page.keyboard.press("Enter")
    page.get_by_text("What makes it odd").wait_for(timeout=60_000)
    page.wait_for_url("**object=GP-002")
    settle(page)
    draw_lasso(page, plot)
    page.wait_for_url("**sel=*", timeout=60_000)
    settle(page)
    counted = re.search(r"[\d,]+ selected", page.locator(".st-key-header").inner_text())[0]
    fresh = browser.new_page(viewport={"width": 1280, "height": 900})
    fresh.goto(page.url)
    fresh.get_by_text("What makes it odd").wait_for(timeout=90_000)
    fresh.get_by_text("Showing 24 of").wait_for(timeout=60_000)
    settle(fresh)
    assert counted in fresh.locator(".st-key-header").inner_text()
    assert fresh.get_by_role("heading", name="GP-002").count() == 1
    fresh.close()
