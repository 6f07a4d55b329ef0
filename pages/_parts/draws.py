"""What else a galaxy could be: draws from its posterior, decoded, each a place to start Traverse from."""

import base64

import numpy as np
import streamlit as st

from galexplore.draw import pictures
from galexplore.explore.explorer import Explorer
from galexplore.latents import LATENTS
from galexplore.posterior.coordinates import PROPERTIES
from galexplore.posterior.joint import JointPosterior
from pages._parts.frames import note, offer_frames
from pages._session.start import start_from

COUNT = 8


def draw_latents(joint: JointPosterior, latents: np.ndarray, n: int = COUNT) -> np.ndarray:
    """Draw latents (n, 5) of redshift, mass and SFR, by redshift; the angle and the free one are those of `latents`."""
    rows = np.tile(latents, (n, 1))
    rows[:, [LATENTS.index(name) for name in PROPERTIES]] = joint.sample(n)
    return rows[np.argsort(rows[:, LATENTS.index("redshift")], kind="stable")]


def show_draws(explorer: Explorer, latents: np.ndarray) -> None:
    """Show what else the galaxy that Traverse started from could be; where the sliders stand changes nothing of it."""
    start = st.session_state.start
    joint, origin = start.get("posterior"), start.get("origin", "")
    if joint is None:
        lacking = "This model has no joint posterior; fit one with: galexplore model posterior NAME"
        typical = "Start from a galaxy of the atlas or from an upload: draws from its posterior are shown here."
        st.markdown(lacking if explorer.density is None else typical)
        return
    rows = draw_latents(joint, start["latents"])
    frames = explorer.decode(rows)
    notes = [" · ".join(note(name, row[LATENTS.index(name)]) for name in PROPERTIES) for row in rows]
    title = f"{COUNT} draws from the posterior of {origin}"
    st.markdown(f"**{title}** (model reconstruction). Click one to start from it.")
    with st.container(key="gallery-draws"), st.grid(COUNT, min_column_width=62, gap="xsmall"):
        for i, (row, frame, said) in enumerate(zip(rows, frames, notes, strict=True)):
            picture = base64.b64encode(pictures.draw_galaxy(frame, explorer.survey, 150)).decode()
            label = f"![Draw {i + 1}](data:image/jpeg;base64,{picture}) {note('redshift', row[1])}"
            args = (f"{origin}, draw {i + 1}", row, start["flux"], joint, origin)
            st.button(
                label, key=f"draw-{i}", type="tertiary", width="stretch", help=said, on_click=start_from, args=args
            )
    st.caption(
        "Redshift, mass and SFR are drawn together from the joint posterior; orientation and the free latent are fixed."
    )
    offer_frames(explorer, frames, notes, COUNT, title)
