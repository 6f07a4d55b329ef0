"""What sets the selected galaxies apart from the rest: ranked differences, and how many of the rare kinds they hold."""

import hashlib

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.atlas.enrichment import compare_with_rest, measure_enrichment
from galexplore.explore.explorer import Explorer
from galexplore.latents import LATENTS
from galexplore.tables.columns import find_column
from galexplore.tables.names import format_measurement, name_column
from pages._parts.panels import mark
from pages._session.state import find_selected

_SKIP = {"ra", "dec", "phi", "lat_phi", "umap_x", "umap_y", "distance2", "seed"}
_ENDINGS = ("_err", "_sigma", "_true")  # errors and the simulation's own values are not compared either
_SHOWN = 10
MOST = 50_000  # galaxies of a selection that are compared: more would not change what is shown


@st.cache_data(max_entries=30, show_spinner=False)
def summarise_selection(
    digest: str, selection: str, _table: pd.DataFrame, _rows: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare one selection with the rest and count its rare kinds, once for everyone; `name_rows` names it."""
    columns = [c for c in _table.columns if find_column(c) and c not in _SKIP and not c.endswith(_ENDINGS)]
    numeric = [c for c in columns if pd.api.types.is_numeric_dtype(_table[c])]
    light = _table[["population", *numeric]].assign(id=np.arange(len(_table)))  # places are found faster than words
    some = _rows if len(_rows) <= MOST else np.random.default_rng(0).choice(_rows, MOST, replace=False)
    rest = np.setdiff1d(light["id"], _rows)
    differences = compare_with_rest(light.iloc[np.concatenate([some, rest])], some, numeric)
    return differences, measure_enrichment(light, _rows)


def name_rows(rows: np.ndarray) -> str:
    """Name a selection by what it holds: a hash of its places in the table, which no other selection has."""
    return hashlib.sha256(np.ascontiguousarray(rows, np.int64).tobytes()).hexdigest()


def show_summary(explorer: Explorer) -> None:
    """Show how the selection differs from the rest, and its share of the rare kinds."""
    rows = find_selected(explorer)
    if len(rows) < 3 or len(rows) == len(explorer.table):
        st.caption("A comparison needs at least three selected galaxies, and others to compare them with.")
        return
    digest = explorer.digest
    differences, kinds = summarise_selection(digest, name_rows(rows), explorer.table, rows)
    st.markdown(f"**These {len(rows):,} compared with the other {len(explorer.table) - len(rows):,}**")
    st.markdown("\n".join(list_differences(differences)))
    st.caption(
        "Medians. The shift is in robust standard deviations (NMAD) of the rest. AUC is the probability that a "
        "selected galaxy has a larger value than one of the rest: 0.5 means no difference, 0 or 1 complete separation."
    )
    if kinds.empty:
        return
    st.markdown("**Rare kinds among them**")
    st.markdown("\n".join(list_kinds(kinds)))
    st.caption("Odds ratio of each kind, inside to outside the selection, with its 95 % interval: above 1 is enriched.")


def list_differences(differences: pd.DataFrame) -> list[str]:
    """Lines of a Markdown table: the columns that tell the selection apart best."""
    lines = ["| | selected | rest | shift | AUC |", "|---|---:|---:|---:|---:|"]
    for row in differences.head(_SHOWN).to_dict("records"):
        digits = 3 if row["column"] in ("z", "lat_redshift", "z_true") else 2
        name = name_column(row["column"])
        if row["column"].removeprefix("lat_") in LATENTS:
            name = f"**{name}**"
        numbers = f"{row['selected']:.{digits}f} | {row['rest']:.{digits}f} | {row['effect']:+.1f}\u00a0σ"
        chance = format_measurement(row["auc"], row["auc_error"]).replace(" ", "\u00a0")
        lines.append(f"| {name} | {numbers} | {chance} |")
    return lines


def list_kinds(kinds: pd.DataFrame) -> list[str]:
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
