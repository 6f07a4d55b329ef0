"""A galaxy's image large, as the person wants it: in colour or in one band, brighter or fainter, inverted."""

from functools import partial

import streamlit as st

from galexplore.draw import pictures
from galexplore.draw.annotated import draw_annotated
from galexplore.explore.thumbnails import find_image
from galexplore.latents import MEANS
from galexplore.survey import Survey
from pages._session.state import open_explorer

BRIGHTNESS = {0.25: "÷4", 0.5: "÷2", 1.0: "×1", 2.0: "×2", 4.0: "×4", 8.0: "×8", 16.0: "×16"}


@st.fragment
def show_image(identifier: str) -> None:
    """Show the image, the model's reconstruction and the residual, with the controls; in a fragment of its own."""
    explorer = open_explorer()
    survey = explorer.survey
    row = explorer.table.iloc[explorer.find_rows([identifier])[0]]
    flux, model = find_image(explorer, identifier), explorer.decode(row[MEANS].to_numpy(float))[0]
    band, brightness, inverted = choose_stretch(survey)
    redshift = float(row["z"]) if "z" in row and row["z"] > 0 else float(row["lat_redshift"])
    draw = partial(
        draw_annotated,
        survey=survey,
        side=400,
        redshift=redshift,
        band=band,
        brightness=brightness,
        inverted=inverted,
    )
    kind = "simulated image" if explorer.simulated else "image"
    caption = f"{kind}, {f'{band} band' if band else 'colour'}"
    left, middle, right = st.columns(3, gap="xsmall", wrap=False)
    if flux is None:
        left.image(pictures.draw_placeholder(400), "no image of this galaxy", width="stretch", alt="No image")
    else:
        left.image(draw(flux), caption, width="stretch", alt=f"{identifier}: {caption}")
    middle.image(draw(model), "model reconstruction", width="stretch", alt="Model reconstruction")
    if flux is not None:
        rest = pictures.draw_residual(flux - model, survey, 400)
        right.image(rest, "residual, data − model, ±15 σ", width="stretch", alt="Residual")


def choose_stretch(survey: Survey) -> tuple[str | None, float, bool]:
    """Let a person choose one band or, as None, the colours; by what the flux is multiplied; and whether inverted."""
    bands = {"colour": "Colour"} | {b: b for b in survey.bands}
    if st.session_state.get("band") not in bands:  # chosen in an atlas of another survey
        st.session_state.pop("band", None)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="stretch"):
        band = st.segmented_control(
            "Band",
            list(bands),
            default="colour",
            required=True,
            format_func=bands.__getitem__,
            key="band",
            persist_state="session",
            label_visibility="collapsed",
        )
        brightness = st.select_slider(
            "Stretch",
            list(BRIGHTNESS),
            value=1.0,
            format_func=BRIGHTNESS.__getitem__,
            key="brightness",
            width=190,
            persist_state="session",
            label_visibility="collapsed",
        )
        inverted = st.toggle("Inverted", key="inverted", persist_state="session")
    return None if band == "colour" else band, brightness, inverted
