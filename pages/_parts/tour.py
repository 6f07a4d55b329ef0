"""A guided tour of six steps, which a first visit is offered; that it was taken or declined is kept by the browser.

State of the session: `tour`, the step that is shown, from 0; None where there is none.
"""

from typing import NamedTuple

import streamlit as st

from pages._session.navigation import go_to
from pages._session.person import A_YEAR

COOKIE = "galexplore_tour"


class Step(NamedTuple):
    """A step of the tour: the page it is on, the container that is framed, and what is said."""

    page: str
    framed: str
    title: str
    words: str


STEPS = (
    Step(
        "atlas",
        "plots",
        "Where the galaxies lie",
        "Each point is a galaxy. Left: stellar mass against redshift, inferred from the image. Right: a map (UMAP) on "
        "which similar galaxies lie close together. Hover over a point to see its image.",
    ),
    Step(
        "atlas",
        "plots",
        "Select galaxies",
        "Drag a lasso or a box on either plot: the images of those galaxies appear below, and the other plot shows "
        "where they lie. “Compare with the rest” shows how they differ; Export, at the top, saves them.",
    ),
    Step(
        "atlas",
        "halves-picked",
        "Open a galaxy",
        "Click a point or an image: the card shows the image, the model's reconstruction, the inferred values with "
        "their error bars, and what makes the galaxy unusual.",
    ),
    Step(
        "traverse",
        "sliders",
        "Change one property",
        "Move a slider: the model redraws the galaxy with another redshift, mass or star-formation rate. The gauge "
        "shows how rare such a galaxy is in the atlas.",
    ),
    Step(
        "locate",
        "halves-locate",
        "Your own galaxy",
        "Upload a cutout, or try a sample: the input checks, redshift, mass and SFR with error bars, where it lies, "
        "what it resembles, and what makes it unusual.",
    ),
    Step(
        "anomalies",
        "odd-gallery",
        "The most unusual galaxies",
        "Ranked by rare properties or by poor reconstruction, each with its reason. Label them with the keys 0 to 5, "
        "and let the ranking learn from your labels.",
    ),
)


def offer_tour() -> None:
    """Offer the tour: with emphasis on the first visit of a browser, quietly later."""
    known = st.context.cookies.get(COOKIE) == "seen" or st.session_state.get("toured", False)
    label = "Tour" if known else "Take the tour: six steps"
    st.button(
        label,
        type="tertiary" if known else "primary",
        icon=":material/explore:",
        key="tour-start",
        on_click=go_to_step,
        args=(0,),
    )


def go_to_step(step: int | None) -> None:
    """Show a step of the tour, or (None) end it; it counts as taken from its first step on."""
    st.session_state.tour, st.session_state.toured = step, True
    st.session_state["tour-moved"] = step is not None
    st.session_state.landed = True


def show_tour(url: str) -> None:
    """Show the step that the tour has come to, with the ways on, back and out; nothing where there is no tour.

    Parameters
    ----------
    url : str
        Of the page that is shown; the Atlas's is empty.
    """
    state = st.session_state
    if state.get("toured") and st.context.cookies.get(COOKIE) != "seen":
        _keep_cookie()
    at = state.get("tour")
    if at is None:
        return
    step, here = STEPS[at], (url or "atlas") == STEPS[at].page
    if state.pop("tour-moved", False) and not here:
        go_to(step.page)
    with st.container(key="tour", border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{at + 1} of {len(STEPS)} · {step.title}.** {step.words}", width="stretch")
        if not here:
            st.page_link(f"pages/{step.page}.py", label=f"Back to {step.page.title()}", width="content")
        if at:
            st.button("Back", key="tour-back", on_click=go_to_step, args=(at - 1,))
        if at + 1 < len(STEPS):
            st.button("Next", key="tour-next", type="primary", on_click=go_to_step, args=(at + 1,))
        last = at + 1 == len(STEPS)
        st.button(
            "Finish" if last else "Skip the tour",
            key="tour-end",
            type="primary" if last else "tertiary",
            on_click=go_to_step,
            args=(None,),
        )
    if here:
        st.html(f"<style>.st-key-{step.framed} {{ outline: 2px solid #c99a2e; outline-offset: 6px }}</style>")


def _keep_cookie() -> None:
    """Have the browser keep that the tour was taken or declined; nothing from outside enters the script."""
    words = f"{COOKIE}=seen; path=/; max-age={A_YEAR}; SameSite=Strict"
    secure = "(location.protocol === 'https:' ? '; Secure' : '')"
    st.html(f"<script>document.cookie = '{words}' + {secure};</script>", unsafe_allow_javascript=True)
