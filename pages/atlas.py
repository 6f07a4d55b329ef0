"""Where the galaxies lie: two linked plots; what is picked on either shows its images, numbers and cards."""

import streamlit as st

from pages._parts.card import show_card
from pages._parts.choices import choose_state
from pages._parts.gallery import show_selection
from pages._parts.landing import follow_files, show_landing
from pages._parts.plots import is_crowded, list_axes, show_plots
from pages._parts.pointer import show_pointer
from pages._parts.space import show_space
from pages._session.drawn import take_selection
from pages._session.navigation import require_header
from pages._session.state import open_explorer


def show_atlas() -> None:
    """Show the controls, the plots, what is selected, and the galaxy opened."""
    explorer, state = open_explorer(), st.session_state
    follow_files()
    pointer, landing = st.container(), st.container()  # the pointer's part is lost to the browser where it moves
    if not (state.selection or state.opened or state.landed):
        with landing:
            show_landing(explorer)
    shown, mask = choose_state(explorer)
    take_selection(explorer, mask, list_axes(shown))
    plots = st.container()  # filled last: a browser that draws a new plot leaves the images waiting
    with pointer:
        show_pointer(explorer, list_axes(shown), is_crowded(explorer), mask)
    left, right = st.container(key="halves-picked").columns(2, gap="large")
    with left:
        show_selection(explorer)
    with right:
        if state.opened:
            show_card(explorer, state.opened)
        else:
            st.markdown("### No galaxy opened")
            st.markdown("Click a point, an image or a row of the table, or search by id or position at the top.")
    with plots:
        show_plots(explorer, shown, mask)
        show_space(explorer, shown, mask)


require_header()
show_atlas()
