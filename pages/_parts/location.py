"""The answer to an upload: what it is, where it lies, what makes it odd, what it resembles, and its audit."""

import json
import math
from collections.abc import Callable
from functools import partial

import streamlit as st

from galexplore.draw import bands
from galexplore.explore.card import title_latents
from galexplore.explore.explorer import Explorer
from galexplore.explore.galaxy_snippets import write_location
from galexplore.explore.location import Location
from galexplore.latents import LATENTS
from galexplore.survey import Survey
from pages._parts.audit import show_audit
from pages._parts.code import offer_code
from pages._parts.known import show_known
from pages._parts.oddity import show_ordinary, show_reasons, show_statement
from pages._parts.panels import format_latent, show_images, show_neighbours
from pages._parts.position import show_position
from pages._parts.shares import show_shares
from pages._parts.sky import show_source
from pages._parts.verdicts import offer_table
from pages._session.navigation import go_to
from pages._session.start import start_from_upload
from pages._session.state import plain

UNSEEN = "unseen"  # the label of a number that is there to be loaded, not shown


def show_numbers(explorer: Explorer, location: Location) -> None:
    """Show the five latents with their intervals."""
    values, titles = location.values, title_latents(explorer)
    for column, name in zip(st.columns(5), LATENTS, strict=True):
        i, turn = LATENTS.index(name), 180 / math.pi if name == "phi" else 1
        measured = format_latent(name, values[i], location.sigma[i])
        if name == "redshift" and location.given and not location.given.error:
            measured = f"{location.given.redshift:g}, known"
        cell = column.container(gap=None)
        cell.metric(titles[name].partition(":")[0], measured, help=titles[name] if ":" in titles[name] else None)
        digits = {"phi": 0, "redshift": 3}.get(name, 2)
        spans = [(turn * low, turn * high) for low, high in (location.interval(name), location.interval(name, 95))]
        lines = [
            f"{p} %: {low:.{digits}f} to {high:.{digits}f}" for p, (low, high) in zip((68, 95), spans, strict=True)
        ]
        cell.caption("PA undefined" if measured == "undetermined" else "  \n".join(lines))


def load_ahead() -> None:
    """Have an idle browser load, unseen, what shows numbers and plots: an answer would wait for it."""
    with st.container(key="unseen"):
        st.metric(UNSEEN, "0")
        st.plotly_chart({"data": [{"x": [0], "y": [0]}]}, key="unseen-plot", theme=None, height=100)


def show_head(explorer: Explorer, upload: dict, forget: Callable[[], None]) -> None:
    """Show its name, what is to be known of it at once, and what can be done with it."""
    location = upload["location"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"### {plain(location.source.name or 'Your galaxy')}", width="content")
        if upload.get("simulated"):
            st.badge("simulated", color="gray")
        if location.source.approximate:
            st.badge("approximate: fluxes from a JPEG or PNG", color="orange")
        st.space("stretch")
        if st.button("Send to Traverse", type="primary", icon=":material/tune:", key="send"):
            start_from_upload()
            go_to("traverse")
        text, icon = json.dumps(location.to_dict(), indent=2, allow_nan=False), ":material/download:"
        st.download_button("JSON", text, "location.json", "application/json", icon=icon, key="json", on_click="ignore")
        if len(upload["verdicts"]) == 1:
            offer_table(upload["verdicts"], "location")
        if location.answered and not upload.get("simulated"):  # a sample is no file
            offer_code("locate", write_location(explorer, location))
        if len(upload["verdicts"]) == 1:
            st.button("Upload another", on_click=forget, key="forget", icon=":material/close:", type="tertiary")
    sentence = plain(location.validity.sentence)
    if not location.validity.reasons:
        st.caption(sentence)
        return
    (st.warning if location.answered else st.error)(sentence, icon=":material/travel_explore:")


def show_pixels(location: Location, survey: Survey) -> None:
    """Show the image, the model and the very pixels that were encoded."""
    prepared = location.prepared
    show_images(prepared.flux, location.reconstruction, survey, prepared.valid)
    fixed = [c for c in prepared.checks if c.status == "fixed"]
    audit = f"{len(prepared.checks) - len(fixed)} passed, {len(fixed)} fixed"
    worse = f"{location.embedder.judged}, percentile {location.chi2_percentile:.0f} of the atlas"
    st.caption(f"Input checks: {audit}. Reconstruction χ² {location.chi2:.2f} {worse}.")
    picture = bands.draw_bands(prepared.flux, prepared.valid, survey)
    st.image(picture, width="stretch", alt=f"The {survey.count_word} bands")
    with st.container(horizontal=True, vertical_alignment="center"):
        grid = f"{survey.size} × {survey.size} pixels given to the encoder, {survey.field:.1f}″ wide"
        st.caption(f"The {grid}; north up, east left. Blue: missing pixels, filled in.", width="stretch")
        data, mime, icon = partial(bands.write_npy, prepared.flux), "application/octet-stream", ":material/download:"
        st.download_button("npy", data, "encoded.npy", mime, icon=icon, key="npy", on_click="ignore")


def show_neighbourhood(explorer: Explorer, location: Location) -> None:
    """Show its neighbours and, where the atlas knows more than one kind, of which it may be by counting theirs."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**What it resembles**", width="content")
        if explorer.simulated:
            st.badge("simulated", color="gray", help="Galaxies of the atlas, near in latent space; they are not real.")
    if len(explorer.kinds) > 1:
        show_shares(explorer, location)
    show_neighbours(location.neighbours, "near")


def show_unanswered(explorer: Explorer, location: Location) -> None:
    """Show what there is to see of an image to which no answer is given: its pixels and its audit."""
    left, right = st.columns(2, gap="large")
    with left:
        show_pixels(location, explorer.survey)
    with right:
        st.markdown("**Input checks**")
        show_audit(location.prepared.checks)


def show_location(explorer: Explorer, upload: dict, forget: Callable[[], None]) -> None:
    """Show all that is said of a located cutout."""
    location = upload["location"]
    show_head(explorer, upload, forget)
    show_source(upload, explorer)
    if not location.answered:
        show_unanswered(explorer, location)
        return
    show_numbers(explorer, location)
    fill_density = show_known(explorer.table, location)
    left, right = st.container(key="halves-answer").columns(2, gap="large")
    with left:
        show_pixels(location, explorer.survey)
    with right:
        show_statement(location.explanation)
        show_reasons(location.explanation, "upload")
        show_ordinary(location.explanation, explorer.survey, location.prepared.flux)
    place = st.container()  # plots come last: while a browser draws them, it shows nothing else that has come
    left, right = st.container(key="halves-company").columns(2, gap="large")
    with left:
        show_neighbourhood(explorer, location)
    with right:
        st.markdown("**Input checks**")
        show_audit(location.prepared.checks)
    fill_density()
    with place:
        show_position(explorer, location)
