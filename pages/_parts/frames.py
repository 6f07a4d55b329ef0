"""A strip of decoded frames, the nearest galaxy of the atlas under each; and their export as GIF and PNG."""

import math
from functools import partial

import numpy as np
import streamlit as st

from galexplore.draw import pictures
from galexplore.draw.animation import draw_animation, draw_montage
from galexplore.explore.explorer import Explorer
from galexplore.latents import LATENTS
from pages._parts.panels import draw_catalogue, mark
from pages._session.state import open_galaxy


def note(name: str, value: float, named: bool = True) -> str:
    """Write a latent's value in few characters, with what it is or without."""
    if name == "phi":
        return f"{math.degrees(value) % 180:.0f}°"
    if name == "redshift":
        return f"z {value:.3f}"
    what = {"logmass": "log M", "logsfr": "log SFR", "free": "free"}[name]
    return f"{what} {value:.2f}" if named else f"{value:.2f}"


def show_frames(explorer: Explorer, steps: list[np.ndarray], name: str, title: str) -> None:
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
    st.markdown(f"**{title}.** Above: model reconstruction. Below: the atlas's nearest galaxy, {data}.")
    with st.container(key="gallery-frames"):
        grid = st.grid(len(rows), min_column_width=62, gap="xsmall")
        galaxies = near[["id", "population", "lat_redshift"]].to_dict("records")
        shown = zip(frames, rows, notes, draw_catalogue(near["id"].tolist()), galaxies, strict=True)
        for i, (frame, row, value, picture, galaxy) in enumerate(shown):
            with grid.cell():
                st.image(pictures.draw_galaxy(frame, explorer.survey, 207), width="stretch", alt=f"Decoded at {value}")
                rarity = f"percentile\u00a0{math.floor(explorer.atlas.percentile_at(row))}"
                st.caption(f"**{value}** · {rarity}", text_alignment="center")
                st.image(picture, width="stretch", alt=f"Galaxy {galaxy['id']}")
                label = f"{mark(galaxy['population'])} z {galaxy['lat_redshift']:.2f}"
                st.button(
                    label,
                    key=f"frame-{i}",
                    type="tertiary",
                    width="stretch",
                    help=f"{galaxy['id']}: open its card",
                    on_click=open_galaxy,
                    args=(galaxy["id"],),
                )
    offer_frames(explorer, frames, [note(name, row[at]) for row in rows], len(rows), title, name, steps[1])


def offer_frames(
    explorer: Explorer,
    frames: np.ndarray,
    notes: list[str],
    columns: int,
    title: str,
    name: str = "",
    smooth: np.ndarray | None = None,
) -> None:
    """Offer decoded frames as files, which are drawn only when asked for.

    Parameters
    ----------
    frames : array (n, B, S, S)
    notes : list of str
        One a frame.
    columns : int
        Of the picture of them all.
    name : str
        The latent that the animation notes.
    smooth : array (m, 5), optional
        Of the animation; without it none is offered.
    """
    with st.container(horizontal=True):
        if smooth is not None:
            values = [note(name, row[LATENTS.index(name)]) for row in smooth]
            movie, icon = partial(animate, explorer, smooth, values), ":material/movie:"
            st.download_button("GIF", movie, "traverse.gif", "image/gif", icon=icon, key="gif", on_click="ignore")
        still, icon = partial(draw_montage, frames, notes, columns, title, explorer.survey), ":material/image:"
        st.download_button("PNG", still, "traverse.png", "image/png", icon=icon, key="png", on_click="ignore")


def animate(explorer: Explorer, rows: np.ndarray, notes: list[str]) -> bytes:
    """Decode a walk (n, 5) and draw it as a GIF, with a note on each frame."""
    return draw_animation(explorer.decode(rows), notes, explorer.survey)
