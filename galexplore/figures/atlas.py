"""An atlas in two of its columns: points, rare kinds, the selected, the user's own."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from galexplore.atlas.regions import Region
from galexplore.figures.contours import draw_contours
from galexplore.figures.marginals import add_marginals
from galexplore.figures.paint import (
    Limits,
    Spans,
    choose_sample,
    draw_density,
    fill_spans,
    find_spans,
    paint,
    turn_spans,
)
from galexplore.figures.style import ACCENT, FADED, MODEBAR, YOURS, get_style, is_bright, layout
from galexplore.tables.names import title_axis

MOST_POINTS = 50_000  # drawn one by one; beyond, a density image and a sample
SAMPLE = 10_000  # a browser sends every point that a lasso holds, and Streamlit copies them three times
_BARE = ("umap_x", "umap_y", "feature_x", "feature_y")  # along these, numbers mean nothing


def plot_atlas(
    table: pd.DataFrame,
    x: str,
    y: str,
    title: str,
    *,
    colour: str | None = None,
    overlays: Sequence[str] = (),
    selected: Sequence[str] | np.ndarray = (),
    marked: Sequence[str] | np.ndarray = (),
    opened: str | None = None,
    yours: dict | None = None,
    within: Spans | None = None,
    limits: Limits | None = None,
    contours: bool = False,
    outline: dict | None = None,
    regions: Sequence[Region] = (),
    marginals: bool = False,
    labels: bool = True,
    bar: bool = True,
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
    selected, marked : sequence of str, or ndarray (N,) of bool
        Those to bring forward, while all others fade; and those of the user's own list, drawn as stars.
    opened : str, optional
        The id of the one that is ringed.
    yours : dict, optional
        The user's own galaxy: `x`, `y`, and what its errors cover, `cloud` (M, 2) points.
    within : ((x0, x1), (y0, y1)), optional
        The part that is looked at: a crowd is counted and sampled anew inside it.
    limits : ((x0, x1), (y0, y1)), optional
        Ends of the axes that are set, None for the others, where nothing nearer is looked at.
    contours : bool
        Whether to outline the smallest regions that hold 25, 50, 75 and 95 % of the ordinary galaxies.
    outline : dict, optional
        What the selection was drawn with, as plotly's event gives it: `box`, `lasso`.
    regions : sequence of Region
        Names that are written over parts of the plot.
    marginals : bool
        Whether to add a histogram along each axis.
    labels : bool
        Whether plotly says what is under the pointer; its events come with and without.
    bar : bool
        Whether to show what the colours mean: beside the first of several plots of one colouring, not beside each.
    """
    columns = dict.fromkeys(["id", "population", x, y, *([colour] if colour in table else [])])
    table = table[list(columns)].assign(picked=_find(table, selected), marked=_find(table, marked))
    figure, codes, kinds = go.Figure(layout=layout(title, dark, height)), *pd.factorize(table["population"])
    figure.layout.margin.r = MODEBAR
    ordinary = np.flatnonzero(codes == _code(kinds, "ordinary"))
    crowded, fade = len(ordinary) > 5000, _choose_opacity(len(ordinary), bool(table["picked"].any()))
    look, usual = paint(table, colour, dark), table.iloc[ordinary]
    bar or look.pop("colorbar", None)
    if limits:
        within = turn_spans(within, limits) or fill_spans(limits, *(table[c].to_numpy(float) for c in (x, y)))
        figure.update_layout(xaxis_uirevision=str(limits[0]), yaxis_uirevision=str(limits[1]))
    ordinary = ordinary[_draw_crowd(figure, table.iloc[ordinary], x, y, within, dark)]
    dots = {"size": 3.5 if crowded else 5, "opacity": fade} | _take(look, ordinary)
    figure.add_trace(_points(table.iloc[ordinary], x, y, dots, "ordinary"))
    for name in overlays:
        rare = _rare_marker(name, fade, "cmin" in look)
        figure.add_trace(_points(table[codes == _code(kinds, name)], x, y, rare, name))
    if contours and (lines := draw_contours(usual[x].to_numpy(float), usual[y].to_numpy(float), within, dark)):
        figure.add_trace(lines)
    drawn = ["ordinary", *overlays]
    front = np.flatnonzero(table["picked"].to_numpy() & np.isin(codes, [_code(kinds, k) for k in drawn]))
    front = front[choose_sample(len(front), SAMPLE)]
    _bring_forward(figure, table.iloc[front], x, y, _take(look, front), dark)
    _mark(figure, table, x, y, opened, dark)
    if yours:
        _add_yours(figure, dark, **yours)
    _draw_outline(figure, outline or {}, dark)
    _write_regions(figure, regions, dark)
    if not labels:
        figure.update_traces(hoverinfo="none", hovertemplate=None, selector=lambda trace: trace.customdata is not None)
    if marginals:
        front = table["picked"].to_numpy()
        add_marginals(figure, table[x].to_numpy(float), table[y].to_numpy(float), front, dark)
    if within:
        figure.update_layout(xaxis={"range": within[0]}, yaxis={"range": within[1]}, meta={"near": True})
    return _title_axes(figure, x, y)


def _find(table: pd.DataFrame, wanted: Sequence[str] | np.ndarray) -> np.ndarray:
    """Mask (N,) of the wanted galaxies, given as such or as ids."""
    if isinstance(wanted, np.ndarray) and wanted.dtype == bool:
        return wanted
    return table["id"].isin(set(wanted)).to_numpy() if len(wanted) else np.zeros(len(table), bool)


def _code(kinds: pd.Index, kind: str) -> int:
    """Give the number of a kind among those that there are; one that no galaxy has where it is none of them."""
    return kinds.tolist().index(kind) if kind in kinds else -2


def _choose_opacity(n: int, faded: bool) -> float:
    return FADED if faded else 0.4 if n > 5000 else 0.75


def _take(look: dict, rows: np.ndarray) -> dict:
    """Marker settings of some of the galaxies."""
    return look | {"color": look["color"][rows]} if "cmin" in look else look


def _draw_crowd(
    figure: go.Figure, ordinary: pd.DataFrame, x: str, y: str, within: Spans | None, dark: bool
) -> np.ndarray:
    """Draw a crowd's density where it is one; return the places of those to draw as points."""
    if len(ordinary) <= MOST_POINTS:
        return np.arange(len(ordinary))
    across, up = ordinary[x].to_numpy(np.float32), ordinary[y].to_numpy(np.float32)
    spans = within or find_spans(across, up)
    spans = (min(spans[0]), max(spans[0])), (min(spans[1]), max(spans[1]))  # an axis may be turned
    (x0, x1), (y0, y1) = spans
    near = np.flatnonzero((across >= x0) & (across <= x1) & (up >= y0) & (up <= y1))
    if len(near) <= MOST_POINTS:
        return near
    figure.add_trace(draw_density(across, up, spans, dark))
    return near[choose_sample(len(near), SAMPLE)]


def _points(table: pd.DataFrame, x: str, y: str, marker: dict, name: str) -> go.Scattergl:
    """Points that a person can pick: their ids travel in customdata, and picking fades the others."""
    hover = f"<b>%{{customdata}}</b> · {name}<br>%{{x:.3f}}, %{{y:.3f}}<extra></extra>"
    at = {
        "x": table[x].to_numpy(np.float32),
        "y": table[y].to_numpy(np.float32),
        "customdata": table["id"].to_numpy(object),
    }
    look = {"mode": "markers", "marker": marker, "name": name, "hovertemplate": hover}
    return go.Scattergl(**at, **look, selected_marker_opacity=1, unselected_marker_opacity=FADED)


def _rare_marker(kind: str, opacity: float, coloured: bool) -> dict:
    """Marker of a rare kind; among points `coloured` by a column, firmer and with a broad edge, lest it drown."""
    colour, symbol, _ = get_style(kind)
    edge = {"width": 1.6 if coloured else 0.7, "color": "#0B0E13" if is_bright(colour) else "#FFFFFF"}
    firm = 0.6 if coloured and opacity > FADED else 0.25
    return {"size": 9 if coloured else 8, "symbol": symbol, "color": colour, "line": edge} | {
        "opacity": min(1, opacity + firm)
    }


def _own_marker(dark: bool) -> dict:
    edge = {"width": 0.8, "color": "#0B0E13" if dark else "#FFFFFF"}
    return {"size": 11, "symbol": YOURS[1], "color": YOURS[0], "line": edge}


def _bring_forward(figure: go.Figure, front: pd.DataFrame, x: str, y: str, look: dict, dark: bool) -> None:
    """Draw the selected galaxies once more, bright and outlined, in the colours that they have below."""
    ink, few, many = "#F6F8FB" if dark else "#000000", len(front) < 200, len(front) > 2000
    edge = {"width": 1 if few else 0 if many else 0.4, "color": ink}
    for kind, rows in front.groupby("population", sort=False).indices.items():
        if kind == "ordinary":
            colours = {k: v for k, v in _take(look, np.asarray(rows)).items() if k != "colorbar"}
            marker = {"size": 6 if few else 3 if many else 4, "line": edge, "opacity": 0.6 if many else 1} | colours
        else:
            marker = _rare_marker(str(kind), 1, "cmin" in look) | {"line": edge, "size": 10}
        at = {k: front[c].to_numpy(np.float32)[rows] for k, c in (("x", x), ("y", y))}
        figure.add_trace(go.Scattergl(**at, mode="markers", marker=marker, hoverinfo="skip"))


def _draw_outline(figure: go.Figure, outline: dict, dark: bool) -> None:
    """Draw the boxes and lassos that a selection was made with."""
    look = {"line": {"width": 1.5, "dash": "dot", "color": ACCENT[dark]}}
    for box in outline.get("box", ()):
        (x0, x1), (y0, y1) = box["x"], box["y"]
        figure.add_shape(type="rect", x0=x0, x1=x1, y0=y0, y1=y1, **look)
    for lasso in outline.get("lasso", ()):
        corners = [f"{a:.6g},{b:.6g}" for a, b in zip(lasso["x"], lasso["y"], strict=True)]
        figure.add_shape(type="path", path=f"M{' L'.join(corners)} Z", **look)


def _write_regions(figure: go.Figure, regions: Sequence[Region], dark: bool) -> None:
    """Write the names of regions where they lie; the pointer passes through them."""
    ink, ground = ("#E6EBF2", "rgba(11,14,19,0.6)") if dark else ("#1B2430", "rgba(255,255,255,0.7)")
    look = {"showarrow": False, "font": {"size": 11, "color": ink}, "bgcolor": ground, "borderpad": 1}
    # At once, for plotly takes milliseconds for each that is added.
    figure.layout.annotations = [{"x": r.x, "y": r.y, "text": r.name, **look} for r in regions]


def _ring(x: pd.Series, y: pd.Series, colour: str) -> go.Scattergl:
    marker = {"size": 20, "symbol": "circle-open", "color": colour, "line": {"width": 2.5, "color": colour}}
    return go.Scattergl(x=x, y=y, mode="markers", marker=marker, hoverinfo="skip")


def _mark(figure: go.Figure, table: pd.DataFrame, x: str, y: str, opened: str | None, dark: bool) -> None:
    """Draw the user's own list as stars, and a ring about the galaxy that is opened."""
    mine = table[table["marked"].to_numpy()]
    if len(mine):
        figure.add_trace(_points(mine.iloc[choose_sample(len(mine), SAMPLE)], x, y, _own_marker(dark), "your list"))
    ring = table[(table["id"] == opened).to_numpy()] if opened else table[:0]
    if len(ring):
        figure.add_trace(_ring(ring[x], ring[y], ACCENT[dark]))


def _title_axes(figure: go.Figure, x: str, y: str) -> go.Figure:
    for column, axis in ((x, "xaxis"), (y, "yaxis")):
        bare = column in _BARE
        ticks = {"showticklabels": not bare, "ticks": "" if bare else "outside"}
        figure.update_layout({axis: ticks | {"title": None if bare else title_axis(column)}})
    return figure


def _add_yours(figure: go.Figure, dark: bool, x: float, y: float, cloud: np.ndarray | None = None) -> None:
    """Add the user's own galaxy: a star, and the area that its errors cover."""
    colour, symbol, _ = YOURS
    if cloud is not None:
        marker = {"size": 3, "color": colour, "opacity": 0.45}
        figure.add_trace(go.Scattergl(x=cloud[:, 0], y=cloud[:, 1], mode="markers", marker=marker, hoverinfo="skip"))
    edge = {"width": 1.5, "color": "#0B0E13" if dark else "#FFFFFF"}
    marker = {"size": 18, "symbol": symbol, "color": colour, "line": edge}
    hover = "your galaxy<extra></extra>"
    figure.add_trace(go.Scattergl(x=[x], y=[y], mode="markers", marker=marker, hovertemplate=hover))
