"""How many galaxies there are, of all or of some, and beside them how many artefacts."""

import numpy as np
import streamlit as st

from galexplore.atlas.kinds import NOT_GALAXIES
from galexplore.explore.explorer import Explorer


@st.cache_data(max_entries=10, show_spinner=False)
def find_known_artefacts(digest: str, _explorer: Explorer) -> np.ndarray:
    """Places in the table of what is known to be no galaxy, found once for everyone."""
    return np.flatnonzero(_explorer.table["population"].isin(NOT_GALAXIES).to_numpy())


def say_count(explorer: Explorer, rows: np.ndarray) -> str:
    """Say how many galaxies and artefacts are at places (M,) in the table: "1,234 galaxies and 5 artefacts"."""
    artefacts = int(np.isin(rows, find_known_artefacts(explorer.digest, explorer)).sum())
    said = [_count(len(rows) - artefacts, "galaxy", "galaxies")] if len(rows) > artefacts or not artefacts else []
    return " and ".join([*said, *([_count(artefacts, "artefact", "artefacts")] if artefacts else [])])


def say_passed(explorer: Explorer, mask: np.ndarray) -> str:
    """Say how many of all are in a mask (N,): "1,234 of 26,714 galaxies and 5 of 100 artefacts"."""
    known = find_known_artefacts(explorer.digest, explorer)
    artefacts, passed = int(mask[known].sum()), int(mask.sum())
    said = f"{passed - artefacts:,} of {len(mask) - len(known):,} galaxies"
    return said + (f" and {artefacts:,} of {len(known):,} artefacts" if len(known) else "")


def _count(n: int, one: str, several: str) -> str:
    return f"{n:,} {one if n == 1 else several}"
