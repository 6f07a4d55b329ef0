"""What was picked on the two plots of the atlas, which galaxies that means, and which plot must now be left alone.

A plot whose figure changes is built anew by Streamlit and forgets its zoom and what was drawn on it. The plot that was
drawn on is therefore kept as it is, plotly itself bringing its picked points forward ("live"); only the other plot is
given a new figure. Nothing drawn on a plot that is not live says nothing: it was forgotten, not cleared.
"""

from collections.abc import Hashable

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.explore.explorer import Explorer
from pages._session.state import open_galaxy

PLOTS = ("latents", "map")


def plot_key(plot: str) -> str:
    """Give the key under which a plot keeps what is drawn on it; a new one clears it."""
    return f"{plot}-{st.session_state.setdefault('epoch', 0)}"


def take_selection(
    explorer: Explorer, mask: np.ndarray | None, axes: dict[str, tuple[str, str]], drawing: Hashable
) -> None:
    """Turn what was drawn on either plot into ids: all galaxies inside a box or lasso, else the points clicked.

    All of them, whether each was drawn as a point or only counted into a crowd's density.

    Parameters
    ----------
    explorer : Explorer
    mask : ndarray (N,) of bool, or None
        The galaxies of its table that are on the plots; None for all.
    axes : dict
        Plot to its two columns.
    drawing : hashable
        All that the figures depend on but the selection.
    """
    state = st.session_state
    for plot, columns in axes.items():
        drawn = (state.get(plot_key(plot)) or {}).get("selection") or {}
        points = [str(p["customdata"]) for p in drawn.get("points", []) if p.get("customdata") is not None]
        shapes = [*(drawn.get("box") or []), *(drawn.get("lasso") or [])]
        if state.handled.get(plot, ([], [])) == (shapes, points):
            continue
        state.handled[plot] = (shapes, points)
        if shapes:
            across, up = (explorer.table[column].to_numpy() for column in columns)
            inside = figures.find_inside(across, up, drawn)
            rows = np.flatnonzero(inside if mask is None else inside & mask)
        else:
            rows = explorer.find_rows(points)
        if not len(rows) and not is_live(plot, drawing):
            continue
        untouched = not state.selection and not state.opened
        state.live = (plot, drawing) if len(rows) and (untouched or is_live(plot, drawing)) else None
        state.selection, state.picks = explorer.table["id"].iloc[rows].tolist(), state.get("picks", 0) + 1
        state.selected_rows = (state.selection, rows)
        if len(rows) == 1:
            open_galaxy(state.selection[0])


def is_live(plot: str, drawing: Hashable) -> bool:
    """Whether a plot shows by itself what was drawn on it, and so must keep its figure."""
    return st.session_state.get("live") == (plot, drawing)
