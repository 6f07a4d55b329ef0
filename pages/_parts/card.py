"""One galaxy of the atlas: images, latents beside the catalogue, why it is odd, what it resembles, and files."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from galexplore.atlas.likeness import find_twins
from galexplore.explore import services
from galexplore.explore.bundle import write_image
from galexplore.explore.card import title_latents
from galexplore.explore.explorer import Explorer
from galexplore.explore.export import FORMATS, export
from galexplore.explore.galaxy_snippets import write_galaxy
from galexplore.explore.intervals import list_intervals, list_values
from galexplore.explore.neighbours import find_neighbours
from galexplore.explore.table import find_artefacts
from galexplore.explore.thumbnails import find_image
from galexplore.latents import LABELLED, LATENTS
from galexplore.posterior.calibrate import residuals
from galexplore.posterior.joint import JointPosterior
from pages._parts.code import offer_code
from pages._parts.leaving import show_bundle
from pages._parts.oddity import look_up, show_ordinary, show_reasons, show_statement
from pages._parts.panels import format_latent, mark, show_gallery, show_neighbours, show_title
from pages._parts.posterior import show_corner, show_density
from pages._parts.samp import offer_position
from pages._parts.stretched import show_image
from pages._parts.surroundings import show_field, show_surroundings

NAMES = {"logmass": "log M", "logsfr": "log SFR"}  # where titles are too long for a table
NARROW = "\u00a0"  # a space at which no line is broken


def show_card(explorer: Explorer, identifier: str, wide: bool = False) -> None:
    """Show one galaxy of the atlas; `wide` for a page of its own, in two columns."""
    rows = look_up(explorer, identifier)
    if not len(rows):
        return
    row = explorer.table.iloc[rows[0]]
    explanation, joint = explorer.explain_at(int(rows[0])), explorer.list_posteriors(rows)
    show_title(explorer, row, None if wide else "Full page")
    left, right = st.container(key="halves-card").columns(2, gap="large") if wide else (st.container(), st.container())
    with left:
        show_image(identifier)
        show_numbers(explorer, rows, joint)
        if joint is not None:
            show_posterior(explorer, joint[0], row["z"])
        show_links(explorer, row)
        show_downloads(explorer, row, rows, identifier)
    with right:
        show_statement(explanation)
        show_reasons(explanation, identifier)
        show_ordinary(explanation, explorer.survey)
        show_alikes(explorer, identifier)


def show_numbers(explorer: Explorer, rows: np.ndarray, joint: JointPosterior | None) -> None:
    """Show the latents with their 68 and 95 % intervals beside the catalogue's values, and the pull between them."""
    table = explorer.table.iloc[rows]
    find_spans = partial(list_intervals, table, joint, explorer.card["calibration"])
    values, spans = list_values(table, joint)[0], find_spans(95)[0]
    sigma = np.diff(find_spans(68)[0])[:, 0] / 2
    compared = residuals(table)
    titles = title_latents(explorer)
    lines = ["| | inferred ± 68 % | 95 % | catalogue | pull |", "|---|---:|---:|---:|---:|"]
    for i, name in enumerate(LATENTS):
        label = ("", "")
        if name in compared and len(compared[name]):
            c = compared[name].iloc[0]
            pull = (values[i] - c["truth"] if name in LABELLED else c["error"]) / math.hypot(sigma[i], c["own"])
            label = format_latent(name, c["truth"], c["own"]), f"{pull:+.1f}\u00a0σ"
        value = format_latent(name, values[i], sigma[i])
        span = "" if value == "undetermined" else format_span(name, *spans[i])
        cells = (NAMES.get(name, titles[name].partition(":")[0]), value, span, *label)
        lines.append(f"| {' | '.join(cell.replace(' ', NARROW) for cell in cells)} |")
    st.markdown("\n".join(lines))


def show_posterior(explorer: Explorer, joint: JointPosterior, redshift: float) -> None:
    """Show a galaxy's joint posterior, beside the catalogue's redshift where that is known."""
    show_density(joint, "card", redshift if redshift > 0 else None, "catalogue")
    show_corner(explorer.table, joint, "card")


def format_span(name: str, low: float, high: float) -> str:
    """Write the ends of an interval as they are written beside a value; angles in degrees, redshifts not below 0."""
    if name == "phi":
        return f"{math.degrees(low):.0f} to {math.degrees(high):.0f}°"
    digits = 3 if name == "redshift" else 2
    low = max(low, 0.0) if name == "redshift" else low
    return f"{low:.{digits}f} to {high:.{digits}f}"


def show_alikes(explorer: Explorer, identifier: str) -> None:
    """Show what it resembles, and those that are the same in numbers and differ in looks."""
    st.markdown("**What it resembles:** its nearest neighbours in latent space")
    show_neighbours(find_neighbours(explorer, identifier), "near")
    twins = find_twins(explorer.table, identifier, 8, ~find_artefacts(explorer.table))
    st.markdown("**Matched twins:** same redshift, mass and SFR within the errors, different free latent")
    if twins.empty:
        st.caption("No galaxy of the atlas matches all three.")
        return
    notes = [f"{mark(t['population'])} {t['free_difference']:+.1f}\u00a0σ".strip() for t in twins.to_dict("records")]
    show_gallery(twins["id"].tolist(), notes, 8, "twin")


def show_links(explorer: Explorer, row: pd.Series) -> None:
    """Show its position, and what others know of it; nothing where it is simulated."""
    if "ra" not in row or not math.isfinite(row["ra"]):
        return
    st.caption(f"RA {row['ra']:.5f}°, Dec {row['dec']:+.5f}° (ICRS)")
    if explorer.simulated:
        st.caption(services.SIMULATED)
        return
    with st.container(horizontal=True, gap="small", key="links"):
        for name, address in services.link_services(row["ra"], row["dec"], explorer.survey).items():
            st.link_button(name, address, icon=":material/open_in_new:")
    show_field(explorer, row["ra"], row["dec"], "card")
    show_surroundings(row["ra"], row["dec"], "card")
    offer_position(row["ra"], row["dec"], "card")


def show_downloads(explorer: Explorer, row: pd.Series, rows: np.ndarray, identifier: str) -> None:
    """Offer its image with coordinates, its latents as a table, and the folder that brings the Atlas back as it is."""
    with st.container(horizontal=True, gap="small", key="downloads", vertical_alignment="bottom"):
        if find_image(explorer, identifier) is not None:
            data = partial(write_image, explorer, identifier)
            offer_file("Image (FITS)", data, f"{identifier}.fits", "application/fits", "card-fits")
        for kind in ("CSV", "ECSV", "VOTable"):
            suffix, _, mime = FORMATS[kind]
            data = partial(export, explorer, rows, kind)
            offer_file(f"Table ({kind})", data, f"{identifier}.{suffix}", mime, f"card-{kind}")
        show_bundle(explorer, "card-bundle")
        offer_code("card", write_galaxy(explorer, identifier))


def offer_file(label: str, data: Callable[[], bytes], name: str, mime: str, key: str) -> None:
    """Offer a file, which is written only when asked for."""
    st.download_button(label, data, name, mime, key=key, on_click="ignore", icon=":material/download:")
