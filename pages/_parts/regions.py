"""Names of the regions of a map, where a filter leaves their galaxies."""

import numpy as np
import streamlit as st

from galexplore.atlas.regions import MOST, PARTS, Region, name_regions
from galexplore.explore.explorer import Explorer

#: Share of a region's galaxies below which its name is not theirs any longer: it tells the middle 68 % of redshifts.
LEAST = 1 / 6


@st.cache_data(max_entries=10, show_spinner=False)
def find_regions(digest: str, x: str, y: str, _explorer: Explorer) -> list[tuple[Region, np.ndarray]]:
    """Name the regions of a map, once for everyone; with each the places in the table of galaxies about its middle."""
    table = _explorer.table
    ordinary = np.flatnonzero((table["population"] == "ordinary").to_numpy())
    ordinary = ordinary[:: max(1, len(ordinary) // MOST)]
    at, half = table[[x, y]].to_numpy(float)[ordinary], max(1, len(ordinary) // (2 * PARTS))  # of a region's galaxies
    regions = name_regions(table, x, y)
    return [(r, ordinary[np.argsort(((at - (r.x, r.y)) ** 2).sum(axis=1))[:half]]) for r in regions]


def list_regions(explorer: Explorer, x: str, y: str, mask: np.ndarray | None) -> list[Region]:
    """List the regions of a map of which at least a sixth passes the filters; `mask` (N,), None for all, says what."""
    regions = find_regions(explorer.digest, x, y, explorer)
    return [region for region, rows in regions if mask is None or mask[rows].mean() >= LEAST]
