"""Figures: what is selected, what adds up, and that every kind has a look."""

from ast import literal_eval

import numpy as np
import pandas as pd
import pytest

from galexplore.atlas.kinds import KINDS, NOT_GALAXIES
from galexplore.figures import (
    SAMPLE,
    count_crowd,
    find_inside,
    plot_atlas,
    plot_corner,
    plot_coverage,
    plot_redshift,
    round_to_total,
)
from galexplore.figures.style import STYLES, get_style
from galexplore.posterior.calibrate import LEVEL68, LEVEL95
from galexplore.posterior.coordinates import PROPERTIES
from tests.posterior.joint import draw_posterior

AXES = ("lat_redshift", "lat_logmass")


def test_every_kind_has_a_look_and_no_other_has_one():
    assert set(STYLES) == {"ordinary", *(kind.name for kind in KINDS if kind.galaxy)}
    assert len({get_style(kind) for kind in STYLES}) == len(STYLES)
    assert len({get_style(kind) for kind in NOT_GALAXIES}) == 1, "what is no galaxy has one look"


def test_a_lasso_takes_what_lies_inside():
    x, y = np.array([0.5, 1.5, 0.5, 0.1]), np.array([0.5, 0.5, 1.5, 0.95])
    lasso = {"x": [0, 1, 1, 0.5, 0], "y": [0, 0, 1, 0.6, 1]}
    assert find_inside(x, y, {"lasso": [lasso]}).tolist() == [True, False, False, False]
    assert find_inside(x, y, {"box": [{"x": [2, 1], "y": [0, 1]}]}).tolist() == [False, True, False, False]
    assert not find_inside(x, y, {}).any()


def test_a_crowd_is_drawn_as_density_and_sample():
    generator, n = np.random.default_rng(1), 60_000
    table = pd.DataFrame({"id": np.arange(n).astype(str), "population": "ordinary"})
    table[["lat_redshift", "lat_logmass"]] = generator.normal(size=(n, 2))
    figure = plot_atlas(table, "lat_redshift", "lat_logmass", "A crowd", selected=["59999"])
    assert [t.type for t in figure.data] == ["heatmap", "scattergl", "scattergl"]
    assert len(figure.data[1].x) == SAMPLE and len(figure.data[2].x) == 1
    assert len(figure.to_json()) < 3e6
    assert count_crowd(figure) == n
    rare = table.assign(population=np.where(np.arange(n) < 5_000, "Green Pea", "ordinary"))
    for end, crowded in ((2.5, True), (1.0, False)):
        near = ((-end, end), (-9.0, 9.0))
        figure = plot_atlas(rare, "lat_redshift", "lat_logmass", "A crowd", within=near, overlays=["Green Pea"])
        inside = rare["lat_redshift"].between(*near[0]) & (rare["population"] == "ordinary")
        assert (inside.sum() > 50_000) == crowded
        assert count_crowd(figure) == (inside.sum() if crowded else 0), "of what is drawn, not of all that there are"
    assert count_crowd(plot_atlas(table[:100], "lat_redshift", "lat_logmass", "No crowd")) == 0


@pytest.mark.parametrize("terms", [[0.04, 0.04, 0.04, 0.04], [300.46, -32.25, -0.34, 0.05], [1e-9, 0, 0, 0]])
def test_rounded_terms_still_add_up(terms):
    shown, total = round_to_total(terms)
    assert round(sum(shown), 6) == total == pytest.approx(sum(terms), abs=0.051)
    assert np.allclose(shown, terms, atol=0.1)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2) of "#RRGGBB" or "rgb(r, g, b)"."""
    digits = colour.removeprefix("#")
    parts = [int(digits[i : i + 2], 16) for i in (0, 2, 4)] if digits != colour else literal_eval(colour[3:])
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in np.asarray(parts) / 255]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("kind", ["Green Pea", "Red Spiral", "Post-starburst"])
def test_a_rare_kind_stands_out_from_every_colour_of_the_map(kind, dark):
    table = pd.DataFrame({"id": [str(i) for i in range(9)], "population": ["ordinary"] * 8 + [kind]})
    table[["lat_redshift", "lat_logmass"]] = np.random.default_rng(2).normal(size=(9, 2))
    figure = plot_atlas(table, *AXES, "Coloured", colour="lat_redshift", overlays=[kind], dark=dark)
    points, rare = figure.data[0].marker, figure.data[1].marker
    assert rare.line.width >= 1.5
    for _, colour in points.colorscale:
        assert max(contrast(rare.line.color, colour), contrast(rare.color, colour)) > 1.5


def test_of_two_plots_in_one_colouring_one_shows_what_it_means():
    table = pd.DataFrame({"id": ["a", "b"], "population": "ordinary", "lat_redshift": [0.1, 0.2]})
    table["lat_logmass"] = [9.0, 10.0]
    with_bar, without = (plot_atlas(table, *AXES, "", colour="lat_redshift", bar=bar) for bar in (True, False))
    assert with_bar.data[0].marker.colorbar.title.text and not without.data[0].marker.colorbar.title.text
    assert list(with_bar.data[0].marker.color) == list(without.data[0].marker.color)


def test_coverage_in_many_bins_is_drawn_in_two_rows():
    row = {"low": 0.0, "high": 1.0, "redshift": {"coverage68": [0.68, 0.01], "coverage95": [0.95, 0.01]}}
    axes = ["redshift", "magnitude", "seeing", "depth", "true redshift", "true mass"]
    for count, tiers in ((4, 1), (6, 2)):
        drawn = plot_coverage({axis: [row, row] for axis in axes[:count]}, "Coverage")
        titles = [axis.title.text for axis in drawn.select_xaxes()]
        assert len(titles) == count and titles[:2] == ["Inferred redshift", "r magnitude within 5″"]
        assert drawn.layout.height == 330 * tiers and len({a.domain for a in drawn.select_yaxes()}) == tiers
    assert titles[-2:] == ["True redshift", "True log M"]


def test_the_density_of_a_redshift_is_drawn_with_its_intervals_and_what_is_known():
    joint = draw_posterior(3)
    wide, narrow, curve = plot_redshift(joint, "p(z)", 0.9, "spectrum").data
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(1, abs=0.02) and curve.x[-1] > 0.9, "what is known is seen"
    for band, level in ((wide, LEVEL95), (narrow, LEVEL68)):
        assert (band.x[0], band.x[-1]) == pytest.approx(joint.interval(level))
        assert np.trapezoid(band.y, band.x) == pytest.approx(level, abs=0.01)
    (line,) = plot_redshift(joint, "p(z)", 0.9, "spectrum").layout.shapes
    assert line.x0 == 0.9 and line.label.text == "spectrum" and not plot_redshift(joint, "p(z)").layout.shapes


def test_the_corner_shows_each_property_and_every_two_over_the_atlas():
    joint, generator = draw_posterior(3), np.random.default_rng(0)
    table = pd.DataFrame({f"lat_{name}": generator.normal(size=500) for name in PROPERTIES})
    figure = plot_corner(table, joint, "Corner")
    kinds = [trace.type for trace in figure.data]
    assert kinds.count("heatmap") == 3 and kinds.count("scatter") == 3 + 2 * 3, "the atlas, densities, two regions each"
    densities = [t for t in figure.data if t.type == "scatter" and t.fill == "tozeroy"]
    assert [np.trapezoid(t.y, t.x) for t in densities[1:]] == pytest.approx([1, 1], abs=0.01)
    told = plot_corner(table, joint.given(redshift=0.15), "Corner")
    assert np.unique(told.data[0].x) == pytest.approx([np.log10(0.15)]), "a redshift that is known is a line"
