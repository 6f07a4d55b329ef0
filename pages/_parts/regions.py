"""Names of the regions of a map."""

import streamlit as st

from galexplore.atlas.regions import Region, name_regions
from galexplore.explore.explorer import Explorer


@st.cache_data(max_entries=10, show_spinner=False)
def find_regions(digest: str, x: str, y: str, _explorer: Explorer) -> list[Region]:
    """Name the regions of a map, once for everyone."""
    return name_regions(_explorer.table, x, y)
