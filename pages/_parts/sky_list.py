"""A list of names and positions, located in the background while other pages are used."""

from contextlib import suppress

import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.jobs.locate_sky import MOST, SkyList, find_targets, keep_targets, read_targets
from pages._parts.samp import offer_located, take_samp
from pages._parts.verdicts import FORMATS, offer_format
from pages._session.person import keep_token
from pages._session.sky import find_list_file, find_session
from pages._session.state import plain
from pages._session.uploads import keep

LEAST = 20  # galaxies of which an atlas can be made
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
    if listed is None and "sky_list" not in state and (kept := find_targets(find_list_file())):
        listed = SkyList(kept, explorer, find_session())  # begun before the server was started anew
    state.sky_list = listed
    with st.expander(f"A list of up to {MOST} names or positions", expanded=listed is not None):
        if listed is None:
            take_list(explorer)
        else:
            keep_token()  # by which the list is found again
            running = listed.running
            st.fragment(show_progress, run_every=_EVERY if running else None)(running)


def take_list(explorer: Explorer) -> None:
    """Ask for a list: pasted, or as a file."""
    text = st.text_area("One name or position per line, or a table with ra and dec", key="sky-text", height=120)
    file = st.file_uploader("Or a file", KINDS, key="sky-file", max_upload_size=20)
    sent = take_samp()
    if st.button("Locate them", key="sky-start", type="primary") or sent:
        try:
            targets = read_targets(sent or (file.getvalue() if file else text.encode()))
        except InputError as error:
            sentence = str(error)
            st.error(f"{plain(sentence[:1].upper() + sentence[1:].rstrip('.'))}.", icon=":material/block:")
            return
        listed = SkyList(targets, explorer, find_session())
        listed.start()
        keep_targets(targets, find_list_file())
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
        st.caption(f"Stopped: {plain(listed.trouble)}. The results so far are kept.")
    with st.container(horizontal=True, vertical_alignment="center"):
        if listed.stopping:
            st.button("Finishing the current objects", key="sky-stopping", disabled=True, icon=":material/stop:")
        elif listed.running:
            st.button("Cancel", key="sky-cancel", on_click=listed.cancel, icon=":material/stop:")
        elif listed.finished and listed.passing:
            again = f"Retry {listed.passing}"
            st.button(again, key="sky-resume", on_click=listed.start, icon=":material/refresh:")
        elif not listed.finished:
            st.button("Resume", key="sky-resume", on_click=listed.start, icon=":material/play_arrow:")
        if listed.done and not listed.running:
            if st.button("Show results", key="sky-show", type="primary"):
                keep(listed.verdicts, next((i for i, v in enumerate(listed.verdicts) if v.embedded), 0))
                st.rerun()
            table = listed.tabulate()
            for label, suffix in FORMATS.items():
                offer_format(label, table, f"located.{suffix}", suffix, f"sky-table-{suffix}")
            if not listed.session.stand_in:
                offer_located(table, listed.explorer.name)
        if not listed.running:
            st.button("Delete the list", key="sky-forget", on_click=forget_list, type="tertiary")
    if listed.finished and good >= LEAST:
        offer_atlas(listed)


def offer_atlas(listed: SkyList) -> None:
    """Offer to make an atlas of the galaxies of a finished list, which then stands among the others."""
    with st.form("sky-atlas", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name of an atlas of these galaxies", key="sky-atlas-name", max_chars=60, width=260)
        pressed = st.form_submit_button("Make the atlas", icon=":material/scatter_plot:")
    if not pressed:
        return
    from galexplore.jobs.make_atlas import make_atlas  # torch, which the frame of a page does not wait for

    try:
        with st.spinner("Fitting the map"):
            make_atlas(name, listed.verdicts, listed.explorer.name)
        st.success(f"The atlas {name} is ready. Open another page, then choose it at the top.")
    except InputError as error:
        st.error(f"{plain(str(error)[:1].upper() + str(error)[1:].rstrip('.'))}.", icon=":material/block:")


def forget_list() -> None:
    """Drop the list."""
    with suppress(OSError):
        find_list_file().unlink(missing_ok=True)
    st.session_state.sky_list = None
