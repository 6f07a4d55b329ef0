"""The explorer's entry: page settings, navigation, and the header that every page shares."""

from pathlib import Path

import streamlit as st

from pages._parts.header import show_answer, show_atlas, show_search, show_selection, show_trouble
from pages._session import address
from pages._session.state import begin_run, navigate, open_explorer

HERE = Path(__file__).parent / "pages" / "_parts"
st.set_page_config("galexplore", str(HERE / "icon.svg"), layout="wide")
st.logo(str(HERE / "logo.svg"), size="large")
st.html(HERE / "style.css")
page = navigate()
begin_run(page.url_path)
address.choose_atlas()

with st.container(horizontal=True, vertical_alignment="center", key="header"):
    explorer = open_explorer()
    if explorer:
        address.restore(explorer)
        show_atlas(explorer)
        st.space("stretch")
        text = show_search()
        counter = st.container(horizontal=True, width="content", vertical_alignment="center")
if explorer:
    if text:
        show_answer(explorer, text, page.url_path)
    show_trouble()
    page.run()
    address.write()
    with counter:
        show_selection(explorer)
