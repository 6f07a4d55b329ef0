"""What was drawn on the two plots of the atlas, which galaxies that means, and where each plot is looked at.

Streamlit builds a plot anew whenever its figure changes, and forgets its zoom and what was drawn on it. Both are
therefore kept here and drawn into the next figure, under a new key: what was drawn is taken once.
"""

from collections.abc import Hashable

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.explore.explorer import Explorer
from galexplore.figures.paint import Spans
from galexplore.tables.expressions import tabulate
from pages._session.state import open_galaxy

PLOTS = ("latents", "map")


def plot_key(plot: str) -> str:
    """Give the key under which a plot keeps what is drawn on it; a new one clears it."""
    return f"{plot}-{st.session_state.setdefault('epoch', 0)}"


def take_selection(explorer: Explorer, mask: np.ndarray | None, axes: dict[str, tuple[str, str]]) -> None:
    """Turn what was drawn on either plot into ids: all galaxies inside a box or lasso; a point that was clicked opens.

    All of them, whether each was drawn as a point or only counted into a crowd's density.

    Parameters
    ----------
    explorer : Explorer
    mask : ndarray (N,) of bool, or None
        The galaxies of its table that are on the plots; None for all.
    axes : dict
        Plot to its two columns.
    """
    state = st.session_state
    for plot, columns in axes.items():
        drawn = (state.get(plot_key(plot)) or {}).get("selection") or {}
        points = [str(p["customdata"]) for p in drawn.get("points", []) if p.get("customdata") is not None]
        if drawn.get("box") or drawn.get("lasso"):
            places = tabulate(explorer.table, columns)
            across, up = (places[column].to_numpy() for column in columns)
            shapes = figures.widen_shapes(drawn, across, up)
            inside = figures.find_inside(across, up, shapes)
            rows = np.flatnonzero(inside if mask is None else inside & mask)
        elif points:
            shapes = {}
            rows = explorer.find_rows(points)
        else:
            continue
        state.epoch += 1
        if len(rows) == 1:
            open_galaxy(str(explorer.table["id"].iloc[rows[0]]))
        if shapes or len(rows) > 1:
            state.selection, state.picks = explorer.table["id"].iloc[rows].tolist(), state.get("picks", 0) + 1
            state.selected_rows = (state.selection, rows)
            state.outline = (plot, columns, state.selection, shapes)
        return


def find_outline(plot: str, columns: tuple[str, str]) -> dict:
    """Find the box or lasso that holds the selection, where it was drawn on this plot in these columns."""
    drawn_on, along, selection, shapes = st.session_state.get("outline") or ("", (), None, {})
    return shapes if (drawn_on, along) == (plot, columns) and selection is st.session_state.selection else {}


def find_zoom(plot: str, columns: tuple[str, str]) -> Spans | None:
    """Find the part of a plot that is looked at; None for all of it."""
    along, spans = st.session_state.get("zoom", {}).get(plot, ((), None))
    return spans if along == columns else None


def freeze_zoom(plot: str, columns: tuple[str, str], drawing: Hashable) -> Spans | None:
    """Give the zoom that a plot is drawn with: that of now where it is drawn anew, else the one that it was drawn with.

    A plot that only was zoomed keeps its figure, and with it what the browser shows.
    """
    kept = st.session_state.setdefault("framed", {})
    if kept.get(plot, (None,))[0] != drawing:
        kept[plot] = (drawing, find_zoom(plot, columns))
    return kept[plot][1]
