"""More like these: the galaxies nearest to the selected ones, or to those of a person's own list."""

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.atlas.enrichment import measure_enrichment
from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.neighbours import find_alike
from pages._parts.own_list import choose_list
from pages._parts.panels import mark, show_gallery
from pages._parts.summary import name_rows
from pages._session.state import find_selected, forget_drawn, plain

MOST = 48


@st.cache_data(max_entries=30, show_spinner=False)
def search(
    atlas: str, sha: str, examples: str, _rows: np.ndarray, _explorer: Explorer
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find what is most like the examples, and what kinds are over-represented in it; `name_rows` names them."""
    table = _explorer.table
    alike = find_alike(_explorer, table["id"].iloc[_rows], MOST)
    rest = np.ones(len(table), bool)
    rest[_rows] = False
    return alike, measure_enrichment(table.loc[rest, ["id", "population"]], alike["id"])


def choose_examples(explorer: Explorer) -> np.ndarray | None:
    """Let a person choose whose like is looked for: the places of the selection, the list or the galaxy opened.

    None where there is none of them.
    """
    state, ways = st.session_state, {}
    if state.selection:
        ways[f"the {len(state.selection):,} selected"] = find_selected(explorer)
    if state.listed and state.listed["ids"]:
        ways[f"the {len(state.listed['ids']):,} of your list"] = state.listed["rows"]
    if state.opened:
        ways[f"{state.opened}, the one opened"] = explorer.find_rows([state.opened])
    if not ways:
        st.markdown(
            "Select galaxies with a lasso in the Atlas, open one, or give a list of your own: the galaxies most like "
            "them appear here."
        )
        return None
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
        rows = choose_examples(explorer)
    if rows is None:
        return
    try:
        found, kinds = search(explorer.name, explorer.card["sha256"], name_rows(rows), rows, explorer)
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
