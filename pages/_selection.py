"""What was picked on the two plots of the atlas, which galaxies that means, and which plot must now be left alone.

A plot whose figure changes is built anew by Streamlit and forgets its zoom and what was drawn on it. The plot that was
drawn on is therefore kept as it is, plotly itself bringing its picked points forward ("live"); only the other plot is
given a new figure. Nothing drawn on a plot that is not live says nothing: it was forgotten, not cleared.
"""

from collections.abc import Hashable

import pandas as pd
import streamlit as st

from galexplore import figures
from pages._state import open_galaxy

PLOTS = ("latents", "map")


def plot_key(plot: str) -> str:
    """Give the key under which a plot keeps what is drawn on it; a new one clears it."""
    return f"{plot}-{st.session_state.setdefault('epoch', 0)}"


def take_selection(shown: pd.DataFrame, axes: dict[str, tuple[str, str]], view: Hashable) -> None:
    """Turn what was drawn on either plot into ids: all galaxies inside a box or lasso, else the points clicked.

    Parameters
    ----------
    shown : DataFrame
        The galaxies on the plots.
    axes : dict
        Plot to its two columns.
    view : hashable
        All that the figures depend on but the selection.
    """
    state = st.session_state
    for plot, (x, y) in axes.items():
        drawn = (state.get(plot_key(plot)) or {}).get("selection") or {}
        points = [str(p["customdata"]) for p in drawn.get("points", []) if p.get("customdata") is not None]
        shapes = [*(drawn.get("box") or []), *(drawn.get("lasso") or [])]
        if state.handled.get(plot, ([], [])) == (shapes, points):
            continue
        state.handled[plot] = (shapes, points)
        if shapes:
            points = shown["id"][figures.find_inside(shown[x].to_numpy(), shown[y].to_numpy(), drawn)].tolist()
        if not points and not is_live(plot, view):
            continue
        untouched = not state.selection and not state.opened
        state.live = (plot, view) if points and (untouched or is_live(plot, view)) else None
        state.selection, state.picks = points, state.get("picks", 0) + 1
        if len(points) == 1:
            open_galaxy(points[0])


def is_live(plot: str, view: Hashable) -> bool:
    """Whether a plot shows by itself what was drawn on it, and so must keep its figure."""
    return st.session_state.get("live") == (plot, view)
