"""An atlas in two of its columns: points, rare kinds, the selected, the user's own; and what a lasso holds."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import cyclical, sample_colorscale

from galexplore.figures.style import ACCENT, AXES, FADED, STYLES, YOURS, get_style, layout

MOST_POINTS = 50_000  # drawn one by one; beyond, a density image and a sample
SAMPLE = 20_000
_CELLS = 256


def _scale(column: str, dark: bool) -> list:
    """Pick a uniform colour map without the end that drowns in the background; a cyclic one for the angle."""
    if column == "lat_phi":
        return cyclical.Phase
    low, high = (0.18, 1.0) if dark else (0.0, 0.9)
    return sample_colorscale("Viridis", np.linspace(low, high, 16))


def _colours(table: pd.DataFrame, column: str | None, dark: bool) -> dict:
    """Marker settings that colour by a column between its 2nd and 98th percentile, or by population."""
    if column is None or column not in table:
        return {"color": STYLES["ordinary"][0] if dark else "#5B6F8C"}
    low, high = np.nanpercentile(table[column], (2, 98)) if len(table) else (0, 1)
    bar = {"title": {"text": AXES.get(column, column), "side": "right"}, "thickness": 8, "outlinewidth": 0, "len": 0.9}
    limits = {"cmin": float(low), "cmax": float(high)}
    return {"color": table[column], "colorscale": _scale(column, dark), "colorbar": bar} | limits


def _points(table: pd.DataFrame, x: str, y: str, marker: dict, name: str) -> go.Scattergl:
    """Points that a person can pick: their ids travel in customdata, and picking fades the others."""
    hover = f"<b>%{{customdata}}</b> · {name}<br>%{{x:.3f}}, %{{y:.3f}}<extra></extra>"
    at = {"x": table[x].to_numpy(np.float32), "y": table[y].to_numpy(np.float32), "customdata": table["id"].tolist()}
    told = {"mode": "markers", "marker": marker, "name": name, "hovertemplate": hover}
    return go.Scattergl(**at, **told, selected_marker_opacity=1, unselected_marker_opacity=FADED)


def _density(table: pd.DataFrame, x: str, y: str, dark: bool) -> go.Heatmap:
    count, ex, ey = np.histogram2d(table[x], table[y], bins=_CELLS)
    image = np.where(count > 0, np.log10(np.maximum(count, 1)), np.nan).T.astype(np.float32)
    tint = [[0, "rgba(143,163,191,0.10)"], [1, "rgba(143,163,191,0.95)" if dark else "rgba(40,60,90,0.95)"]]
    centres = {"x": (ex[1:] + ex[:-1]) / 2, "y": (ey[1:] + ey[:-1]) / 2}
    return go.Heatmap(z=image, **centres, colorscale=tint, showscale=False, hoverinfo="skip")


def plot_atlas(
    table: pd.DataFrame,
    x: str,
    y: str,
    title: str,
    *,
    colour: str | None = None,
    overlays: Sequence[str] = (),
    selected: Sequence[str] = (),
    opened: str | None = None,
    yours: dict | None = None,
    dark: bool = True,
    height: int = 470,
) -> go.Figure:
    """Plot an atlas in two of its columns; ordinary galaxies as dots, the rare kinds on top in their own shape.

    Beyond 50,000 ordinary galaxies their density is drawn, with a sample of points over it.

    Parameters
    ----------
    table : DataFrame
        `id`, `population`, the two columns and the colour's.
    overlays : sequence of str
        The rare kinds to show.
    selected : sequence of str
        Ids to bring forward; all others fade.
    opened : str, optional
        The id of the one that is ringed.
    yours : dict, optional
        The user's own galaxy: `x`, `y`, and what its errors cover: `cloud` (M, 2) points or `sigma` (2,).
    """
    figure, ordinary = go.Figure(), table[table["population"] == "ordinary"]
    shown = table[table["population"].isin(["ordinary", *overlays])]
    front = shown[shown["id"].isin(set(selected))]
    crowded = len(ordinary) > 5000
    fade = FADED if len(front) else 0.4 if crowded else 0.75
    if len(ordinary) > MOST_POINTS:
        figure.add_trace(_density(ordinary, x, y, dark))
        ordinary = ordinary.sample(SAMPLE, random_state=0)
    paint = _colours(ordinary, colour, dark)
    size = 3.5 if crowded else 5
    figure.add_trace(_points(ordinary, x, y, {"size": size, "opacity": fade} | paint, "ordinary"))
    for kind in overlays:
        figure.add_trace(_points(shown[shown["population"] == kind], x, y, _rare_marker(kind, fade, dark), kind))
    _bring_forward(figure, front, x, y, paint, dark)
    ring = table[table["id"] == opened]
    if len(ring):
        figure.add_trace(_ring(ring[x], ring[y], ACCENT[dark]))
    if yours:
        _add_yours(figure, dark, **yours)
    figure.update_layout(layout(title, dark, height))
    for column, update in ((x, figure.update_xaxes), (y, figure.update_yaxes)):
        update(title=AXES.get(column), showticklabels=column in AXES, ticks="outside" if column in AXES else "")
    return figure


def _rare_marker(kind: str, opacity: float, dark: bool) -> dict:
    colour, symbol, _ = get_style(kind)
    edge = {"width": 0.7, "color": "#0B0E13" if dark else "#FFFFFF"}
    return {"size": 8, "symbol": symbol, "color": colour, "line": edge, "opacity": min(1, opacity + 0.25)}


def _bring_forward(figure: go.Figure, front: pd.DataFrame, x: str, y: str, paint: dict, dark: bool) -> None:
    """Draw the selected galaxies once more, bright and outlined, in the colours that they have below."""
    ink = "#F6F8FB" if dark else "#000000"
    edge = {"width": 1 if len(front) < 200 else 0.4, "color": ink}
    for kind, rows in front.groupby("population", sort=False):
        if kind == "ordinary":
            colours = {"color": ink}
            if "cmin" in paint:
                colours = {k: v for k, v in paint.items() if k != "colorbar"} | {"color": rows[paint["color"].name]}
            marker = {"size": 6 if len(front) < 200 else 4, "line": edge} | colours
        else:
            marker = _rare_marker(kind, 1, dark) | {"line": edge, "size": 10}
        at = {"x": rows[x].to_numpy(np.float32), "y": rows[y].to_numpy(np.float32)}
        figure.add_trace(go.Scattergl(**at, mode="markers", marker=marker, hoverinfo="skip"))


def _ring(x, y, colour: str) -> go.Scattergl:
    marker = {"size": 20, "symbol": "circle-open", "color": colour, "line": {"width": 2.5, "color": colour}}
    return go.Scattergl(x=x, y=y, mode="markers", marker=marker, hoverinfo="skip")


def _add_yours(figure: go.Figure, dark: bool, x: float, y: float, cloud=None, sigma=None) -> None:
    """Add the user's own galaxy: a star, and the area that its errors cover."""
    colour, symbol, _ = YOURS
    if cloud is not None:
        marker = {"size": 3, "color": colour, "opacity": 0.45}
        figure.add_trace(go.Scattergl(x=cloud[:, 0], y=cloud[:, 1], mode="markers", marker=marker, hoverinfo="skip"))
    if sigma is not None:
        t = np.linspace(0, 2 * np.pi, 73)
        line = {"color": colour, "width": 2}
        oval = {"x": x + sigma[0] * np.cos(t), "y": y + sigma[1] * np.sin(t)}
        figure.add_trace(go.Scattergl(**oval, mode="lines", line=line, hoverinfo="skip"))
    edge = {"width": 1.5, "color": "#0B0E13" if dark else "#FFFFFF"}
    marker = {"size": 18, "symbol": symbol, "color": colour, "line": edge}
    hover = "your galaxy<extra></extra>"
    figure.add_trace(go.Scattergl(x=[x], y=[y], mode="markers", marker=marker, hovertemplate=hover))


def find_inside(x: np.ndarray, y: np.ndarray, selection: dict) -> np.ndarray:
    """Which points (N,) lie in any box or lasso of a plotly selection event: even-odd rule; None or empty: none."""
    inside = np.zeros(len(x), bool)
    for box in selection.get("box") or ():
        (x0, x1), (y0, y1) = sorted(box["x"]), sorted(box["y"])
        inside |= (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
    for lasso in selection.get("lasso") or ():
        px, py = np.asarray(lasso["x"], float), np.asarray(lasso["y"], float)
        near = (x >= px.min()) & (x <= px.max()) & (y >= py.min()) & (y <= py.max())
        at, odd = (x[near], y[near]), np.zeros(near.sum(), bool)
        for x0, y0, x1, y1 in zip(px, py, np.roll(px, -1), np.roll(py, -1), strict=True):
            with np.errstate(divide="ignore", invalid="ignore"):
                odd ^= ((y0 > at[1]) != (y1 > at[1])) & (at[0] < (x1 - x0) * (at[1] - y0) / (y1 - y0) + x0)
        inside[near] |= odd
    return inside
