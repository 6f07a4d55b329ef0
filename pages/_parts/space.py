"""Three latents at once, to be turned by hand."""

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import AtlasState
from galexplore.figures.space import MOST
from galexplore.tables.expressions import tabulate
from galexplore.tables.names import name_column
from pages._session.state import find_selected, is_dark

USUAL = ("lat_redshift", "lat_logmass", "lat_logsfr")


def show_space(explorer: Explorer, shown: AtlasState, mask: np.ndarray | None) -> None:
    """Show what the plots show in three columns, once a person opens it."""
    space = st.expander("3-D plot", icon=":material/deployed_code:", key="space", on_change="rerun")
    if not space.open:
        return
    with space:
        columns = st.columns(3)
        axes = [
            column.selectbox(
                f"{name} axis in 3-D",
                explorer.numbers,
                explorer.numbers.index(usual) if usual in explorer.numbers else 0,
                key=f"space-{name}",
                persist_state="session",
                format_func=name_column,
            )
            for column, name, usual in zip(columns, "xyz", USUAL, strict=True)
        ]
        colour = None if shown.colour == "population" else shown.colour
        table = tabulate(explorer.table, ["id", "population", *axes, *([colour] if colour else [])])
        picked = np.zeros(len(table), bool)
        picked[find_selected(explorer)] = True
        if mask is not None:
            table, picked = table[mask], picked[mask]
        names = ", ".join(name_column(axis) for axis in axes)
        kinds, dark = shown.kinds, is_dark()
        figure = figures.plot_space(table, axes, names, colour=colour, overlays=kinds, selected=picked, dark=dark)
        st.plotly_chart(figure, theme=None, key="space-plot", config={"displaylogo": False}, alt=f"3-D plot of {names}")
        st.caption(f"Drag to rotate, scroll to zoom. At most {MOST:,} ordinary galaxies are shown, a random sample.")
