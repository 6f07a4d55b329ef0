"""The page's address: what it restores in a fresh session, and what is written into it.

Not by binding widgets to it: `st.switch_page` refuses to leave a page while any widget is bound.
"""

import streamlit as st

from galexplore.errors import InputError
from galexplore.explore import selections
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import read_view
from galexplore.explore.models import list_models

#: Widgets of the Atlas and the words of a view that they hold.
WIDGETS = {"axis-x": "x", "axis-y": "y", "colour": "colour", "map": "map", "overlays": "kinds", "left-out": "left_out"}


def choose_atlas() -> None:
    """Take the atlas from the address, once a session."""
    state = st.session_state
    if "atlas" not in state:
        state.trouble = []
        asked = st.query_params.get("atlas", "default")[:60]
        state.atlas = asked if asked == "default" or asked in list_models() else "default"
        if state.atlas != asked:
            state.trouble.append("The link's atlas is not here; this is the embedded one.")


def restore(explorer: Explorer) -> None:
    """Bring back what the address tells, once a session; what cannot be used is left out with a sentence."""
    state = st.session_state
    if state.get("restored"):
        return
    state.restored, params = True, {k: st.query_params[k] for k in st.query_params}
    state.view, refused = read_view(params, explorer)
    if refused:
        state.trouble.append(f"Left out of the link, since it cannot be used here: {', '.join(refused)}.")
    show_view()
    asked = params.get("object", "")[:60]
    if asked and len(explorer.find_rows([asked])):
        state.opened = asked
    elif asked:
        state.trouble.append(f"No galaxy here is called “{asked}”.")
    if "sel" in params:
        try:
            state.selection = selections.recall(params["sel"][:40])
            state.shelved = (state.selection, params["sel"])
        except InputError as error:
            state.trouble.append(str(error))


def show_view() -> None:
    """Put the view into the widgets of the Atlas, before they are drawn."""
    state = st.session_state
    for key, name in WIDGETS.items():
        value = getattr(state.view, name)
        state[key] = list(value) if isinstance(value, tuple) else value
    extra = [c for c in state.view.limits if c not in ("lat_redshift", "mag_r")]
    state["filter-columns"] = ["lat_redshift", "mag_r", *extra]
    for column, limits in state.view.limits.items():
        state[f"filter-{column}"] = tuple(limits)


def write() -> None:
    """Put atlas, view, opened galaxy and selection into the address, so that a link or a bookmark opens them again."""
    state = st.session_state
    told = {} if state.atlas == "default" else {"atlas": state.atlas}
    told |= state.view.to_params()
    if state.opened:
        told["object"] = state.opened
    if state.selection:
        if state.get("shelved", (None,))[0] is not state.selection:
            state.shelved = (state.selection, selections.keep(state.selection))
        told["sel"] = state.shelved[1]
    if told != st.query_params.to_dict():
        st.query_params.from_dict(told)
