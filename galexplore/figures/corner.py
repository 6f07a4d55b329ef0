"""A joint posterior over the galaxies of an atlas: each property's density, and the regions of every two of them."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from galexplore.figures.style import YOURS, layout
from galexplore.posterior.calibrate import LEVEL68, LEVEL95
from galexplore.posterior.coordinates import PROPERTIES
from galexplore.posterior.joint import JointPosterior
from galexplore.posterior.regions import outline_region

#: Of the regions that are drawn, the probability inside.
LEVELS = {"68 %": LEVEL68, "95 %": LEVEL95}
_TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]  # of redshift, which is drawn by its logarithm
_NAMES = {"redshift": "Redshift", "logmass": "log M", "logsfr": "log SFR"}
_CELLS, _POINTS = 50, 121
_ATLAS = (0.005, 0.995)  # quantiles of the atlas's galaxies that are shown
_GAP = 0.03  # between panels

Span = tuple[float, float]


def outline_regions(joint: JointPosterior, x: str, y: str) -> dict[str, np.ndarray]:
    """Outline the smallest regions of two properties that hold 68 and 95 % of a posterior, for `add_outlines`."""
    return {label: outline_region(joint, x, y, level) for label, level in LEVELS.items()}


def plot_corner(table: pd.DataFrame, joint: JointPosterior, title: str, dark: bool = True) -> go.Figure:
    """Plot one galaxy's redshift, mass and SFR: densities along the diagonal, regions over the atlas's galaxies below.

    Parameters
    ----------
    table : DataFrame
        An atlas's, with `lat_redshift`, `lat_logmass`, `lat_logsfr`.
    """
    look, traces = layout(title, dark, 420) | {"dragmode": False}, list[go.Scatter | go.Heatmap]()
    plain, last, side = look["xaxis"] | {"showgrid": False}, len(PROPERTIES) - 1, 1 / len(PROPERTIES)
    crowd = {name: _place(table[f"lat_{name}"].to_numpy(float), name) for name in PROPERTIES}
    spans = {name: _find_span(crowd[name], joint, name) for name in PROPERTIES}
    panels = [(row, column) for row in range(len(PROPERTIES)) for column in range(row + 1)]
    for number, (row, column) in enumerate(panels, 1):
        x, y, at = PROPERTIES[column], PROPERTIES[row], f"{number}" if number > 1 else ""
        if row == column:
            drawn = [_draw_density(joint, x)]
            upright = {"visible": False, "rangemode": "tozero"}
        else:
            drawn = [_draw_crowd(crowd[x], crowd[y], spans[x], spans[y], dark), *_draw_regions(joint, x, y)]
            upright = {"range": spans[y]} | _label(y, column == 0)
        traces += [trace.update(xaxis=f"x{at}", yaxis=f"y{at}") for trace in drawn]
        across = {"range": spans[x], "domain": [column * side, (column + 1) * side - _GAP], "anchor": f"y{at}"}
        up = {"domain": [(last - row) * side + _GAP, (last - row + 1) * side], "anchor": f"x{at}"}
        look |= {f"xaxis{at}": plain | across | _label(x, row == last), f"yaxis{at}": plain | up | upright}
    return go.Figure(traces, look)


def _place(values: np.ndarray, name: str) -> np.ndarray:
    """Where values stand along an axis: redshifts at their logarithm, and where there is none, nowhere."""
    return np.log10(np.where(values > 0, values, np.nan)) if name == "redshift" else values


def _label(name: str, shown: bool) -> dict:
    ticks = {"tickvals": np.log10(_TICKS), "ticktext": [f"{t:g}" for t in _TICKS]} if name == "redshift" else {}
    return ticks | {"showticklabels": shown, "title": _NAMES[name] if shown else None}


def _find_span(crowd: np.ndarray, joint: JointPosterior, name: str) -> Span:
    """Find the ends of an axis, which holds the atlas's galaxies and all but a thousandth of the posterior."""
    low, high = _place(np.asarray(joint.quantile([5e-4, 1 - 5e-4], name)), name)
    known = crowd[np.isfinite(crowd)]
    first, last = np.quantile(known, _ATLAS) if len(known) else (low, high)
    margin = 0.03 * (max(high, last) - min(low, first)) + 1e-3
    return float(min(low, first) - margin), float(max(high, last) + margin)


def _draw_density(joint: JointPosterior, name: str) -> go.Scatter:
    """Draw a property's density along its axis, or a line where it is known exactly."""
    low, high = (float(v) for v in _place(np.asarray(joint.quantile([1e-3, 1 - 1e-3], name)), name))
    look = {"mode": "lines", "line": {"color": YOURS[0], "width": 2}}
    if high - low < 1e-6:
        return go.Scatter(x=[low, low], y=[0, 1], **look, hoverinfo="skip")
    x = np.linspace(low, high, _POINTS)
    values = 10**x if name == "redshift" else x
    density = joint.pdf(values, name) * (values if name == "redshift" else 1)  # per unit of what the axis shows
    ink = ",".join(str(int(YOURS[0][k : k + 2], 16)) for k in (1, 3, 5))
    hover = f"{_NAMES[name]} %{{text}}<extra></extra>"
    at = {"x": x, "y": density, "text": [f"{v:.3g}" for v in values], "hovertemplate": hover}
    return go.Scatter(**at, **look, fill="tozeroy", fillcolor=f"rgba({ink},0.16)")


def _draw_regions(joint: JointPosterior, x: str, y: str) -> list[go.Scatter]:
    """Draw the outlines of two properties' regions, the inner one firmer."""
    traces = []
    for places, width, dash in zip(outline_regions(joint, x, y).values(), (2.0, 1.2), ("solid", "dot"), strict=True):
        line = {"color": YOURS[0], "width": width, "dash": dash}
        at = {"x": _place(places[:, 0], x), "y": _place(places[:, 1], y)}
        traces.append(go.Scatter(**at, mode="lines", line=line, hoverinfo="skip"))
    return traces


def _draw_crowd(x: np.ndarray, y: np.ndarray, across: Span, up: Span, dark: bool) -> go.Heatmap:
    """Draw how many galaxies of the atlas there are."""
    edges = [np.linspace(*span, _CELLS + 1) for span in (across, up)]
    known = np.isfinite(x) & np.isfinite(y)
    count, _, _ = np.histogram2d(x[known], y[known], edges)
    image = np.where(count > 0, np.log10(np.maximum(count, 1)), np.nan).T
    tint = [[0, "rgba(143,163,191,0.10)"], [1, "rgba(143,163,191,0.7)" if dark else "rgba(40,60,90,0.7)"]]
    at = {k: ((e[1:] + e[:-1]) / 2).astype(np.float32) for k, e in zip("xy", edges, strict=True)}
    return go.Heatmap(z=image.astype(np.float32), **at, colorscale=tint, showscale=False, hoverinfo="skip")
