"""The ranked galaxies, page by page, each with what makes it odd in a few words."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.explore.caveats import BRIEFLY
from galexplore.explore.explorer import Explorer
from galexplore.explore.residual import quote_looks
from pages._parts.panels import Emphasis, draw_catalogue, mark
from pages._session.state import open_galaxy

A_PAGE = 24
#: Each ranking, and what it shows.
RANKINGS = {
    "rarity": (
        "Rare properties",
        "Furthest from ordinary galaxies in redshift, mass, SFR and the free latent. Below each image: the unusual "
        "property, its deviation in σ and, in brackets, the probability that it is the cause.",
    ),
    "reconstruction": (
        "Poor reconstruction",
        "Highest reconstruction χ²: structure that five latents do not describe. Below each image: what the residual "
        "shows.",
    ),
    "both": ("Both", "High in both rankings at once: the product of the two ranks."),
}
SEEN = ":material/visibility:"


def say_reason(quote: str) -> str:
    """Set the words before the numbers in bold: "**high sSFR**, 4.5 σ (97 %)"."""
    words, comma, numbers = quote.partition(",")
    return f"**{words}**{comma}{numbers}".replace(" sigma", "\u00a0σ").replace(" %", "\u00a0%")


def quote_all(explorer: Explorer, places: np.ndarray) -> list[str]:
    """Say in few words what makes each galaxy at places in the table odd."""
    return [explorer.quote(place) for place in places.tolist()]


def run_looks(explorer: Explorer, places: np.ndarray) -> list[str]:
    """Say in few words what each galaxy's residual shows, once for everyone; a caveat comes first."""
    looks = _quote_looks(explorer.digest, tuple(places.tolist()), explorer)
    return [BRIEFLY.get(str(caveat), "") or look for caveat, look in zip(explorer.caveats[places], looks, strict=True)]


@st.cache_data(max_entries=100, show_spinner=False)
def _quote_looks(digest: str, places: tuple[int, ...], _explorer: Explorer) -> list[str]:
    return quote_looks(_explorer, places)


def mark_seen(identifier: str) -> None:
    """Remember for this session that a galaxy was looked at."""
    st.session_state.setdefault("seen", set()).add(identifier)


def show_ranking(
    rows: pd.DataFrame,
    quote: Callable[[np.ndarray], Sequence[str]],
    total: int,
    labels: pd.DataFrame,
    key: str,
) -> None:
    """Show the ranked galaxies, page by page, each with what makes it odd, one's own label and whether it was seen.

    Parameters
    ----------
    rows : DataFrame
        Of the explorer's table, whose places are its index.
    quote : callable
        Places (P,) in that table to what is said of each.
    total : int
        Galaxies that are ranked.
    """
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
    tiles = zip(shown["id"], shown["population"], quote(shown.index.to_numpy()), strict=True)
    for (name, kind, words), picture in zip(tiles, draw_catalogue(tuple(shown["id"])), strict=True):
        own = (f"{SEEN} " if name in seen else "") + (f"`{scores[name]}` " if name in scores else "")
        emphasis: Emphasis = "primary" if name == st.session_state.opened else "tertiary"
        with grid.cell():
            st.image(picture, width="stretch", alt=f"Galaxy {name}")
            st.button(
                f"{own}{mark(kind)} {say_reason(words)}",
                type=emphasis,
                width="stretch",
                wrap=True,
                key=f"odd-{name}",
                help=name,
                on_click=open_galaxy,
                args=(name,),
            )
