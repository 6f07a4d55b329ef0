"""Where rare kinds lie in latents and on the map, beside their controls."""

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.explore.comparison import FEWEST, list_rows
from galexplore.explore.explorer import Explorer
from pages._parts.matched import run_comparison
from pages._parts.panels import STILL
from pages._session.state import is_dark, open_galaxy


def find_controls(explorer: Explorer, kinds: list[str]) -> dict[str, np.ndarray]:
    """Places in the table of the controls of each kind that has enough members to be compared."""
    rows = {kind: list_rows(explorer, kind) for kind in kinds}
    enough = {kind: places for kind, places in rows.items() if len(places) >= FEWEST}
    found = {k: run_comparison(explorer.digest, k, False, p, explorer).matching.controls for k, p in enough.items()}
    return {kind: controls for kind, controls in found.items() if len(controls)}


def show_plots(explorer: Explorer, kinds: list[str]) -> None:
    """Show where the kinds cluster, in latents and on the map, and their controls as hollow circles."""
    beside = st.toggle(
        "Control samples",
        True,
        key="kinds-controls",
        persist_state="session",
        help="Open circles in a kind's colour: ordinary galaxies matched in redshift and mass, at most three per "
        "galaxy. A kind that is separate from its controls differs in more than redshift and mass.",
    )
    controls = find_controls(explorer, kinds) if beside else {}
    axes = {"latents": ("lat_redshift", "lat_logmass"), "map": ("umap_x", "umap_y")}
    titles = {
        "latents": "Stellar mass against redshift, by kind",
        "map": "Map (UMAP of the latents), by kind",
    }
    for column, (name, (x, y)) in zip(st.columns(2, gap="medium"), axes.items(), strict=True):
        figure = figures.plot_atlas(
            explorer.table,
            x,
            y,
            titles[name],
            overlays=kinds,
            opened=st.session_state.opened,
            dark=is_dark(),
            height=400,
        )
        for kind, rows in controls.items():
            figures.add_controls(figure, explorer.table.iloc[rows], x, y, kind)
        drawn = column.plotly_chart(
            figure,
            theme=None,
            key=f"kinds-{name}",
            on_select="rerun",
            selection_mode="points",
            config={"displaylogo": False, "modeBarButtonsToRemove": ["toImage"]},
            alt=titles[name],
        )
        points = [p["customdata"] for p in drawn["selection"]["points"] if p.get("customdata") is not None]
        if points and st.session_state.handled.get(f"kinds-{name}") != points:
            st.session_state.handled[f"kinds-{name}"] = points
            open_galaxy(points[0])
    if st.session_state.opened:
        st.page_link("pages/galaxy.py", label=f"Card of {st.session_state.opened}", icon=":material/open_in_full:")
    title = "Distributions of the four latents, each kind normalised to its number; grey: ordinary galaxies"
    figure = figures.plot_distributions(explorer.table, kinds, title, is_dark())
    st.plotly_chart(figure, theme=None, config=STILL, key="distributions", alt=title)
