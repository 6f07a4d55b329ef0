"""What was found in a file: check by check, up to where it stopped where it was refused."""

from collections.abc import Sequence

import streamlit as st

from galexplore.cutouts.cutout import Check
from galexplore.explore.verdicts import Verdict
from pages._session.state import plain

MARKS = {"passed": ":green[✓\u00a0passed]", "fixed": ":orange[◐\u00a0fixed]", "refused": ":red[✕\u00a0refused]"}
NAMES = {"pixel_scale": "pixel scale", "flux_units": "flux units", "missing": "missing pixels"}


def show_audit(checks: Sequence[Check]) -> None:
    """List the checks, each with a mark, a word and a sentence."""
    lines = ["| | check | result |", "|---|---|---|"]
    lines += [f"| {MARKS[c.status]} | **{NAMES.get(c.check, c.check)}** | {plain(c.detail)} |" for c in checks]
    st.markdown("\n".join(lines))


def show_refusal(verdict: Verdict) -> None:
    """Say why a file cannot be used, and show its audit up to there."""
    name = f"{plain(verdict.name)}: " if verdict.name else ""
    st.error(f"**This cannot be used:** {name}{plain(verdict.error.rstrip('.'))}.", icon=":material/block:")
    if verdict.checks:
        st.markdown("**Input checks** up to the one that failed")
        show_audit(verdict.checks)
