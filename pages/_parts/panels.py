"""What several pages show alike: a galaxy's title, galleries, image and model; how a latent and a kind are written."""

import base64
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
import streamlit as st

from galexplore import figures
from galexplore.draw import pictures
from galexplore.explore.explorer import Explorer
from galexplore.explore.thumbnails import draw_thumbnails
from galexplore.latents import ANY_ANGLE, UNITS
from galexplore.survey import Survey
from galexplore.tables.names import format_measurement
from pages._session.navigation import go_to
from pages._session.start import start_from_galaxy
from pages._session.state import open_explorer, open_galaxy, plain

#: Units as a person writes them.
PRETTY = {"log10(Msun)": "[M☉]", "log10(Msun/yr)": "[M☉ yr⁻¹]", "rad": "°", "": ""}
#: The theme's names for the colours of the kinds (.streamlit/config.toml).
TINTS = {"Green Pea": "green", "Red Spiral": "red", "Dusty Starburst": "orange", "Post-starburst": "yellow"}
TINTS |= {"Blue Elliptical": "blue", "Active Nucleus": "violet", "Merger": "violet", "Lens-like Arc": "violet"}
#: How much a button stands out.
Emphasis = Literal["primary", "secondary", "tertiary"]
STILL = {"displayModeBar": False, "scrollZoom": False}


def draw_catalogue(ids: Sequence[str], side: int = 150) -> list[bytes]:
    """Draw galaxies of the catalogue; the pictures drawn last are kept for everyone."""
    return draw_thumbnails(open_explorer(), ids, side)


def format_latent(latent: str, value: float, sigma: float) -> str:
    """Value, error and unit of a latent as it is written everywhere; angles in degrees."""
    unit = PRETTY[UNITS[latent]]
    if latent != "phi":
        return format_measurement(value, sigma, unit)
    if sigma > 0.95 * ANY_ANGLE:
        return "undetermined"
    return f"{math.degrees(value):.0f} ± {math.degrees(sigma):.0f} {unit}"


def show_gallery(
    ids: Sequence[str], notes: Sequence[str], columns: int, prefix: str, tips: Sequence[str] | None = None
) -> None:
    """Show a grid of galaxies, each a button that opens its card: its picture, a line below, a tip at the pointer."""
    narrowest = 62 if columns > 8 or len(ids) > columns else 40  # a single row stays one beside another column
    with st.container(key=f"gallery-{prefix}"), st.grid(columns, min_column_width=narrowest, gap="xsmall"):
        for name, note, picture, tip in zip(ids, notes, draw_catalogue(ids), tips or [""] * len(ids), strict=True):
            # Picture and button in one message: a slider's move shows eight of them.
            source = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
            label = f'![{plain(name)}]({source} "{plain(name)}") {note}'
            emphasis: Emphasis = "primary" if name == st.session_state.opened else "tertiary"
            key = f"{prefix}-{name}"
            st.button(
                label, type=emphasis, width="stretch", key=key, on_click=open_galaxy, args=(name,), help=tip or None
            )


def mark(population: str) -> str:
    """Give the shape of a kind of galaxies in its colour, as Markdown; nothing for ordinary galaxies."""
    return "" if population == "ordinary" else f":{TINTS.get(population, 'gray')}[{figures.get_style(population)[2]}]"


def caption_thumbnail(row: pd.Series) -> str:
    """One short line below a galaxy's thumbnail: its kind's shape and the redshift read from its image."""
    return f"{mark(row['population'])} z {row['lat_redshift']:.2f}".strip()


def show_images(
    observed: np.ndarray, model: np.ndarray, survey: Survey, valid: np.ndarray | bool = True, side: int = 330
) -> None:
    """Show an image, the model's reconstruction, and the residual."""
    left, middle, right = st.columns(3, gap="xsmall", wrap=False)
    left.image(pictures.draw_galaxy(observed, survey, side, bar=True), "image", width="stretch", alt="Image")
    middle.image(
        pictures.draw_galaxy(model, survey, side), "model reconstruction", width="stretch", alt="Model reconstruction"
    )
    rest = pictures.draw_residual(np.where(valid, observed - model, 0), survey, side)
    right.image(rest, "residual, data − model, ±15 σ", width="stretch", alt="Residual")


def show_neighbours(near: pd.DataFrame, prefix: str) -> None:
    """Show the nearest galaxies of the atlas with their catalogue redshifts, where it has any."""
    marks = [mark(p) for p in near["population"]]
    notes = [f"{m} z {z:.2f}" if math.isfinite(z) else m for m, z in zip(marks, near["z"], strict=True)]
    show_gallery(near["id"].tolist(), notes, 8, prefix)


def show_title(explorer: Explorer, row: pd.Series, link: str | None) -> None:
    """Show a galaxy's name and kind, and where to go with it; `link` is what the link to its own page says, if any."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"### {plain(row['id'])}", width="content")
        st.markdown(f"{mark(row['population'])} {row['population']}", width="content")
        if explorer.simulated:
            st.badge("simulated", color="gray")
        st.space("stretch")
        if link:
            st.page_link("pages/galaxy.py", label=link, icon=":material/open_in_full:", width="content")
        if st.button("Open in Traverse", key="to-traverse", type="primary", icon=":material/tune:"):
            start_from_galaxy(row["id"])
            go_to("traverse")
