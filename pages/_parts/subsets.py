"""Named subsets: a selection or a condition under a name, which conditions join by and, or, not.

State of the session: `subsets`, list of (name, definition) as `galexplore.explore.subsets` has them; `subset_trouble`,
what was wrong with the last name.
"""

import numpy as np
import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.subsets import KEPT, MOST, check_condition, check_name, forget_subset, keep_selection
from pages._parts.counts import say_count
from pages._parts.filters import Named, find_masks
from pages._session.state import plain, select


def list_subsets() -> Named:
    """List the named subsets and their definitions."""
    return tuple((name, definition) for name, definition in st.session_state.get("subsets", ()))


def choose_subsets(explorer: Explorer) -> Named:
    """Show the named subsets, and name the selection or the condition; return them."""
    state, subsets = st.session_state, list_subsets()
    st.markdown("**Named subsets** can be used in conditions like columns: `blue and not mine`.")
    st.text_input("Name", key="subset-name", max_chars=30, placeholder="such as blue")
    full, n = len(subsets) >= MOST, len(state.selection)
    with st.container(horizontal=True):
        for kind, label, none in (
            ("selection", f"Name the {n:,} selected", not n),
            ("condition", "Name the condition", not state.get("where")),
        ):
            key, args = f"name-{kind}", (explorer, kind)
            st.button(label, key=key, on_click=name_subset, args=args, disabled=none or full)
    if trouble := state.pop("subset_trouble", ""):
        st.error(plain(trouble), icon=":material/block:")
    try:
        masks = find_masks(explorer.digest, subsets, explorer)
    except InputError as error:
        st.error(plain(str(error)), icon=":material/block:")
        masks = {}
    for name, definition in subsets:
        what = "a selection" if definition.startswith(KEPT) else plain(definition)
        with st.container(horizontal=True, vertical_alignment="center"):
            count = say_count(explorer, np.flatnonzero(masks[name])) if name in masks else "not found"
            st.markdown(f"**{plain(name)}** {count}: {what}", width="stretch")
            st.button("Select", key=f"select-{name}", on_click=select_subset, args=(explorer, name), type="tertiary")
            st.button("Delete", key=f"forget-{name}", on_click=forget, args=(name,), type="tertiary")
    return subsets


def name_subset(explorer: Explorer, kind: str) -> None:
    """Give the selection or the condition the name that was typed."""
    state, subsets = st.session_state, list_subsets()
    names = [name for name, _ in subsets]
    try:
        name = check_name(state["subset-name"].strip(), explorer.table, names)
        if kind == "selection":
            definition = keep_selection(explorer, state.selection)
        else:
            definition = check_condition(state["where"].strip(), explorer.table, names)
        state["subsets"], state["subset-name"] = [*subsets, (name, definition)], ""
    except InputError as error:
        state.subset_trouble = str(error)


def select_subset(explorer: Explorer, name: str) -> None:
    """Select the galaxies of a subset."""
    masks = find_masks(explorer.digest, list_subsets(), explorer)
    select(explorer.table["id"][masks[name]].tolist())


def forget(name: str) -> None:
    """Forget a subset, and those that are defined by it."""
    st.session_state["subsets"] = list(forget_subset(list_subsets(), name))
