"""A person's labels: by keyboard, with notes, on disk at once; and a ranking that learns from them."""

from pathlib import Path

import pandas as pd
import streamlit as st

from galexplore.explore.labels import LONGEST_NOTE, MEANINGS, SCORES, make_label
from pages._parts.panels import Emphasis
from pages._session.labels import load_labels, put_labels
from pages._session.state import open_explorer, open_galaxy

_listen = st.components.v2.component("label_keys", js=(Path(__file__).parent / "keys.js").read_text())


def find_label(labels: pd.DataFrame, identifier: str) -> tuple[int | None, str]:
    """Find a galaxy's score and note among labels: None and "" where it has none."""
    mine = labels[labels["id"] == identifier]
    if mine.empty:
        return None, ""
    score, note = mine["score"].iloc[0], mine["note"].iloc[0]
    return None if pd.isna(score) else int(score), str(note)


def put_score(identifier: str, score: int | None, follow: list[str]) -> None:
    """Write a score beside the note that stands; go on to the next galaxy where that is wished."""
    # What stands is read now: a person may be quicker than the page, whose arguments are of its last run.
    _, note = find_label(load_labels(), identifier)
    put_labels([make_label(identifier, score, note, catalogue=open_explorer().catalogue)])
    st.toast(f"{identifier}: {'no label' if score is None else f'label {MEANINGS[score]}'}", icon=":material/label:")
    if score is not None and st.session_state.get("label-next"):
        step(identifier, follow, 1)


def put_note(identifier: str, key: str) -> None:
    """Write what was typed as a note beside the score that stands; nothing where its box has left the page."""
    if key not in st.session_state:
        return
    score, _ = find_label(load_labels(), identifier)
    note = st.session_state[key].strip()
    put_labels([make_label(identifier, score, note, catalogue=open_explorer().catalogue)])


def step(identifier: str, follow: list[str], by: int) -> None:
    """Open the galaxy before or after this one in the ranking."""
    if follow:
        at = follow.index(identifier) + by if identifier in follow else 0
        open_galaxy(follow[min(max(at, 0), len(follow) - 1)])
        st.session_state.stepped = True


def show_label_bar(identifier: str, labels: pd.DataFrame, follow: list[str]) -> None:
    """Show a button for each score, which the digits press too; the note; and the way on.

    Parameters
    ----------
    follow : list of str
        Ids in the order of the ranking.
    """
    score, note = find_label(labels, identifier)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="labels"):
        for value in SCORES:
            emphasis: Emphasis = "primary" if value == score else "secondary"
            st.button(
                MEANINGS[value],
                type=emphasis,
                key=f"label-{value}",
                help=f"Press {value}",
                shortcut=str(value),
                on_click=put_score,
                args=(identifier, None if value == score else value, follow),
            )
    show_note(identifier, note, follow)
    _listen(key="label-keys", data={"opened": identifier}, height=1)


def show_note(identifier: str, note: str, follow: list[str]) -> None:
    """Show a person's note on a galaxy, and the way to the one before it and the one after."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        key = f"note-{identifier}"
        st.text_input(
            "Note",
            note,
            key=key,
            on_change=put_note,
            args=(identifier, key),
            placeholder="Your note",
            label_visibility="collapsed",
            max_chars=LONGEST_NOTE,
        )
        for label, by, arrow in (("Previous", -1, "Left"), ("Next", 1, "Right")):
            st.button(
                label,
                type="tertiary",
                key=f"step-{arrow}",
                shortcut=arrow,
                disabled=not follow,
                on_click=step,
                args=(identifier, follow, by),
            )
        st.toggle("Next galaxy after a label", key="label-next", persist_state="session")


def choose_learning(labels: pd.DataFrame) -> pd.DataFrame | None:
    """Offer to learn from the labels; return those that the ranking heeds, or None."""
    state, scored = st.session_state, labels.dropna(subset="score")
    if scored.empty:
        state.learned = None
        return None
    learn = st.toggle(
        "Learn from my labels",
        key="learn",
        persist_state="session",
        help="Galaxies like those that you "
        "scored high come first: a Gaussian process on the latents, with the chosen ranking as its prior mean.",
    )
    if not learn:
        state.learned = None
        return None
    if state.get("learned") is None:
        state.learned = scored
    new = len(scored.merge(state.learned, on=["id", "score"], how="outer", indicator=True).query("_merge != 'both'"))
    if new and st.button(f"Update with {new} new", key="relearn"):
        state.learned = scored
        st.rerun()
    return state.learned
