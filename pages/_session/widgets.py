"""The Atlas's widgets: which part of what it shows each of them holds."""

import streamlit as st

#: Widgets of the Atlas, and what of its state each of them holds.
WIDGETS = {"axis-x": "x", "axis-y": "y", "colour": "colour", "map": "map", "overlays": "kinds", "left-out": "left_out"}
WIDGETS |= {"where": "where", "x-low": "x_low", "x-high": "x_high", "y-low": "y_low", "y-high": "y_high"}
WIDGETS |= {"contours": "contours", "subsets": "subsets"}


def fill_widgets() -> None:
    """Put what the Atlas shows into its widgets, before they are drawn."""
    state, shown = st.session_state, st.session_state.atlas_state
    for key, name in WIDGETS.items():
        value = getattr(shown, name)
        state[key] = list(value) if isinstance(value, tuple) else value
    extra = [c for c in shown.limits if c not in ("lat_redshift", "mag_r")]
    state["filter-columns"] = ["lat_redshift", "mag_r", *extra]
    for column, limits in shown.limits.items():
        state[f"filter-{column}"] = tuple(limits)
