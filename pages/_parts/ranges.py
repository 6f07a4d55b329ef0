"""A range of a column: its histogram to brush, over a slider."""

import math
from functools import partial
from typing import cast

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.explore.explorer import Explorer
from galexplore.tables.names import name_column
from pages._parts.panels import STILL
from pages._session.state import is_dark

#: Of sliders; a hundredth of what a column spans, rounded, for all others.
STEPS = {"lat_redshift": 0.01, "mag_r": 0.1}
#: Where a slider begins of what is never negative, though the mean of an inferred one may lie just below.
LEAST = {"lat_redshift": 0.0}


def choose_range(explorer: Explorer, column: str) -> tuple[float, float] | None:
    """Show a column's histogram over a range slider; None where it is wide open, and what has no value passes too."""
    values = explorer.table[column]
    low, high = float(values.min()), float(values.max())
    step: float = STEPS.get(column) or 10.0 ** math.floor(math.log10((high - low) / 100))
    lowest, high = math.floor(low / step) * step, math.ceil(high / step) * step
    low = max(lowest, min(LEAST.get(column, lowest), high - step))
    key = f"filter-{column}"
    if key in st.session_state:  # what a link asks for stays on the slider
        first, last = st.session_state[key]
        st.session_state[key] = (min(max(first, low), high), max(min(last, high), low))
    else:
        st.session_state[key] = (low, high)
    show_brush(explorer, column, (low, high), step)
    digits = max(0, -math.floor(math.log10(step)))
    # A slider that is set from here and hidden at once still sends what it showed before; a new one has shown nothing.
    drawn = f"range-{column}-{st.session_state.get('brushed', 0)}"
    st.session_state[drawn] = first, last = cast(tuple[float, float], st.session_state[key])
    label, shown, take = name_column(column), f"%.{digits}f", partial(take_slider, column, drawn)
    st.slider(label, low, high, step=step, format=shown, key=drawn, on_change=take)
    if (first, last) == (low, high):
        return None
    return round(lowest if first == low else first, 6), round(last, 6)  # at its beginning, it leaves out nothing below


def take_slider(column: str, key: str) -> None:
    """Make where a slider was moved to the range of its column; nothing where the slider has left the page."""
    if key in st.session_state:
        st.session_state[f"filter-{column}"] = st.session_state[key]


@st.cache_data(max_entries=60, show_spinner=False)
def _count(digest: str, column: str, span: tuple[float, float], _explorer: Explorer) -> np.ndarray:
    return figures.count_bins(_explorer.table[column].to_numpy(), span)


def show_brush(explorer: Explorer, column: str, span: tuple[float, float], step: float) -> None:
    """Show the histogram of a column: what is dragged on it becomes the range of the slider below."""
    count = _count(explorer.digest, column, span, explorer)
    figure = figures.plot_brush(count, span, st.session_state[f"filter-{column}"], is_dark())
    key = f"brush-{column}-{st.session_state.get('brushed', 0)}"  # a new one is drawn without what was dragged
    take, alt = partial(take_brush, column, key, span, step), f"Histogram of {name_column(column)}"
    st.plotly_chart(
        figure, theme=None, key=key, on_select=take, selection_mode="box", config=STILL | {"staticPlot": False}, alt=alt
    )


def take_brush(column: str, key: str, span: tuple[float, float], step: float) -> None:
    """Make what was dragged on a histogram the range of its slider, on its steps; nothing where nothing was."""
    state, (low, high) = st.session_state, span
    boxes = ((state.get(key) or {}).get("selection") or {}).get("box") or []
    if not boxes:  # as a plot that is drawn anew says of itself
        return
    ends = sorted(float(end) for end in boxes[0]["x"])
    first, last = (low + step * round((min(max(end, low), high) - low) / step) for end in ends)
    if first == last:  # narrower than a step: the step that holds it
        first, last = max(low, first - step), min(high, last + step)
    state[f"filter-{column}"] = (first, last)
    state.brushed = state.get("brushed", 0) + 1
