"""The plot to take away: for print at a chosen size, its numbers as a table, and the view as Python."""

from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.export import FORMATS, export_plotted
from galexplore.explore.link import AtlasState
from galexplore.explore.snippets import write_python
from galexplore.tables.expressions import tabulate
from galexplore.tables.names import title_pair
from pages._session.drawn import find_outline
from pages._session.state import find_selected, plain

NAME = "galexplore-figure"


def show_figure(explorer: Explorer, shown: AtlasState, mask: np.ndarray | None) -> None:
    """Offer the plot of the latents as it is filtered and coloured, its table, and the script that brings it back."""
    st.markdown("**The left plot as a figure**, with every point shown")
    show_print(explorer, shown, mask)
    rows = np.arange(len(explorer.table)) if mask is None else np.flatnonzero(mask)
    columns = [shown.x, shown.y, *([] if shown.colour == "population" else [shown.colour])]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Its data:", width="content")
        for kind in ("CSV", "ECSV", "FITS", "Parquet"):
            suffix, _, mime = FORMATS[kind]
            data = partial(export_plotted, explorer, rows, columns, kind, find_selected(explorer))
            st.download_button(kind, data, f"{NAME}.{suffix}", mime, key=f"plotted-{kind}", on_click="ignore")
    show_code(explorer, shown)


def show_print(explorer: Explorer, shown: AtlasState, mask: np.ndarray | None) -> None:
    """Offer the figure at a size in mm."""
    if find_spec("matplotlib") is None:
        st.caption("Figures for print need matplotlib, which is not installed: pip install 'galexplore[print]'")
        return
    (low, high), (least, most) = figures.SIZES, figures.DPI
    with st.container(horizontal=True, gap="small"):
        kind = st.selectbox("Format", list(figures.KINDS), key="print-kind", format_func=str.upper, width=90)
        width = st.number_input("Width [mm]", low, high, 88.0, 1.0, "%.0f", key="print-width", width=110)
        height = st.number_input("Height [mm]", low, high, 75.0, 1.0, "%.0f", key="print-height", width=110)
        dpi = st.number_input("dpi", least, most, 300, 50, key="print-dpi", width=100)
    try:
        figures.check_print(width, height, dpi, kind)
    except InputError as error:
        st.error(plain(str(error)))
        return
    size = {"width": width, "height": height, "dpi": dpi, "kind": kind}
    data = partial(draw_print, explorer, shown, mask, size)
    st.download_button("Figure", data, f"{NAME}.{kind}", figures.KINDS[kind], key="print", on_click="ignore")
    st.caption("88 mm is one column of A&A, 180 mm is two. Many points are rasterised in PDF and SVG.")


def draw_print(explorer: Explorer, shown: AtlasState, mask: np.ndarray | None, size: dict) -> bytes:
    """Draw the figure for print, as it is asked for."""
    colour = None if shown.colour == "population" else shown.colour
    table = tabulate(explorer.table, ["id", "population", shown.x, shown.y, *([colour] if colour else [])])
    picked = np.zeros(len(table), bool)
    picked[find_selected(explorer)] = True
    if mask is not None:
        table, picked = table[mask], picked[mask]
    look: dict[str, Any] = {
        "colour": colour,
        "overlays": shown.kinds,
        "limits": shown.ranges,
        "contours": shown.contours,
    }
    return figures.print_atlas(table, shown.x, shown.y, selected=picked, **look, **size)


def show_code(explorer: Explorer, shown: AtlasState) -> None:
    """Show the view as Python, to be copied."""
    state = st.session_state
    st.markdown("**The view as Python**, to run where galexplore is installed")
    title = title_pair(shown.y, shown.x)
    outline = find_outline("latents", (shown.x, shown.y))
    try:
        code = write_python(explorer, shown, state.selection, state.opened, title, outline)
    except InputError as error:
        st.error(plain(str(error)))
        return
    st.code(code, language="python", wrap_lines=True)  # what scrolls by itself no key reaches
