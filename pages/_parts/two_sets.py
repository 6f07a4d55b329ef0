"""Any two sets of galaxies beside each other, raw and matched."""

import numpy as np
import streamlit as st

from galexplore.explore.comparison import COMPARED, FEWEST, Comparison, compare_two, write_auc
from galexplore.explore.explorer import Explorer
from pages._parts.sets import name_rows
from pages._session.state import plain


@st.cache_data(max_entries=20, show_spinner=False)
def run_pair(
    digest: str, names: tuple[str, str], _ours: np.ndarray, _theirs: np.ndarray, _explorer: Explorer
) -> Comparison:
    """Compare two sets of galaxies, once for everyone."""
    return compare_two(_explorer, _ours, _theirs)


def show_two(explorer: Explorer, sets: dict[str, np.ndarray], chosen: str) -> None:
    """Let a person hold a set against another: all of it, and those of the same redshift and mass."""
    others = [name for name, rows in sets.items() if name != chosen and len(rows) >= FEWEST]
    if not others:
        return
    other = st.selectbox("Compare with another set", others, None, key="matched-other", placeholder="none", width=320)
    if other is None:
        return
    names = name_rows(sets[chosen]), name_rows(sets[other])
    comparison = run_pair(explorer.digest, names, sets[chosen], sets[other], explorer)
    lines = [f"| | {plain(chosen)} | {plain(other)} | AUC, raw | AUC, matched |", "|---|---:|---:|---:|---:|"]
    for row in comparison.table.to_dict("records"):
        cells = f"{row['ours']:.2f} | {row['theirs']:.2f} | **{write_auc(row, 'raw')}** | {write_auc(row, 'matched')}"
        lines.append(f"| {COMPARED[row['column']]} | {cells} |")
    st.markdown("\n".join(lines))
    matching = comparison.matching
    balanced = "" if matching.balanced or not len(matching.cases) else " **Not balanced.**"
    st.caption(
        f"Medians; galaxies in both are left out. Matched: {len(matching.cases):,} of {plain(chosen)} that have "
        f"controls of the same redshift and mass in {plain(other)}, and {len(matching.controls):,} of these.{balanced}"
    )
