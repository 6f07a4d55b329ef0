"""What a property does to a galaxy's looks: move the latents, watch the decoded image."""

import math

import numpy as np
import streamlit as st

from galexplore import figures, pictures
from galexplore.config import LATENTS, UNITS
from galexplore.location import TITLES
from pages._oddity import say_rarity
from pages._panels import PRETTY, show_neighbours
from pages._state import is_dark, open_explorer, require_header, start_from, start_from_galaxy

FORMATS = {"phi": "%d°", "redshift": "%.3f"}
STEPS = {"phi": 1.0, "redshift": 0.005, "logmass": 0.02, "logsfr": 0.02, "free": 0.05}
TYPICAL = "a typical galaxy"
WORDS = [(90, "As ordinary as most galaxies."), (99, "Unusual: few galaxies are like this.")]
WORDS += [(99.9, "Rare: trust the image less.")]
BEYOND = "Off the manifold: hardly any galaxy is like this, and the image is a guess."


@st.cache_data(show_spinner=False)
def find_ends(name: str) -> tuple[float, float]:
    """Find the ends of a latent's slider: what all but two in a thousand of the atlas's galaxies have."""
    if name == "phi":
        return 0.0, 180.0
    low, high = np.quantile(open_explorer().table[f"lat_{name}"], (0.001, 0.999))
    step = STEPS[name]
    return math.floor(low / step) * step, math.ceil(high / step) * step


def move_sliders() -> None:
    """Put the sliders where the start is, within their ends."""
    for name, value in zip(LATENTS, st.session_state.start["latents"], strict=True):
        low, high = find_ends(name)
        value = math.degrees(value) % 180 if name == "phi" else value
        st.session_state[f"slide-{name}"] = float(np.clip(round(value / STEPS[name]) * STEPS[name], low, high))
    st.session_state.moved = True


def start_typical(explorer) -> None:
    """Start from the middle of the ordinary galaxies."""
    start_from(TYPICAL, np.concatenate([[math.pi / 4], explorer.atlas.centre]))


def choose_start(explorer) -> None:
    """Show from where the sliders start, and the ways to another start."""
    opened, upload = st.session_state.opened, (st.session_state.get("upload") or {}).get("location")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Started from **{st.session_state.start['name']}**", width="content")
        st.button("Reset", icon=":material/restart_alt:", key="reset", help="Back to the start", on_click=move_sliders)
        st.space("stretch")
        st.caption("Start from", width="content")
        st.button("Typical galaxy", key="from-typical", on_click=start_typical, args=(explorer,))
        if opened:
            st.button(opened, key="from-opened", on_click=start_from_galaxy, args=(opened,))
        if upload:
            args = ("your upload", upload.latents, upload.prepared.flux)
            st.button("My upload", key="from-upload", on_click=start_from, args=args)


def show_sliders(explorer) -> np.ndarray:
    """Show a slider for each latent over the atlas's histogram; return the latents (5,) in the atlas's units."""
    chosen = []
    for name in LATENTS:
        low, high = find_ends(name)
        unit = {"phi": "° E of N", "free": "its own units"}.get(name, PRETTY[UNITS[name]])
        label = f"{TITLES[name]} [{unit}]" if unit else TITLES[name]
        about = {"format": FORMATS.get(name, "%.2f"), "key": f"slide-{name}", "persist_state": "session"}
        value = st.slider(label, low, high, step=STEPS[name], **about)
        column = explorer.table[f"lat_{name}"].to_numpy()
        column = np.degrees(column) % 180 if name == "phi" else column
        st.image(pictures.draw_histogram(column, low, high, value, figures.ACCENT[is_dark()]), width="stretch")
        chosen.append(math.radians(value) if name == "phi" else value)
    return np.array(chosen)


def show_gauge(explorer, latents: np.ndarray) -> None:
    """Say how far from the atlas's galaxies the sliders have gone."""
    rarity = explorer.rarity_at(latents)
    words = next((w for limit, w in WORDS if rarity < limit), BEYOND)
    st.progress(min(rarity / 100, 1.0), f"**{say_rarity(rarity)}** {words}")


@st.fragment
def show_traverse() -> None:
    """Sliders and image in one fragment: a move reruns nothing else."""
    explorer = open_explorer()
    if not st.session_state.get("start"):
        start_typical(explorer)
    choose_start(explorer)
    if not st.session_state.get("moved"):
        move_sliders()
    start = st.session_state.start
    left, middle, right = st.columns([5, 7, 4], gap="large")
    with left, st.container(key="sliders"):
        latents = show_sliders(explorer)
    now, before = explorer.decode(np.stack([latents, start["latents"]]))
    with middle:
        st.image(pictures.draw_galaxy(now, 621, bar=True), "Decoded: model, not data. 33.5″ wide.", width="stretch")
        show_gauge(explorer, latents)
    with right:
        observed = start["flux"] is not None
        what = "Start: the image" if observed else "Start: decoded, model, not data"
        st.image(pictures.draw_galaxy(start["flux"] if observed else before, 330), what, width="stretch")
        st.image(pictures.draw_residual(now - before, 330), "Change since the start, ±15 σ", width="stretch")
    st.markdown("**The nearest galaxies of the atlas** (simulated data, not decoded)")
    near = explorer.neighbours(latents, 8)
    show_neighbours(near, "near")


require_header()
show_traverse()
