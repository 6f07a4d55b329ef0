"""The axes of the Atlas's plot: any column or expression, by its logarithm, between typed ends; contours."""

import re

import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import Range
from galexplore.explore.snippets import name_in_expression
from galexplore.explore.subsets import check_quantity
from galexplore.tables.names import name_column

_LOG = re.compile(r"log10\((.*)\)", re.S)


def choose_column(explorer: Explorer, label: str, columns: list[str], key: str, usual: str, troubles: list[str]) -> str:
    """Let a person choose a column, or type an expression; what cannot be computed leaves it as it was (`usual`)."""
    typed = st.session_state.get(key) or usual
    chosen = st.selectbox(
        label,
        columns if typed in columns else [*columns, typed],
        key=key,
        format_func=name_column,
        persist_state="session",
        width=156,
        accept_new_options=True,
        on_change=forget_ends if key.startswith("axis") else "rerun",
        args=(key,) if key.startswith("axis") else None,
        help="Choose a column, or type an expression of columns, such as mag_g - mag_r",
    )
    if chosen in columns:
        return chosen
    try:
        return check_quantity(str(chosen or ""), explorer.table)
    except InputError as error:
        troubles.append(f"{label}: {error}")
        return usual


def forget_ends(key: str) -> None:
    """Let an axis follow the data again: it shows something else."""
    for end in ("low", "high"):
        st.session_state[f"{key[-1]}-{end}"] = None
    forget_zoom()


def forget_zoom() -> None:
    """Look at all of the plot again, between the ends that are typed."""
    st.session_state.get("zoom", {}).pop("latents", None)


def turn_log(explorer: Explorer, key: str) -> None:
    """Draw an axis by the logarithm of what it shows, or no longer; nothing where its controls have left the page."""
    state, shown = st.session_state, st.session_state.get(key)
    if not shown:
        return
    log = _LOG.fullmatch(shown)
    if log:
        plain = log[1].strip("`")
        state[key] = plain if plain in explorer.numbers else log[1]
    else:
        state[key] = f"log10({name_in_expression(shown) if shown in explorer.numbers else shown})"
    forget_ends(key)


def choose_ends(explorer: Explorer) -> tuple[Range, Range, bool]:
    """Show for both axes the logarithm and the ends, and the contours; return ends and whether these are drawn."""
    ends = []
    for axis in "xy":
        key = f"axis-{axis}"
        st.session_state[f"log-{axis}"] = _LOG.fullmatch(st.session_state[key] or "") is not None
        left, middle, right = st.columns([2, 3, 3], vertical_alignment="bottom")
        left.toggle(f"log {axis}", key=f"log-{axis}", on_change=turn_log, args=(explorer, key))
        low, high = (
            column.number_input(
                f"{axis} {name}",
                value=None,
                key=f"{axis}-{end}",
                format="%.6g",
                step=None,
                on_change=forget_zoom,
                placeholder="auto",
                persist_state="session",
            )
            for column, name, end in ((middle, "min", "low"), (right, "max", "high"))
        )
        ends.append((low, high) if low is None or low != high else (None, None))
    st.caption("Min above max inverts the axis, as for magnitudes. The limits of a log axis are values of log₁₀.")
    contours = st.toggle(
        "Contours",
        key="contours",
        persist_state="session",
        help="Contours of the smallest regions that contain 25, 50, 75 and 95 % of the ordinary galaxies shown",
    )
    st.session_state.setdefault("near-images", True)
    st.toggle("Images when zoomed in", key="near-images", persist_state="session")
    return ends[0], ends[1], contours
