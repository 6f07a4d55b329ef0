"""One galaxy on a page of its own, opened by its address: /galaxy?object=ID."""

import streamlit as st

from pages._parts.card import show_card
from pages._session.navigation import require_header
from pages._session.state import open_explorer


def show_galaxy() -> None:
    """Show the card of the galaxy opened, or say how to open one."""
    explorer = open_explorer()
    if st.session_state.opened:
        st.page_link("pages/atlas.py", label="Back to the Atlas", icon=":material/arrow_back:")
        show_card(explorer, st.session_state.opened, wide=True)
    else:
        st.markdown("### No galaxy opened")
        st.markdown("Search at the top by id, position, IAU name or viewer link, or click a galaxy in the Atlas.")
        st.page_link("pages/atlas.py", label="To the Atlas", icon=":material/scatter_plot:")


require_header()
show_galaxy()
