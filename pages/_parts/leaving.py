"""What a person takes along: the selection as a file, and the folder that brings the Atlas back as it is."""

from functools import partial

import streamlit as st

from galexplore.explore.bundle import make_bundle
from galexplore.explore.explorer import Explorer
from galexplore.explore.export import FORMATS, ON_THE_SKY, export
from galexplore.tables.names import title_pair
from pages._parts.counts import say_count
from pages._parts.samp import offer_samp
from pages._session.state import find_selected


def show_export(explorer: Explorer) -> None:
    """Offer exactly the selection as a file, and the folder that brings the Atlas back as it is."""
    rows = find_selected(explorer)
    st.markdown(f"**{say_count(explorer, rows)}**, with units and exact ids")
    with st.container(horizontal=True, gap="small"):
        for kind, (suffix, _, mime) in FORMATS.items():
            if kind in ON_THE_SKY and ("ra" not in explorer.table or explorer.simulated):
                continue  # nothing lies at the positions of simulated galaxies
            name = f"galexplore-{len(rows)}{'-viewer' if kind == 'Legacy viewer' else ''}.{suffix}"
            data = partial(export, explorer, rows, kind)
            st.download_button(kind, data, name, mime, key=f"export-{kind}", on_click="ignore")
    offer_samp(explorer)
    viewer = " “Legacy viewer” is RA, DEC, name, as the viewer's own upload takes it."
    st.caption("CSV holds values only." + ("" if explorer.simulated or "ra" not in explorer.table else viewer))
    show_bundle(explorer, "bundle")


def show_bundle(explorer: Explorer, key: str) -> None:
    """Offer the folder that brings the Atlas back as it is."""
    state, shown = st.session_state, st.session_state.atlas_state
    title = title_pair(shown.y, shown.x)
    data = partial(make_bundle, explorer, shown, state.selection, state.opened, title, st.context.url or "")
    st.download_button(
        "Reproduce this view (zip)",
        data,
        "galexplore-view.zip",
        "application/zip",
        key=key,
        help="Ids, settings, the model's hash, and a script that reproduces this view.",
        on_click="ignore",
    )
