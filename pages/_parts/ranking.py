"""The ranked galaxies, page by page, each with what makes it odd in a few words."""

import pandas as pd
import streamlit as st

from galexplore.atlas.rarity import name_reason
from galexplore.cutouts import artefacts
from galexplore.latents import INTRINSIC
from pages._parts.panels import Emphasis, draw_catalogue, mark
from pages._session.state import open_galaxy

A_PAGE = 24


def say_reason(row: pd.Series) -> str:
    """Give the leading reason in words, such as "**high SFR** (84 %); redshift 6.5 σ low"."""
    if row.get("suspicion"):
        return f"**{artefacts.BRIEFLY[row['suspicion']]}**"
    reason = name_reason(row[[f"condz_{name}" for name in INTRINSIC]].to_numpy(float)).replace(" sigma", "\u00a0σ")
    first, _, rest = reason.partition(" for ")
    if "cause" not in row:
        return f"**{first}** for {rest}"
    return f"**{row['cause']}** ({100 * row['cause_share']:.0f}\u00a0%); {first}"


def show_ranking(rows: pd.DataFrame, total: int, labels: pd.DataFrame, key: str) -> None:
    """Show the ranked galaxies, page by page, each with its leading reason and one's own label."""
    pages, ids = max(1, -(-len(rows) // A_PAGE)), rows["id"].tolist()
    if st.session_state.pop("stepped", False) and st.session_state.opened in ids:
        st.session_state[key] = ids.index(st.session_state.opened) // A_PAGE + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        at = st.pagination(pages, key=key, max_visible_pages=5, persist_state="session")
        first = (at - 1) * A_PAGE
        shown = rows.iloc[first : first + A_PAGE]
        rest = f" These pages hold the {len(rows):,} oddest." if len(rows) < total else ""
        st.caption(f"{first + 1} to {first + len(shown)} of {total:,}, the oddest first.{rest}")
    scored = labels.dropna(subset="score")
    scores = dict(zip(scored["id"], scored["score"], strict=True))
    grid = st.grid(4, min_column_width=110, gap="small", key="odd-gallery")
    for (_, row), picture in zip(shown.iterrows(), draw_catalogue(tuple(shown["id"])), strict=True):
        name = row["id"]
        own = f"`{scores[name]}` " if name in scores else ""
        emphasis: Emphasis = "primary" if name == st.session_state.opened else "tertiary"
        with grid.cell():
            st.image(picture, width="stretch", alt=f"Galaxy {name}")
            st.button(
                f"{own}{mark(row['population'])} {say_reason(row)}",
                type=emphasis,
                width="stretch",
                wrap=True,
                key=f"odd-{name}",
                help=name,
                on_click=open_galaxy,
                args=(name,),
            )
