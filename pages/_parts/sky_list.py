"""A list of names and positions, located in the background while other pages are used."""

import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.jobs.locate_sky import MOST, SkyList, read_targets
from pages._parts.verdicts import FORMATS, offer_format
from pages._session.sky import find_session
from pages._session.state import plain
from pages._session.uploads import keep

KINDS = ["csv", "txt", "fits", "vot", "ecsv", "parquet"]
_EVERY = 1.0  # seconds after which the progress of a list under way is looked at again


def show_list(explorer: Explorer) -> None:
    """Take a list, or show how far the one under way is."""
    state = st.session_state
    listed = state.get("sky_list")
    if listed is not None and listed.explorer is not explorer:
        listed.cancel()  # of another model, which is looked at no longer
        listed = state.sky_list = None
    if listed is None and find_session().off:
        return
    with st.expander(f"A list of up to {MOST} names or positions", expanded=listed is not None):
        if listed is None:
            take_list(explorer)
        else:
            running = listed.running
            st.fragment(show_progress, run_every=_EVERY if running else None)(running)


def take_list(explorer: Explorer) -> None:
    """Ask for a list: pasted, or as a file."""
    text = st.text_area("One name or position a line, or a table with ra and dec", key="sky-text", height=120)
    file = st.file_uploader("Or a file", KINDS, key="sky-file", max_upload_size=20)
    if st.button("Locate them", key="sky-start", type="primary"):
        try:
            targets = read_targets(file.getvalue() if file else text.encode())
        except InputError as error:
            sentence = str(error)
            st.error(f"{plain(sentence[:1].upper() + sentence[1:].rstrip('.'))}.", icon=":material/block:")
            return
        listed = SkyList(targets, explorer, find_session())
        listed.start()
        st.session_state.sky_list = listed
        st.rerun()


def show_progress(was_running: bool) -> None:
    """Show how far a list is, and what can be done with it."""
    listed: SkyList | None = st.session_state.get("sky_list")
    if listed is None:
        return
    if was_running and not listed.running:
        st.rerun()  # the whole page: nothing more is to be looked at again
    good, of = sum(v.embedded is not None for v in listed.verdicts), len(listed.targets)
    refused = f", {listed.done - good} not" if listed.done > good else ""
    st.progress(listed.done / of, f"{listed.done} of {of} done: {good} located{refused}")
    if listed.trouble:
        st.caption(f"Stopped: {plain(listed.trouble)}. What is done is kept.")
    with st.container(horizontal=True, vertical_alignment="center"):
        if listed.stopping:
            st.button("Finishing what was begun", key="sky-stopping", disabled=True, icon=":material/stop:")
        elif listed.running:
            st.button("Cancel", key="sky-cancel", on_click=listed.cancel, icon=":material/stop:")
        elif not listed.finished:
            st.button("Resume", key="sky-resume", on_click=listed.start, icon=":material/play_arrow:")
        if listed.done and not listed.running:
            if st.button("Show them", key="sky-show", type="primary"):
                keep(listed.verdicts, next((i for i, v in enumerate(listed.verdicts) if v.embedded), 0))
                st.rerun()
            table = listed.tabulate()
            for label, suffix in FORMATS.items():
                offer_format(label, table, f"located.{suffix}", suffix, f"sky-table-{suffix}")
        if not listed.running:
            st.button("Forget the list", key="sky-forget", on_click=forget_list, type="tertiary")


def forget_list() -> None:
    """Drop the list."""
    st.session_state.sky_list = None
