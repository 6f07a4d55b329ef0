"""The keyboard's ways: a first link past the navigation and the header, and into a popover that a key opens."""

from pathlib import Path

import streamlit as st

#: Where the first link of a page leads, and what it says; on Anomalies past the controls, too.
AHEAD = {"anomalies": (":is(.st-key-odd-gallery, .st-key-odd-groups)", "Skip to the galaxies")}
CONTENT = (".st-key-content", "Skip to the content")

_keyboard = st.components.v2.component("keyboard", js=(Path(__file__).parent / "keyboard.js").read_text())


def offer_keyboard(url: str) -> None:
    """Offer the keyboard its ways through a page."""
    place, words = AHEAD.get(url, CONTENT)
    _keyboard(key="keyboard", data={"place": place, "words": words}, height=1)
