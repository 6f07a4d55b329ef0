"""Where a galaxy of one's own lies: upload, audit, what it is, what it resembles, why it is odd."""

import streamlit as st

from galexplore.cutouts.audit import smallest
from galexplore.explore.explorer import Explorer
from galexplore.explore.verdicts import Verdict
from galexplore.survey import Survey
from pages._parts.audit import show_refusal
from pages._parts.location import load_ahead, show_location
from pages._parts.panels import draw_catalogue, mark
from pages._parts.sky import show_sky
from pages._parts.sky_list import show_list
from pages._parts.uploader import list_samples, show_uploader
from pages._parts.verdicts import show_verdicts
from pages._session.address import carry, take_asked
from pages._session.navigation import require_header
from pages._session.state import open_explorer, plain
from pages._session.uploads import forget, recall, refresh, remember, settle, try_sample


def choose_sample(explorer: Explorer, kind: str) -> str:
    """Pick a fairly bright galaxy of a kind: its id."""
    table = explorer.table[explorer.table["population"] == kind]
    return (table.sort_values("mag_r") if "mag_r" in table else table)["id"].iloc[len(table) // 10]


def show_samples(explorer: Explorer) -> None:
    """Offer galaxies of the atlas to whoever has no file at hand."""
    kinds = [k for k in ("Green Pea", "Red Spiral", "ordinary") if (explorer.table["population"] == k).any()]
    samples = {kind: choose_sample(explorer, kind) for kind in kinds}
    kinds = [kind for kind in kinds if samples[kind] in explorer.images]
    if not kinds:
        return
    ids = tuple(samples[kind] for kind in kinds)
    st.markdown("### No file?")
    st.markdown("Try a simulated galaxy." if explorer.simulated else "Try a galaxy of the atlas.")
    with st.container(horizontal=True):
        for kind, name, picture in zip(kinds, ids, draw_catalogue(ids), strict=True):
            with st.container(width=125, key=f"sample-{kind}"):
                st.image(picture, alt=f"{'Simulated ' if explorer.simulated else ''}{kind} galaxy")
                label = f"{mark(kind)} {kind}" if mark(kind) else "Ordinary"
                st.button(label, key=f"try-{kind}", on_click=try_sample, args=(name,), width="stretch")
    for path in list_samples(explorer.survey) if explorer.simulated else ():
        label, key = f"Sample file (simulated): {path.name}", f"download-{path.name}"
        st.download_button(label, path.read_bytes(), path.name, key=key, type="tertiary", icon=":material/download:")


def show_empty(survey: Survey) -> None:
    """Say what to do, and offer a galaxy to try."""
    st.markdown("## Upload a cutout")
    picture = "a numpy array, or a viewer JPEG (approximate)" if survey.has_pictures else "or a numpy array"
    st.markdown(
        f"A cutout in {', '.join(survey.bands)}, centred on the galaxy, at least {smallest(survey):g}″ wide: a "
        f"{survey.archive} FITS cube, {survey.count_word} single-band files, {picture}. The answer takes seconds: "
        "redshift, stellar mass and star-formation rate with error bars, the galaxy's place in the atlas, similar "
        "galaxies, and what makes it unusual. Several files give a table."
    )


def ask_scale(silent: list[Verdict], survey: Survey) -> None:
    """Ask for what files do not say."""
    with st.form("scale", width=520):
        which = plain(silent[0].name or "This file") if len(silent) == 1 else f"{len(silent)} files"
        st.markdown(f"**{which}** {'gives' if len(silent) == 1 else 'give'} no pixel scale.")
        scale = st.number_input("Pixel scale [arcsec per pixel]", 0.01, 5.0, survey.pixel_scale, 0.001, "%.3f")
        if st.form_submit_button("Locate it" if len(silent) == 1 else "Locate them", type="primary"):
            settle(scale)
            st.rerun()


def show_locate() -> None:
    """Show the answers to what was uploaded, or where files go."""
    explorer = open_explorer()
    refresh(explorer)
    upload = st.session_state.get("upload") or {"verdicts": []}
    verdicts = upload["verdicts"]
    if any(v.embedded for v in verdicts):
        silent = [v for v in verdicts if v.waiting]
        if len(verdicts) > 1:
            show_verdicts(verdicts)
        if silent:
            ask_scale(silent, explorer.survey)
        shown = verdicts[upload["at"]]
        if shown.embedded:
            show_location(explorer, upload, forget)
        elif shown.error:
            show_refusal(shown)
        return
    left, right = st.container(key="halves-locate").columns([5, 3], gap="large")
    with left:
        if not verdicts:
            show_empty(explorer.survey)
        with st.container(key="drop"):
            show_uploader(explorer.survey, "files")
        silent = [v for v in verdicts if v.waiting]
        if silent:
            ask_scale(silent, explorer.survey)
        for verdict in (v for v in verdicts if v.error):
            show_refusal(verdict)
        show_sky(explorer)
        show_list(explorer)
    with right:
        show_samples(explorer)
    load_ahead()


require_header()
recall(take_asked() or {})
show_locate()
carry(remember())
