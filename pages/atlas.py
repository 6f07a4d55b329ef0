"""Where the galaxies lie: two linked plots; what is picked on either shows its images, numbers and cards."""

from collections.abc import Hashable

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import MAPS, AtlasState
from galexplore.tables.names import name_column
from pages._parts.card import show_card
from pages._parts.choices import MAP_NAMES, choose_state
from pages._parts.gallery import show_selection
from pages._parts.hover import show_hover
from pages._session.drawn import PLOTS, is_live, plot_key, take_selection
from pages._session.navigation import require_header
from pages._session.state import find_selected, is_dark, open_explorer

CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["toImage"], "doubleClick": "autosize", "scrollZoom": False}


def title_plots(shown: AtlasState) -> dict[str, str]:
    """Give each plot the sentence that it shows."""
    up, across = name_column(shown.y), name_column(shown.x)
    inferred = shown.x.startswith("lat_") and shown.y.startswith("lat_")
    kinds = {"latents": "redshift, mass, SFR and free latent", "features": "what the encoder sees"}
    return {
        "latents": f"{up[:1].upper()}{up[1:]} against {across}{', as read from the images' if inferred else ''}",
        "map": f"Galaxies alike in {kinds[shown.map]} lie together",
    }


def is_crowded(explorer: Explorer) -> bool:
    """Whether the plots show a density, counted anew where they are zoomed."""
    return len(explorer.table) > figures.MOST_POINTS


def list_axes(shown: AtlasState) -> dict[str, tuple[str, str]]:
    """Give the two columns of each plot."""
    return {"latents": (shown.x, shown.y), "map": MAPS[shown.map]}


def find_zoom(explorer: Explorer) -> dict:
    """Find the part of each plot that is looked at; a crowd is counted anew within it."""
    return st.session_state.get("zoom", {}) if is_crowded(explorer) else {}


def mark_listed(n: int) -> np.ndarray:
    """Mask (n,) of the galaxies of the person's own list."""
    mask, listed = np.zeros(n, bool), st.session_state.listed
    if listed:
        mask[listed["rows"]] = True
    return mask


def key_figures(explorer: Explorer, shown: AtlasState) -> tuple[Hashable, ...]:
    """Gather all that the figures depend on but the selection."""
    n_listed = len((st.session_state.listed or {"rows": ()})["rows"])
    limits, zoom = (tuple(shown.limits.items()), shown.left_out), tuple(find_zoom(explorer).items())
    return explorer.name, shown.x, shown.y, shown.colour, shown.map, shown.kinds, limits, is_dark(), zoom, n_listed


def show_plots(explorer: Explorer, shown: AtlasState, mask: np.ndarray | None, drawing: Hashable) -> None:
    """Show the latents and the map side by side with the same galaxies brought forward."""
    state, axes, titles, zoom = st.session_state, list_axes(shown), title_plots(shown), find_zoom(explorer)
    columns = dict.fromkeys(["id", "population", shown.x, shown.y, *axes["map"], shown.colour])
    table, picked = explorer.table[list(columns)], np.zeros(len(explorer.table), bool)
    picked[find_selected(explorer)] = True
    listed = mark_listed(len(picked))
    if mask is not None:
        table, picked, listed = table[mask], picked[mask], listed[mask]
    if table.empty:
        st.info("No galaxy passes the filter. Open it wider, or choose “All” beside it.", icon=":material/filter_alt:")
        return
    with st.container(key="plots"):
        for plot, column in zip(PLOTS, st.columns(2, gap="medium"), strict=True):
            live = is_live(plot, drawing)
            figure = figures.plot_atlas(
                table,
                *axes[plot],
                titles[plot],
                colour=None if shown.colour == "population" else shown.colour,
                overlays=shown.kinds,
                selected=() if live else picked,
                marked=listed,
                opened=None if live else state.opened,
                within=zoom.get(plot),
                marginals=plot == "latents",
                dark=is_dark(),
            )
            key, alt = plot_key(plot), titles[plot]
            column.plotly_chart(figure, theme=None, key=key, config=CONFIG, alt=alt, on_select="rerun")
            column.caption(explain_plot(explorer, shown, plot, len(table)))


def explain_plot(explorer: Explorer, shown: AtlasState, plot: str, n: int) -> str:
    """Say in a line what a plot is made of, and how far it can be trusted."""
    crowd = f"A density of {n:,}, and a sample of {figures.SAMPLE:,} as points; a lasso takes all within it. "
    if plot == "latents":
        hint = "Lasso or box: select. Point: open. Pointer: see. Double click: all. Histograms: each to its own peak."
        return (crowd if is_crowded(explorer) else "") + hint
    honesty = explorer.atlas.honesty or {}
    made = honesty.get("parameters") or explorer.card.get("atlas", {})
    names = {"n_neighbors": "neighbours", "min_dist": "least distance", "seed": "seed"}
    settings = ", ".join(f"{word} {made[key]}" for key, word in names.items() if key in made)
    settings = f": {settings}" if settings else ""
    kept = {"latents": "preservation", "features": "feature_preservation"}[shown.map]
    share = ""
    if kept in explorer.table:
        share = (
            f" It keeps {100 * explorer.table[kept].median():.0f} % of a galaxy's neighbours (median; also a colour)."
        )
    return f"UMAP {MAP_NAMES[shown.map]}{settings}.{share} For the eye only: nothing is searched or scored on it."


def show_atlas() -> None:
    """Show the controls, the plots, what is selected, and the galaxy opened."""
    explorer = open_explorer()
    shown, mask = choose_state(explorer)
    drawing = key_figures(explorer, shown)
    take_selection(explorer, mask, list_axes(shown), drawing)
    plots = st.container()  # filled last: a browser that draws a new plot leaves the images waiting
    show_hover(explorer, is_crowded(explorer))
    left, right = st.container(key="halves-picked").columns(2, gap="large")
    with left:
        show_selection(explorer)
    with right:
        if st.session_state.opened:
            show_card(explorer, st.session_state.opened)
        else:
            st.markdown("### No galaxy opened")
            st.markdown("Click a point, a line below an image, or a row of the table. Or search by id at the top.")
    with plots:
        show_plots(explorer, shown, mask, drawing)


require_header()
show_atlas()
