"""Many galaxies labelled at once, a group or a selection, and the way back."""

from collections.abc import Sequence

import streamlit as st

from galexplore.explore.labels import MEANINGS, SCORES
from pages._session.labels import MOST_AT_ONCE, count_undone, put_scores, undo_scores
from pages._session.person import keep_token


def show_label_many(ids: Sequence[str], what: str, key: str) -> None:
    """Show a button for each score, which all the galaxies get at once; and Undo, where there is something to undo.

    Parameters
    ----------
    ids : sequence of str
    what : str
        What they are called: "this group".
    key : str
        Under which the buttons are known.
    """
    keep_token()
    with st.container(key=f"labels-{key}", horizontal=True, vertical_alignment="center", gap="small"):
        many = len(ids) > MOST_AT_ONCE
        note = f"At most {MOST_AT_ONCE:,} are labelled at once; these are {len(ids):,}." if many else ""
        st.markdown(f"Label all {len(ids):,}", width="content", help=note or f"Every galaxy of {what} gets the score.")
        for value in SCORES:
            st.button(
                f"{value}",
                key=f"all-{key}-{value}",
                help=f"Label {MEANINGS[value]}",
                disabled=many,
                on_click=label_all,
                args=(tuple(ids), value),
            )
        if count := count_undone():
            st.button(
                f"Undo {count:,} label{'' if count == 1 else 's'}",
                type="tertiary",
                icon=":material/undo:",
                key=f"unlabel-{key}",
                on_click=undo_all,
            )


def label_all(ids: Sequence[str], score: int) -> None:
    """Give galaxies a score, all of them, and say so."""
    put_scores(ids, score)
    st.toast(f"{len(ids):,} galaxies: label {MEANINGS[score]}", icon=":material/label:")


def undo_all() -> None:
    """Give galaxies back the scores that they had, and say how many."""
    count = undo_scores()
    st.toast(f"{count:,} label{'' if count == 1 else 's'} undone", icon=":material/undo:")
