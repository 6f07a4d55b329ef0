"""What a newcomer sees first: what this is, galaxies of several kinds to click, and the way to one's own cutout."""

import streamlit as st

from galexplore.atlas.kinds import count_artefacts, define_kind
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import SHOWN_AT_FIRST
from pages._parts.choices import define_kinds
from pages._parts.panels import mark, show_gallery
from pages._parts.tour import offer_tour
from pages._parts.uploader import list_samples, name_sample, show_uploader, try_file
from pages._session.navigation import go_to

#: Kinds of which one is shown, where the atlas has them, and the share of its kind that is brighter than it; two
#: ordinary galaxies, a dull and a bright one, say what the others depart from.
SHOWN = (("Green Pea", 0.1), ("Red Spiral", 0.7), ("Merger", 0.35), ("Lens-like Arc", 0.28), ("ordinary", 0.1))
BRIGHT = 0.02


def choose_example(explorer: Explorer, kind: str, rank: float) -> str | None:
    """Choose a galaxy of a kind that has an image: its id; None where there is none.

    Parameters
    ----------
    rank : float
        Share of its kind that is brighter.
    """
    table = explorer.table[explorer.table["population"] == kind]
    ordered = (table.sort_values("mag_r") if "mag_r" in table else table)["id"]
    return next((i for i in ordered.iloc[int(rank * len(ordered)) :] if i in explorer.images), None)


def count_galaxies(explorer: Explorer) -> str:
    """Say how many galaxies there are, and how many entries that are none."""
    artefacts = count_artefacts(explorer.kinds)
    simulated = "simulated " if explorer.simulated else ""
    galaxies = f"{len(explorer.table) - artefacts:,} {simulated}galaxies"
    what = "(stars, satellite trails, bad columns, empty sky)"
    return f"{galaxies} and {artefacts:,} artefacts {what}" if artefacts else galaxies


def show_landing(explorer: Explorer) -> None:
    """Say what the atlas is; show galaxies that open by a click, and take an image of one's own or a sample."""
    with st.container(key="landing"):
        left, right = st.container(key="halves-landing").columns([5, 7], gap="large", vertical_alignment="center")
        with left:
            show_words(explorer)
        with right:
            show_examples(explorer)
        left, right = st.container(key="halves-drop").columns([7, 5], gap="large", vertical_alignment="center")
        with left:
            show_uploader(explorer.survey, "landing-files", "**Upload your own cutout:** ", go_to_locate)
        with right:
            show_samples(explorer)


def show_words(explorer: Explorer) -> None:
    """Say what this is, what the plots show and whether it is real; offer the tour, the kinds' definitions, to hide."""
    st.markdown("## An atlas of galaxy images")
    trained = "simulated images" if explorer.simulated else "images of galaxies with known properties"
    seen = f"the images are rendered with the PSF and the noise of {explorer.survey.name}"
    real = f"**These are not real data:** {seen}. "
    real = real if explorer.simulated else ""
    st.markdown(
        f"A neural network, trained on {trained}, infers redshift, stellar mass, star-formation rate and orientation "
        f"of a galaxy from its {', '.join(explorer.survey.bands)} images alone. The atlas holds "
        f"{count_galaxies(explorer)}. {real}**Left plot:** stellar mass against redshift. **Right plot:** a map on "
        "which similar galaxies lie close together."
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        offer_tour()
        if defined := define_kinds(explorer):
            with st.popover("What are these kinds?", icon=":material/help:", key="kinds-defined"):
                st.markdown(defined)
        st.button("Hide", type="tertiary", key="landing-hide", on_click=hide_landing)


def hide_landing() -> None:
    """Leave the introduction away for the rest of the session."""
    st.session_state.landed = True


def go_to_locate() -> None:
    """Have the next run of the Atlas show Locate (`follow_files`): a callback cannot change the page."""
    st.session_state["to-locate"] = True


def follow_files() -> None:
    """Go to Locate where files were dropped; whether or not the introduction is still there."""
    if st.session_state.pop("to-locate", False):
        go_to("locate")


def show_examples(explorer: Explorer) -> None:
    """Show a galaxy of each of several kinds."""
    chosen = {choose_example(explorer, kind, rank): kind for kind, rank in (*SHOWN, ("ordinary", BRIGHT))}
    ids = [i for i in chosen if i]
    notes = [f"{mark(chosen[i])} {chosen[i]}".strip() for i in ids]
    show_gallery(ids, notes, len(ids), "landing", [define_kind(chosen[i]) for i in ids])
    st.caption("Click an image to open its card with the inferred values; a ring marks the galaxy on both plots.")
    defined = [(k, define_kind(k)) for k in dict.fromkeys(chosen[i] for i in ids) if k in SHOWN_AT_FIRST]
    st.caption("  \n".join(f"{mark(kind)} **{kind}**: {words}" for kind, words in defined if words))


def show_samples(explorer: Explorer) -> None:
    """Offer the samples that ship to whoever has no file at hand."""
    samples = list_samples(explorer.survey)
    if not samples:
        return
    st.caption("No file? Try a simulated one:")
    with st.container(horizontal=True, gap="small"):
        for path in samples:
            if st.button(name_sample(path), icon=":material/play_arrow:", key=f"sample-file-{path.name}"):
                try_file(path)
                go_to("locate")
