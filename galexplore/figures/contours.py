"""Contours of a crowd: the smallest regions that hold given shares of it."""

import numpy as np
import plotly.graph_objects as go
from scipy.ndimage import gaussian_filter

from galexplore.figures.paint import Spans, count_cells, find_spans

SHARES = (0.25, 0.5, 0.75, 0.95)
_CELLS = 160
_SMOOTHING = 2.5  # cells


def measure_shares(x: np.ndarray, y: np.ndarray, spans: Spans) -> np.ndarray:
    """Share of the points (N,) that lies where the smoothed density is at least as high; (cells, cells), rows along y.

    The contour at 0.5 is the outline of the smallest region that holds half of the points within the spans.
    """
    density = gaussian_filter(count_cells(x, y, spans, _CELLS).astype(float), _SMOOTHING, mode="constant")
    order = np.argsort(-density, axis=None)
    shares = np.empty(density.size)
    shares[order] = np.cumsum(density.ravel()[order]) / max(density.sum(), 1e-300)
    return shares.reshape(density.shape)


def draw_contours(x: np.ndarray, y: np.ndarray, spans: Spans | None, dark: bool) -> go.Contour | None:
    """Draw the outlines of the smallest regions that hold 25, 50, 75 and 95 % of points; None of fewer than ten."""
    known = np.isfinite(x) & np.isfinite(y)
    if known.sum() < 10:
        return None
    (x0, x1), (y0, y1) = spans or find_spans(x, y)
    ordered = (min(x0, x1), max(x0, x1)), (min(y0, y1), max(y0, y1))
    shares = measure_shares(x[known], y[known], ordered)
    levels = np.interp(shares, (0, *SHARES, 1), range(len(SHARES) + 2))
    centres = {k: np.linspace(*span, 2 * _CELLS + 1)[1::2] for k, span in zip("xy", ordered, strict=True)}
    ink = "rgba(230,235,242,0.9)" if dark else "rgba(30,40,55,0.9)"
    lines = {"start": 1, "end": len(SHARES), "size": 1, "coloring": "none"}
    look = {"showscale": False, "hoverinfo": "skip", "name": "contours", "line": {"color": ink, "width": 1.3}}
    return go.Contour(z=levels, **centres, contours=lines, **look)
