"""The Atlas's controls: axes, colour, map, filters, subsets, rare kinds, and what to take away."""

from dataclasses import replace

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.atlas.kinds import define_kind
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import MAPS, AtlasState
from galexplore.tables.filters import keep_rows
from pages._parts.axes import choose_column, choose_ends
from pages._parts.counts import say_passed
from pages._parts.figure import show_figure
from pages._parts.filters import choose_condition, choose_filters, forget_filters, keep_known
from pages._parts.own_list import choose_list
from pages._parts.panels import mark
from pages._parts.subsets import choose_subsets, list_subsets
from pages._session.state import plain, select
from pages._session.widgets import fill_widgets

MAP_NAMES = {"latents": "of the latents", "features": "of the encoder's features"}


def choose_state(explorer: Explorer) -> tuple[AtlasState, np.ndarray | None]:
    """Show the controls; return what they say, and the mask (N,) of galaxies that pass the filters, None for all."""
    state, before = st.session_state, st.session_state.atlas_state
    if "axis-x" not in state:  # its widgets were forgotten, as after a page run without its header
        fill_widgets()
    words, numbers, troubles = ["population", *explorer.numbers, *explorer.words], explorer.numbers, list[str]()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key="controls"):
        x = choose_column(explorer, "x axis", numbers, "axis-x", before.x, troubles)
        y = choose_column(explorer, "y axis", numbers, "axis-y", before.y, troubles)
        colour = choose_column(explorer, "Colour", words, "colour", before.colour, troubles)
        drawn = choose_map(explorer)
        with st.popover("Axes", icon=":material/straighten:"):
            (x_low, x_high), (y_low, y_high), contours = choose_ends(explorer)
        with st.popover("Filter", icon=":material/filter_alt:"):
            where, passed = choose_condition(explorer, list_subsets(), troubles)
            limits, left_out = choose_filters(explorer, ["ordinary", *list_kinds(explorer)])
        with st.popover("Subsets", icon=":material/join_inner:"):
            subsets = choose_subsets(explorer)
        with st.popover("Your list", icon=":material/playlist_add:"):
            choose_list(explorer)
        mask = join(keep_rows(explorer.table, limits, left_out), passed)
        save = st.popover("Save plot", icon=":material/download:", key="save", on_change="rerun")
        if mask is not None:
            show_passed(explorer, mask)
    for trouble in troubles:
        st.error(plain(trouble), icon=":material/block:")
    kinds = tuple(choose_kinds(explorer))
    shown = AtlasState(x, y, colour, drawn, kinds, limits, tuple(left_out), where, x_low, x_high, y_low, y_high)
    state.atlas_state = replace(shown, contours=contours, subsets=subsets)
    if save.open:
        with save:
            show_figure(explorer, state.atlas_state, mask)
    return state.atlas_state, mask


def join(one: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
    """Join two masks, of which None passes all."""
    return other if one is None else one if other is None else one & other


def choose_map(explorer: Explorer) -> str:
    """Let a person choose a map, where there are several."""
    maps = [name for name, (column, _) in MAPS.items() if column in explorer.table]
    if len(maps) < 2:
        return "latents"
    return st.selectbox("Map", maps, key="map", format_func=MAP_NAMES.__getitem__, persist_state="session", width=150)


def show_passed(explorer: Explorer, mask: np.ndarray) -> None:
    """Say how many galaxies, and artefacts, pass the filters; offer to select them, and to show all again."""
    st.caption(f"{say_passed(explorer, mask)} pass the filter.", width="content")
    if mask.any():
        st.button("Select them", type="tertiary", key="filter-select", on_click=select_passed, args=(explorer, mask))
    st.button("Show all", type="tertiary", key="filter-none", on_click=forget_filters, help="Remove every filter")


def select_passed(explorer: Explorer, mask: np.ndarray) -> None:
    """Select the galaxies that pass the filters."""
    select(explorer.table["id"][mask].tolist())


def list_kinds(explorer: Explorer) -> list[str]:
    """List the rare kinds of an atlas, in the order in which they are always told."""
    there = set(explorer.kinds.index) - {"ordinary"}
    return [k for k in figures.STYLES if k in there] + sorted(there - set(figures.STYLES))


def define_kinds(explorer: Explorer) -> str:
    """Say what each kind is and who described it, a line each; "" where the catalogue has kinds of its own."""
    defined = [(kind, define_kind(kind)) for kind in list_kinds(explorer)]
    return "  \n".join(f"{mark(kind)} **{kind}**: {words}" for kind, words in defined if words)


def choose_kinds(explorer: Explorer) -> list[str]:
    """Show which rare kinds are drawn on top, with their numbers."""
    counts, order = explorer.kinds, list_kinds(explorer)
    keep_known("overlays", order)
    if not order:
        return []
    return st.pills(
        "Rare kinds shown on top",
        order,
        help=define_kinds(explorer) or None,
        key="overlays",
        format_func=lambda k: f"{mark(k)} {k} {counts[k]:,}",
        selection_mode="multi",
        persist_state="session",
        wrap=True,
    )
