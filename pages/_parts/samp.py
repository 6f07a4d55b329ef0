"""Tables and positions to and from TOPCAT and Aladin, where the person sits at this machine."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.export import choose_columns
from galexplore.sources.samp import Samp, is_here
from pages._parts.counts import say_count
from pages._session.sky import want
from pages._session.state import find_selected, plain


@st.cache_resource(show_spinner=False)
def open_samp() -> Samp:
    """Open the one client of this server, whose hub is the person's own."""
    return Samp()


def offer_samp(explorer: Explorer) -> None:
    """Offer to send the selection to whoever takes tables; nothing where the person sits elsewhere."""

    def send() -> int:
        rows = find_selected(explorer)
        table = explorer.table[choose_columns(explorer.table)].iloc[rows]
        table.attrs = {"model": explorer.name, "simulated": explorer.simulated}
        return open_samp().send_table(table, f"galexplore, {say_count(explorer, rows)}")

    if not explorer.simulated and "ra" in explorer.table:
        _offer("Send to TOPCAT or Aladin", "samp-send", send)


def offer_located(table: pd.DataFrame, model: str) -> None:
    """Offer to send a list that was located, as `SkyList.tabulate` has it."""
    table.attrs = {"model": model, "simulated": False}
    title = f"galexplore, {len(table)} located"
    _offer("Send to TOPCAT or Aladin", "samp-send-located", lambda: open_samp().send_table(table, title))


def offer_position(ra: float, dec: float, key: str) -> None:
    """Offer to have Aladin look at a place on the sky (degrees, ICRS)."""
    _offer("Point Aladin here", f"samp-point-{key}", lambda: open_samp().send_position(ra, dec))


def _offer(label: str, key: str, send: Callable[[], int]) -> None:
    """Offer to send something, and say what came of it; nothing where the person sits elsewhere."""
    if is_here() and st.button(label, key=key, icon=":material/send:", help="By SAMP."):
        try:
            count = send()
            st.caption(f"Sent to {count} {'program' if count == 1 else 'programs'}.")
        except (InputError, ImportError) as error:
            st.caption(f"{plain(str(error)[:1].upper() + str(error)[1:])}.")


def take_samp() -> bytes | None:
    """Offer to take what TOPCAT or Aladin sent last; return a table, and locate a position at once."""
    if not is_here():
        return None
    if st.button("Receive from TOPCAT or Aladin", key="samp-take", icon=":material/call_received:", type="tertiary"):
        try:
            samp = open_samp()
            samp.connect()
            given = samp.take()
        except (InputError, ImportError) as error:
            st.caption(f"{plain(str(error)[:1].upper() + str(error)[1:])}.")
            return None
        if given is None:
            st.caption("Nothing received yet: send a table or a position from that program, then press again.")
        elif not given.startswith(b"<"):
            want(given.decode())
            st.rerun()
        return given
    return None
