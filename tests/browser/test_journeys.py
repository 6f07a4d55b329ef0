"""Journeys in Chromium: an upload to its neighbours and its files; two people at once, each with their own labels."""

import io
import json

import numpy as np
from astropy.table import Table

from tests.browser.driver import NEEDS, settle
from tests.pages.driver import make_fits, make_galaxy

pytestmark = NEEDS


def test_upload_to_neighbours_to_export(page, tmp_path):
    cutout = tmp_path / "mine.fits"
    cutout.write_bytes(make_fits(make_galaxy()))
    page.get_by_role("link", name="Locate").click()
    page.get_by_text("Upload a cutout").wait_for()
    page.set_input_files('input[type="file"]', cutout)
    page.get_by_text("of 50 neighbours").wait_for(timeout=60_000)
    settle(page)
    near = page.locator('[class*="st-key-near-"] [data-testid="stBaseButton-tertiary"]')
    assert page.locator(".st-key-gallery-near img").count() == 8
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    told = json.loads(download.value.path().read_text())
    assert len(told["neighbours"]) == 8 and told["source"]["path"] == "mine.fits"
    with page.expect_download() as download:
        page.get_by_role("button", name="npy").click()
    assert np.load(download.value.path(), allow_pickle=False).shape == (3, 69, 69)
    page.get_by_role("button", name="Download").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name="VOTable").click()
    table = Table.read(io.BytesIO(download.value.path().read_bytes()), format="votable")
    assert (
        str(table["id"][0]) == "mine.fits"
        and abs(table["redshift_p50"][0] - told["latents"]["redshift"]["value"]) < 1e-6
    )
    page.keyboard.press("Escape")
    settle(page)
    near.first.click()
    settle(page)
    page.get_by_role("link", name="Traverse").click()
    page.get_by_role("button", name="My upload").wait_for()


def open_oddest(page) -> None:
    page.get_by_role("link", name="Anomalies").click()
    page.get_by_text("Pick a galaxy").wait_for()
    settle(page)
    page.locator('[class*="st-key-odd-"] [data-testid="stBaseButton-tertiary"]').first.click()
    page.get_by_text("What makes it odd").wait_for(timeout=60_000)
    settle(page)


def test_two_people_at_once_do_not_see_each_others_labels(browser, address, page):
    open_oddest(page)
    page.keyboard.press("4")
    page.get_by_role("button", name="My labels (1)").wait_for()
    page.get_by_placeholder("Your note").fill("13 rings")
    page.keyboard.press("Enter")
    settle(page)
    chosen = [page.locator(f'.st-key-label-{i} [data-testid="stBaseButton-primary"]').count() > 0 for i in range(6)]
    assert chosen == [False, False, False, False, True, False], "digits typed into the note are no labels"
    page.locator(".st-key-label-next label").click()  # the toggle holds the focus now
    page.locator(".st-key-label-next label").click()
    page.keyboard.press("2")
    page.locator('.st-key-label-2 [data-testid="stBaseButton-primary"]').first.wait_for()
    page.keyboard.press("4")
    page.locator('.st-key-label-4 [data-testid="stBaseButton-primary"]').first.wait_for()
    page.get_by_text(": label 4").first.wait_for()  # what was labelled is confirmed
    settle(page)

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    other = context.new_page()
    other.goto(address)
    other.get_by_text("nothing selected", exact=True).wait_for(timeout=90_000)
    open_oddest(other)
    assert other.get_by_role("button", name="My labels (0)").count() == 1
    assert other.locator('[class*="st-key-label-"] [data-testid="stBaseButton-primary"]').count() == 0
    assert other.get_by_placeholder("Your note").input_value() == ""
    tokens = [{c["name"]: c["value"] for c in c.cookies()}["galexplore_labels"] for c in (context, page.context)]
    assert tokens[0] != tokens[1]
    other.keyboard.press("1")
    other.get_by_role("button", name="My labels (1)").wait_for()
    context.close()

    page.goto(address)
    page.get_by_text("nothing selected", exact=True).wait_for(timeout=90_000)
    page.get_by_role("link", name="Anomalies").click()
    page.get_by_role("button", name="My labels (1)").wait_for()
    settle(page)
    assert page.locator('[class*="st-key-odd-"] button code').first.inner_text() == "4", "known again by its cookie"


def test_a_group_is_opened_labelled_as_one_and_the_labels_are_undone(page):
    page.get_by_role("link", name="Anomalies").click()
    page.get_by_text("Pick a galaxy").wait_for(timeout=60_000)
    settle(page)
    page.get_by_text("In groups", exact=True).click()
    row = page.locator('[class*="st-key-group-"] button:visible').first
    row.wait_for(timeout=60_000)
    settle(page)
    row.click()
    page.get_by_text("Label all", exact=False).first.wait_for(timeout=60_000)
    settle(page)
    page.locator(".st-key-all-group-4 button:visible").click()
    page.locator(".st-key-unlabel-group button:visible").wait_for(timeout=60_000)
    settle(page)
    n = int("".join(c for c in page.locator(".st-key-unlabel-group button:visible").inner_text() if c.isdigit()))
    page.get_by_role("button", name=f"My labels ({n})").wait_for(timeout=60_000)
    assert "labelled" in row.inner_text()
    page.locator(".st-key-unlabel-group button:visible").click()
    page.get_by_role("button", name="My labels (0)").wait_for(timeout=60_000)
