"""What every page shares: the explorer, and what this person has selected, opened, uploaded and started from.

Streamlit runs each page as a script of its own and forgets a page's widgets on leaving it; whatever must survive lives
here, under plain keys of the session's state:

selection : list of str, ids picked on a plot
opened : str or None, id of the galaxy whose card is shown
upload : dict, what Locate read (`pages/locate.py`)
start : dict with `name`, `latents` and `flux` (or None), where Traverse starts
"""

import os
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from galexplore.config import LATENTS
from galexplore.cutout import InputError

if TYPE_CHECKING:
    from galexplore.explorer import Explorer

KINDS_AT_FIRST = ("Green Pea", "Red Spiral")


@st.cache_resource(show_spinner="Opening the atlas and its model")
def _open() -> "Explorer":
    # One galaxy at a time is decoded fastest by one thread; two on a busy machine wait for each other (3 ms or 100).
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from galexplore.explorer import load  # seconds of imports: under the spinner, not before the first paint

    explorer = load()
    explorer.decode(explorer.atlas.latents[:1])  # the first pass through a network is slow: not in a person's time
    return explorer


def open_explorer() -> "Explorer | None":
    """Return the one explorer that all sessions share, or say on the page why there is none."""
    try:
        return _open()
    except InputError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def navigate() -> st.Page:
    """Show the pages' names at the top; return the page to run."""
    pages = [
        st.Page("pages/atlas.py", title="Atlas", default=True),
        st.Page("pages/traverse.py", title="Traverse"),
        st.Page("pages/locate.py", title="Locate"),
        st.Page("pages/anomalies.py", title="Anomalies"),
    ]
    return st.navigation(pages, position="top")


def require_header() -> None:
    """Go back through `app.py` where a page was run without it.

    Until `st.navigation` is first called in a server's life, Streamlit takes a folder named `pages` for its older kind
    of app and runs a deep link's page alone.
    """
    if not st.session_state.pop("header", False):
        navigate()
        st.rerun()


def begin_run(url: str) -> None:
    """Give the session its first state, and note a change of page."""
    st.session_state.header = True
    st.session_state.setdefault("selection", [])
    st.session_state.setdefault("opened", None)
    st.session_state.setdefault("object", st.query_params.get("object", "")[:60])  # the search box
    if st.session_state.get("page") != url:  # what was drawn on the plots is gone with their page; the ids stay
        st.session_state.page, st.session_state.handled, st.session_state.live = url, {}, None


def clear_selection() -> None:
    """Forget the selected galaxies, the opened one and whatever was drawn on the plots."""
    st.session_state.selection, st.session_state.opened = [], None
    st.session_state.handled, st.session_state.live = {}, None
    st.session_state.epoch = st.session_state.get("epoch", 0) + 1


def open_galaxy(identifier: str) -> None:
    """Choose the galaxy whose card is shown."""
    st.session_state.opened = str(identifier)


def show_in_address() -> None:
    """Put the opened galaxy's id into the page's address, so that a link or a bookmark opens its card again.

    Not by binding the search box to it: `st.switch_page` refuses to leave a page while any widget is bound.
    """
    opened = st.session_state.opened
    if opened and st.query_params.get("object") != opened:
        st.query_params["object"] = opened
    elif not opened:
        st.query_params.pop("object", None)


def find_galaxy(explorer: "Explorer", text: str) -> str:
    """Open the galaxy of that id, once for each new search, and return what to say about it."""
    ids = explorer.table["id"]
    found = ids[ids.str.casefold() == text.casefold()]
    if found.empty:
        return f"No galaxy here is called “{plain(text[:40])}”; ids look like {plain(ids.iloc[0])}."
    if st.session_state.get("found") != text:
        st.session_state.found = text
        open_galaxy(found.iloc[0])
    return f"**{plain(found.iloc[0])}** found."


def start_from(name: str, latents: np.ndarray, flux: np.ndarray | None = None) -> None:
    """Choose where Traverse starts; its sliders move there when it is next shown."""
    st.session_state.start = {"name": name, "latents": np.asarray(latents, float), "flux": flux}
    st.session_state.moved = False


def start_from_galaxy(identifier: str) -> None:
    """Start Traverse from a galaxy of the atlas."""
    explorer = _open()
    row = explorer.table.loc[explorer.table["id"] == identifier].iloc[0]
    latents = row[[f"lat_{name}" for name in LATENTS]].to_numpy(float)
    start_from(identifier, latents, explorer.images([identifier])[0])


def is_dark() -> bool:
    """Whether the page is dark, as it is unless its owner chose otherwise."""
    return st.context.theme.type != "light"


def plain(text: str) -> str:
    """Escape what came from outside, so that Markdown shows it as it is."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>()#+-.!|~$:" else c for c in text)
