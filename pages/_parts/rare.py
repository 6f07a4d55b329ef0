"""What the Populations page computes once for everyone: the classifier, and how soon a ranking finds each kind."""

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.recovery import Classification, classify, recover, recover_from_examples

FIRST = np.array([0.01, 0.05])


@st.cache_data(max_entries=20, show_spinner="Training a classifier")
def run_classifier(digest: str, kinds: tuple[str, ...], _atlas: Atlas) -> Classification:
    """Run the classifier on the atlas's latents, once for each set of kinds."""
    return classify(_atlas.points, _atlas.population, kinds)


def _rank(atlas: Atlas, kind: str, fractions: np.ndarray | None = None) -> dict[str, pd.DataFrame]:
    among = np.isin(atlas.population, ["ordinary", kind])
    rare = atlas.population[among] == kind
    return {
        "by anomaly": recover(atlas.oddness.distance2[among], rare, fractions),
        "like ten examples": recover_from_examples(atlas.points[among], rare, 10, fractions=fractions),
    }


@st.cache_data(max_entries=20, show_spinner="Ranking")
def measure_recovery(digest: str, kinds: tuple[str, ...], _atlas: Atlas) -> dict[str, dict[str, pd.DataFrame]]:
    """Kind to its recovery curves by rarity and by likeness to ten examples."""
    return {kind: _rank(_atlas, kind) for kind in kinds}


@st.cache_data(max_entries=20, show_spinner=False)
def find_rare(digest: str, kinds: tuple[str, ...], _atlas: Atlas) -> dict[str, list[str]]:
    """Kind to what the first hundredth and twentieth of either ranking hold of it, with errors."""
    shares = {}
    for kind in kinds:
        ways = _rank(_atlas, kind, FIRST).values()
        rows = [row for way in ways for row in way.to_dict("records")]
        shares[kind] = [f"{100 * row['recovered']:.0f} ± {100 * row['error']:.0f}" for row in rows]
    return shares
