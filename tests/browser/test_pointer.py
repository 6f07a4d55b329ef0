"""The pointer on the Atlas's plots: a click, a touch, a lasso, a zoom, and the browser's Back and Forward."""

import re

import pytest

from tests.browser.driver import NEEDS, await_plot, draw_lasso, find_lonely, read_spans, settle
from tests.pages.driver import make_fits, make_galaxy

pytestmark = NEEDS


def read_header(page) -> str:
    """Read what the header says is selected."""
    settle(page)
    return re.search(r"[\d,]+ selected|nothing selected", page.locator(".st-key-header").inner_text())[0]


#: Whether each plot has a ring about a galaxy, within a pixel of where plotly has it.
RINGED = """id => [...document.querySelectorAll('.st-key-plots .js-plotly-plot')].every(plot => {
  if (!plot.querySelector('.galaxy-ring')) return false;
  const ring = plot.querySelector('.galaxy-ring').getBoundingClientRect(), box = plot.getBoundingClientRect();
  const trace = plot._fullData?.find(trace => trace.customdata?.includes(id)), i = trace?.customdata.indexOf(id);
  if (!trace || parseFloat(getComputedStyle(plot.querySelector('.galaxy-ring')).borderTopWidth) < 2) return false;
  const { xaxis, yaxis } = plot._fullLayout;
  const x = box.left + xaxis._offset + xaxis.l2p(trace.x[i]), y = box.top + yaxis._offset + yaxis.l2p(trace.y[i]);
  return Math.hypot(ring.left + ring.width / 2 - x, ring.top + ring.height / 2 - y) < 1;
})"""


#: Whether both plots are those that were marked so.
KEPT = "[...document.querySelectorAll('.st-key-plots .js-plotly-plot')].every(plot => plot._ev?.same)"


def test_a_click_leaves_the_plots_and_what_they_are_zoomed_to(page):
    plots = [page.locator(".st-key-plots .js-plotly-plot").nth(at) for at in (0, 1)]
    await_plot(page, 1)
    page.locator(".st-key-landing-hide button").click()
    settle(page)
    plots[0].locator('[data-val="in"]').click()
    page.wait_for_timeout(800)
    place, near = find_lonely(page, 0), read_spans(page, 0)
    for plot in plots:
        plot.evaluate("plot => { plot._ev.same = true; }")  # a plot that is built anew has new events
    page.mouse.click(place["x"], place["y"])
    page.get_by_role("heading", name=place["id"]).wait_for(timeout=60_000)
    page.wait_for_function(RINGED, arg=place["id"], timeout=60_000)
    settle(page)
    assert page.evaluate(KEPT), "what a click opens is no change of the plots"
    plots[0].locator('[data-val="out"]').click()
    page.wait_for_function(RINGED, arg=place["id"], timeout=60_000)
    assert read_spans(page, 0) != near
    page.locator(".st-key-overlays").get_by_text("Dusty Starburst").click()
    page.wait_for_function(f"!{KEPT}", timeout=60_000)  # a kind more is one


def test_a_click_on_a_point_of_either_plot_opens_its_card(page):
    opened = set()
    for at in (0, 1):
        place = find_lonely(page, at)
        page.mouse.move(place["x"], place["y"], steps=3)
        page.locator(".galaxy-hover.seen").get_by_text(place["id"]).wait_for(timeout=60_000)
        assert page.locator(".hoverlayer .hovertext").count() == 0, "one card for the pointer, not two"
        page.mouse.click(place["x"], place["y"])
        page.get_by_role("heading", name=place["id"]).wait_for(timeout=60_000)
        assert read_header(page) == "nothing selected", "a click opens; it selects nothing"
        page.wait_for_function(RINGED, arg=place["id"], timeout=60_000)
        opened.add(place["id"])
        # What comes above the plots, and the introduction that goes, must not cost the pointer its answers.
        page.get_by_label("Search", exact=True).fill("GP-001")
        page.keyboard.press("Enter")
        page.get_by_text("GP-001 found").wait_for(timeout=60_000)
    assert len(opened) == 2


def test_a_touch_on_a_point_opens_its_card(browser, address):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
    page = context.new_page()
    page.goto(address)
    page.get_by_text("nothing selected", exact=True).wait_for(timeout=90_000)
    for at in (0, 1):
        place = find_lonely(page, at)
        page.touchscreen.tap(place["x"], place["y"])
        page.get_by_role("heading", name=place["id"]).wait_for(timeout=60_000)
    context.close()


def test_a_lasso_leaves_the_zoom_and_both_plots_say_the_same(page):
    left, right = (page.locator(".st-key-plots .js-plotly-plot").nth(at) for at in (0, 1))
    await_plot(page, 1)
    whole = read_spans(page, 1)
    right.locator('[data-val="in"]').click()
    page.wait_for_timeout(800)
    near = read_spans(page, 1)
    assert near != whole
    draw_lasso(page, left)
    page.get_by_text("Showing 24 of").wait_for(timeout=60_000)
    settle(page)
    page.wait_for_timeout(1500)
    assert read_spans(page, 1) == pytest.approx(near), "the other plot's zoom stays"
    histograms = "plot => plot._fullData.filter(trace => trace.name === 'histogram').length"
    assert left.evaluate(histograms) == 4, "the selection stands in both histograms, though it was drawn on this plot"
    brought = "plot => plot._fullData.filter(trace => trace.type === 'scattergl' && !trace.customdata)[0].marker.color"
    ordinary = "plot => plot._fullData.find(trace => trace.name === 'ordinary').marker.color"
    assert left.evaluate(brought) == right.evaluate(brought) == left.evaluate(ordinary), "one tint on both plots"
    assert left.locator(".shapelayer path").count() == 1, "the lasso stays drawn"


def test_back_and_forward_go_through_selections_and_pages(page):
    left, right = (page.locator(".st-key-plots .js-plotly-plot").nth(at) for at in (0, 1))
    await_plot(page, 0)
    draw_lasso(page, left)
    page.wait_for_url("**sel=*", timeout=60_000)
    first = read_header(page)
    await_plot(page, 1)
    draw_lasso(page, right)
    page.wait_for_function(f"!document.querySelector('.st-key-header').innerText.includes('{first}')", timeout=60_000)
    second = read_header(page)
    page.get_by_role("link", name="Anomalies").click()
    page.get_by_text("Pick a galaxy").wait_for(timeout=60_000)
    assert read_header(page) == second
    page.wait_for_url("**/anomalies?data=*sel=*", timeout=60_000)
    for expected, step in ((second, "back"), (first, "back"), ("nothing selected", "back"), (first, "forward")):
        page.go_back() if step == "back" else page.go_forward()
        page.locator(".st-key-header").get_by_text(expected.removesuffix(" selected")).first.wait_for(timeout=60_000)
        assert read_header(page) == expected and "anomalies" not in page.url


def test_the_pointer_may_rest_on_a_galaxy_while_files_are_read(page, tmp_path):
    files = [tmp_path / f"mine-{i}.fits" for i in range(8)]
    for file in files:
        file.write_bytes(make_fits(make_galaxy()))
    place = find_lonely(page, 0)
    page.mouse.move(place["x"] - 150, place["y"])
    page.set_input_files('.st-key-landing input[type="file"]', files)
    page.wait_for_timeout(300)
    page.mouse.move(place["x"], place["y"], steps=3)  # its question comes to a page that is just being left
    page.wait_for_url("**/locate*", timeout=60_000)
    page.get_by_text("of 50 neighbours").first.wait_for(timeout=60_000)
    page.get_by_role("link", name="Atlas").click()
    page.get_by_text("Upload your own cutout").wait_for(timeout=60_000)
    settle(page)
    assert "locate" not in page.url


#: Each image on a plot: which galaxy it is of, its side, and how far its middle is from where plotly has that galaxy.
IMAGES = """plot => {
  const { xaxis, yaxis } = plot._fullLayout, box = plot.getBoundingClientRect(), places = new Map();
  for (const trace of plot._fullData.filter(trace => trace.customdata))
    trace.customdata.forEach((id, i) => places.set(id, [xaxis.l2p(trace.x[i]), yaxis.l2p(trace.y[i])]));
  return [...plot.querySelectorAll(".galaxy-images img")].map(image => {
    const { left, top, width } = image.getBoundingClientRect(), [x, y] = places.get(image.dataset.id);
    const at = { x: left + width / 2, y: top + width / 2 };
    return { id: image.dataset.id, side: width, drawn: image.naturalWidth, ...at,
      off: Math.hypot(at.x - box.left - xaxis._offset - x, at.y - box.top - yaxis._offset - y) };
  });
}"""
#: Where the first galaxy of a kind stands on a plot's screen.
FIRST = """(plot, kind) => {
  const { xaxis, yaxis } = plot._fullLayout, trace = plot._fullData.find(trace => trace.name === kind);
  const box = plot.getBoundingClientRect();
  return [box.left + xaxis._offset + xaxis.l2p(trace.x[0]), box.top + yaxis._offset + yaxis.l2p(trace.y[0])];
}"""


def test_images_stand_in_place_of_dots_where_the_map_is_zoomed_in(page):
    await_plot(page, 1)
    plot = page.locator(".st-key-plots .js-plotly-plot").nth(1)
    plot.evaluate("plot => plot.scrollIntoView({block: 'center'})")
    assert plot.locator(".galaxy-images img").count() == 0
    plot.locator('[data-val="zoom"]').click()
    x, y = plot.evaluate(FIRST, "Green Pea")
    sides = []
    for reach in (10, 60):  # nearer than 400 galaxies, of which more have no images
        page.mouse.move(x - reach, y - reach)
        page.mouse.down()
        page.mouse.move(x + reach, y + reach, steps=4)
        page.mouse.up()
        plot.locator(".galaxy-images img").first.wait_for(timeout=60_000)
        page.wait_for_timeout(1000)
        settle(page)
        images = plot.evaluate(IMAGES)
        assert all(image["off"] < 2 and image["drawn"] > 50 for image in images)
        for i, one in enumerate(images):
            apart = [max(abs(one["x"] - other["x"]), abs(one["y"] - other["y"])) for other in images[:i]]
            assert min(apart, default=one["side"]) > one["side"] - 4, "two images overlap"
        assert any(image["id"].startswith("GP-") for image in images)
        sides.append(images[0]["side"])
        x, y = plot.evaluate(FIRST, "Green Pea")
    assert sides[1] > sides[0], "nearer by, they are larger"
    one = min(images, key=lambda image: abs(image["x"] - x) + abs(image["y"] - y))
    page.mouse.click(one["x"], one["y"])
    page.get_by_role("heading", name=one["id"]).wait_for(timeout=60_000)
    settle(page)
    plot.locator('[data-val="auto"]').click()
    page.wait_for_function("!document.querySelector('.galaxy-images img')", timeout=60_000)
