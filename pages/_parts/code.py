"""What is shown as Python that runs as it is, to be copied."""

import streamlit as st


def offer_code(key: str, code: str) -> None:
    """Offer a script behind a button."""
    with st.popover("Python", icon=":material/code:", key=f"code-{key}"):
        st.markdown("To run where galexplore is installed:")
        st.code(code, language="python", wrap_lines=True)
