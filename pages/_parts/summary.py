"""What sets the selected galaxies apart from others: ranked differences, raw and matched, and their rare kinds."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.atlas.controls import Matching
from galexplore.atlas.enrichment import compare_with_rest, measure_enrichment
from galexplore.explore.comparison import FEWEST, add_matched, find_controls, list_kinds, write_auc, write_balance
from galexplore.explore.explorer import Explorer
from galexplore.latents import LATENTS
from galexplore.tables.columns import find_column
from galexplore.tables.names import name_column
from pages._parts.panels import mark
from pages._parts.sets import list_sets, name_rows
from pages._session.state import find_selected, plain

_SKIP = {"ra", "dec", "phi", "lat_phi", "umap_x", "umap_y", "distance2", "seed"}
_ENDINGS = ("_err", "_sigma", "_true")  # errors and the simulation's own values are not compared either
_SHOWN = 10
MOST = 50_000  # galaxies of a selection that are compared: more would not change what is shown
MATCHED = 1_000  # and that get controls, which takes a second already
REST = "the rest"
MEANING = (
    "Medians. The shift is in robust standard deviations (NMAD) of the others. AUC is the probability that a selected "
    "galaxy has a larger value than one of the others, with its 95 % interval: 0.5 means no difference, 0 or 1 "
    "complete separation. Raw: compared with all of them. Matched: compared with controls of the same redshift and "
    "mass, at most three per galaxy, which share the weight of one. A difference that remains is not due to redshift "
    "or mass."
)


class Summary(NamedTuple):
    """What sets a selection apart: ranked differences, its rare kinds, and its controls among the others."""

    differences: pd.DataFrame
    kinds: pd.DataFrame
    matching: Matching


@st.cache_data(max_entries=30, show_spinner=False)
def summarise_selection(
    digest: str, selection: str, others: str, _table: pd.DataFrame, _rows: np.ndarray, _others: np.ndarray
) -> Summary:
    """Compare one selection with others and count its rare kinds, once for everyone; `name_rows` names both."""
    columns = [c for c in _table.columns if find_column(c) and c not in _SKIP and not c.endswith(_ENDINGS)]
    numeric = [c for c in columns if pd.api.types.is_numeric_dtype(_table[c])]
    light = _table[["population", *numeric]].assign(id=np.arange(len(_table)))  # places are found faster than words
    some, few = (draw(_rows, most) for most in (MOST, MATCHED))
    differences = compare_with_rest(light.iloc[np.concatenate([some, _others])], some, numeric)
    matching = find_controls(light, few, _others)
    return Summary(add_matched(differences, light, matching), measure_enrichment(light, _rows), matching)


def draw(rows: np.ndarray, most: int) -> np.ndarray:
    """Draw so many of some rows, or take them all where they are fewer."""
    return rows if len(rows) <= most else np.random.default_rng(0).choice(rows, most, replace=False)


def choose_others(explorer: Explorer, rows: np.ndarray) -> tuple[str, np.ndarray]:
    """Let a person choose what the selection is held against: the rest, a kind, a named subset or her list."""
    kinds = ["ordinary", *list_kinds(explorer)]
    sets = {REST: np.setdiff1d(np.arange(len(explorer.table)), rows)} | list_sets(explorer, kinds)
    ways = [name for name, places in sets.items() if name != "the selection" and len(places) >= FEWEST]
    if st.session_state.get("compared-with") not in ways:  # a subset that was forgotten
        st.session_state.pop("compared-with", None)
    other = st.selectbox("Compare with", ways, key="compared-with", width=320) if len(ways) > 1 else REST
    return other, sets[other]


def show_summary(explorer: Explorer) -> None:
    """Show how the selection differs from others, raw and matched, and its share of the rare kinds."""
    rows = find_selected(explorer)
    if len(rows) < 3 or len(rows) == len(explorer.table):
        st.caption("A comparison needs at least three selected galaxies, and others to compare them with.")
        return
    other, others = choose_others(explorer, rows)
    both = np.intersect1d(rows, others)
    rows, others = np.setdiff1d(rows, both), np.setdiff1d(others, both)
    if min(len(rows), len(others)) < 3:
        st.caption(f"Galaxies in both are left out: too few remain of the selection or of {plain(other)}.")
        return
    names = name_rows(rows), name_rows(others)
    summary = summarise_selection(explorer.digest, *names, explorer.table, rows, others)
    with_what = f"other {len(others):,}" if other == REST else f"{len(others):,} of {plain(other)}"
    shared = f" ({len(both):,} in both are left out)" if len(both) else ""
    st.markdown(f"**These {len(rows):,} compared with the {with_what}**{shared}")
    st.markdown("\n".join(list_differences(summary.differences, other)))
    st.caption(f"{MEANING} {write_balance(summary.matching, min(len(rows), MATCHED))}")
    if summary.kinds.empty:
        return
    st.markdown("**Rare kinds among them**")
    st.markdown("\n".join(count_kinds(summary.kinds)))
    st.caption("Odds ratio of each kind, inside to outside the selection, with its 95 % interval. Above 1: enriched.")


def list_differences(differences: pd.DataFrame, other: str = REST) -> list[str]:
    """Lines of a Markdown table: the columns that tell the selection apart best, raw or matched."""
    others = "rest" if other == REST else plain(other)
    lines = [f"| | selected | {others} | shift | AUC, raw | AUC, matched |", "|---|---:|---:|---:|---:|---:|"]
    for row in differences.head(_SHOWN).to_dict("records"):
        digits = 3 if row["column"] in ("z", "lat_redshift", "z_true") else 2
        name = name_column(row["column"])
        if row["column"].removeprefix("lat_") in LATENTS:
            name = f"**{name}**"
        numbers = f"{row['selected']:.{digits}f} | {row['rest']:.{digits}f} | {row['effect']:+.1f}\u00a0σ"
        raw, own = (write_auc(row, way).replace(" ", "\u00a0") for way in ("raw", "matched"))
        lines.append(f"| {name} | {numbers} | {raw} | **{own}** |")
    return lines


def count_kinds(kinds: pd.DataFrame) -> list[str]:
    """Lines of a Markdown table: kinds inside, their odds ratio and its interval."""
    lines = ["| | inside | of all | odds ratio | 95 % |", "|---|---:|---:|---:|---:|"]
    for row in kinds.to_dict("records"):
        numbers = [f"{v:.2g}" if v < 10 else f"{v:,.0f}" for v in (row["odds_ratio"], row["low"], row["high"])]
        ratio = f"**{numbers[0]}**" if row["low"] > 1 else numbers[0]
        kind = f"{mark(row['population'])} {row['population']}"
        lines.append(
            f"| {kind} | {row['inside']:,} | {row['total']:,} | {ratio} | {numbers[1]}\u00a0to\u00a0{numbers[2]} |"
        )
    return lines
