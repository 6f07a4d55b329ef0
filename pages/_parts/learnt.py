"""What the ranking has learnt from a person's labels: in words, and tried on labels that it was not taught."""

import hashlib

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.explore.explorer import Explorer
from galexplore.explore.lessons import FEWEST, FOLDS, Lesson, find_lesson, say_weights, try_labels

TRIED = (
    "Cross-validation in {folds} folds: the share of the {wanted} galaxies scored 4 or 5 that is among the first n of "
    "the ranking, with the labels of the other folds and without labels. Only a guide: you did not label a random "
    "sample."
)


def name_labels(labels: pd.DataFrame) -> str:
    """Name labels by what they say: a hash of their ids and scores."""
    return hashlib.sha256(labels[["id", "score"]].to_csv(index=False).encode()).hexdigest()


@st.cache_data(max_entries=50, show_spinner=False)
def run_lesson(digest: str, by: str, name: str, _labels: pd.DataFrame, _explorer: Explorer) -> Lesson:
    """Find what was learnt, once for the same labels; `name` is that of `name_labels`."""
    return find_lesson(_explorer.ranking, by, _labels, _explorer.table)


@st.cache_data(max_entries=50, show_spinner="Trying the labels")
def run_trial(
    digest: str, by: str, name: str, kept: str, _labels: pd.DataFrame, _mask: np.ndarray, _explorer: Explorer
) -> pd.DataFrame:
    """Try the labels, once for the same ones and the same galaxies ranked, which `kept` names."""
    return try_labels(_explorer.ranking, by, _labels, _mask)


def show_lesson(explorer: Explorer, by: str, labels: pd.DataFrame, mask: np.ndarray) -> None:
    """Say what a ranking has learnt from labels; on opening, how well labels that it was not taught are found.

    Parameters
    ----------
    mask : bool array (N,)
        The galaxies of the table that are ranked.
    """
    name = name_labels(labels)
    lesson = run_lesson(explorer.digest, by, name, labels, explorer)
    st.caption(lesson.say())
    with st.expander(
        "Do the labels help? Recall against galaxies inspected", on_change="rerun", key="lesson"
    ) as details:
        if not details.open:
            return
        kept = hashlib.sha256(np.packbits(mask).tobytes()).hexdigest()
        trial = run_trial(explorer.digest, by, name, kept, labels, mask, explorer)
        if trial.empty:
            st.markdown(f"This test needs {FEWEST} labels of 4 or 5 and {FEWEST} of 3 or less.")
        else:
            show_trial(trial)
        if lesson.weights:
            said = f"Correlations with the change of the ranking: {say_weights(lesson.weights)}. Together they explain "
            st.caption(f"{said}{lesson.share:.0%} of it; the rest is similarity to the galaxies that you labelled.")


def show_trial(trial: pd.DataFrame) -> None:
    """Show shares of the wanted that are found against how many galaxies are looked at."""
    lines = [f"| inspected | {' | '.join(f'{n:,}' for n in trial['looked'])} |", f"|---|{'---:|' * len(trial)}"]
    for column, words in (("learnt", "with labels"), ("ranked", "without labels")):
        lines.append(f"| {words} | {' | '.join(f'{share:.0%}' for share in trial[column])} |")
    st.markdown("\n".join(lines))
    st.caption(TRIED.format(folds=FOLDS, wanted=trial["wanted"].iloc[0]))
