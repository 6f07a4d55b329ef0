"""The Atlas's filters: a condition, ranges with their histograms to brush, kinds left out."""

import numpy as np
import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import AtlasState
from galexplore.explore.subsets import find_subsets
from galexplore.tables.expressions import keep_where
from galexplore.tables.names import name_column
from pages._parts.ranges import STEPS, choose_range

LANGUAGE = (
    "Columns by their names in the table, such as lat_redshift, logmass, mag_g, population; and, or, not (or & | ~); "
    "< <= == != >= >; + - * / % **; abs, sqrt, exp, log, log10, sin, cos, tan, arctan2, floor, minimum, maximum; "
    "isfinite(x), between(x, low, high), population in ['Green Pea', 'Red Spiral']; your subsets by their names. "
    "A missing value fails every comparison except !=."
)

Named = tuple[tuple[str, str], ...]


@st.cache_data(max_entries=20, show_spinner=False)
def find_masks(digest: str, subsets: Named, _explorer: Explorer) -> dict[str, np.ndarray]:
    """Masks of named subsets, found once for everyone."""
    return find_subsets(_explorer, subsets)


@st.cache_data(max_entries=20, show_spinner=False)
def _keep(digest: str, condition: str, subsets: Named, _explorer: Explorer) -> np.ndarray:
    return keep_where(condition, _explorer.table, find_masks(digest, subsets, _explorer))


def choose_condition(explorer: Explorer, subsets: Named, troubles: list[str]) -> tuple[str, np.ndarray | None]:
    """Show the box for a condition; return it with its mask, and "", None where there is none or it cannot be used."""
    typed = st.text_input(
        "Condition",
        key="where",
        max_chars=500,
        placeholder="lat_redshift < 0.1 and lat_logmass > 10.5",
        help=LANGUAGE,
        persist_state="session",
    )
    if not typed.strip():
        return "", None
    try:
        return typed.strip(), _keep(explorer.digest, typed.strip(), subsets, explorer)
    except InputError as error:
        troubles.append(f"The condition is not applied. {error}")
        return "", None


def forget_filters() -> None:
    """Open every filter wide."""
    shown: AtlasState = st.session_state.atlas_state
    for key in [k for k in st.session_state if isinstance(k, str) and k.startswith("filter-lat_")]:
        del st.session_state[key]
    for column in shown.limits:
        st.session_state.pop(f"filter-{column}", None)
    st.session_state["left-out"], st.session_state["where"] = [], ""
    st.session_state["filter-columns"] = list(STEPS)


def keep_known(key: str, options: list[str]) -> None:
    """Drop from a widget's choice what this atlas does not have: a column, a kind."""
    state = st.session_state
    if any(chosen not in options for chosen in state.get(key) or ()):
        state[key] = [chosen for chosen in state[key] if chosen in options]


def choose_filters(explorer: Explorer, kinds: list[str]) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Show a range for each column that is filtered; return the limits and which of the kinds are left out."""
    keep_known("filter-columns", explorer.numbers)
    columns = st.multiselect(
        "Filter by",
        explorer.numbers,
        key="filter-columns",
        max_selections=8,
        format_func=name_column,
        persist_state="session",
        placeholder="Add a column",
    )
    limits = {}
    for column in columns:
        chosen = choose_range(explorer, column)
        if chosen:
            limits[column] = chosen
    keep_known("left-out", kinds)
    left_out = st.multiselect("Exclude kinds", kinds, key="left-out", placeholder="None", persist_state="session")
    return limits, left_out
