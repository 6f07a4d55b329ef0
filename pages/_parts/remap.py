"""The map of the selected galaxies alone, drawn anew: principal components at once, UMAP in the background."""

import time
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from galexplore import figures
from galexplore.atlas.maps import draw_components
from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.jobs.remap import FITTED, Remap
from galexplore.tables.expressions import tabulate
from pages._parts.counts import say_count
from pages._parts.panels import STILL
from pages._parts.sets import name_rows
from pages._session.state import find_selected, is_dark, plain, select

WAYS = {"components": "Principal components", "umap": "UMAP"}
FEWEST = 3


@st.cache_resource(max_entries=8, show_spinner=False)
def begin_map(digest: str, selection: str, _points: np.ndarray) -> Remap:
    """Begin the UMAP of a selection, once for everyone; `name_rows` names it."""
    return Remap(_points)


def show_remap(explorer: Explorer) -> None:
    """Show the selection by what varies within it, which the map of all galaxies may not show."""
    rows = find_selected(explorer)
    if len(rows) < FEWEST:
        st.caption("A map needs three galaxies or more.")
        return
    way = st.segmented_control(
        "Map", list(WAYS), default="components", format_func=WAYS.__getitem__, key="remap", required=True
    )
    points = explorer.atlas.points[rows]
    if way == "umap":
        show_umap(explorer, rows, points)
        return
    position, share = draw_components(points)
    names = [f"component {k + 1}, {100 * part:.0f} % of the variance" for k, part in enumerate(share)]
    draw_positions(explorer, rows, position, (names[0], names[1]), "Principal components of these galaxies' latents")
    st.caption("Of redshift, mass, SFR and free latent, each in units of its scatter among ordinary galaxies.")


@st.fragment(run_every=2.0)
def watch_umap(remap: Remap) -> None:
    """Say how far the map is; the page is run again once it is there."""
    if remap.position is not None or remap.trouble:
        st.rerun(scope="app")
    seconds = time.monotonic() - remap.started
    what = f"{100 * remap.share:.0f} % of its steps" if remap.share else "loading UMAP takes the longest"
    st.progress(remap.share, f"Computing the map in the background: {seconds:.0f} s so far, {what}.")


def show_umap(explorer: Explorer, rows: np.ndarray, points: np.ndarray) -> None:
    """Show the UMAP of the selection, or how far it is."""
    try:
        remap = begin_map(explorer.digest, name_rows(rows), points)
    except InputError as error:
        st.caption(plain(str(error)))
        return
    if remap.trouble:
        st.error(plain(remap.trouble), icon=":material/error:")
        begin_map.clear(explorer.digest, name_rows(rows), points)
    elif remap.position is None:
        watch_umap(remap)
    else:
        title = "UMAP of these galaxies alone: redshift, mass, SFR and free latent"
        draw_positions(explorer, rows, remap.position, ("umap_x", "umap_y"), title)
        sample = f", fitted to {FITTED:,} of them" if len(rows) > FITTED else ""
        these = say_count(explorer, rows)
        st.caption(f"UMAP of these {these} alone{sample}, with the settings of the map. For visualisation only.")


def draw_positions(
    explorer: Explorer, rows: np.ndarray, position: np.ndarray, names: tuple[str, str], title: str
) -> None:
    """Draw the selected galaxies at positions (N, 2); what is drawn about some of them selects these."""
    state = st.session_state
    colour = None if state.atlas_state.colour == "population" else state.atlas_state.colour
    table = tabulate(explorer.table, ["id", "population", *([colour] if colour else [])]).iloc[rows]
    table = table.assign(**dict(zip(names, position.T, strict=True))).reset_index(drop=True)
    kinds = [k for k in table["population"].unique() if k != "ordinary"]
    look = {"colour": colour, "overlays": kinds, "opened": state.opened, "dark": is_dark(), "height": 420}
    figure = figures.plot_atlas(table, *names, title, **look)
    key = f"remap-{state.get('picks', 0)}-{names[0]}"
    take = partial(take_drawn, key, table["id"], position)
    st.plotly_chart(figure, theme=None, key=key, on_select=take, config=STILL | {"displayModeBar": True}, alt=title)


def take_drawn(key: str, ids: pd.Series, position: np.ndarray) -> None:
    """Select the galaxies inside what was drawn."""
    drawn = (st.session_state.get(key) or {}).get("selection") or {}
    inside = figures.find_inside(position[:, 0], position[:, 1], {k: drawn.get(k) for k in ("box", "lasso")})
    if inside.any():
        select(ids[inside].tolist())
