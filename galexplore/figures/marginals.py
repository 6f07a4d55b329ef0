"""Histograms along the edges of a plot."""

import numpy as np
import plotly.graph_objects as go

from galexplore.figures.style import ACCENT

_BINS = 70
_INNER = 0.87  # part of the plot that is left to the points


def add_marginals(figure: go.Figure, x: np.ndarray, y: np.ndarray, front: np.ndarray, dark: bool) -> None:
    """Add histograms of both axes above and beside the points: all of them in grey, the selected in the accent.

    Each is scaled to its own peak: what is compared is the shape, not the number. They are drawn as lines, since a
    lasso would pick bars.

    Parameters
    ----------
    x, y : ndarray (N,)
    front : ndarray (N,) of bool
        The selected ones.
    """
    for values, upright in ((x, True), (y, False)):
        known = np.isfinite(values)
        if not known.any():
            continue
        low, high = np.percentile(values[known], (0.05, 99.95))
        known = np.flatnonzero(known)
        if not low < high:
            low, high = low - 0.5, low + 0.5
        edges = np.linspace(low, high, _BINS + 1)
        figure.add_trace(_outline(values[known], edges, "143,163,191", 0.35, upright))
        if front[known].any():
            ink = ",".join(str(int(ACCENT[dark][i : i + 2], 16)) for i in (1, 3, 5))
            figure.add_trace(_outline(values[known][front[known]], edges, ink, 0.30, upright))
    plain = {"visible": False, "fixedrange": True, "rangemode": "tozero"}
    figure.update_layout(
        xaxis={"domain": [0, _INNER]},
        yaxis={"domain": [0, _INNER]},
        xaxis2=plain | {"domain": [_INNER + 0.012, 1], "anchor": "y"},
        yaxis2=plain | {"domain": [_INNER + 0.012, 1], "anchor": "x"},
    )


def _outline(values: np.ndarray, edges: np.ndarray, ink: str, fill: float, upright: bool) -> go.Scatter:
    count, _ = np.histogram(values, _BINS, (edges[0], edges[-1]))
    along, level = np.repeat(edges, 2)[1:-1], np.repeat(count / max(1, count.max()), 2)
    at = {"x": along, "y": level, "yaxis": "y2"} if upright else {"x": level, "y": along, "xaxis": "x2"}
    look = {"mode": "lines", "line": {"width": 1.2, "color": f"rgba({ink},0.9)"}, "fillcolor": f"rgba({ink},{fill})"}
    return go.Scatter(**at, **look, fill="tozeroy" if upright else "tozerox", hoverinfo="skip", name="histogram")
