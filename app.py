"""The explorer's entry: page settings, navigation, and the header that every page shares."""

from pathlib import Path

import streamlit as st

from pages._state import begin_page, clear_selection, open_explorer, open_galaxy, plain

HERE = Path(__file__).parent / "pages"
st.set_page_config("galexplore", str(HERE / "_icon.svg"), layout="wide")
st.logo(str(HERE / "_logo.svg"), size="large")
st.html(HERE / "_style.css")
page = st.navigation(
    [
        st.Page("pages/atlas.py", title="Atlas", icon=":material/scatter_plot:", default=True),
        st.Page("pages/traverse.py", title="Traverse", icon=":material/tune:"),
        st.Page("pages/locate.py", title="Locate", icon=":material/add_photo_alternate:"),
        st.Page("pages/anomalies.py", title="Anomalies", icon=":material/auto_awesome:"),
    ],
    position="top",
)
begin_page(page.url_path)


def find(explorer, text: str) -> str:
    """Open the galaxy of that id and return what to say about it."""
    ids = explorer.table["id"]
    found = ids[ids.str.casefold() == text.casefold()]
    if len(found):
        if st.session_state.get("found") != text:
            st.session_state.found = text
            open_galaxy(found.iloc[0])
        return f"**{plain(found.iloc[0])}** found."
    return f"No galaxy here is called “{plain(text[:40])}”; ids look like {plain(ids.iloc[0])}."


with st.container(horizontal=True, vertical_alignment="center", key="header"):
    explorer = open_explorer()
    if explorer:
        st.markdown(f"DECaLS · {len(explorer.table):,} galaxies", width="content")
        st.badge("simulated", color="gray", help="Galaxies rendered from physics, as the survey would have seen them.")
        st.space("stretch")
        text = st.text_input(
            "Search by id",
            key="object",
            bind="query-params",
            placeholder="Search by id",
            label_visibility="collapsed",
            width=200,
        ).strip()
        if text:
            st.caption(find(explorer, text), width="content")
        counter = st.container(horizontal=True, width="content", vertical_alignment="center")
if explorer:
    page.run()
    with counter:
        n = len(st.session_state.selection)
        st.markdown(f"**{n:,}** selected" if n else ":gray[nothing selected]", width="content")
        st.button("Clear", type="tertiary", disabled=not n, on_click=clear_selection, key="clear")
