"""The selected galaxies as images, as a table, and against the rest."""

import math

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.explore.explorer import Explorer
from pages._parts.label_many import show_label_many
from pages._parts.panels import caption_thumbnail, show_gallery
from pages._parts.remap import show_remap
from pages._parts.summary import show_summary
from pages._session.state import find_selected, open_galaxy

A_PAGE = 24
MOST_ROWS = 5000  # of the table that is sent to the browser
TABLE = {"id": "id", "population": "population", "lat_redshift": "z inferred", "z": "z catalogue"}
TABLE |= {"lat_logmass": "log M inferred", "logmass": "log M catalogue", "lat_logsfr": "log SFR inferred"}
TABLE |= {
    "logsfr": "log SFR catalogue",
    "lat_free": "free latent",
    "mag_r": "r mag",
    "percentile": "anomaly percentile",
}


def show_selection(explorer: Explorer) -> None:
    """Show the selected galaxies, the rarest first."""
    rows = find_selected(explorer)
    if not len(rows):
        st.markdown("### Nothing selected yet")
        st.markdown("Drag a lasso or a box on either plot to see those galaxies here.")
        return
    rows = explorer.ranking.sort_rows(rows)
    names = ["Images", "Table", "Compare with the rest", "Map of the selection"]
    images, numbers, summary, remap = st.tabs(names, key="aspect", on_change="rerun")
    if images.open:
        with images:
            show_images(explorer.table, rows)
    if numbers.open:
        with numbers:
            show_table(explorer.table, rows)
    if summary.open:
        with summary:
            show_summary(explorer)
    if remap.open:
        with remap:
            show_remap(explorer)


def show_images(table: pd.DataFrame, rows: np.ndarray) -> None:
    """Show the selected galaxies' pictures, page by page."""
    pages = math.ceil(len(rows) / A_PAGE)
    key = f"gallery-page-{st.session_state.get('picks', 0)}"  # each selection starts at its first page
    at = min(st.session_state.get(key) or 1, pages)
    shown = table.iloc[rows[(at - 1) * A_PAGE : at * A_PAGE]]
    show_gallery(shown["id"].tolist(), [caption_thumbnail(row) for _, row in shown.iterrows()], 6, "pick")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Showing {len(shown)} of {len(rows):,}, highest anomaly percentile first.", width="content")
        if pages > 1:
            st.pagination(pages, key=key, max_visible_pages=5)
    show_label_many(table["id"].iloc[rows].tolist(), "the selection", "selection")


def show_table(table: pd.DataFrame, rows: np.ndarray) -> None:
    """Show the selected galaxies' numbers; a row that is picked opens its card."""
    columns = [c for c in TABLE if c in table]
    shown = table[columns].iloc[rows[:MOST_ROWS]].rename(columns=TABLE).round(3)
    event = st.dataframe(
        shown, hide_index=True, height=520, key="table", on_select="rerun", selection_mode="single-row"
    )
    picked = event["selection"]["rows"]
    if len(rows) > MOST_ROWS:
        st.caption(
            f"The {MOST_ROWS:,} with the highest anomaly percentile, of {len(rows):,}. Export, at the top, has all."
        )
    state = st.session_state
    if picked and picked != state.handled.get("table") and picked[0] < len(shown):
        open_galaxy(shown["id"].iloc[picked[0]])
        state.handled["table"] = picked
        st.rerun()
