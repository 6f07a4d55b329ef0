"""One galaxy of the atlas: images, latents beside the catalogue, why it is odd, what it resembles."""

import math

import streamlit as st

from galexplore.anomaly import name_reason
from galexplore.calibrate import residuals
from galexplore.config import LATENTS
from galexplore.embed import MEANS, SIGMAS
from galexplore.explorer import Explorer
from galexplore.location import TITLES
from pages._oddity import show_ordinary, show_reasons
from pages._panels import describe, mark, show_images, show_neighbours
from pages._state import start_from_galaxy


def show_card(explorer: Explorer, identifier: str) -> None:
    """Show one galaxy of the atlas: images, latents beside the catalogue, why it is odd, what it resembles."""
    rows = explorer.table[explorer.table["id"] == identifier]
    row = rows.iloc[0]
    latents, sigma = row[MEANS].to_numpy(float), row[SIGMAS].to_numpy(float)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"### {identifier}")
        st.markdown(f"{mark(row['population'])} {row['population']}")
        st.badge("simulated", color="gray")
        if st.button("Open in Traverse", key="to-traverse", type="primary", icon=":material/tune:"):
            start_from_galaxy(identifier)
            st.switch_page("pages/traverse.py")
    show_images(explorer.images([identifier])[0], explorer.decode(latents)[0])
    compared = residuals(rows)
    lines = ["| | inferred from the image | catalogue | tension |", "|---|---:|---:|---:|"]
    for i, name in enumerate(LATENTS):
        told = ("", "")
        if name in compared and len(compared[name]):
            c = compared[name].iloc[0]
            told = describe(name, c["truth"], c["own"]), f"{c['error'] / math.hypot(c['sigma'], c['own']):+.1f} σ"
        lines.append(f"| {TITLES[name]} | {describe(name, latents[i], sigma[i])} | {told[0]} | {told[1]} |")
    st.markdown("\n".join(lines))
    st.markdown(f"**Its oddest property:** {name_reason(explorer.reasons(latents, sigma)['conditional_z'].to_numpy())}")
    show_reasons(explorer, latents, sigma, row["percentile"], identifier)
    show_ordinary(explorer, latents, sigma)
    st.markdown("**What it resembles**")
    near = explorer.neighbours(latents, 9)
    near = near[near["id"] != identifier].head(8)
    show_neighbours(near, "near")
