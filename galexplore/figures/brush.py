"""The histogram of one column, on which a range is brushed."""

import numpy as np
import plotly.graph_objects as go

from galexplore.figures.style import ACCENT, FONT

_BINS = 60


def count_bins(values: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    """Numbers (60,) of the values (N,) in bins over a span; unknown ones are in none."""
    return np.histogram(values[np.isfinite(values)], _BINS, span)[0]


def plot_brush(count: np.ndarray, span: tuple[float, float], kept: tuple[float, float], dark: bool) -> go.Figure:
    """Plot the histogram of a column as bars, those within the range that is kept in the accent.

    Parameters
    ----------
    count : ndarray (B,)
        Of `count_bins` over the same span.
    span, kept : (low, high)
    """
    edges = np.linspace(*span, len(count) + 1)
    inside = (edges[1:] > kept[0]) & (edges[:-1] < kept[1])
    tint = np.where(inside, ACCENT[dark], "rgba(143,163,191,0.35)")
    middle = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)
    bars = go.Bar(x=middle, y=count, marker={"color": tint, "line": {"width": 0}}, hoverinfo="none")
    bare = {"showgrid": False, "zeroline": False, "fixedrange": True}
    look = {
        "height": 92,
        "margin": {"l": 6, "r": 6, "t": 2, "b": 16},
        "bargap": 0.08,
        "dragmode": "select",
        "selectdirection": "h",
        "showlegend": False,
        "font": {"family": FONT, "size": 11, "color": "#C9D1DC" if dark else "#2A3340"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "newselection": {"line": {"color": ACCENT[dark], "width": 1, "dash": "solid"}},
        "xaxis": bare | {"range": span, "nticks": 5},
        "yaxis": bare | {"visible": False, "rangemode": "tozero"},
    }
    return go.Figure(bars, look)
