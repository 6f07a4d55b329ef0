"""The oddest galaxies of the atlas, and what makes each of them odd."""

import streamlit as st

from galexplore.anomaly import name_reason
from galexplore.config import INTRINSIC
from pages._card import show_card
from pages._panels import mark, show_gallery
from pages._state import open_explorer, require_header

RANKINGS = {
    "rarity": ("Rare properties", "Furthest from ordinary galaxies in redshift, mass, SFR and the free latent."),
    "reconstruction": ("Strange looks", "Worst reconstructed: what five numbers cannot say of an image."),
    "both": ("Both", "High in both rankings at once: the product of the two ranks."),
}
A_PAGE = 24


def say_shortly(row) -> str:
    """Give the leading reason in few words, such as "SFR 3.4σ high"."""
    reason = name_reason(row[[f"condz_{name}" for name in INTRINSIC]].to_numpy(float)).split(" for ")[0]
    return reason.replace(" sigma", "σ").replace("free latent", "free")


def choose_ranking(table):
    """Show the controls; return the ranking's name and the kinds to leave in."""
    kinds = table["population"].value_counts()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        by = st.segmented_control(
            "Rank by",
            list(RANKINGS),
            default="rarity",
            required=True,
            format_func=lambda k: RANKINGS[k][0],
            key="rank",
            persist_state="session",
        )
        st.caption(RANKINGS[by][1], width="stretch")
        with st.popover("Kinds", icon=":material/filter_alt:"):
            kept = st.pills(
                "Rank among",
                list(kinds.index),
                selection_mode="multi",
                default=list(kinds.index),
                format_func=lambda k: f"{mark(k)} {k} {kinds[k]:,}",
                key="among",
                persist_state="session",
            )
    return by, kept


def show_ranking(ranked, key: str) -> None:
    """Show the ranked galaxies, page by page, each with its leading reason."""
    pages = max(1, -(-len(ranked) // A_PAGE))
    with st.container(horizontal=True, vertical_alignment="center"):
        at = st.pagination(pages, key=key, max_visible_pages=5, persist_state="session")
        first = (at - 1) * A_PAGE
        rows = ranked.iloc[first : first + A_PAGE]
        st.caption(f"{first + 1} to {first + len(rows)} of {len(ranked):,}, the oddest first.")
    notes = [f"{mark(row['population'])} {say_shortly(row)}" for _, row in rows.iterrows()]
    show_gallery(rows["id"].tolist(), notes, 4, "odd")


def show_page() -> None:
    """Lay the page out."""
    explorer = open_explorer()
    by, kept = choose_ranking(explorer.table)
    ranked = explorer.rank(by)
    ranked = ranked[ranked["population"].isin(kept)]
    left, right = st.columns([6, 7], gap="large")
    with left:
        if ranked.empty:
            st.markdown("### No kind chosen")
            st.markdown("Choose at least one kind of galaxy above.")
        else:
            show_ranking(ranked, f"anomaly-page-{by}-{len(ranked)}")
    with right:
        if st.session_state.opened:
            show_card(explorer, st.session_state.opened)
        else:
            st.markdown("### Pick a galaxy")
            st.markdown("Click the line below an image to see which of its properties make it odd, and by how much.")


require_header()
show_page()
