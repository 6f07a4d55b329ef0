"""The seven pages, and the way back to the entry for one that was run alone."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from galexplore.errors import InputError
from pages._session.state import plain


def navigate() -> StreamlitPage:
    """Show the pages' names at the top; return the page to run."""
    pages = [
        st.Page("pages/atlas.py", title="Atlas", default=True),
        st.Page("pages/galaxy.py", title="Galaxy", visibility="hidden"),
        st.Page("pages/traverse.py", title="Traverse"),
        st.Page("pages/locate.py", title="Locate"),
        st.Page("pages/anomalies.py", title="Anomalies"),
        st.Page("pages/populations.py", title="Populations"),
        st.Page("pages/model.py", title="Model"),
    ]
    return st.navigation(pages, position="top")


def run_page(page: StreamlitPage) -> None:
    """Run a page; where what it asks for cannot be had, such as a network of another version, a sentence says so."""
    try:
        page.run()
    except InputError as error:
        st.error(plain(str(error)), icon=":material/error:")


def require_header() -> None:
    """Go back through `app.py` where a page was run without it.

    Until `st.navigation` is first called in a server's life, Streamlit takes a folder named `pages` for its older kind
    of app and runs a deep link's page alone.
    """
    if not st.session_state.pop("header", False):
        navigate()
        st.rerun()


def go_to(page: str) -> None:
    """Go to a page by its name; the address keeps its words until that page writes its own.

    Without them, Streamlit would first empty the address of the page that is left: a step of Back of its own.
    """
    st.switch_page(f"pages/{page}.py", query_params=st.query_params.to_dict())
