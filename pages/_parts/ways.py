"""What stands below the sliders: the nearest galaxies, a filmstrip, a grid, or a path from one galaxy to another."""

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.atlas.paths import cross, sweep, walk
from galexplore.draw.animation import draw_montage
from galexplore.explore.card import title_latents
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import SHOWN_AT_FIRST
from galexplore.latents import LATENTS, UNITS, name_latent
from pages._parts.draws import show_draws
from pages._parts.frames import note, offer_frames, show_frames
from pages._parts.panels import PRETTY, show_neighbours
from pages._session.sliders import find_ends

FRAMES, SMOOTH = 9, 36  # in a strip on the page, and in an animation
COLUMNS, ROWS = 9, 5
WAYS = ["Nearest galaxies", "Filmstrip", "Grid", "Path", "Posterior draws"]


def show_ways(explorer: Explorer, latents: np.ndarray) -> None:
    """Let a person choose what is shown below the image; only that is computed."""
    way = st.segmented_control(
        "Below the image",
        WAYS,
        default=WAYS[0],
        key="way",
        label_visibility="collapsed",
        persist_state="session",
        required=True,
    )
    shows = dict(zip(WAYS, (show_nearest, show_strip, show_grid, show_path, show_draws), strict=True))
    shows.get(way or "", show_nearest)(explorer, latents)


def show_nearest(explorer: Explorer, latents: np.ndarray) -> None:
    """Show the atlas's galaxies that are nearest to where the sliders stand."""
    data = "simulated data" if explorer.simulated else "data"
    st.markdown(f"**The nearest galaxies of the atlas** ({data}, not decoded)")
    show_neighbours(explorer.list_neighbours(latents, 8), "near")


def spread(name: str, n: int) -> np.ndarray:
    """Values (n,) of a latent from one end of its slider to the other; an angle does not come round to its start."""
    low, high = find_ends(name)
    return np.radians(np.linspace(0, 180, n, endpoint=False)) if name == "phi" else np.linspace(low, high, n)


def choose_latent(titles: dict[str, str], label: str, key: str, first: int) -> str:
    """Let a person choose one of the latents."""
    return st.selectbox(
        label, LATENTS, first, format_func=titles.__getitem__, key=key, persist_state="session", width=220
    )


def show_strip(explorer: Explorer, latents: np.ndarray) -> None:
    """Show one latent from end to end, the others as the sliders stand."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = choose_latent(title_latents(explorer), "Vary", "strip-latent", 3)
        st.caption("over the range of its slider; the other latents are fixed as the sliders are set.")
    title = f"{title_latents(explorer)[name]} {PRETTY[UNITS[name]]}".strip()
    show_frames(explorer, [sweep(latents, name, spread(name, n)) for n in (FRAMES, SMOOTH)], name, title)


def show_grid(explorer: Explorer, latents: np.ndarray) -> None:
    """Show two latents at once, the others as the sliders stand."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        across = choose_latent(title_latents(explorer), "x axis", "grid-across", 1)
        up = choose_latent(title_latents(explorer), "y axis", "grid-up", 2)
        st.caption("The other latents are fixed as the sliders are set.")
    if across == up:
        st.markdown("Choose two different latents.")
        return
    columns, rows = spread(across, COLUMNS), spread(up, ROWS)
    steps = cross(latents, across, columns, up, rows).reshape(-1, 5)
    frames = explorer.decode(steps)
    notes = [f"{note(across, r[LATENTS.index(across)])} · {note(up, r[LATENTS.index(up)])}" for r in steps]
    title = f"{title_latents(explorer)[across]} along x, {name_latent(up)} along y"
    st.image(draw_montage(frames, notes, COLUMNS, title, explorer.survey, 170), width="stretch", alt=title)
    offer_frames(explorer, frames, notes, COLUMNS, title)


def list_places(explorer: Explorer, latents: np.ndarray) -> dict[str, np.ndarray]:
    """List the galaxies between which a path may lead, by what they are called."""
    state, table = st.session_state, explorer.table
    places = {"the start": state.start["latents"], "the sliders' position": latents}
    ids = [state.opened, *state.selection[:20]] + [_find_example(table, kind) for kind in SHOWN_AT_FIRST]
    for name in dict.fromkeys(i for i in ids if i):
        rows = table[table["id"] == name]
        if len(rows):
            places[f"{name}, {rows['population'].iloc[0]}"] = rows[[f"lat_{n}" for n in LATENTS]].to_numpy(float)[0]
    upload = (state.get("upload") or {}).get("location")
    return places | ({"your upload": upload.latents} if upload else {})


def _find_example(table: pd.DataFrame, kind: str) -> str:
    rows = table[table["population"] == kind]
    return rows["id"].iloc[0] if len(rows) else ""


def show_path(explorer: Explorer, latents: np.ndarray) -> None:
    """Show the way from one galaxy to another; the angle turns the short way round."""
    places = list_places(explorer, latents)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        start = st.selectbox("From", list(places), 0, key="path-from", width=260)
        end = st.selectbox("To", list(places), min(2, len(places) - 1), key="path-to", width=260)
        st.caption("Galaxies that you open or select are offered here.")
    if np.allclose(places[start], places[end]):
        st.markdown("Both ends are the same galaxy: choose another one, or move a slider.")
        return
    steps = [walk(places[start], places[end], n) for n in (FRAMES, SMOOTH)]
    show_frames(explorer, steps, "redshift", f"From {start} to {end}")
