"""What every page shares: the explorer, and what this person has selected, opened, uploaded and started from.

Streamlit runs each page as a script of its own and forgets a page's widgets on leaving it; whatever must survive is
kept under plain keys of the session's state:

atlas : str, name of the model and atlas that is looked at
atlas_state : `galexplore.explore.link.AtlasState`, axes, colour, map, kinds and filters of the Atlas
selection : list of str, ids picked on a plot or taken from a list; `picks` counts them
opened : str or None, id of the galaxy whose card is shown
asked, carried : dict of str to str, what the address asks of the page that is shown (None: nothing anew), and what the
    page adds to its address
listed : dict, the person's own list of galaxies (`pages/_parts/own_list.py`), or None
upload : dict, what was given to Locate and what came of it (`pages/_session/uploads.py`), or None
start : dict, where Traverse starts (`pages/_session/start.py`), or None
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.link import AtlasState
from pages._session.opening import load_explorer

if TYPE_CHECKING:
    from galexplore.explore.explorer import Explorer


def open_explorer() -> "Explorer":
    """Return the explorer of the atlas chosen, which all sessions share.

    Raises
    ------
    InputError
        Where its model cannot be opened; a page is only run where it can.
    """
    return load_explorer(st.session_state.get("atlas", "default"))


def try_explorer() -> "Explorer | None":
    """Return the explorer of the atlas chosen, or say on the page why there is none."""
    try:
        return open_explorer()
    except InputError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None


def begin_run(url: str) -> None:
    """Give the session its first state, and note a change of page."""
    state = st.session_state
    state.header = True
    first: dict[str, object] = {"selection": [], "opened": None, "listed": None, "object": "", "landed": False}
    for name, value in (first | {"atlas_state": AtlasState()}).items():
        state.setdefault(name, value)
    state.carried, state.asked = {}, None
    state.arrived = state.get("url", url) != url
    state.arrivals = state.get("arrivals", 0) + state.arrived
    if state.get("url") != url:  # what was drawn on the plots is gone with their page; the ids stay
        state.url, state.handled = url, {}


def select(ids: Iterable[str]) -> None:
    """Select galaxies by their ids; what is drawn on the plots says so no more."""
    st.session_state.selection, st.session_state.picks = list(ids), st.session_state.get("picks", 0) + 1
    forget_drawn()


def clear_selection() -> None:
    """Forget the selected galaxies, the opened one and whatever was drawn on the plots."""
    st.session_state.selection, st.session_state.opened = [], None
    forget_drawn()


def forget_galaxies() -> None:
    """Forget what is known by its place among another atlas's galaxies, or by its latents."""
    st.session_state.listed, st.session_state.start, st.session_state.zoom = None, None, {}
    for name in ("selections", "selected_at"):  # the way back (`pages/_session/history.py`)
        st.session_state.pop(name, None)


def forget_drawn() -> None:
    """Forget whatever was drawn on the plots: they are built anew."""
    st.session_state.handled = {}
    st.session_state.epoch = st.session_state.get("epoch", 0) + 1


def open_galaxy(identifier: str) -> None:
    """Choose the galaxy whose card is shown."""
    st.session_state.opened = str(identifier)


def find_selected(explorer: "Explorer") -> np.ndarray:
    """Places in the atlas's table of the selected galaxies; looked up once for each selection."""
    state, selection = st.session_state, st.session_state.selection
    known = state.get("selected_rows")
    if known is None or known[0] is not selection:
        state.selected_rows = known = (selection, explorer.find_rows(selection))
    return known[1]


def is_dark() -> bool:
    """Whether the page is dark, as it is unless its owner chose otherwise."""
    return st.context.theme.type != "light"


def plain(text: str) -> str:
    """Escape what came from outside, so that Markdown shows it as it is."""
    if re.fullmatch("[A-Za-z][A-Za-z0-9+-]*", text):  # a single word, such as most ids, is harmless
        return text
    return "".join(f"\\{c}" if c in '\\`*_{}[]<>()#+-.!|~$:"' else c for c in text)
