"""The density of an upload's redshift, and a box for a redshift that is known: mass and SFR are then those of it."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from galexplore.explore.embedded import Given
from galexplore.explore.location import Location
from galexplore.posterior.calibrate import LEVEL68, LEVEL95
from galexplore.posterior.joint import JointPosterior
from pages._parts.posterior import show_corner, show_density
from pages._session.uploads import tell

SURPRISING = 3.0  # sigma
FARTHEST = 10.0  # redshift that may be typed


def show_known(table: pd.DataFrame, location: Location) -> Callable[[], None]:
    """Show the specific SFR, the box, and all three properties over those of the atlas; leave a place for p(z).

    Nothing where the model has no joint posterior.

    Returns
    -------
    callable
        Fills that place with p(z) as the image has it.
    """
    joint, alone = location.posterior, location.image_posterior
    if joint is None or alone is None:
        return lambda: None
    left, right = st.container(key="halves-known").columns([3, 2], gap="large", vertical_alignment="center")
    with right:
        ask_redshift(location)
        (low, high), (lowest, highest) = joint.ssfr.interval(LEVEL68), joint.ssfr.interval(LEVEL95)
        spans = f"68 %: {low:.2f} to {high:.2f}; 95 %: {lowest:.2f} to {highest:.2f}"
        st.markdown(f"**log sSFR** {joint.ssfr.median:.2f} [yr⁻¹]. {spans}.")
        show_corner(table, joint, "upload")
    return partial(_fill, left, alone, location.given.redshift if location.given else None)


def _fill(place: DeltaGenerator, joint: JointPosterior, known: float | None) -> None:
    with place:
        show_density(joint, "upload", known)


def ask_redshift(location: Location) -> None:
    """Ask for a redshift that is known, and say how it agrees with the image."""
    given = location.given
    name = f"{st.session_state.get('uploads', 0)}-{st.session_state.upload['at']}"
    keys = f"known-{name}", f"known-error-{name}"
    if given and keys[0] not in st.session_state:  # this page was left: its boxes have forgotten
        st.session_state[keys[0]], st.session_state[keys[1]] = given.redshift, given.error or None
    left, right = st.columns(2)
    # Without a default, for a box that has one cannot be emptied.
    redshift = left.number_input(
        "Known redshift",
        min_value=1e-4,
        max_value=FARTHEST,
        value=None,
        step=0.001,
        format="%.4f",
        key=keys[0],
        placeholder="such as 0.05",
        help="From a spectrum, for example: mass and star-formation rate are then inferred given this redshift.",
    )
    error = right.number_input(
        "Its error", 0.0, 1.0, value=None, step=0.0001, format="%.4f", key=keys[1], placeholder="none"
    )
    wanted = Given(redshift, error or 0.0) if redshift else None
    if wanted != given:
        tell(wanted)
        st.rerun()
    if location.pull is not None:
        pull = f"Pull against the image's posterior: {location.pull:+.1f}\u00a0σ."
        st.caption(f"{pull} All results here are conditional on this redshift.")
        if abs(location.pull) > SURPRISING:
            st.warning("This redshift disagrees with the image: mass and SFR come from the tail of the posterior.")
