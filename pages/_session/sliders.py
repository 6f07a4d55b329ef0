"""The sliders of Traverse: where they end, where they stand, and the way back.

State of the session:

slide-<latent> : float, where a slider stands, in the unit it shows (degrees for the angle)
placed : dict of latent to where its slider was put for the start, rounded to its steps and within its ends
standing : tuple of the five as last shown
trail : list of such tuples, the way back, at most 100 steps
"""

import math

import numpy as np
import streamlit as st

from galexplore.latents import LATENTS
from pages._session.state import open_explorer

STEPS = {"phi": 1.0, "redshift": 0.005, "logmass": 0.02, "logsfr": 0.02, "free": 0.05}
LONGEST = 100


def find_ends(name: str) -> tuple[float, float]:
    """Find the ends of a latent's slider: what all but two in a thousand of the atlas's galaxies have."""
    return _find_ends(name, open_explorer().digest)


@st.cache_data(max_entries=100, show_spinner=False)
def _find_ends(name: str, digest: str) -> tuple[float, float]:
    if name == "phi":
        return 0.0, 180.0
    low, high = np.quantile(open_explorer().table[f"lat_{name}"], (0.001, 0.999))
    step = STEPS[name]
    return math.floor(low / step) * step, math.ceil(high / step) * step


def move_sliders(undoable: bool = False) -> None:
    """Put the sliders where the start is, within their ends."""
    if undoable:
        note_move()
    else:
        st.session_state.trail = []
    placed = {}
    for name, value in zip(LATENTS, st.session_state.start["latents"], strict=True):
        low, high = find_ends(name)
        value = math.degrees(value) % 180 if name == "phi" else value
        placed[name] = float(np.clip(round(value / STEPS[name]) * STEPS[name], low, high))
        st.session_state[f"slide-{name}"] = placed[name]
    st.session_state.placed, st.session_state.moved = placed, True


def write_sliders(anyway: bool) -> str:
    """Write where the sliders stand, for an address; "" where none was moved from the start, unless `anyway`."""
    state = st.session_state
    standing = [(state[f"slide-{name}"], state.placed[name], STEPS[name]) for name in LATENTS]
    moved = any(abs(value - placed) > step / 2 for value, placed, step in standing)
    return ",".join(f"{value:g}" for value, _, _ in standing) if moved or anyway else ""


def put_sliders(text: str) -> bool:
    """Put the sliders where an address says, within their ends; False, and none is moved, where it cannot be read."""
    try:
        values = [float(word) for word in text.split(",")]
    except ValueError:
        return False
    if len(values) != len(LATENTS) or not all(map(math.isfinite, values)):
        return False
    for name, value in zip(LATENTS, values, strict=True):
        low, high = find_ends(name)
        st.session_state[f"slide-{name}"] = float(np.clip(round(value / STEPS[name]) * STEPS[name], low, high))
    return True


def read_sliders() -> np.ndarray:
    """Latents (5,) that the sliders stand for, in the atlas's units.

    A slider shows the start's latent rounded to its steps; until it is moved, the latent stays exactly what it was.
    """
    latents = np.array(st.session_state.start["latents"], float)
    for i, name in enumerate(LATENTS):
        value = st.session_state[f"slide-{name}"]
        if abs(value - st.session_state.placed[name]) > STEPS[name] / 2:
            latents[i] = math.radians(value) if name == "phi" else value
    return latents


def note_standing() -> None:
    """Note where the sliders stand: the next move begins there."""
    st.session_state.standing = tuple(st.session_state[f"slide-{name}"] for name in LATENTS)


def note_move() -> None:
    """Remember where the sliders stood before a move."""
    trail = st.session_state.setdefault("trail", [])
    if st.session_state.get("standing") and trail[-1:] != [st.session_state.standing]:
        trail.append(st.session_state.standing)
        del trail[:-LONGEST]


def forget_last_move() -> None:
    """Put the sliders back where they stood before the last move."""
    trail = st.session_state.get("trail") or []
    if trail:
        for name, value in zip(LATENTS, trail.pop(), strict=True):
            st.session_state[f"slide-{name}"] = value
