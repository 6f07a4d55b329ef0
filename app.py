"""The explorer's entry: page settings, navigation, and the header that every page shares."""

from pathlib import Path

import streamlit as st

from pages._parts.header import choose_atlas, count_selected, show_answer, show_model, show_search, show_trouble
from pages._parts.keyboard import offer_keyboard
from pages._parts.tour import show_tour
from pages._session import address
from pages._session.navigation import navigate, run_page
from pages._session.opening import warm_up
from pages._session.state import begin_run, try_explorer

HERE = Path(__file__).parent / "pages" / "_parts"


def show_app() -> None:
    """Show the header and the chosen page."""
    st.set_page_config("galexplore", str(HERE / "icon.svg"), layout="wide")
    st.logo(str(HERE / "logo.svg"), size="large")
    st.html(HERE / "style.css")
    chosen = navigate()
    st.html(f'<h1 class="only-read">{chosen.title}</h1>')
    begin_run(chosen.url_path)
    address.take_atlas()
    offer_keyboard(chosen.url_path)

    with st.container(horizontal=True, vertical_alignment="center", key="header"):
        explorer = try_explorer()
        if explorer:
            address.restore(explorer)
            show_model(explorer)
            st.space("stretch")
            text = show_search()
            counter = st.container(horizontal=True, width="content", vertical_alignment="center")
        else:
            choose_atlas(st.session_state.atlas)
    if explorer:
        # What comes and goes has a place of its own: the parts below keep theirs, by which the browser knows them.
        with st.container():
            if text:
                show_answer(explorer, text, chosen.url_path)
            show_tour(chosen.url_path)
        trouble = st.container()
        with st.container(key="content"):
            run_page(chosen)
        with trouble:  # what is wrong with a picture is known once it has been asked for
            show_trouble(explorer)
        address.write()
        with counter:
            count_selected(explorer)
        warm_up(explorer, explorer.digest)


if __name__ == "__main__":  # as Streamlit runs it; a process that one of its sessions spawns reads this file, too
    show_app()
