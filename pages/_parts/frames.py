"""A strip of decoded frames, the nearest galaxy of the atlas under each; and their export as GIF and PNG."""

import math
from functools import partial

import numpy as np
import streamlit as st

from galexplore.draw import pictures
from galexplore.draw.animation import draw_animation, draw_montage
from galexplore.latents import LATENTS, UNITS
from pages._parts.panels import PRETTY, draw_catalogue, mark
from pages._session.state import open_galaxy


def note(name: str, value: float, unit: bool = True) -> str:
    """Write a latent's value in few characters, with its unit or without."""
    if name == "phi":
        return f"{math.degrees(value) % 180:.0f}°"
    told = f"z {value:.3f}" if name == "redshift" else f"{value:.2f}"
    return f"{told} {PRETTY[UNITS[name]]}".strip() if unit else told


def show_frames(explorer, steps: list[np.ndarray], name: str, title: str) -> None:
    """Show decoded frames with the nearest galaxy of the atlas under each; offer them as GIF and PNG.

    Parameters
    ----------
    steps : list of array (n, 5)
        Of the strip, and of the animation.
    name : str
        The latent that is written under each frame.
    """
    rows, at = steps[0], LATENTS.index(name)
    frames, notes = explorer.decode(rows), [note(name, row[at], False) for row in rows]
    near = explorer.table.iloc[explorer.atlas.neighbours(rows, 1)[1][:, 0]]
    data = "simulated data" if explorer.simulated else "data"
    st.markdown(f"**{title}.** Above: decoded, model, not data. Below: the atlas's nearest galaxy, {data}.")
    with st.container(key="gallery-frames"):
        grid = st.grid(len(rows), min_column_width=62, gap="xsmall")
        shown = zip(frames, rows, notes, draw_catalogue(tuple(near["id"])), near.itertuples(), strict=True)
        for i, (frame, row, told, picture, galaxy) in enumerate(shown):
            with grid.cell():
                st.image(pictures.draw_galaxy(frame, explorer.survey, 207), width="stretch", alt=f"Decoded at {told}")
                rarity = f"rarity\u00a0{math.floor(explorer.percentile_at(row))}\u00a0%"
                st.caption(f"**{told}** · {rarity}", text_alignment="center")
                st.image(picture, width="stretch", alt=f"Galaxy {galaxy.id}")
                label = f"{mark(galaxy.population)} z {galaxy.lat_redshift:.2f}"
                about = {"help": f"{galaxy.id}: open its card", "on_click": open_galaxy, "args": (galaxy.id,)}
                st.button(label, key=f"frame-{i}", type="tertiary", width="stretch", **about)
    told = [[note(name, row[at]) for row in walk] for walk in steps]
    offer(explorer, frames, told[0], len(rows), title, steps[1], told[1])


def offer(explorer, frames, notes, columns, title, smooth=None, told=None) -> None:
    """Offer decoded frames as files, which are drawn only when asked for."""
    with st.container(horizontal=True):
        about = {"on_click": "ignore"}
        if smooth is not None:
            data = partial(animate, explorer, smooth, told)
            st.download_button("GIF", data, "traverse.gif", "image/gif", icon=":material/movie:", key="gif", **about)
        data = partial(draw_montage, frames, notes, columns, title, explorer.survey)
        st.download_button("PNG", data, "traverse.png", "image/png", icon=":material/image:", key="png", **about)


def animate(explorer, rows: np.ndarray, notes: list[str]) -> bytes:
    """Decode a walk and draw it as a GIF."""
    return draw_animation(explorer.decode(rows), notes, explorer.survey)
