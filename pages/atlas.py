"""Where the galaxies lie: two linked plots; what is picked on either shows its images, numbers and cards."""

from collections.abc import Hashable

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import MAPS, AtlasState
from galexplore.tables.expressions import tabulate
from galexplore.tables.names import name_column
from pages._parts.card import show_card
from pages._parts.choices import MAP_NAMES, choose_state
from pages._parts.gallery import show_selection
from pages._parts.landing import show_landing
from pages._parts.pointer import show_pointer
from pages._parts.regions import list_regions
from pages._parts.space import show_space
from pages._session.drawn import PLOTS, find_outline, find_zoom, freeze_zoom, plot_key, take_selection
from pages._session.navigation import require_header
from pages._session.state import find_selected, is_dark, open_explorer

CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["toImage"], "doubleClick": "autosize", "scrollZoom": False}


def title_plots(shown: AtlasState) -> dict[str, str]:
    """Give each plot the sentence that it shows."""
    up, across = name_column(shown.y), name_column(shown.x)
    inferred = shown.x.startswith("lat_") and shown.y.startswith("lat_")
    kinds = {"latents": "redshift, mass, SFR and free latent", "features": "what the encoder sees"}
    return {
        "latents": f"{up[:1].upper()}{up[1:]} against {across}{', inferred from the images' if inferred else ''}",
        "map": f"Map of likeness in {kinds[shown.map]}",
    }


def is_crowded(explorer: Explorer) -> bool:
    """Whether the plots show a density, counted anew where they are zoomed."""
    return len(explorer.table) > figures.MOST_POINTS


def list_axes(shown: AtlasState) -> dict[str, tuple[str, str]]:
    """Give the two columns of each plot."""
    return {"latents": (shown.x, shown.y), "map": MAPS[shown.map]}


def mark_listed(n: int) -> np.ndarray:
    """Mask (n,) of the galaxies of the person's own list."""
    mask, listed = np.zeros(n, bool), st.session_state.listed
    if listed:
        mask[listed["rows"]] = True
    return mask


def key_figures(explorer: Explorer, shown: AtlasState) -> tuple[Hashable, ...]:
    """Gather all that the figures depend on but what is looked at."""
    state, limits = st.session_state, (tuple(shown.limits.items()), shown.left_out, shown.where, shown.ranges)
    what = state.opened, state.get("picks", 0), id(state.selection), id(state.listed), is_dark()
    drawn = shown.x, shown.y, shown.colour, shown.map, shown.kinds, shown.contours, shown.subsets
    return explorer.name, drawn, limits, what


def show_plots(explorer: Explorer, shown: AtlasState, mask: np.ndarray | None) -> None:
    """Show the latents and the map side by side with the same galaxies brought forward."""
    axes, titles, drawing = list_axes(shown), title_plots(shown), key_figures(explorer, shown)
    columns = dict.fromkeys(["id", "population", shown.x, shown.y, *axes["map"], shown.colour])
    table, picked = tabulate(explorer.table, columns), np.zeros(len(explorer.table), bool)
    picked[find_selected(explorer)] = True
    listed = mark_listed(len(picked))
    if mask is not None:
        table, picked, listed = table[mask], picked[mask], listed[mask]
    if table.empty:
        st.info("No galaxy passes the filter. Open it wider, or choose “All” beside it.", icon=":material/filter_alt:")
        return
    with st.container(key="plots"):
        for plot, column in zip(PLOTS, st.columns(2, gap="medium"), strict=True):
            # A crowd is counted anew within what is looked at; else a zoom leaves the plot as it is.
            zoom = find_zoom(plot, axes[plot]) if is_crowded(explorer) else freeze_zoom(plot, axes[plot], drawing)
            figure = figures.plot_atlas(
                table,
                *axes[plot],
                titles[plot],
                colour=None if shown.colour == "population" else shown.colour,
                overlays=shown.kinds,
                selected=picked,
                marked=listed,
                opened=st.session_state.opened,
                within=zoom,
                limits=shown.ranges if plot == "latents" else None,
                contours=shown.contours,
                outline=find_outline(plot, axes[plot]),
                regions=list_regions(explorer, *axes[plot], mask) if plot == "map" else (),
                marginals=plot == "latents",
                labels=False,
                bar=plot == "latents",
                dark=is_dark(),
            )
            key, alt = plot_key(plot), titles[plot]
            column.plotly_chart(figure, theme=None, key=key, config=CONFIG, alt=alt, on_select="rerun")
            column.caption(explain_plot(explorer, shown, plot, len(table)))


def explain_plot(explorer: Explorer, shown: AtlasState, plot: str, n: int) -> str:
    """Say in a line what a plot is made of, and how far it can be trusted."""
    crowd = f"A density of {n:,}, and a sample of {figures.SAMPLE:,} as points; a lasso takes all within it. "
    if plot == "latents":
        hint = "Drag to select, click to open, hover to preview, zoom in for images, double-click to reset. "
        hint += "Histograms are scaled to their own peaks."
        return (crowd if is_crowded(explorer) else "") + hint
    honesty = explorer.atlas.honesty or {}
    made = honesty.get("parameters") or explorer.card.get("atlas", {})
    settings = ", ".join(f"{key} {made[key]}" for key in ("n_neighbors", "min_dist", "seed") if key in made)
    settings = f": {settings}" if settings else ""
    kept = {"latents": "preservation", "features": "feature_preservation"}[shown.map]
    share = ""
    if kept in explorer.table:
        median = 100 * explorer.table[kept].median()
        share = f" It keeps {median:.0f} % of a galaxy's neighbours (median; also a colour)."
    return f"UMAP {MAP_NAMES[shown.map]}{settings}.{share} For the eye only: nothing is searched or scored on it."


def show_atlas() -> None:
    """Show the controls, the plots, what is selected, and the galaxy opened."""
    explorer, state = open_explorer(), st.session_state
    pointer, landing = st.container(), st.container()  # the pointer's part is lost to the browser where it moves
    if not (state.selection or state.opened or state.landed):
        with landing:
            show_landing(explorer)
    shown, mask = choose_state(explorer)
    take_selection(explorer, mask, list_axes(shown))
    plots = st.container()  # filled last: a browser that draws a new plot leaves the images waiting
    with pointer:
        show_pointer(explorer, list_axes(shown), is_crowded(explorer))
    left, right = st.container(key="halves-picked").columns(2, gap="large")
    with left:
        show_selection(explorer)
    with right:
        if state.opened:
            show_card(explorer, state.opened)
        else:
            st.markdown("### No galaxy opened")
            st.markdown("Click a point, a line below an image, or a row of the table. Or search by id at the top.")
    with plots:
        show_plots(explorer, shown, mask)
        show_space(explorer, shown, mask)


require_header()
show_atlas()
