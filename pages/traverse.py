"""How a property changes the look of a galaxy: move the latents, watch the decoded image."""

import base64

import numpy as np
import streamlit as st

from galexplore.draw import pictures
from galexplore.explore.card import title_latents
from galexplore.explore.explorer import Explorer
from galexplore.explore.galaxy_snippets import write_latents
from galexplore.latents import LATENTS, UNITS
from pages._parts.carried import choose_way, decode_view, show_changes, show_view, suggest_zoom
from pages._parts.code import offer_code
from pages._parts.oddity import say_rarity
from pages._parts.panels import PRETTY
from pages._parts.ways import show_ways
from pages._session.navigation import require_header
from pages._session.sliders import (
    STEPS,
    find_ends,
    forget_last_move,
    move_sliders,
    note_move,
    note_standing,
    read_sliders,
)
from pages._session.start import carry_start, start_from_galaxy, start_from_upload, start_typical, take_start
from pages._session.state import open_explorer

FORMATS = {"phi": "%d°", "redshift": "%.3f"}
WORDS = (
    (90.0, "Typical of the galaxies of the atlas."),
    (99.0, "Unusual: few galaxies of the atlas are like this."),
    (99.9, "Rare: the image is less reliable."),
)
BEYOND = "Outside the training distribution: no galaxy of the atlas is like this, and the image is not reliable."


def choose_start() -> None:
    """Show from where the sliders start, and the ways back and to another start."""
    opened, upload = st.session_state.opened, (st.session_state.get("upload") or {}).get("location")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Started from **{st.session_state.start['name']}**", width="content")
        trail = st.session_state.get("trail")
        st.button("Undo", icon=":material/undo:", key="undo", disabled=not trail, on_click=forget_last_move)
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            key="reset",
            help="Back to the start",
            on_click=move_sliders,
            args=(True,),
        )
        st.space("stretch")
        st.caption("Start from", width="content")
        st.button("Typical galaxy", key="from-typical", on_click=start_typical)
        if opened:
            st.button(opened, key="from-opened", on_click=start_from_galaxy, args=(opened,))
        else:
            st.caption("or any galaxy: search for it above, or open it in the Atlas", width="content")
        if upload:
            st.button("My upload", key="from-upload", on_click=start_from_upload)


def show_histograms(explorer: Explorer) -> None:
    """Draw the atlas's histogram below each slider: as its background, so that a move need not send it again."""
    rules = ""
    for name in LATENTS:
        column = explorer.table[f"lat_{name}"].to_numpy()
        column = np.degrees(column) % 180 if name == "phi" else column
        strip = base64.b64encode(pictures.draw_histogram(column, *find_ends(name)).encode()).decode()
        rules += f".st-key-slide-{name} {{ background-image: url(data:image/svg+xml;base64,{strip}) }}\n"
    st.html(f"<style>{rules}</style>")


def show_sliders() -> None:
    """Show a slider for each latent that varies, in physical units."""
    titles = title_latents(open_explorer())
    for name in LATENTS:
        low, high = find_ends(name)
        if low == high:  # no label taught it: it draws nothing
            continue
        unit = {"phi": "[° E of N]", "free": "[standard deviations]"}.get(name, PRETTY[UNITS[name]])
        label = f"{titles[name]} {unit}".strip()
        st.slider(
            label,
            low,
            high,
            step=STEPS[name],
            format=FORMATS.get(name, "%.2f"),
            key=f"slide-{name}",
            on_change=note_move,
            persist_state="session",
        )


def show_gauge(explorer: Explorer, latents: np.ndarray) -> None:
    """Say how far from the atlas's galaxies the sliders have gone."""
    rarity = explorer.atlas.percentile_at(latents)
    words = next((w for limit, w in WORDS if rarity < limit), BEYOND)
    st.progress(min(rarity / 100, 1.0), f"**{say_rarity(rarity)}** {words}")


@st.fragment
def show_traverse() -> None:
    """Sliders and image in one fragment: a move reruns nothing else, and shows the new image before all the rest."""
    explorer = open_explorer()
    if not st.session_state.get("start"):
        start_typical()
    if not st.session_state.get("moved"):
        move_sliders()
    top, start, latents = st.container(), st.session_state.start, read_sliders()
    left, middle, right = st.columns([5, 7, 4], gap="large")
    if "decoded" not in start:
        start["decoded"] = explorer.decode(start["latents"][None])[0]
        st.session_state["traverse-zoom"] = suggest_zoom(start["decoded"])
    st.session_state.setdefault("traverse-zoom", 1)  # its widget was forgotten with another page
    view = decode_view(explorer, latents, start["latents"])
    with middle:
        show_view(explorer, view)
        show_gauge(explorer, latents)
    with top:
        choose_start()
    with left, st.container(key="sliders"):
        st.caption("Move a slider: the model redraws the galaxy with that property changed. Histograms: the atlas.")
        choose_way()
        show_sliders()
    with right:
        show_changes(explorer, view, start["flux"], start["decoded"])
    note_standing()
    show_ways(explorer, latents)
    offer_code("traverse", write_latents(explorer, latents))
    carry_start()


require_header()
take_start()
show_histograms(open_explorer())
show_traverse()
