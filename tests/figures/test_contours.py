"""Contours hold what they say; an axis is as it was typed."""

import numpy as np
import pandas as pd

from galexplore.figures import find_inside, plot_atlas, plot_brush, plot_space, widen_shapes
from galexplore.figures.contours import SHARES, draw_contours, measure_shares
from galexplore.figures.paint import fill_spans, find_spans

RANDOM = np.random.default_rng(4)


def test_each_contour_holds_its_share_of_the_points():
    x, y = RANDOM.normal(0, 1, 40_000), RANDOM.normal(0, 2, 40_000)
    spans = find_spans(x, y)
    shares = measure_shares(x, y, spans)
    cells = len(shares)
    at = [
        np.clip(((v - low) / (high - low) * cells).astype(int), 0, cells - 1)
        for v, (low, high) in zip((x, y), spans, strict=True)
    ]
    for share in SHARES:
        assert abs((shares[at[1], at[0]] <= share).mean() - share) < 0.02
    # Of a Gaussian the region that holds half is an ellipse of radius sqrt(2 ln 2).
    area = (shares <= 0.5).sum() * np.prod([np.ptp(span) / cells for span in spans])
    assert abs(area / (np.pi * 2 * 2 * np.log(2)) - 1) < 0.08


def test_few_points_have_no_contours():
    assert draw_contours(np.arange(9.0), np.arange(9.0), None, True) is None
    assert draw_contours(np.full(90, np.nan), np.arange(90.0), None, True) is None
    assert draw_contours(np.ones(90), np.ones(90), None, True) is not None, "all at one place"


def test_ends_that_are_set_stand_and_the_others_follow_the_data():
    x, y = np.array([0.0, 1.0, np.nan]), np.array([5.0, 7.0, 9.0])
    assert fill_spans(((None, None), (None, None)), x, y) is None
    (x0, x1), (y0, y1) = fill_spans(((2.0, None), (None, 6.0)), x, y)
    assert (x0, y1) == (2.0, 6.0) and x1 > 1 and y0 < 5


def make_table(n):
    frame = pd.DataFrame({"id": [f"T{i}" for i in range(n)], "a": RANDOM.normal(size=n), "b": RANDOM.normal(size=n)})
    return frame.assign(c=RANDOM.normal(size=n), population=np.where(np.arange(n) % 50, "ordinary", "Green Pea"))


def test_a_turned_axis_counts_its_crowd_as_the_straight_one():
    table = make_table(60_000)
    turned = plot_atlas(table, "a", "b", "", limits=((1, -1), (None, None)), contours=True)
    straight = plot_atlas(table, "a", "b", "", limits=((-1, 1), (None, None)), contours=True)
    assert tuple(turned.layout.xaxis.range) == (1, -1) and turned.layout.xaxis.uirevision
    for one, other in zip(turned.data, straight.data, strict=True):
        assert np.array_equal(one.x, other.x, equal_nan=True) and one.name == other.name
    assert "contours" in [trace.name for trace in turned.data]


def test_a_zoom_on_a_turned_axis_stays_turned():
    table = make_table(100)
    look = {"within": ((0.0, 1.0), (0.0, 1.0)), "limits": ((2.0, -2.0), (None, 3.0))}
    layout = plot_atlas(table, "a", "b", "", **look).layout
    assert tuple(layout.xaxis.range) == (1, 0) and tuple(layout.yaxis.range) == (0, 1)


def test_what_is_drawn_on_an_edges_histogram_is_a_range_of_its_axis():
    x, y = np.array([0.0, 1.0, 2.0, np.nan]), np.array([5.0, 50.0, 7.0, 6.0])
    box = {"box": [{"xref": "x", "yref": "y2", "x": [0.5, 2.5], "y": [0.1, 0.9]}]}
    assert find_inside(x, y, widen_shapes(box, x, y)).tolist() == [False, True, True, False]
    beside = {"lasso": [{"xref": "x2", "yref": "y", "x": [0.1, 0.2, 0.3], "y": [4.0, 6.0, 7.0]}]}
    assert find_inside(x, y, widen_shapes(beside, x, y)).tolist() == [True, False, True, False]
    usual = {"box": [{"xref": "x", "yref": "y", "x": [0, 1], "y": [0, 9]}], "lasso": [], "points": [1]}
    assert widen_shapes(usual, x, y) == {"box": [{"x": [0, 1], "y": [0, 9]}]}


def test_three_dimensions_hold_every_rare_and_every_selected_galaxy():
    table = make_table(20_000)
    picked = np.arange(20_000) < 30
    figure = plot_space(table, ["a", "b", "c"], "A", overlays=["Green Pea"], selected=picked, colour="a")
    ordinary, peas, front = figure.data
    assert len(ordinary.x) == 8000 and len(peas.x) == 400 and list(front.customdata) == table["id"][:30].tolist()
    assert len(ordinary.marker.color) == 8000


def test_bars_of_a_brush_within_the_range_stand_out():
    figure = plot_brush(np.arange(10), (0.0, 1.0), (0.25, 0.6), True)
    colours = figure.data[0].marker.color
    assert len({*colours[2:6]}) == 1 and colours[1] != colours[2] != colours[6]
