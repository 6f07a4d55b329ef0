"""The Atlas's two plots, drawn anew only where something on them changes.

What a click opens changes nothing on them: its ring is laid over both by the browser (`pages/_parts/pointer.py`).
"""

from collections.abc import Hashable

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import MAPS, AtlasState
from galexplore.tables.expressions import tabulate
from galexplore.tables.names import title_pair
from pages._parts.choices import MAP_NAMES
from pages._parts.regions import list_regions
from pages._session.drawn import PLOTS, find_outline, find_zoom, freeze_zoom, plot_key
from pages._session.state import find_selected, is_dark

CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["toImage"], "doubleClick": "autosize", "scrollZoom": False}


def title_plots(shown: AtlasState) -> dict[str, str]:
    """Give each plot the sentence that it shows."""
    inferred = shown.x.startswith("lat_") and shown.y.startswith("lat_")
    kinds = {"latents": "redshift, mass, SFR and free latent", "features": "the encoder's features"}
    return {
        "latents": title_pair(shown.y, shown.x) + (", inferred from the images" if inferred else ""),
        "map": f"UMAP of {kinds[shown.map]}",
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
    """Gather all that the figures depend on but what is looked at; the selection and the list by what they are."""
    state, limits = st.session_state, (tuple(shown.limits.items()), shown.left_out, shown.where, shown.ranges)
    what = state.get("picks", 0), id(state.selection), id(state.listed), is_dark()
    drawn = shown.x, shown.y, shown.colour, shown.map, shown.kinds, shown.contours, shown.subsets
    return explorer.digest, drawn, limits, what, state.get("epoch", 0), state.arrivals


def show_plots(explorer: Explorer, shown: AtlasState, mask: np.ndarray | None) -> None:
    """Show the latents and the map side by side with the same galaxies brought forward."""
    if mask is not None and not mask.any():
        st.info("No galaxy passes the filter. Relax it, or press “Show all” beside it.", icon=":material/filter_alt:")
        return
    state, titles, drawing = st.session_state, title_plots(shown), key_figures(explorer, shown)
    kept = state.setdefault("figures", {})
    with st.container(key="plots"):
        for (plot, axes), column in zip(list_axes(shown).items(), st.columns(2, gap="medium"), strict=True):
            # A crowd is counted anew within what is looked at; else a zoom leaves the plot as it is.
            zoom = find_zoom(plot, axes) if is_crowded(explorer) else freeze_zoom(plot, axes, drawing)
            if kept.get(plot, (None,))[0] != (drawing, zoom):
                figure = draw_plot(explorer, shown, plot, mask, zoom)
                # With what the key knows by its id alone, which could else be another's by and by.
                kept[plot] = (drawing, zoom), figure, (state.selection, state.listed)
            figure, key, alt = kept[plot][1], plot_key(plot), titles[plot]
            column.plotly_chart(figure, theme=None, key=key, config=CONFIG, alt=alt, on_select="rerun")
            column.caption(explain_plot(explorer, shown, plot, figures.count_crowd(figure)))


def draw_plot(
    explorer: Explorer, shown: AtlasState, plot: str, mask: np.ndarray | None, zoom: figures.Spans | None
) -> figures.Figure:
    """Draw one of the plots of the galaxies that pass the filters (`mask`, None for all), zoomed in if asked for."""
    axes, first = list_axes(shown)[plot], plot == PLOTS[0]
    table, picked = (
        tabulate(explorer.table, ["id", "population", *axes, shown.colour]),
        np.zeros(len(explorer.table), bool),
    )
    picked[find_selected(explorer)] = True
    listed = mark_listed(len(picked))
    if mask is not None:
        table, picked, listed = table[mask], picked[mask], listed[mask]
    return figures.plot_atlas(
        table,
        *axes,
        title_plots(shown)[plot],
        colour=None if shown.colour == "population" else shown.colour,
        overlays=shown.kinds,
        selected=picked,
        marked=listed,
        within=zoom,
        limits=shown.ranges if first else None,
        contours=shown.contours,
        outline=find_outline(plot, axes),
        regions=() if first else list_regions(explorer, *axes, mask),
        marginals=first,
        labels=False,
        bar=first,
        dark=is_dark(),
    )


def explain_plot(explorer: Explorer, shown: AtlasState, plot: str, counted: int) -> str:
    """Say in a line what a plot is made of, and how far it can be trusted; `counted` are drawn as a density."""
    crowd = (
        f"A density of {counted:,} ordinary galaxies, {figures.SAMPLE:,} of them drawn as points; a lasso selects all. "
    )
    if plot == "latents":
        hint = "Drag to select, click to open, hover to preview, zoom in for images, double-click to reset. "
        hint += "Each histogram is scaled to its own maximum."
        return (crowd if counted else "") + hint
    honesty = explorer.atlas.honesty or {}
    made = honesty.get("parameters") or explorer.card.get("atlas", {})
    settings = ", ".join(f"{key} {made[key]}" for key in ("n_neighbors", "min_dist", "seed") if key in made)
    settings = f": {settings}" if settings else ""
    kept = {"latents": "preservation", "features": "feature_preservation"}[shown.map]
    share = ""
    if kept in explorer.table:
        median = 100 * explorer.table[kept].median()
        share = f" It preserves {median:.0f} % of a galaxy's nearest neighbours (median; also available as a colour)."
    return f"UMAP {MAP_NAMES[shown.map]}{settings}.{share} For visualisation only: no search or score uses it."
