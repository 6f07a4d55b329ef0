"""Pictures at the pointer of a plot, and a crowd's density counted anew where a plot is zoomed."""

import base64
import math
from pathlib import Path

import streamlit as st

from galexplore.explore.explorer import Explorer
from pages._parts.panels import draw_catalogue

_SIDE = 144  # pixels
_component = st.components.v2.component("galaxy_hover", js=(Path(__file__).parent / "hover.js").read_text())


def take_question() -> None:
    """Note over which galaxy the pointer rests."""
    asked = st.session_state["hover"].get("ask")
    st.session_state.hovered = asked[:60] if isinstance(asked, str) else None


def take_zoom() -> None:
    """Note which part of a plot is looked at; whatever is no such part is passed over."""
    part = st.session_state["hover"].get("zoom")
    if not isinstance(part, dict) or part.get("plot") not in ("latents", "map"):
        return
    zoom = dict(st.session_state.get("zoom", {}))
    zoom.pop(part["plot"], None)
    try:
        spans = tuple(tuple(sorted(float(v) for v in part[axis])) for axis in "xy")
        if all(len(s) == 2 and s[0] < s[1] and all(map(math.isfinite, s)) for s in spans):
            zoom[part["plot"]] = spans
    except (KeyError, TypeError, ValueError):
        pass
    st.session_state.zoom, st.session_state.rezoom = zoom, True


@st.fragment
def show_hover(explorer: Explorer, crowded: bool) -> None:
    """Answer the pointer; a fragment of its own, so that nothing else of the page runs again."""
    if st.session_state.pop("rezoom", False):
        st.rerun(scope="app")
    data: dict[str, bool | str] = {"crowded": crowded}
    asked = st.session_state.get("hovered") or ""
    rows = explorer.find_rows([asked])
    if len(rows):
        row = explorer.table.iloc[rows[0]]
        words = f"{asked} · {row['population']}\nz {row['lat_redshift']:.3f} · log M {row['lat_logmass']:.2f}"
        words += f" · log SFR {row['lat_logsfr']:+.2f}"
        picture = base64.b64encode(draw_catalogue((asked,), _SIDE)[0]).decode()
        data |= {"id": asked, "picture": picture, "words": words}
    _component(key="hover", data=data, height=1, on_ask_change=take_question, on_zoom_change=take_zoom)
