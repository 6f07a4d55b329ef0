"""How points are coloured and crowds are drawn."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import cyclical, sample_colorscale

from galexplore.figures.style import STYLES
from galexplore.tables.names import title_axis

#: Ends of what is drawn: ((x0, x1), (y0, y1)).
Spans = tuple[tuple[float, float], tuple[float, float]]
#: Ends of both axes, as far as they are set.
Limits = tuple[tuple[float | None, float | None], tuple[float | None, float | None]]

MOST_WORDS = 8  # distinct words of a column that can still be told apart by colour
_CELLS = 384
#: Okabe & Ito (2008), for words.
_WORDS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#0072B2", "#999999")


def _scale(column: str, dark: bool) -> list:
    """Pick a uniform colour map without the end that drowns in the background; cyclic for angles, diverging for σ."""
    if column in ("lat_phi", "phi", "phi_true"):
        return cyclical.Phase
    if column.startswith("condz_"):
        middle = "#3A414D" if dark else "#D9DDE3"
        return [[0, "#56B4E9"], [0.5, middle], [1, "#F08A3C"]]
    low, high = (0.18, 1.0) if dark else (0.0, 0.9)
    return sample_colorscale("Viridis", np.linspace(low, high, 16))


def paint(table: pd.DataFrame, column: str | None, dark: bool) -> dict:
    """Marker settings that colour by a column between its 2nd and 98th percentile, by its words, or by population."""
    if column is None or column not in table or column == "population":
        return {"color": STYLES["ordinary"][0] if dark else "#5B6F8C"}
    # In the lower half: the mode bar has the upper one.
    place = {"thickness": 8, "outlinewidth": 0, "len": 0.55, "y": 0, "yanchor": "bottom"}
    bar = {"title": {"text": title_axis(column), "side": "right"}} | place
    if not pd.api.types.is_numeric_dtype(table[column]):
        return _paint_words(table[column], bar)
    values = table[column].to_numpy(np.float32)
    known = values[np.isfinite(values)]
    low, high = np.percentile(known, (2, 98)) if len(known) else (0, 1)
    if column.startswith("condz_"):  # a true zero stays in the middle
        low, high = -max(abs(low), abs(high), 1e-9), max(abs(low), abs(high), 1e-9)
    limits = {"cmin": float(low), "cmax": float(high if high > low else low + 1)}
    return {"color": values, "colorscale": _scale(column, dark), "colorbar": bar} | limits


def _paint_words(words: pd.Series, bar: dict) -> dict:
    """Marker settings for a column of words: the most frequent ones in colours of their own."""
    common = words.value_counts().index[:MOST_WORDS].tolist()
    n = max(1, len(common))
    codes = words.map({word: i for i, word in enumerate(common)}).fillna(n - 1).to_numpy(np.float32)
    steps = [[f, _WORDS[i]] for i in range(n) for f in (i / n, (i + 1) / n)]
    ticks = {"tickvals": list(range(n)), "ticktext": [str(w)[:20] or "none" for w in common]}
    return {"color": codes, "colorscale": steps, "cmin": -0.5, "cmax": n - 0.5, "colorbar": bar | ticks}


def count_cells(x: np.ndarray, y: np.ndarray, spans: Spans, cells: int = _CELLS) -> np.ndarray:
    """Numbers of points (cells, cells) in the cells of spans ((x0, x1), (y0, y1)); rows along y."""
    (x0, x1), (y0, y1) = spans
    i = ((x - x0) * (cells / max(x1 - x0, 1e-12))).astype(np.int32)
    j = ((y - y0) * (cells / max(y1 - y0, 1e-12))).astype(np.int32)
    within = (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
    i, j = np.minimum(i[within], cells - 1), np.minimum(j[within], cells - 1)
    return np.bincount(j * cells + i, minlength=cells * cells).reshape(cells, cells)


def draw_density(x: np.ndarray, y: np.ndarray, spans: Spans, dark: bool) -> go.Heatmap:
    """Draw how many points lie in each cell, on a logarithmic scale; empty cells stay empty."""
    count = count_cells(x, y, spans)
    with np.errstate(divide="ignore"):
        image = np.where(count > 0, np.log10(count), np.nan).astype(np.float32)
    tint = [[0, "rgba(143,163,191,0.10)"], [1, "rgba(200,214,235,0.95)" if dark else "rgba(40,60,90,0.95)"]]
    centres = {k: np.linspace(low, high, 2 * _CELLS + 1)[1::2] for k, (low, high) in zip("xy", spans, strict=True)}
    look = {"colorscale": tint, "showscale": False, "hoverinfo": "skip"}
    return go.Heatmap(z=image, **centres, **look, name="density", meta={"counted": int(count.sum())})


def count_crowd(figure: go.Figure) -> int:
    """Say how many points a figure's density was counted from (`draw_density`); 0 where it has none."""
    return sum(trace.meta["counted"] for trace in figure.data if trace.name == "density")


def find_spans(x: np.ndarray, y: np.ndarray) -> Spans:
    """Find the ends of what is drawn along both axes, with a margin; unknown values aside."""
    spans = []
    for values in (x, y):
        known = values[np.isfinite(values)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
        margin = 0.03 * (high - low) or 0.5
        spans.append((low - margin, high + margin))
    return spans[0], spans[1]


def fill_spans(limits: Limits, x: np.ndarray, y: np.ndarray) -> Spans | None:
    """Fill the ends of both axes that are not set with those of the data; None where none is set.

    A low end above the high one turns an axis, as magnitudes are drawn.
    """
    if all(end is None for ends in limits for end in ends):
        return None
    (x0, x1), (y0, y1) = (
        tuple(own if end is None else end for end, own in zip(ends, span, strict=True))
        for ends, span in zip(limits, find_spans(x, y), strict=True)
    )
    return (x0, x1), (y0, y1)


def turn_spans(spans: Spans | None, limits: Limits) -> Spans | None:
    """Turn the spans along which a low end is set above a high one, as such an axis is drawn."""
    if spans is None:
        return None
    x, y = (
        (max(span), min(span)) if low is not None and high is not None and low > high else span
        for span, (low, high) in zip(spans, limits, strict=True)
    )
    return x, y


def choose_sample(n: int, most: int, seed: int = 0) -> np.ndarray:
    """Places of a random sample, the same at every call; all of them where there are few."""
    return np.arange(n) if n <= most else np.sort(np.random.default_rng(seed).choice(n, most, False, shuffle=False))
