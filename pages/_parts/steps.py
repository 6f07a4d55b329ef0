"""The way back and forth among selections, beside their number."""

import streamlit as st

from pages._session.history import can_step, note_selection, step_selection

STEPS = (
    ("Undo", -1, "undo-selection", "Previous selection"),
    ("Redo", 1, "redo-selection", "Next selection"),
)


def offer_steps() -> None:
    """Remember the selection, and offer those before and after it; on Traverse, Undo is that of the sliders."""
    note_selection()
    if st.session_state.url == "traverse" or not (can_step(-1) or can_step(1)):
        return
    for label, by, key, words in STEPS:
        icon, idle = f":material/{label.lower()}:", not can_step(by)
        st.button(
            label, type="tertiary", icon=icon, key=key, help=words, disabled=idle, on_click=step_selection, args=(by,)
        )
