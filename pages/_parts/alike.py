"""More like these: the galaxies nearest to the selected ones, or to those of a person's own list."""

import streamlit as st

from galexplore.atlas.kinds import enrich
from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.neighbours import find_alike
from pages._parts.own_list import choose_list
from pages._parts.panels import mark, show_gallery
from pages._session.state import forget_drawn, plain

MOST = 48


@st.cache_data(max_entries=30, show_spinner=False)
def search(atlas: str, sha: str, ids: tuple[str, ...], _explorer: Explorer):
    """Find what is most like the examples, and what kinds are over-represented in it."""
    found = find_alike(_explorer, ids, MOST)
    rest = _explorer.table.loc[~_explorer.table["id"].isin(set(ids)), ["id", "population"]]
    return found, enrich(rest, found["id"])


def choose_examples() -> list[str]:
    """Let a person choose whose like is looked for: the selection, the list or the galaxy opened."""
    state, ways = st.session_state, {}
    if state.selection:
        ways[f"the {len(state.selection):,} selected"] = state.selection
    if state.listed and state.listed["ids"]:
        ways[f"the {len(state.listed['ids']):,} of your list"] = state.listed["ids"]
    if state.opened:
        ways[f"{state.opened}, the one opened"] = [state.opened]
    if not ways:
        st.markdown(
            "Select galaxies with a lasso in the Atlas, open one, or give a list of your own: the galaxies most like "
            "them appear here."
        )
        return []
    about = {"format_func": plain, "key": "alike-to", "label_visibility": "collapsed"}
    return ways[st.radio("Examples", list(ways), horizontal=True, **about)]


def select_found(ids: list[str]) -> None:
    """Select what was found."""
    st.session_state.selection, st.session_state.picks = list(ids), st.session_state.get("picks", 0) + 1
    forget_drawn()


def say_odds(ratio: float) -> str:
    """Write an odds ratio as a person would: 1.7, 17, 1,700."""
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"


def show_alike(explorer: Explorer) -> None:
    """Show the galaxies most like the examples."""
    st.markdown("### More like these")
    left, right = st.columns([5, 1], vertical_alignment="center")
    with right, st.popover("Your own list", icon=":material/upload:"):
        choose_list(explorer)
    with left:
        examples = choose_examples()
    if not examples:
        return
    try:
        found, kinds = search(explorer.name, explorer.card["sha256"], tuple(examples), explorer)
    except InputError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    notes = [f"{mark(row.population)} {row.distance:.2f}".strip() for row in found.itertuples()]
    show_gallery(found["id"].tolist(), notes, 12, "alike")
    best = kinds[kinds["low"] > 1].head(2)
    told = "; ".join(
        f"{mark(r.population)} {r.population}: {r.inside} of {len(found)}, odds {say_odds(r.odds_ratio)} times "
        f"({say_odds(r.low)} to {say_odds(r.high)}) those elsewhere"
        for r in best.itertuples()
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"The {len(found)} galaxies nearest to the examples (mean distance to the three nearest, in units of the "
            f"population's spread, below each). {told}"
        )
        st.button("Select them", key="select-alike", on_click=select_found, args=(found["id"].tolist(),))
