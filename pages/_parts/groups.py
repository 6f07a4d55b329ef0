"""The ranked galaxies in groups: a row each, which opens to all its members, to be looked at and labelled together.

State of the session: `group_open`, id of the first galaxy of the group that is open, or None.
"""

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.explore.explorer import Explorer
from galexplore.explore.odd_groups import A_PAGE, TILES, OddGroup, choose_grouped, describe_group, gather_groups
from pages._parts.label_many import show_label_many
from pages._parts.panels import mark, show_gallery
from pages._parts.ranking import SEEN
from pages._parts.sets import name_rows

MEMBERS = 48  # of an open group on a page
SAID = {"ordinary": "no outlying property", "ambiguous": "ambiguous: one of two properties"}


@st.cache_data(max_entries=20, show_spinner="Grouping")
def run_groups(digest: str, name: str, _order: np.ndarray, _explorer: Explorer) -> list[OddGroup]:
    """Group ranked galaxies, once for everyone; `name` is that of `name_rows`."""
    return gather_groups(_explorer, _order)


def choose_view() -> bool:
    """Let a person look at galaxy after galaxy or at groups; return whether at groups."""
    words = {"galaxies": "One by one", "groups": "In groups"}
    return "groups" == st.segmented_control(
        "View",
        list(words),
        default="galaxies",
        required=True,
        format_func=words.__getitem__,
        key="odd-view",
        persist_state="session",
    )


def show_groups(explorer: Explorer, order: np.ndarray, labels: pd.DataFrame) -> list[str]:
    """Show the groups of ranked galaxies, page by page; return the ids that Next goes through."""
    order = choose_grouped(explorer, order)
    groups = run_groups(explorer.digest, name_rows(order), order, explorer)
    with st.container(horizontal=True, vertical_alignment="center"):
        at = st.pagination(-(-len(groups) // A_PAGE), key="groups-at", max_visible_pages=5, persist_state="session")
        shown = groups[(at - 1) * A_PAGE : at * A_PAGE]
        first = (at - 1) * A_PAGE + 1
        st.caption(
            f"Groups {first} to {first + len(shown) - 1} of {len(groups)}: the oddest galaxies and the suspected "
            f"artefacts, {len(order):,} in all. Members of a group are close in latent space and have similar errors."
        )
    scored = labels.dropna(subset="score")
    scores = dict(zip(scored["id"], scored["score"].astype(int), strict=True))
    follow = []
    with st.container(key="odd-groups", gap="xsmall"):
        for one in shown:
            follow += show_group(explorer, one, scores)
    return follow


def show_group(explorer: Explorer, one: OddGroup, scores: dict[str, int]) -> list[str]:
    """Show a group as a row, or all its members where it is open; return the ids of what is shown."""
    every, names = explorer.table["id"].to_numpy(object), explorer.table["population"].to_numpy(object)
    ids = every[one.rows].tolist()
    leader, seen = ids[0], st.session_state.get("seen", set())
    is_open = st.session_state.get("group_open") == leader
    done = sum(name in scores for name in ids)
    said = f"**{SAID.get(one.reason, one.reason)}** · {len(ids):,} · {describe_group(explorer.table, one.rows)}"
    said += f" · {done:,} labelled" if done else ""
    said += f" · {looked:,} seen" if (looked := len(seen.intersection(ids))) else ""
    icon = ":material/expand_more:" if is_open else ":material/chevron_right:"
    tip = "Close the group" if is_open else "Show all its members"
    st.button(said, type="tertiary", icon=icon, key=f"group-{leader}", help=tip, on_click=turn_group, args=(leader,))
    rows = one.tiles
    if is_open:
        show_label_many(ids, "this group", "group")
        pages = -(-len(ids) // MEMBERS)
        at = st.pagination(pages, key=f"members-{leader}", max_visible_pages=5) if pages > 1 else 1
        rows = one.rows[(at - 1) * MEMBERS : at * MEMBERS]
    shown = every[rows].tolist()
    notes = [
        " ".join(
            [mark(names[place])] + [SEEN] * (name in seen) + ([f"`{scores[name]}`"] if name in scores else [])
        ).strip()
        for place, name in zip(rows, shown, strict=True)
    ]
    show_gallery(shown, notes, TILES, f"odd-{leader}")
    return ids if is_open else shown


def turn_group(leader: str) -> None:
    """Open a group, or close it where it is open."""
    state = st.session_state
    state.group_open = None if state.get("group_open") == leader else leader
