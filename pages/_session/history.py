"""The way back and forth through the selections of a session.

State of the session:

selections : list of (list of str, outline), the ids of each selection and what it was drawn with, the oldest first
selected_at : int, place among them of the one that stands
"""

import streamlit as st

from pages._session.address import is_history_step
from pages._session.state import forget_drawn

LONGEST = 50  # selections that are remembered
MOST_IDS = 2_000_000  # of all of them together


def note_selection() -> None:
    """Remember the selection where it is another one than before; what was undone before it is forgotten.

    Where the browser's Back or Forward leads to the one before or after, that one stands again.
    """
    state = st.session_state
    trail, at = state.setdefault("selections", [([], None)]), state.setdefault("selected_at", 0)
    ids = state.selection
    if trail[at][0] is ids or trail[at][0] == ids:
        return
    beside = [place for place in (at - 1, at + 1) if 0 <= place < len(trail) and trail[place][0] == ids]
    if beside and is_history_step():
        state.selected_at = beside[0]
        return
    del trail[at + 1 :]
    trail.append((ids, state.get("outline")))
    while len(trail) > LONGEST or (len(trail) > 2 and sum(len(ids) for ids, _ in trail) > MOST_IDS):
        del trail[0]
    state.selected_at = len(trail) - 1


def can_step(by: int) -> bool:
    """Whether there is a selection so many steps from the one that stands."""
    return 0 <= st.session_state.get("selected_at", 0) + by < len(st.session_state.get("selections", ()))


def step_selection(by: int) -> None:
    """Go back (-1) or forth (1) among the selections; what the one arrived at was drawn with is drawn again."""
    note_selection()
    state = st.session_state
    if can_step(by):
        state.selected_at += by
        state.selection, state.outline = state.selections[state.selected_at]
        state.picks = state.get("picks", 0) + 1
        forget_drawn()
