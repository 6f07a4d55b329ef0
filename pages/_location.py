"""The answer to an upload: what it is, where it lies, what makes it odd, what it resembles, and its audit."""

import json
import math

import streamlit as st

from galexplore import figures
from galexplore.config import LATENTS
from galexplore.location import TITLES
from pages._oddity import show_ordinary, show_reasons
from pages._panels import describe, show_images, show_neighbours
from pages._state import KINDS_AT_FIRST, is_dark, plain, start_from

MARKS = {"passed": ":green[✓\u00a0passed]", "fixed": ":orange[◐\u00a0fixed]", "refused": ":red[✕\u00a0refused]"}
NAMES = {"pixel_scale": "pixel scale", "flux_units": "flux units", "missing": "missing pixels"}


def show_audit(checks) -> None:
    """List the checks, each with a mark, a word and a sentence."""
    lines = ["| | check | what was found |", "|---|---|---|"]
    lines += [f"| {MARKS[c.status]} | **{NAMES.get(c.check, c.check)}** | {plain(c.detail)} |" for c in checks]
    st.markdown("\n".join(lines))


def show_numbers(location) -> None:
    """Show the five latents with their intervals."""
    for column, name in zip(st.columns(5), LATENTS, strict=True):
        i, turn = LATENTS.index(name), 180 / math.pi if name == "phi" else 1
        told = describe(name, location.latents[i], location.sigma[i])
        cell = column.container(gap=None)
        cell.metric(TITLES[name], told)
        digits = {"phi": 0, "redshift": 3}.get(name, 2)
        spans = [(turn * low, turn * high) for low, high in (location.interval(name), location.interval(name, True))]
        lines = [
            f"{p} %: {low:.{digits}f} to {high:.{digits}f}" for p, (low, high) in zip((68, 95), spans, strict=True)
        ]
        cell.caption("too round to tell" if told == "undetermined" else "  \n".join(lines))


def show_position(explorer, location) -> None:
    """Show where it lies on both plots, with what its errors cover."""
    at = dict(zip(LATENTS, zip(location.latents, location.sigma, strict=True), strict=True))
    (z, z_sigma), (mass, mass_sigma) = at["redshift"], at["logmass"]
    x, y = location.position
    kinds = [k for k in KINDS_AT_FIRST if (explorer.table["population"] == k).any()]
    left, right = st.columns(2, gap="medium")
    title = "Your galaxy among the atlas's, with its 1 σ ellipse"
    yours = {"x": z, "y": mass, "sigma": (z_sigma, mass_sigma)}
    plots = [(left, "lat_redshift", "lat_logmass", title, yours)]
    title = "Where the map would put it, within its errors"
    cloud = explorer.scatter(location.latents, location.sigma)
    plots += [(right, "umap_x", "umap_y", title, {"x": x, "y": y, "cloud": cloud})]
    for column, across, up, title, star in plots:
        figure = figures.plot_atlas(
            explorer.table, across, up, title, overlays=kinds, yours=star, dark=is_dark(), height=380
        )
        figure.update_layout(dragmode="pan")
        config = {"displaylogo": False, "displayModeBar": False}
        column.plotly_chart(figure, theme=None, key=f"position-{across}", config=config, alt=title)


def show_location(explorer, upload: dict, forget) -> None:
    """Show all that is said of a located cutout."""
    location = upload["location"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"### {plain(location.source.name or 'Your galaxy')}", width="content")
        if upload.get("simulated"):
            st.badge("simulated", color="gray")
        if location.source.approximate:
            st.badge("approximate: a picture's stretch was inverted", color="orange")
        st.space("stretch")
        if st.button("Send to Traverse", type="primary", icon=":material/tune:", key="send"):
            start_from("your upload", location.latents, location.prepared.flux)
            st.switch_page("pages/traverse.py")
        text = json.dumps(location.to_dict(), indent=2)
        st.download_button("JSON", text, "location.json", "application/json", icon=":material/download:")
        st.button("Another", on_click=forget, key="forget", icon=":material/close:", type="tertiary")
    show_numbers(location)
    left, right = st.columns(2, gap="large")
    with left:
        show_images(location.prepared.flux, location.reconstruction, location.prepared.valid)
        fixed = [c for c in location.prepared.checks if c.status == "fixed"]
        audit = f"{len(location.prepared.checks) - len(fixed)} checks passed, {len(fixed)} fixed"
        worse = f"Reconstruction χ² {location.chi2:.2f} a pixel, worse than {location.chi2_rank:.0f} % of galaxies."
        st.caption(f"What was encoded: 69 × 69 pixels over 33.5″, north up, east left. Audit: {audit}. {worse}")
    with right:
        st.markdown(f"**Its oddest property:** {location.reason}")
        show_reasons(explorer, location.latents, location.sigma, location.rarity, "upload")
    show_position(explorer, location)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**What it resembles:** its nearest galaxies in the atlas")
        show_neighbours(location.neighbours, "near")
        show_ordinary(explorer, location.latents, location.sigma)
    with right:
        st.markdown("**Audit** of what was read")
        show_audit(location.prepared.checks)
