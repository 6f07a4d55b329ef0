"""Who a person is: nobody but a random token in a cookie of this browser, by which the labels are found again."""

from pathlib import Path

import streamlit as st

from galexplore.explore.labels import find_file, is_token, make_token

COOKIE = "galexplore_labels"
A_YEAR = 31_536_000  # seconds


def find_labels_file() -> Path:
    """File of this person's labels; a browser that is new gets its token now."""
    state = st.session_state
    if "person" not in state:
        known = st.context.cookies.get(COOKIE)
        state.person = known if is_token(known) else make_token()
    return find_file(state.person)


def keep_token() -> None:
    """Have the browser keep the token, where it does not yet."""
    token = st.session_state.get("person")
    if is_token(token) and st.context.cookies.get(COOKIE) != token:
        # A token is hexadecimal digits alone, so that nothing from outside can enter the script.
        words = f"{COOKIE}={token}; path=/; max-age={A_YEAR}; SameSite=Strict"
        secure = "(location.protocol === 'https:' ? '; Secure' : '')"
        st.html(f"<script>document.cookie = '{words}' + {secure};</script>", unsafe_allow_javascript=True)
