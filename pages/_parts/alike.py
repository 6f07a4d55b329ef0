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
from pages._parts.sets import name_rows
from pages._session.state import find_selected, plain, select

MOST = 48


@st.cache_data(max_entries=30, show_spinner=False)
def search_alike(
    digest: str, examples: str, artefacts: bool, _rows: np.ndarray, _explorer: Explorer
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find what is most like the examples, and what kinds are over-represented in it; `name_rows` names them."""
    table = _explorer.table
    alike = find_alike(_explorer, table["id"].iloc[_rows].tolist(), MOST, artefacts)
    rest = np.ones(len(table), bool)
    rest[_rows] = False
    return alike, measure_enrichment(table.loc[rest, ["id", "population"]], alike["id"])


def choose_examples(explorer: Explorer) -> np.ndarray | None:
    """Let a person choose whose like is looked for: the places of the selection, the list or the galaxy opened.

    None where there is none of them.
    """
    state = st.session_state
    ways: dict[str, np.ndarray] = {}
    if state.selection:
        ways[f"the {len(state.selection):,} selected"] = find_selected(explorer)
    if state.listed and state.listed["ids"]:
        ways[f"the {len(state.listed['ids']):,} of your list"] = state.listed["rows"]
    if state.opened:
        ways[f"{state.opened}, the one opened"] = explorer.find_rows([state.opened])
    if not ways:
        st.markdown(
            "Select galaxies with a lasso in the Atlas, open one, or upload your own list: the most similar galaxies "
            "appear here."
        )
        return None
    chosen = st.radio(
        "Examples", list(ways), horizontal=True, format_func=plain, key="alike-to", label_visibility="collapsed"
    )
    return ways[chosen]


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
        artefacts = st.toggle("Include artefacts and empty sky", key="alike-artefacts", persist_state="session")
        alike, kinds = search_alike(explorer.digest, name_rows(rows), artefacts, rows, explorer)
    except InputError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    notes = [f"{mark(row['population'])} {row['distance']:.2f}".strip() for row in alike.to_dict("records")]
    show_gallery(alike["id"].tolist(), notes, 12, "alike")
    best = kinds[kinds["low"] > 1].head(2)
    enriched = "; ".join(
        f"{mark(row['population'])} {row['population']}: {row['inside']} of {len(alike)}, odds ratio "
        f"{say_odds(row['odds_ratio'])} ({say_odds(row['low'])} to {say_odds(row['high'])})"
        for row in best.to_dict("records")
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"The {len(alike)} galaxies nearest to the examples (below each: mean distance to the three nearest "
            f"examples, in units of the population's scatter). {enriched}"
        )
        st.button("Select them", key="select-alike", on_click=select, args=(alike["id"].tolist(),))
