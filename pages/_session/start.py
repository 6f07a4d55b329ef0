"""Where Traverse starts, which other pages and the address choose.

State of the session, under `start` (None before anything was chosen):

name, latents : str, array (5,)
flux : array (B, S, S), its image, or None
posterior : what an image says of it, or None, and origin : str, the galaxy of that image
upload : str, the token of the upload that it is, where it is one
decoded : array (B, S, S), what the model makes of the latents, once shown
"""

import math

import numpy as np
import streamlit as st

from galexplore.explore.thumbnails import find_image
from galexplore.latents import MEANS
from galexplore.posterior.joint import JointPosterior
from pages._session import address, uploads
from pages._session.sliders import move_sliders, put_sliders, write_sliders
from pages._session.state import open_explorer

TYPICAL, UPLOAD = "a typical galaxy", "your upload"


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
    joint = explorer.list_posteriors(np.array([place]))
    start_from(identifier, latents, find_image(explorer, identifier), None if joint is None else joint[0])


def start_typical() -> None:
    """Start Traverse from the middle of the ordinary galaxies."""
    start_from(TYPICAL, np.concatenate([[math.pi / 4], open_explorer().atlas.centre]))


def start_from_upload() -> None:
    """Start Traverse from the galaxy that was uploaded."""
    upload = st.session_state.upload
    location = upload["location"]
    start_from(UPLOAD, location.latents, location.prepared.flux, location.posterior)
    st.session_state.start["upload"] = upload["token"]


def take_start() -> None:
    """Start Traverse where the address asks it to, its sliders where they stood; what cannot be used is told."""
    asked, state = address.take_asked(), st.session_state
    if asked is None:
        return
    uploads.recall(asked)
    origin = asked.get("from", "")
    if origin == "upload" and (state.get("upload") or {}).get("location"):
        start_from_upload()
    elif origin and len(open_explorer().find_rows([origin])):
        start_from_galaxy(origin)
    else:
        start_typical()
        if origin not in ("", "upload"):
            state.trouble.append(f"This atlas has no galaxy “{origin[:60]}”.")
    move_sliders()
    if "at" in asked and not put_sliders(asked["at"]):
        state.trouble.append("Ignored in the link, because it is not valid here: at.")


def carry_start() -> None:
    """Let the address carry where Traverse starts, where its sliders stand, and the upload."""
    start, words = st.session_state.start, uploads.remember()
    origin, exact = start["origin"], start["name"] == start["origin"]
    if "upload" in start:
        exact = start["upload"] == words.get("upload")
        words |= {"from": "upload"} if exact else {}
    elif len(open_explorer().find_rows([origin])):
        words["from"] = origin
    else:
        exact = start["name"] == TYPICAL
    at = write_sliders(not exact)
    address.carry(words | ({"at": at} if at else {}))
