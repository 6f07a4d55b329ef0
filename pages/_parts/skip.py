"""The first link of a page: the keyboard's way past the navigation and the header."""

from pathlib import Path

import streamlit as st

#: Where the first link of a page leads, and what it says; on Anomalies past the controls, too.
AHEAD = {"anomalies": (".st-key-odd-gallery", "Skip to the galaxies")}
CONTENT = (".st-key-content", "Skip to the content")

_skip = st.components.v2.component("skip_link", js=(Path(__file__).parent / "skip.js").read_text())


def offer_skip(url: str) -> None:
    """Offer the keyboard the way past the navigation and the header."""
    place, words = AHEAD.get(url, CONTENT)
    _skip(key="skip", data={"place": place, "words": words}, height=1)
