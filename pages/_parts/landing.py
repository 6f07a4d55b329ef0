"""What a newcomer sees first: what this is, galaxies of several kinds to click, and the way to one's own cutout."""

import streamlit as st

from galexplore.atlas.kinds import count_artefacts, define_kind
from galexplore.explore.explorer import Explorer
from pages._parts.panels import mark, show_gallery
from pages._session.uploads import try_sample

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
    return f"{galaxies} and {artefacts:,} artefacts (stars, trails, bad columns, empty sky)" if artefacts else galaxies


def show_landing(explorer: Explorer) -> None:
    """Say what the atlas is; show galaxies that open by a click, and offer to locate an image of one's own."""
    left, right = st.container(key="halves-landing").columns([5, 7], gap="large", vertical_alignment="center")
    with left:
        st.markdown("## An atlas of galaxies by what their images tell")
        trained = "simulated images" if explorer.simulated else "images of galaxies with known properties"
        st.markdown(
            f"A neural network trained on {trained} infers redshift, stellar mass, star-formation rate and orientation "
            f"from {', '.join(explorer.survey.bands)} images alone. Galaxies of like properties lie together. "
            f"{count_galaxies(explorer)}."
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link("pages/locate.py", label="Upload a cutout of your own", icon=":material/upload:")
            sample = choose_example(explorer, "Red Spiral", 0.3) or choose_example(explorer, "ordinary", BRIGHT)
            if sample and st.button("Try it with a sample", icon=":material/play_arrow:", key="landing-sample"):
                try_sample(sample)
                st.switch_page("pages/locate.py")
            st.button("Hide", type="tertiary", key="landing-hide", on_click=hide_landing)
    with right:
        show_examples(explorer)


def hide_landing() -> None:
    """Leave the introduction away for the rest of the session."""
    st.session_state.landed = True


def show_examples(explorer: Explorer) -> None:
    """Show a galaxy of each of several kinds."""
    chosen = {choose_example(explorer, kind, rank): kind for kind, rank in (*SHOWN, ("ordinary", BRIGHT))}
    ids = [i for i in chosen if i]
    notes = [f"{mark(chosen[i])} {chosen[i]}".strip() for i in ids]
    show_gallery(ids, notes, len(ids), "landing", [define_kind(chosen[i]) for i in ids])
    st.caption("Click one to see where it lies on both plots and what the model says of it.")
