"""The oddest galaxies of the atlas, what makes each of them odd, and what a person says of them."""

from functools import partial
from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.atlas.groups import diversify
from galexplore.atlas.kinds import NOT_GALAXIES, count_suspected
from galexplore.cutouts.artefacts import SUSPICIONS
from galexplore.explore.caveats import SENTENCES
from galexplore.explore.explorer import Explorer
from galexplore.explore.odd_groups import list_reasons
from galexplore.explore.page_snippets import write_ranking
from pages._parts.choices import define_kinds
from pages._parts.code import offer_code
from pages._parts.groups import choose_view, show_groups
from pages._parts.label_files import offer_labels, show_label_troubles
from pages._parts.labels import choose_learning
from pages._parts.learnt import show_lesson
from pages._parts.odd_one import show_odd_one
from pages._parts.panels import mark
from pages._parts.ranking import A_PAGE, RANKINGS, mark_seen, quote_all, run_looks, show_ranking
from pages._session.labels import load_labels
from pages._session.navigation import require_header
from pages._session.person import keep_token
from pages._session.state import open_explorer

VARIED = "At most a quarter of a page is odd for the same reason. Off: strictly by rank."
MOST = 2_400  # galaxies that can be paged through: a hundred pages


def choose_ranking(explorer: Explorer) -> tuple[str, list[str]]:
    """Show the controls; return the ranking's name and the kinds to leave in."""
    kinds = explorer.kinds
    by = st.segmented_control(
        "Rank by",
        list(RANKINGS),
        default="rarity",
        required=True,
        format_func=lambda k: RANKINGS[k][0],
        key="rank",
        persist_state="session",
    )
    with st.popover("Kinds", icon=":material/filter_alt:"):
        kept = st.pills(
            "Rank among",
            list(kinds.index),
            selection_mode="multi",
            default=list(kinds.index),
            format_func=lambda k: f"{mark(k)} {k} {kinds[k]:,}",
            key="among",
            persist_state="session",
            help=define_kinds(explorer) or None,
        )
    return by, kept


def choose_suspects(table: pd.DataFrame) -> np.ndarray:
    """Let a person look at the galaxies or at what may be none; return a mask of the table's rows."""
    if "suspicion" not in table:
        return np.ones(len(table), bool)
    suspected = (table["suspicion"] != "").to_numpy()
    words = {"galaxies": f"Galaxies {(~suspected).sum():,}", "suspects": f"Suspected artefacts {suspected.sum():,}"}
    shown = st.segmented_control(
        "Show",
        list(words),
        default="galaxies",
        format_func=words.__getitem__,
        key="suspects",
        persist_state="session",
        required=True,
    )
    return suspected if shown == "suspects" else ~suspected


def explain_suspicion(table: pd.DataFrame) -> None:
    """Say what raises a suspicion, and how often it is right where the truth is known."""
    counts = count_suspected(table)
    known = [counts[k] for k in NOT_GALAXIES if k in counts]
    words = "; ".join(SENTENCES[key] for key in SUSPICIONS)
    text = f"Flagged by their pixels alone, independent of rank: {words}. "
    if known and "ordinary" in counts:
        (hits, of), (wrong, ordinary) = map(sum, zip(*known, strict=True)), counts["ordinary"]
        text += f"Of the {of} known non-galaxies of this atlas, {hits} are flagged; of its ordinary galaxies, "
        text += f"{wrong / ordinary:.1%} are flagged."
    st.caption(text)


def show_anomalies() -> None:
    """Show the ranking, or its groups, beside the galaxy that is picked from it."""
    explorer, labels, state = open_explorer(), load_labels(), st.session_state
    keep_token()
    show_label_troubles()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        grouped = choose_view()
        by, kept = choose_ranking(explorer)
        mask = np.ones(len(explorer.table), bool) if grouped else choose_suspects(explorer.table)
        learned = choose_learning(labels)
        varied = not grouped and st.toggle("Diversify", True, key="varied", persist_state="session", help=VARIED)
        st.space("stretch")
        offer_labels(labels, explorer.table)
        shown: Literal["galaxies", "suspects", "groups"]
        shown = "groups" if grouped else "suspects" if state.get("suspects") == "suspects" else "galaxies"
        most = MOST if varied else 0
        offer_code("anomalies", write_ranking(explorer, by, kept, shown, labels=learned, varied=most, page=A_PAGE))
    if shown == "suspects":
        explain_suspicion(explorer.table)
    else:
        st.caption(RANKINGS[by][1] + (" Re-ranked by your labels." if learned is not None else ""))
    mask = mask & explorer.table["population"].isin(kept).to_numpy()
    if learned is not None:
        show_lesson(explorer, by, learned, mask)
    order = explorer.ranking.sort(by, learned)
    order = order[mask[order]]
    left, right = st.container(key="halves-anomalies").columns([7, 6] if grouped else [6, 7], gap="large")
    with left:
        if not len(order):
            st.markdown("### No galaxy to show" if kept else "### No kind chosen")
            st.markdown("Choose at least one kind of galaxy above.")
            follow = []
        elif grouped:
            follow = show_groups(explorer, order, labels)
        else:
            order = order[:MOST]
            if varied:
                reasons = list_reasons(explorer, order)
                order = order[diversify(reasons, A_PAGE, A_PAGE // 4)]
            ranked, looks = explorer.table.iloc[order], by == "reconstruction"
            quote = partial(run_looks if looks else quote_all, explorer)
            show_ranking(ranked, quote, int(mask.sum()), labels, f"anomaly-page-{by}-{len(ranked)}")
            follow = ranked["id"].tolist()
    with right:
        if state.opened:
            mark_seen(state.opened)
            show_odd_one(explorer, state.opened, labels, follow)
        else:
            st.markdown("### Pick a galaxy")
            st.markdown(
                "Click the text below an image to see which properties make the galaxy odd, by how much, and how it "
                "would look if they were ordinary. Then press 0 to 5 to label how interesting it is."
            )


require_header()
show_anomalies()
