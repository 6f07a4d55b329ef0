"""Sets of galaxies that may be compared: kinds, the selection, named subsets, one's own list."""

import hashlib

import numpy as np
import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.comparison import list_rows
from galexplore.explore.explorer import Explorer
from pages._parts.filters import find_masks
from pages._parts.subsets import list_subsets
from pages._session.state import find_selected


def list_sets(explorer: Explorer, kinds: list[str]) -> dict[str, np.ndarray]:
    """List what may be compared: what each set is called, and its galaxies' places in the table."""
    state = st.session_state
    sets = {kind: list_rows(explorer, kind) for kind in kinds}
    if state.selection:
        sets["the selection"] = find_selected(explorer)
    try:
        masks = find_masks(explorer.digest, list_subsets(), explorer)
    except InputError:  # of another catalogue's columns; the Atlas says which
        masks = {}
    sets |= {f"subset {name}": np.flatnonzero(mask) for name, mask in masks.items()}
    if state.listed and len(state.listed["rows"]):
        sets["your list"] = state.listed["rows"]
    return sets


def name_rows(rows: np.ndarray) -> str:
    """Name a selection by what it holds: a hash of its places in the table, which no other selection has."""
    return hashlib.sha256(np.ascontiguousarray(rows, np.int64).tobytes()).hexdigest()
