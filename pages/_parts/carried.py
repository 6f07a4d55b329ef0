"""How Traverse draws a galaxy: what a move of the redshift holds fixed, how far in, with the survey's noise or not."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from galexplore.draw import pictures
from galexplore.draw.annotated import draw_annotated
from galexplore.draw.pictures import zoom_in
from galexplore.explore.carrying import Carried, add_noise, carry
from galexplore.explore.explorer import Explorer
from galexplore.latents import LATENTS

ZOOMS = (1, 2, 4)
LATENT, CARRY = "latent", "carry"
WAYS = {LATENT: "this latent alone", CARRY: "carry this galaxy"}
WHAT_MOVES = (
    "**This latent alone**: the model draws a galaxy of the chosen redshift, with this mass, SFR and free latent, at "
    "the apparent size that it has learnt for them. **Carry this galaxy**: its mass, SFR and size in kpc are kept; the "
    "apparent size follows the angular-diameter distance, the flux the luminosity distance (flat ΛCDM, H₀ = 70, "
    "Ωm = 0.3). No k-correction is applied."
)
_AT = LATENTS.index("redshift")


@dataclass(frozen=True)
class View:
    """What is drawn for the sliders: the image (B, S, S), how it was carried (None: it was not), and the redshifts."""

    flux: np.ndarray
    carried: Carried | None
    start: float
    end: float


def choose_way() -> None:
    """Let a person choose what a move of the redshift holds fixed."""
    st.segmented_control(
        "The redshift slider moves",
        list(WAYS),
        default=LATENT,
        format_func=WAYS.__getitem__,
        key="redshift-way",
        help=WHAT_MOVES,
        required=True,
        persist_state="session",
    )


def decode_view(explorer: Explorer, latents: np.ndarray, start: np.ndarray) -> View:
    """Decode where the sliders stand, latents (5,), or carry the galaxy there from the redshift of its start (5,)."""
    before, after = float(start[_AT]), float(latents[_AT])
    if st.session_state.get("redshift-way") != CARRY or before == after:
        return View(explorer.decode(latents[None])[0], None, before, after)
    own = latents.copy()
    own[_AT] = before
    carried = carry(explorer, own, after)
    return View(carried.flux, carried, before, after)


def suggest_zoom(flux: np.ndarray) -> int:
    """Find how far in a galaxy (B, S, S) fills the picture: half of the side is 1.5 times what holds 80 % of its light.

    That is light above the frame's median: the model draws the glow of the neighbours that it cannot place.
    """
    light = flux.sum(axis=0)
    light = np.clip(light - np.median(light), 0, None)
    middle = (light.shape[0] - 1) / 2
    radius = np.hypot(*(np.indices(light.shape) - middle)).ravel()
    order = np.argsort(radius)
    held = np.cumsum(light.ravel()[order])
    reach = radius[order][np.searchsorted(held, 0.8 * held[-1])] if held[-1] > 0 else middle
    return max((zoom for zoom in ZOOMS if light.shape[0] / zoom / 2 >= 1.5 * reach), default=1)


def show_view(explorer: Explorer, view: View) -> None:
    """Show the image with its scale bar, what was held fixed, and the controls of how it is drawn."""
    survey, zoom = explorer.survey, st.session_state["traverse-zoom"]
    noisy = st.session_state.get("with-noise", False)
    shown, field = zoom_in(add_noise(view.flux, survey) if noisy else view.flux, survey, zoom)
    picture = draw_annotated(shown, survey, 621, redshift=view.end, field=field, lettering=26)
    said = f"Model reconstruction, {field:.1f}″ wide. {describe_move(view, noisy)}"
    st.image(picture, said, width="stretch", alt="Model reconstruction")
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key="view"):
        st.segmented_control(
            "Field of view",
            ZOOMS,
            format_func=lambda z: f"{zoom_in(view.flux, survey, z)[1]:.0f}″",
            key="traverse-zoom",
            required=True,
            label_visibility="collapsed",
        )
        st.toggle("Sky noise of the survey", key="with-noise", persist_state="session")


def describe_move(view: View, noisy: bool) -> str:
    """Say in a few sentences what a move of the redshift held fixed and what it did."""
    noise = " White noise of the survey's typical depth is added." if noisy else ""
    if view.carried is None:
        return noise.strip()
    carried = view.carried
    said = f"Carried from z = {view.start:.3f} to {view.end:.3f} at fixed mass, SFR and size in kpc. Apparent size × "
    said += f"{carried.scale:.2f}; {carried.dimming:+.2f} mag by distance; no k-correction: the colours are unchanged. "
    if carried.seeing:
        said += "The PSF is unchanged."
    else:
        said += (
            "The image has no finer detail than the original."
            if carried.scale > 1
            else "The PSF is not known: it was rescaled, too."
        )
    return said + noise


def show_changes(explorer: Explorer, view: View, observed: np.ndarray | None, before: np.ndarray) -> None:
    """Show the start, its image or, without one, its reconstruction `before`, and what has changed of the latter."""
    survey, zoom = explorer.survey, st.session_state["traverse-zoom"]
    start, field = zoom_in(before if observed is None else observed, survey, zoom)
    what = "Start: model reconstruction" if observed is None else "Start: the image"
    st.image(draw_annotated(start, survey, 330, redshift=view.start, field=field), what, width="stretch", alt=what)
    rest = zoom_in(view.flux - before, survey, zoom)[0]
    words = "Model minus start, ±15 σ" if np.any(rest) else "Model minus start: no difference yet"
    st.image(pictures.draw_residual(rest, survey, 330), words, width="stretch", alt=words)
