"""A person's labels: those on disk, and those that the disk does not take.

State of the session:

unsaved : list of dict, labels that are not on disk, the oldest first; they last as long as the session
unsaved_why : str, why not
labels_before : dict, score that many galaxies were given at once, and the label of each before, by id; None for none
"""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.labels import Recalled, make_label, part_labels, recall_labels, tabulate, write_labels
from pages._session.person import find_labels_file
from pages._session.state import open_explorer

MOST_AT_ONCE = 2_500  # galaxies that are labelled together


def load_labels() -> pd.DataFrame:
    """Read this person's labels of the atlas's catalogue, as `galexplore.explore.labels.tabulate` gives them."""
    labels = _recall()[0].labels + st.session_state.get("unsaved", [])
    return tabulate(part_labels(labels, open_explorer().catalogue)[0])


def _recall() -> tuple[Recalled, str]:
    """Read what is on disk, and say why it cannot be read."""
    try:
        return recall_labels(find_labels_file()), ""
    except OSError as error:
        return Recalled([], [], 0), (error.strerror or str(error)).lower()


def put_labels(labels: list[dict]) -> None:
    """Write labels (`galexplore.explore.labels.make_label`); those that the disk does not take stay in the session."""
    state = st.session_state
    unsaved = [*state.get("unsaved", []), *labels]
    try:
        if unsaved:
            write_labels(find_labels_file(), unsaved)
        state.unsaved, state.unsaved_why = [], ""
    except InputError as error:
        state.unsaved, state.unsaved_why = unsaved, str(error)
    except OSError as error:
        state.unsaved, state.unsaved_why = unsaved, (error.strerror or str(error)).lower()


def read_labelled() -> dict[str, tuple[int | None, str]]:
    """Read the score and the note of every galaxy that this person has labelled."""
    table = load_labels()
    rows = zip(table["id"], table["score"], table["note"], strict=True)
    return {name: (None if pd.isna(score) else int(score), str(note)) for name, score, note in rows}


def put_scores(ids: Sequence[str], score: int) -> None:
    """Give many galaxies one score, each beside the note that stands; what stood before is remembered, to be undone."""
    known, catalogue = read_labelled(), open_explorer().catalogue
    before = {name: known.get(name, (None, "")) for name in ids[:MOST_AT_ONCE]}
    put_labels([make_label(name, score, note, catalogue=catalogue) for name, (_, note) in before.items()])
    st.session_state.labels_before = {"score": score, "before": before, "catalogue": catalogue}


def _list_undone() -> dict[str, tuple[int | None, str]]:
    """List the scores before the last many were given, of those galaxies whose score is still the one given then."""
    last = st.session_state.get("labels_before")
    if not last or last["catalogue"] != open_explorer().catalogue:
        return {}
    known = read_labelled()
    stands = {name: known.get(name, (None, "")) for name in last["before"]}
    return {
        name: (score, stands[name][1])
        for name, (score, _) in last["before"].items()
        if stands[name][0] == last["score"] != score
    }


def count_undone() -> int:
    """Count the labels that `undo_scores` would take back."""
    return len(_list_undone())


def undo_scores() -> int:
    """Take back the scores that many galaxies were given at once, save those that have another one by now."""
    undone = _list_undone()
    catalogue = open_explorer().catalogue
    put_labels([make_label(name, score, note, catalogue=catalogue) for name, (score, note) in undone.items()])
    st.session_state.labels_before = None
    return len(undone)


def list_troubles() -> list[str]:
    """List what is wrong with this person's labels on disk, a sentence or two each."""
    recalled, why = _recall()
    troubles = [f"Your labels cannot be read from disk: {why}; new labels are kept separately."] if why else []
    if count := len(recalled.damaged):
        what = "A line of your labels on disk is" if count == 1 else f"{count} lines of your labels on disk are"
        troubles.append(f"{what} damaged and skipped; to repair the file: galexplore check --mend")
    others = tabulate(part_labels(recalled.labels, open_explorer().catalogue)[1])
    if len(others):
        what = "One of your labels is" if len(others) == 1 else f"{len(others):,} of your labels are"
        troubles.append(f"{what} for another catalogue, whose ids are other galaxies here: kept on disk, not shown.")
    if recalled.restored:
        troubles.append(f"{recalled.restored} of your labels were restored from their copy on disk.")
    return troubles
