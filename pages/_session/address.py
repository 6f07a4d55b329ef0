"""The page's address: what it restores in a fresh session, and what is written into it.

Not by binding widgets to it: `st.switch_page` refuses to leave a page while any widget is bound.
"""

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from galexplore.errors import InputError
from galexplore.explore import selections
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import read_state
from galexplore.explore.models import list_models
from pages._session.state import clear_selection, forget_galaxies, open_explorer
from pages._session.widgets import fill_widgets

#: Words whose change is no step of the browser's history, which a slider or an upload would flood.
QUIET = {"from", "at", "upload"}

_component = st.components.v2.component("galexplore_address", js=(Path(__file__).parent / "address.js").read_text())


def is_history_step() -> bool:
    """Whether the browser came here by its Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def take_atlas() -> None:
    """Take the atlas from the address: once a session, and wherever Back and Forward lead."""
    state = st.session_state
    state.setdefault("trouble", [])
    if "atlas" not in state or is_history_step():
        asked, before = st.query_params.get("atlas", "default")[:60], state.get("atlas")
        state.atlas = asked if asked == "default" or asked in list_models() else "default"
        if before not in (None, state.atlas):
            forget_galaxies()
        if state.atlas != asked:
            state.trouble.append("The link's atlas is not installed here; the default atlas is shown.")


def restore(explorer: Explorer) -> None:
    """Bring back what the address tells; what cannot be used is left out with a sentence.

    Once a session, and wherever Back and Forward lead: each selection, opened galaxy and choice of axes is a step.
    What belongs to one page alone waits for it under `asked` (`take_asked`).
    """
    state = st.session_state
    if state.get("restored"):
        if not is_history_step():
            return
        clear_selection()
        for key in [k for k in state if isinstance(k, str) and k.startswith("filter-")]:
            del state[key]
    state.restored, params = True, st.query_params.to_dict()
    state.landed = state.get("landed", False) or (bool(params) and not is_history_step())
    state.asked = {word: params[word][:200] for word in QUIET if word in params}
    state.atlas_state, refused = read_state(params, explorer)
    if refused:
        state.trouble.append(f"Ignored in the link, because it is not valid here: {', '.join(refused)}.")
    fill_widgets()
    if params.get("data", explorer.catalogue) != explorer.catalogue:
        named = [f"“{params[word][:60]}”" for word in ("object", "from") if word in params]
        what = " and ".join([*named, *["its selection"] * ("sel" in params)]) or "they are"
        state.trouble.append(
            f"The link belongs to another catalogue, whose ids are other galaxies here: {what} ignored."
        )
        state.asked = {}
        return
    asked = params.get("object", "")[:60]
    if asked and len(explorer.find_rows([asked])):
        state.opened = asked
    elif asked:
        state.trouble.append(f"This atlas has no galaxy “{asked}”.")
    if "sel" in params:
        try:
            state.selection = selections.recall(params["sel"][:40], explorer.catalogue)
            state.kept_selection = (state.selection, params["sel"])
        except InputError as error:
            state.trouble.append(str(error))


def take_asked() -> dict[str, str] | None:
    """Take what the address asks of the page that is shown; None where it asks nothing anew."""
    asked, st.session_state.asked = st.session_state.asked, None
    return asked


def carry(words: dict[str, str]) -> None:
    """Let the address carry what the page that is shown is made of besides; a fragment that runs alone writes it."""
    st.session_state.carried = words
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:
        _replace("address-moved", _compose())


def write() -> None:
    """Put the atlas, what it shows, the opened galaxy and the selection into the address: a link opens them again."""
    state = st.session_state
    params, before = _compose(), st.query_params.to_dict()
    if params == before:
        return
    quiet = {k: v for k, v in params.items() if k not in QUIET} == {k: v for k, v in before.items() if k not in QUIET}
    if quiet or (state.arrived and params):
        _replace("address", params)
    else:
        st.query_params.from_dict(params)


def _compose() -> dict[str, str]:
    state = st.session_state
    params = {} if state.atlas == "default" else {"atlas": state.atlas}
    params |= state.atlas_state.to_params()
    if state.opened or state.selection or "from" in state.carried:
        params["data"] = open_explorer().catalogue
    if state.opened:
        params["object"] = state.opened
    if state.selection:
        if state.get("kept_selection", (None,))[0] is not state.selection:
            state.kept_selection = (state.selection, _keep_selection())
        if state.kept_selection[1]:
            params["sel"] = state.kept_selection[1]
    return params | state.carried


def _replace(key: str, params: dict[str, str]) -> None:
    search = f"?{urlencode(params)}" if params else ""
    _component(key=key, data={"search": search, "step": st.session_state.arrivals}, height=1)


def _keep_selection() -> str:
    """Keep the selection for the link; say once where the disk does not take it, and leave it out ("")."""
    try:
        return selections.keep(st.session_state.selection, open_explorer().catalogue)
    except InputError as error:
        st.session_state.trouble.append(str(error))
        return ""
