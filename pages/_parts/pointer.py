"""What the pointer does on the plots: a picture where it rests, a card at a click, images where it zooms in."""

import base64
import math
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.explore.explorer import Explorer
from galexplore.explore.thumbnails import draw_thumbnails
from galexplore.tables.expressions import tabulate
from pages._parts.panels import draw_catalogue
from pages._session.state import clear_selection, is_dark, open_galaxy

_SIDE, _SMALL = 144, 96  # pixels: of the picture at the pointer, and of those on the plots
_AT_ONCE, _MIDDLE = 24, 0.5  # small pictures, and how much of the frame's side they show: a galaxy fills little of it
_SCRIPT = "\n".join((Path(__file__).parent / f"{name}.js").read_text() for name in ("images", "pointer"))
_component = st.components.v2.component("galaxy_pointer", js=_SCRIPT)

Axes = dict[str, tuple[str, str]]


def hear(word: str) -> object:
    """Hear what the browser says of the pointer; None where it comes from a page that has just been left."""
    return st.session_state.get("pointer", {}).get(word)


def take_question() -> None:
    """Note over which galaxy the pointer rests."""
    asked = hear("ask")
    st.session_state.hovered = asked[:60] if isinstance(asked, str) else None


def take_small() -> None:
    """Note of which galaxies a plot that is zoomed in wants small pictures; whatever is no such list is passed over."""
    asked = hear("small")
    if isinstance(asked, list):
        st.session_state.small = [i[:60] for i in asked[:_AT_ONCE] if isinstance(i, str)]


def draw_small(explorer: Explorer) -> dict[str, str]:
    """Draw the small pictures that are asked for, by id; "" where there is none."""
    ids = st.session_state.pop("small", [])
    there = [i for i in ids if i in explorer.images]
    drawn = zip(there, draw_thumbnails(explorer, there, _SMALL, _MIDDLE), strict=True)
    return dict.fromkeys(ids, "") | {i: base64.b64encode(picture).decode() for i, picture in drawn}


def take_click(explorer: Explorer) -> None:
    """Open the galaxy that was clicked; the selection stays."""
    clicked = hear("open")
    if isinstance(clicked, str) and len(explorer.find_rows([clicked[:60]])):
        open_galaxy(clicked[:60])
        st.session_state.again = True


def take_clear() -> None:
    """Forget the selection: an empty place was clicked twice."""
    if hear("clear"):
        clear_selection()
        st.session_state.again = True


def take_zoom(axes: Axes, crowded: bool) -> None:
    """Note which part of a plot is looked at; whatever is no such part is passed over."""
    part = hear("zoom")
    if not isinstance(part, dict) or part.get("plot") not in axes:
        return
    zoom = dict(st.session_state.get("zoom", {}))
    zoom.pop(part["plot"], None)
    try:
        spans = tuple(tuple(sorted(float(v) for v in part[axis])) for axis in "xy")
        if all(len(s) == 2 and s[0] < s[1] and all(map(math.isfinite, s)) for s in spans):
            zoom[part["plot"]] = (axes[part["plot"]], spans)
    except (KeyError, TypeError, ValueError):
        pass
    st.session_state.zoom = zoom
    st.session_state.again = crowded


def find_ring(explorer: Explorer, axes: Axes, mask: np.ndarray | None) -> dict[str, list[float]]:
    """Find where on each plot the galaxy that is opened lies; nowhere where there is none, or it is filtered out."""
    rows = explorer.find_rows([st.session_state.opened] if st.session_state.opened else [])
    if not len(rows) or (mask is not None and not mask[rows[0]]):
        return {}
    columns = [column for pair in axes.values() for column in pair]
    at = tabulate(explorer.table.iloc[rows], columns).iloc[0]
    places = {plot: [float(at[column]) for column in pair] for plot, pair in axes.items()}
    return {plot: place for plot, place in places.items() if all(map(math.isfinite, place))}


@st.fragment
def show_pointer(explorer: Explorer, axes: Axes, crowded: bool, mask: np.ndarray | None) -> None:
    """Answer the pointer; a fragment of its own, so that nothing else of the page runs again while it only looks.

    The ring about the galaxy that is opened is the browser's, too: an opened galaxy leaves the plots as they are.
    """
    # Files that are dropped while the pointer asks may come with its question, and be read in this part's own run.
    if st.session_state.pop("again", False) or "to-locate" in st.session_state:
        st.rerun(scope="app")
    data = {"images": st.session_state.get("near-images", True), "small": draw_small(explorer)}
    data |= {"opened": st.session_state.opened, "ring": find_ring(explorer, axes, mask)}
    data["tint"] = figures.ACCENT[is_dark()]
    asked = st.session_state.get("hovered") or ""
    rows = explorer.find_rows([asked])
    if len(rows):
        row = explorer.table.iloc[rows[0]]
        words = f"{asked} · {row['population']}\nz {row['lat_redshift']:.3f} · log M {row['lat_logmass']:.2f}"
        words += f" · log SFR {row['lat_logsfr']:+.2f}"
        picture = base64.b64encode(draw_catalogue((asked,), _SIDE)[0]).decode()
        data |= {"id": asked, "picture": picture, "words": words}
    _component(
        key="pointer",
        data=data,
        height=1,
        on_ask_change=take_question,
        on_small_change=take_small,
        on_open_change=partial(take_click, explorer),
        on_clear_change=take_clear,
        on_zoom_change=partial(take_zoom, axes, crowded),
    )
