"""Plots as a person uses them: an axis that is typed, ranges that are brushed, the view as Python."""

import re

from tests.browser.driver import NEEDS, await_plot, settle

pytestmark = NEEDS


def drag(page, box, places):
    """Drag between two places of a box, given as parts of its sides."""
    (x0, y0), (x1, y1) = ((box["x"] + fx * box["width"], box["y"] + fy * box["height"]) for fx, fy in places)
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2, steps=4)
    page.mouse.move(x1, y1, steps=4)
    page.mouse.up()
    settle(page)


def test_axes_are_typed_and_ranges_brushed(page):
    plot = page.locator(".st-key-plots .js-plotly-plot").nth(0)
    await_plot(page, 0)
    typed = page.get_by_role("combobox", name="x axis")
    typed.fill("mag_g - mag_r")
    typed.press("Enter")
    settle(page)
    plot.get_by_text("mag_g - mag_r", exact=True).first.wait_for(timeout=30_000)
    assert "x=mag_g+-+mag_r" in page.url
    typed.fill("mag_g - magr")
    typed.press("Enter")
    page.get_by_text("did you mean mag_r").wait_for(timeout=30_000)
    settle(page)
    plot.get_by_text("mag_g - mag_r", exact=True).first.wait_for(timeout=30_000)  # the plot stays as it was
    typed.fill("mag_g - mag_r")
    typed.press("Enter")
    page.get_by_text("did you mean mag_r").wait_for(state="detached", timeout=30_000)

    # On the histogram above the points: all galaxies of that range, whatever their mass.
    await_plot(page, 0)
    drag(page, plot.bounding_box(), [(0.35, 0.16), (0.5, 0.12)])
    page.get_by_text("Showing 24 of").wait_for(timeout=60_000)
    settle(page)

    page.get_by_role("button", name=re.compile("Filter$")).click()
    brush = page.locator('[class*="st-key-brush-lat_redshift"] .js-plotly-plot')
    brush.locator(".bars").first.wait_for(timeout=30_000)
    drag(page, brush.bounding_box(), [(0.1, 0.4), (0.3, 0.5)])
    page.get_by_text(re.compile("galaxies.* pass the filter")).wait_for(timeout=30_000)
    page.wait_for_url(re.compile("filter=lat_redshift"))
    page.keyboard.press("Escape")  # at once: the range stays though its slider is gone

    page.get_by_role("button", name=re.compile("Save plot$")).click()
    page.get_by_text("The view as Python").wait_for(timeout=30_000)
    code = page.locator('[data-testid="stCode"]').inner_text()
    assert "figures.plot_atlas(" in code and "between(lat_redshift" in code
