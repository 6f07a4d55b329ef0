"""Who a person is: a random token in a cookie of this browser, by which labels and uploads are found again."""

from pathlib import Path

import streamlit as st

from galexplore.explore.labels import find_file, is_token, make_token

COOKIE = "galexplore_labels"
A_YEAR = 31_536_000  # seconds


def identify() -> str:
    """Give this browser's token; one that is new gets it now."""
    state = st.session_state
    if "person" not in state:
        known = st.context.cookies.get(COOKIE)
        state.person = known if is_token(known) else make_token()
    return state.person


def find_labels_file() -> Path:
    """File of this person's labels."""
    return find_file(identify())


def keep_token() -> None:
    """Have the browser keep the token, where it does not yet."""
    token = st.session_state.get("person")
    if is_token(token) and st.context.cookies.get(COOKIE) != token:
        # A token is hexadecimal digits alone, so that nothing from outside can enter the script.
        words = f"{COOKIE}={token}; path=/; max-age={A_YEAR}; SameSite=Strict"
        secure = "(location.protocol === 'https:' ? '; Secure' : '')"
        st.html(f"<script>document.cookie = '{words}' + {secure};</script>", unsafe_allow_javascript=True)
