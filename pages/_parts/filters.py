"""The Atlas's filters: a condition, ranges with their histograms to brush, kinds left out."""

import math
from functools import partial
from typing import cast

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import AtlasState
from galexplore.explore.subsets import find_subsets
from galexplore.tables.expressions import keep_where
from galexplore.tables.names import name_column
from pages._parts.panels import STILL
from pages._session.state import is_dark

STEPS = {"lat_redshift": 0.01, "mag_r": 0.1}
LANGUAGE = (
    "Columns by their names in the table, such as lat_redshift, logmass, mag_g, population; and, or, not (or & | ~); "
    "< <= == != >= >; + - * / % **; abs, sqrt, exp, log, log10, sin, cos, tan, arctan2, floor, minimum, maximum; "
    "isfinite(x), between(x, low, high), population in ['Green Pea', 'Red Spiral']; your subsets by their names. "
    "A missing value passes no comparison but !=."
)

Named = tuple[tuple[str, str], ...]


@st.cache_data(max_entries=20, show_spinner=False)
def find_masks(digest: str, subsets: Named, _explorer: Explorer) -> dict[str, np.ndarray]:
    """Masks of named subsets, found once for everyone."""
    return find_subsets(_explorer, subsets)


@st.cache_data(max_entries=20, show_spinner=False)
def _keep(digest: str, condition: str, subsets: Named, _explorer: Explorer) -> np.ndarray:
    return keep_where(condition, _explorer.table, find_masks(digest, subsets, _explorer))


def choose_condition(explorer: Explorer, subsets: Named, troubles: list[str]) -> tuple[str, np.ndarray | None]:
    """Show the box for a condition; return it with its mask, and "", None where there is none or it cannot be used."""
    typed = st.text_input(
        "Condition",
        key="where",
        max_chars=500,
        placeholder="lat_redshift < 0.1 and lat_logmass > 10.5",
        help=LANGUAGE,
        persist_state="session",
    )
    if not typed.strip():
        return "", None
    try:
        return typed.strip(), _keep(explorer.digest, typed.strip(), subsets, explorer)
    except InputError as error:
        troubles.append(f"The condition is not applied. {error}")
        return "", None


def forget_filters() -> None:
    """Open every filter wide."""
    shown: AtlasState = st.session_state.atlas_state
    for key in [k for k in st.session_state if isinstance(k, str) and k.startswith("filter-lat_")]:
        del st.session_state[key]
    for column in shown.limits:
        st.session_state.pop(f"filter-{column}", None)
    st.session_state["left-out"], st.session_state["where"] = [], ""
    st.session_state["filter-columns"] = list(STEPS)


def keep_known(key: str, options: list[str]) -> None:
    """Drop from a widget's choice what this atlas does not have: a column, a kind."""
    state = st.session_state
    if any(chosen not in options for chosen in state.get(key) or ()):
        state[key] = [chosen for chosen in state[key] if chosen in options]


def choose_filters(explorer: Explorer, kinds: list[str]) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Show a range for each column that is filtered; return the limits and which of the kinds are left out."""
    keep_known("filter-columns", explorer.numbers)
    columns = st.multiselect(
        "Filter by",
        explorer.numbers,
        key="filter-columns",
        max_selections=8,
        format_func=name_column,
        persist_state="session",
        placeholder="Add a column",
    )
    limits = {}
    for column in columns:
        chosen = choose_range(explorer, column)
        if chosen:
            limits[column] = chosen
    keep_known("left-out", kinds)
    left_out = st.multiselect("Leave out", kinds, key="left-out", placeholder="No kind", persist_state="session")
    return limits, left_out


def choose_range(explorer: Explorer, column: str) -> tuple[float, float] | None:
    """Show a column's histogram over a range slider; None where it is wide open, and what has no value passes too."""
    values = explorer.table[column]
    low, high = float(values.min()), float(values.max())
    step: float = STEPS.get(column) or 10.0 ** math.floor(math.log10((high - low) / 100))
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    key = f"filter-{column}"
    if key in st.session_state:  # what a link asks for stays on the slider
        first, last = st.session_state[key]
        st.session_state[key] = (min(max(first, low), high), max(min(last, high), low))
    else:
        st.session_state[key] = (low, high)
    show_brush(explorer, column, (low, high), step)
    digits = max(0, -math.floor(math.log10(step)))
    label, shown = name_column(column), f"%.{digits}f"
    slider = st.slider(label, low, high, step=step, format=shown, key=key, persist_state="session")
    first, last = cast(tuple[float, float], slider)  # a pair, as its state is
    return None if (first, last) == (low, high) else (round(first, 6), round(last, 6))


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
