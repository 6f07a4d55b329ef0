"""Kinds and selections beside controls of their own redshift and mass."""

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.atlas.kinds import define_kind, name_statement
from galexplore.explore.comparison import (
    COMPARED,
    FEWEST,
    Comparison,
    compare,
    conclude,
    count_told,
    list_differences,
    list_told,
    recall_matched,
    write_auc,
    write_balance,
)
from galexplore.explore.explorer import Explorer
from pages._parts.panels import mark, show_gallery
from pages._parts.rare import run_classifier
from pages._parts.sets import list_sets, name_rows
from pages._parts.two_sets import show_two
from pages._session.state import plain

PICTURES = 12
MEANING = (
    "AUC: the probability that one of them has a larger value than one of the others, with its 95 % interval; 0.5 "
    "means no difference, 0 or 1 complete separation. Raw: compared with all ordinary galaxies. Matched: compared with "
    "controls of the same {by}, at most three per galaxy, which share the weight of one."
)


@st.cache_data(max_entries=40, show_spinner="Matching controls")
def run_comparison(digest: str, name: str, magnitude: bool, _rows: np.ndarray, _explorer: Explorer) -> Comparison:
    """Compare some galaxies with their controls, once for everyone; `name` is the kind's, or of `name_rows`."""
    return compare(_explorer, _rows, magnitude=magnitude)


@st.cache_data(max_entries=40, show_spinner=False)
def run_recall(digest: str, kind: str, magnitude: bool, _comparison: Comparison, _explorer: Explorer) -> pd.DataFrame:
    """Recall of a kind among its controls, once for everyone."""
    return recall_matched(_explorer, _comparison, kind)


def show_matched(explorer: Explorer, kinds: list[str]) -> None:
    """Show each kind, selection, subset and list beside controls of their redshift and mass."""
    ways = list_sets(explorer, kinds)
    if not ways:
        return
    st.markdown("### Comparison with galaxies of the same redshift and mass")
    if st.session_state.get("matched-set") not in ways:  # its kind was taken off the page
        st.session_state.pop("matched-set", None)
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    chosen = left.segmented_control("Compare", list(ways), default=next(iter(ways)), required=True, key="matched-set")
    magnitude = right.toggle("Match magnitude", key="matched-magnitude", help="Match by apparent magnitude as well.")
    rows = ways[chosen]
    if len(rows) < FEWEST:
        st.markdown(f"These are too few for a comparison, which needs {FEWEST} galaxies.")
        return
    name = chosen if chosen in kinds else name_rows(rows)
    comparison = run_comparison(explorer.digest, name, magnitude, rows, explorer)
    plural = f"{plain(chosen)} galaxies" if chosen in kinds else f"The galaxies of {plain(chosen)}"
    st.markdown(f"**{conclude(comparison, plural)}**")
    if differences := list_differences(comparison, explorer.survey.reference):
        st.markdown(f"Compared with matched controls they are (AUC): {differences}.")
    if chosen in kinds:
        show_kind(explorer, chosen, rows)
        show_recalls(explorer, chosen, magnitude, comparison)
    show_table(comparison, len(rows))
    show_two(explorer, ways, chosen)


def show_kind(explorer: Explorer, kind: str, rows: np.ndarray) -> None:
    """Say what a kind is and what is told of its members, and show twelve of them."""
    own, lines = name_statement(kind), [define_kind(kind)]
    if own:
        n = count_told(explorer, rows, own)
        share = f"**{n} ({n / len(rows):.0%})**"
        lines.append(f"Of {len(rows)}, {share} have the statement *{own}*, alone or as one of two properties.")
    told = ", ".join(f"*{words}* {share:.0%}" for words, share in list_told(explorer, rows).items())
    lines.append(f"Most frequent statements: {told}.")
    if "suspicion" in explorer.table:
        stars = int((explorer.table["suspicion"].iloc[rows] == "star").sum())
        lines.append(f"{stars} ({stars / len(rows):.0%}) are flagged as stars by their pixels.")
    st.markdown(" ".join(lines))
    shown = explorer.ranking.sort_rows(rows)[:: max(1, len(rows) // PICTURES)][:PICTURES]
    show_gallery(explorer.table["id"].iloc[shown].tolist(), [explorer.quote(i) for i in shown], PICTURES, "kind")


def show_recalls(explorer: Explorer, kind: str, magnitude: bool, comparison: Comparison) -> None:
    """Say how well a classifier on the latents finds a kind among all, and among its controls."""
    raw = run_classifier(explorer.digest, (kind,), explorer.atlas).recall
    own = run_recall(explorer.digest, kind, magnitude, comparison, explorer)
    if len(raw) and len(own):
        cells = [f"**{100 * r['recall'].iloc[0]:.0f} ± {100 * r['error'].iloc[0]:.0f} %**" for r in (raw, own)]
        rate = "Recall at a false-positive rate of 7 %"
        st.markdown(f"{mark(kind)} {rate}: {cells[0]} among all, {cells[1]} among its controls.")


def show_table(comparison: Comparison, n: int) -> None:
    """Show AUCs raw and matched side by side, and how well the controls match."""
    lines = ["| | median | AUC, raw | AUC, matched |", "|---|---:|---:|---:|"]
    for row in comparison.table.to_dict("records"):
        raw, own = (write_auc(row, way) for way in ("raw", "matched"))
        lines.append(f"| {COMPARED[row['column']]} | {row['ours']:.2f} | {raw} | **{own}** |")
    st.markdown("\n".join(lines))
    by = "redshift and mass" + " and magnitude" * (len(comparison.by) > 2)
    st.caption(f"{MEANING.format(by=by)} {write_balance(comparison.matching, n)}")
