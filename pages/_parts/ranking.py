"""The ranked galaxies, page by page, each with what makes it odd in a few words."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages._parts.panels import Emphasis, draw_catalogue, mark
from pages._session.state import open_galaxy

A_PAGE = 24
SEEN = ":material/visibility:"


def say_reason(quote: str) -> str:
    """Set the words before the numbers in bold: "**high sSFR**, 4.5 σ (97 %)"."""
    words, comma, numbers = quote.partition(",")
    return f"**{words}**{comma}{numbers}".replace(" sigma", "\u00a0σ").replace(" %", "\u00a0%")


def mark_seen(identifier: str) -> None:
    """Remember for this session that a galaxy was looked at."""
    st.session_state.setdefault("seen", set()).add(identifier)


def show_ranking(rows: pd.DataFrame, quotes: Sequence[str], total: int, labels: pd.DataFrame, key: str) -> None:
    """Show the ranked galaxies, page by page, each with what makes it odd, one's own label and whether it was seen."""
    pages, ids = max(1, -(-len(rows) // A_PAGE)), rows["id"].tolist()
    if st.session_state.pop("stepped", False) and st.session_state.opened in ids:
        st.session_state[key] = ids.index(st.session_state.opened) // A_PAGE + 1
    seen = st.session_state.get("seen", set())
    with st.container(horizontal=True, vertical_alignment="center"):
        at = st.pagination(pages, key=key, max_visible_pages=5, persist_state="session")
        first = (at - 1) * A_PAGE
        shown = rows.iloc[first : first + A_PAGE]
        rest = f" These pages hold the {len(rows):,} oddest." if len(rows) < total else ""
        looked = f" {len(seen):,} seen." if seen else ""
        st.caption(f"{first + 1} to {first + len(shown)} of {total:,}, the oddest first.{rest}{looked}")
    scored = labels.dropna(subset="score")
    scores = dict(zip(scored["id"], scored["score"], strict=True))
    grid = st.grid(4, min_column_width=110, gap="small", key="odd-gallery")
    tiles = zip(shown["id"], shown["population"], quotes[first : first + A_PAGE], strict=True)
    for (name, kind, quote), picture in zip(tiles, draw_catalogue(tuple(shown["id"])), strict=True):
        own = (f"{SEEN} " if name in seen else "") + (f"`{scores[name]}` " if name in scores else "")
        emphasis: Emphasis = "primary" if name == st.session_state.opened else "tertiary"
        with grid.cell():
            st.image(picture, width="stretch", alt=f"Galaxy {name}")
            st.button(
                f"{own}{mark(kind)} {say_reason(quote)}",
                type=emphasis,
                width="stretch",
                wrap=True,
                key=f"odd-{name}",
                help=name,
                on_click=open_galaxy,
                args=(name,),
            )
