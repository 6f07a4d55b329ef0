"""The explorer's entry: page settings, navigation, and the header that every page shares."""

from pathlib import Path

import streamlit as st

from pages._state import begin_run, clear_selection, find_galaxy, navigate, open_explorer, show_in_address

HERE = Path(__file__).parent / "pages"
st.set_page_config("galexplore", str(HERE / "_icon.svg"), layout="wide")
st.logo(str(HERE / "_logo.svg"), size="large")
st.html(HERE / "_style.css")
page = navigate()
begin_run(page.url_path)


with st.container(horizontal=True, vertical_alignment="center", key="header"):
    explorer = open_explorer()
    if explorer:
        st.markdown(f"DECaLS · {len(explorer.table):,} galaxies", width="content")
        st.badge("simulated", color="gray", help="Galaxies rendered from physics, as the survey would have seen them.")
        st.space("stretch")
        text = st.text_input(
            "Search by id",
            key="object",
            placeholder="Search by id",
            label_visibility="collapsed",
            width=200,
        ).strip()
        if text:
            st.caption(find_galaxy(explorer, text), width="content")
            if page.url_path in ("traverse", "locate") and st.session_state.opened:
                st.page_link("pages/atlas.py", label="show in the Atlas", width="content")
        counter = st.container(horizontal=True, width="content", vertical_alignment="center")
if explorer:
    page.run()
    show_in_address()
    with counter:
        n = len(st.session_state.selection)
        st.markdown(f"**{n:,}** selected" if n else ":gray[nothing selected]", width="content")
        st.button(
            "Clear", type="tertiary", disabled=not (n or st.session_state.opened), on_click=clear_selection, key="clear"
        )
