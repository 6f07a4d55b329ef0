"""Where Traverse starts, which other pages choose.

State of the session, under `start` (None before anything was chosen):

name, latents : str, array (5,)
flux : array (B, S, S), its image, or None
posterior : what an image says of it, or None, and origin : str, the galaxy of that image
decoded : array (B, S, S), what the model makes of the latents, once shown
"""

import numpy as np
import streamlit as st

from galexplore.explore.thumbnails import find_image
from galexplore.latents import MEANS
from galexplore.posterior.joint import JointPosterior
from pages._session.state import open_explorer


def start_from(
    name: str,
    latents: np.ndarray,
    flux: np.ndarray | None = None,
    posterior: JointPosterior | None = None,
    origin: str = "",
) -> None:
    """Choose where Traverse starts; its sliders move there when it is next shown."""
    start = {"name": name, "latents": np.asarray(latents, float), "flux": flux}
    st.session_state.start = start | {"posterior": posterior, "origin": origin or name}
    st.session_state.moved = False


def start_from_galaxy(identifier: str) -> None:
    """Start Traverse from a galaxy of the atlas."""
    explorer = open_explorer()
    place = explorer.find_rows([identifier])[0]
    latents = explorer.table[MEANS].iloc[place].to_numpy(float)
    joint = explorer.posteriors[place] if explorer.posteriors is not None else None
    start_from(identifier, latents, find_image(explorer, identifier), joint)
