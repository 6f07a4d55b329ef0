"""The Atlas's controls: axes, colour, map, filters, rare kinds."""

import math
from typing import cast

import numpy as np
import pandas as pd
import streamlit as st

from galexplore import figures
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import MAPS, AtlasState
from galexplore.tables.filters import keep_rows
from galexplore.tables.names import name_column
from pages._parts.own_list import choose_list
from pages._parts.panels import mark
from pages._session.address import fill_widgets
from pages._session.state import select

STEPS = {"lat_redshift": 0.01, "mag_r": 0.1}
MAP_NAMES = {"latents": "of the latents", "features": "of the encoder's features"}


def choose_state(explorer: Explorer) -> tuple[AtlasState, np.ndarray | None]:
    """Show the controls; return what they say, and the mask (N,) of galaxies that pass the filters, None for all."""
    state = st.session_state
    if "axis-x" not in state:  # its widgets were forgotten, as after a page run without its header
        fill_widgets()
    words = ["population", *explorer.numbers, *explorer.words]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="controls"):
        x = choose_column("x axis", explorer.numbers, "axis-x")
        y = choose_column("y axis", explorer.numbers, "axis-y")
        colour = choose_column("Colour", words, "colour")
        maps, shown = [name for name, (column, _) in MAPS.items() if column in explorer.table], "latents"
        if len(maps) > 1:
            shown = st.selectbox(
                "Map", maps, key="map", format_func=MAP_NAMES.__getitem__, persist_state="session", width=200
            )
        with st.popover("Filter", icon=":material/filter_alt:"):
            limits, left_out = choose_filters(explorer)
        with st.popover("Your list", icon=":material/playlist_add:"):
            choose_list(explorer)
        mask, total = keep_rows(explorer.table, limits, left_out), len(explorer.table)
        if mask is not None:
            st.caption(f"{mask.sum():,} of {total:,} galaxies pass the filter.", width="content")
            st.button("All", type="tertiary", key="filter-none", on_click=forget_filters, help="Show all of them again")
            st.button("Select them", key="filter-select", on_click=select_rows, args=(explorer, mask), type="tertiary")
    kinds = choose_kinds(explorer)
    state.atlas_state = AtlasState(x, y, colour, shown, tuple(kinds), limits, tuple(left_out))
    return state.atlas_state, mask


def select_rows(explorer: Explorer, mask: np.ndarray) -> None:
    """Select the galaxies of a mask (N,): what a lasso does, without a pointer."""
    select(explorer.table["id"][mask])


def choose_column(label: str, columns: list[str], key: str) -> str:
    """Let a person choose one of the table's columns."""
    return st.selectbox(label, columns, key=key, format_func=name_column, persist_state="session", width=168)


def forget_filters() -> None:
    """Open every filter wide."""
    for key in [k for k in st.session_state if isinstance(k, str) and k.startswith("filter-lat_")]:
        del st.session_state[key]
    for column in st.session_state.atlas_state.limits:
        st.session_state.pop(f"filter-{column}", None)
    st.session_state["left-out"] = []
    st.session_state["filter-columns"] = list(STEPS)


def keep_known(key: str, options: list[str]) -> None:
    """Drop from a widget's choice what this atlas does not have: a column, a kind."""
    state = st.session_state
    if any(chosen not in options for chosen in state.get(key) or ()):
        state[key] = [chosen for chosen in state[key] if chosen in options]


def list_kinds(explorer: Explorer) -> list[str]:
    """List the rare kinds of an atlas, in the order in which they are always told."""
    there = set(explorer.kinds.index) - {"ordinary"}
    return [k for k in figures.STYLES if k in there] + sorted(there - set(figures.STYLES))


def choose_kinds(explorer: Explorer) -> list[str]:
    """Show which rare kinds are drawn on top, with their numbers."""
    counts, order = explorer.kinds, list_kinds(explorer)
    keep_known("overlays", order)
    if not order:
        return []
    return st.pills(
        "Rare kinds on top",
        order,
        key="overlays",
        format_func=lambda k: f"{mark(k)} {k} {counts[k]:,}",
        selection_mode="multi",
        persist_state="session",
        label_visibility="collapsed",
        wrap=True,
    )


def choose_filters(explorer: Explorer) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Show a range slider for each column that is filtered; return the limits and the kinds left out."""
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
        chosen = choose_range(explorer.table, column)
        if chosen:
            limits[column] = chosen
    kinds = ["ordinary", *list_kinds(explorer)]
    keep_known("left-out", kinds)
    left_out = st.multiselect("Leave out", kinds, key="left-out", placeholder="No kind", persist_state="session")
    return limits, left_out


def choose_range(table: pd.DataFrame, column: str) -> tuple[float, float] | None:
    """Show a range slider over a column; None where it is wide open, and galaxies without a value pass too."""
    low, high = float(table[column].min()), float(table[column].max())
    step: float = STEPS.get(column) or 10.0 ** math.floor(math.log10((high - low) / 100))
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    key = f"filter-{column}"
    if key in st.session_state:  # what a link asks for stays on the slider
        first, last = st.session_state[key]
        st.session_state[key] = (min(max(first, low), high), max(min(last, high), low))
    else:
        st.session_state[key] = (low, high)
    digits = max(0, -math.floor(math.log10(step)))
    label, shown = name_column(column), f"%.{digits}f"
    slider = st.slider(label, low, high, step=step, format=shown, key=key, persist_state="session")
    first, last = cast(tuple[float, float], slider)  # a pair, as its state is
    return None if (first, last) == (low, high) else (round(first, 6), round(last, 6))
