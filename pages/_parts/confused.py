"""How often the kinds are taken for stars, and stars and quasars for the kinds."""

import pandas as pd
import streamlit as st

from galexplore.atlas.kinds import NOT_GALAXIES
from galexplore.explore.confusion import DRAWN, QUASAR, STAR, can_confuse, measure_confusion
from galexplore.explore.explorer import Explorer
from pages._parts.panels import mark

MEANING = (
    "At most {n} images of each, with the standard error. The kinds are those of the atlas. Stars and quasars are "
    "simulated like its galaxies: stars of r = 15 to 20; quasars as faint galaxies at z = 0.2 to 0.9 with a power-law "
    "continuum five to a hundred times brighter, without emission lines. An image classified as a star or outside the "
    "training distribution gets no answer; the others are classified as above."
)


@st.cache_data(max_entries=20, show_spinner="Simulating stars and quasars")
def run_confusion(digest: str, kinds: tuple[str, ...], _explorer: Explorer) -> pd.DataFrame:
    """Measure the confusion of kinds with stars and quasars, once for everyone."""
    return measure_confusion(_explorer, kinds)


def show_confusion(explorer: Explorer, kinds: list[str]) -> None:
    """Show, on opening, how often kinds are taken for stars, and stars and quasars for kinds."""
    kinds = [kind for kind in kinds if kind not in NOT_GALAXIES]
    if not kinds or not can_confuse(explorer):
        return
    with st.expander("Confusion with stars and quasars", on_change="rerun", key="confused") as details:
        if not details.open:
            return
        rates = run_confusion(explorer.digest, tuple(kinds), explorer)
        called = [f"called {kind}" for kind in kinds]
        named = " | ".join(f"as {mark(kind)} {kind}" for kind in kinds)
        lines = [
            f"| | n | classified as a star | outside otherwise | {named} |",
            f"|---|---:|---:|---:|{'---:|' * len(kinds)}",
        ]
        for row in rates.to_dict("records"):
            name = {STAR: "Stars", QUASAR: "Quasars"}.get(row["of"], f"{mark(row['of'])} {row['of']}")
            cells = [write_rate(row[column], row["n"]) for column in ("star", "outside", *called)]
            lines.append(f"| {name} | {row['n']} | {' | '.join(cells)} |")
        st.markdown("\n".join(lines))
        st.caption(MEANING.format(n=DRAWN))


def write_rate(share: float, n: int) -> str:
    """Write a share of n with its binomial error, in per cent; a dash where it is not asked."""
    if pd.isna(share):
        return "–"
    return f"{100 * share:.0f} ± {100 * (share * (1 - share) / max(n, 1)) ** 0.5:.0f} %"
