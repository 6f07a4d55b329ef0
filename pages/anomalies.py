"""The oddest galaxies of the atlas, what makes each of them odd, and what a person says of them."""

import numpy as np
import streamlit as st

from galexplore.atlas.kinds import NOT_GALAXIES, count_suspected
from galexplore.atlas.rarity import name_reason
from galexplore.cutouts import artefacts
from galexplore.latents import INTRINSIC
from pages._parts.labels import choose_learning, load_labels, offer_labels
from pages._parts.odd_one import show_odd_one
from pages._parts.panels import draw_catalogue, mark
from pages._session.state import open_explorer, open_galaxy, require_header

RANKINGS = {
    "rarity": ("Rare properties", "Furthest from ordinary galaxies in redshift, mass, SFR and the free latent."),
    "reconstruction": ("Strange looks", "Worst reconstructed: what five numbers cannot say of an image."),
    "both": ("Both", "High in both rankings at once: the product of the two ranks."),
}
A_PAGE = 24
MOST = 2_400  # galaxies that can be paged through: a hundred pages


def say_reason(row) -> str:
    """Give the leading reason in words, such as "**high SFR** (84 %); redshift 6.5 σ low"."""
    if row.get("suspicion"):
        return f"**{artefacts.BRIEFLY[row['suspicion']]}**"
    reason = name_reason(row[[f"condz_{name}" for name in INTRINSIC]].to_numpy(float)).replace(" sigma", "\u00a0σ")
    first, _, rest = reason.partition(" for ")
    if "cause" not in row:
        return f"**{first}** for {rest}"
    return f"**{row['cause']}** ({100 * row['cause_share']:.0f}\u00a0%); {first}"


def choose_ranking(explorer) -> tuple[str, list[str]]:
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
        )
    return by, kept


def choose_suspects(table) -> np.ndarray:
    """Let a person look at the galaxies or at what may be none; return a mask of the table's rows."""
    if "suspicion" not in table:
        return np.ones(len(table), bool)
    suspected = (table["suspicion"] != "").to_numpy()
    words = {"galaxies": f"Galaxies {(~suspected).sum():,}", "suspects": f"Suspected artefacts {suspected.sum():,}"}
    about = {"format_func": words.get, "key": "suspects", "persist_state": "session", "required": True}
    shown = st.segmented_control("Show", list(words), default="galaxies", **about)
    return suspected if shown == "suspects" else ~suspected


def explain_suspicion(table) -> None:
    """Say what raises a suspicion, and how often it is right where the truth is known."""
    counts = count_suspected(table)
    known = [counts[k] for k in NOT_GALAXIES if k in counts]
    words = "; ".join(artefacts.SUSPICIONS.values())
    told = f"Set apart by their pixels alone, whatever their rank: {words}. "
    if known and "ordinary" in counts:
        (hits, of), (wrong, ordinary) = map(sum, zip(*known, strict=True)), counts["ordinary"]
        told += f"Of this atlas's {of} known non-galaxies {hits} are found; of its ordinary galaxies "
        told += f"{wrong / ordinary:.1%} are suspected."
    st.caption(told)


def show_ranking(rows, total: int, labels, key: str) -> None:
    """Show the ranked galaxies, page by page, each with its leading reason and one's own label."""
    pages, ids = max(1, -(-len(rows) // A_PAGE)), rows["id"].tolist()
    if st.session_state.pop("stepped", False) and st.session_state.opened in ids:
        st.session_state[key] = ids.index(st.session_state.opened) // A_PAGE + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        at = st.pagination(pages, key=key, max_visible_pages=5, persist_state="session")
        first = (at - 1) * A_PAGE
        shown = rows.iloc[first : first + A_PAGE]
        rest = f" These pages hold the {len(rows):,} oddest." if len(rows) < total else ""
        st.caption(f"{first + 1} to {first + len(shown)} of {total:,}, the oddest first.{rest}")
    scored = labels.dropna(subset="score")
    scores = dict(zip(scored["id"], scored["score"], strict=True))
    grid = st.grid(4, min_column_width=110, gap="small", key="odd-gallery")
    for (_, row), picture in zip(shown.iterrows(), draw_catalogue(tuple(shown["id"])), strict=True):
        name = row["id"]
        own = f"`{scores[name]}` " if name in scores else ""
        kind = "primary" if name == st.session_state.opened else "tertiary"
        about = {"key": f"odd-{name}", "help": name, "on_click": open_galaxy, "args": (name,), "wrap": True}
        with grid.cell():
            st.image(picture, width="stretch", alt=f"Galaxy {name}")
            st.button(f"{own}{mark(row['population'])} {say_reason(row)}", type=kind, width="stretch", **about)


def show_page() -> None:
    """Lay the page out."""
    explorer, labels = open_explorer(), load_labels()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        by, kept = choose_ranking(explorer)
        mask = choose_suspects(explorer.table)
        learned = choose_learning(labels)
        st.space("stretch")
        offer_labels(labels, explorer.table)
    if st.session_state.get("suspects") == "suspects":
        explain_suspicion(explorer.table)
    else:
        st.caption(RANKINGS[by][1] + (" Then by what you scored high." if learned is not None else ""))
    mask = mask & explorer.table["population"].isin(kept).to_numpy()
    order = explorer.order(by, learned)
    ranked = explorer.table.iloc[order[mask[order]][:MOST]]
    left, right = st.columns([6, 7], gap="large")
    with left:
        if ranked.empty:
            st.markdown("### No galaxy to show" if kept else "### No kind chosen")
            st.markdown("Choose at least one kind of galaxy above.")
        else:
            show_ranking(ranked, int(mask.sum()), labels, f"anomaly-page-{by}-{len(ranked)}")
    with right:
        if st.session_state.opened:
            show_odd_one(explorer, st.session_state.opened, labels, ranked["id"].tolist())
        else:
            st.markdown("### Pick a galaxy")
            st.markdown(
                "Click the words below an image to see which of its properties make it odd and by how much, and how "
                "it would look if they were ordinary. Then press 0 to 5 to say how interesting it is."
            )


require_header()
show_page()
