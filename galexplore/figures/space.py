"""Galaxies in three of their columns."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from galexplore.figures.paint import choose_sample, paint
from galexplore.figures.style import ACCENT, get_style, layout
from galexplore.tables.names import title_axis

MOST = 8000  # ordinary points that a browser turns without a stutter; the others are a sample
#: The shapes that plotly has in three dimensions, for those of the kinds.
_SYMBOLS = {"circle": "circle", "diamond": "diamond", "square": "square", "x": "x", "bowtie": "cross"}


def plot_space(
    table: pd.DataFrame,
    axes: Sequence[str],
    title: str,
    *,
    colour: str | None = None,
    overlays: Sequence[str] = (),
    selected: np.ndarray | None = None,
    dark: bool = True,
    height: int = 560,
) -> go.Figure:
    """Plot galaxies in three columns, to be turned by hand; of a crowd 8,000 ordinary ones drawn at random.

    Parameters
    ----------
    table : DataFrame
        `id`, `population`, the three columns and the colour's.
    axes : sequence of str (3,)
    overlays : sequence of str
        The rare kinds to show.
    selected : ndarray (N,) of bool, optional
        Those that are drawn larger and in the accent.
    """
    figure, population = go.Figure(), table["population"].to_numpy()
    ordinary = np.flatnonzero(population == "ordinary")
    ordinary = ordinary[choose_sample(len(ordinary), MOST)]
    look = paint(table.iloc[ordinary], colour, dark)
    if "colorbar" in look:
        look["colorbar"] = look["colorbar"] | {"x": 1.0, "len": 0.7}
    figure.add_trace(_place(table.iloc[ordinary], axes, {"size": 1.8, "opacity": 0.55} | look, "ordinary"))
    for kind in overlays:
        tint, symbol, _ = get_style(kind)
        marker = {"size": 4, "color": tint, "symbol": _SYMBOLS.get(symbol, "square-open"), "opacity": 0.9}
        figure.add_trace(_place(table[population == kind], axes, marker, kind))
    if selected is not None and selected.any():
        front = np.flatnonzero(selected)
        front = front[choose_sample(len(front), MOST)]
        figure.add_trace(_place(table.iloc[front], axes, {"size": 3.4, "color": ACCENT[dark]}, "selected"))
    shared = layout(title, dark, height)
    rule = "rgba(255,255,255,0.16)" if dark else "rgba(0,0,0,0.14)"  # lines of WebGL: on a thin one less is nothing
    shared = {key: value for key, value in shared.items() if key not in ("xaxis", "yaxis")}
    plain = {"backgroundcolor": "rgba(0,0,0,0)", "gridcolor": rule, "zerolinecolor": rule, "showspikes": False}
    scene = {f"{k}axis": plain | {"title": {"text": title_axis(c)}} for k, c in zip("xyz", axes, strict=True)}
    view = {"aspectmode": "cube", "camera": {"eye": {"x": 1.5, "y": 1.5, "z": 0.9}, "center": {"z": -0.12}}}
    return figure.update_layout(shared | {"dragmode": "orbit", "scene": scene | view})


def _place(table: pd.DataFrame, axes: Sequence[str], marker: dict, name: str) -> go.Scatter3d:
    at = {k: table[c].to_numpy(np.float32) for k, c in zip("xyz", axes, strict=True)}
    hover = f"<b>%{{customdata}}</b> · {name}<br>%{{x:.3f}}, %{{y:.3f}}, %{{z:.3f}}<extra></extra>"
    ids = table["id"].to_numpy(object)
    return go.Scatter3d(**at, customdata=ids, mode="markers", marker=marker, name=name, hovertemplate=hover)
