"""Where a galaxy of one's own lies: upload, audit, what it is, what it resembles, why it is odd."""

import json
import math

import streamlit as st

from galexplore import figures
from galexplore.config import LATENTS, SURVEY
from galexplore.cutout import Cutout, InputError
from galexplore.explorer import TITLES
from galexplore.readers import read
from pages._panels import describe, draw_catalogue, mark, show_images, show_neighbours, show_reasons
from pages._state import KINDS_AT_FIRST, is_dark, open_explorer, plain, start_from

TYPES = ["fits", "fit", "fts", "fz", "gz", "npy", "npz", "jpg", "jpeg", "png"]
MARKS = {"passed": ":green[✓\u00a0passed]", "fixed": ":orange[◐\u00a0fixed]", "refused": ":red[✕\u00a0refused]"}
NAMES = {"pixel_scale": "pixel scale", "flux_units": "flux units", "missing": "missing pixels"}


def take_files() -> None:
    """Read what was uploaded into the session's state, since an uploader forgets its files on leaving the page."""
    files = st.session_state["files"]
    if files:
        data, names = [f.getvalue() for f in files], [f.name for f in files]
        settle({"data": data, "names": names})


def settle(upload: dict, scale: float | None = None) -> None:
    """Read and locate an upload; what came of it, good or bad, is kept."""
    data, names = upload.get("data"), upload.get("names")
    try:
        if data:
            if len(data) not in (1, 3):
                raise InputError(f"{len(data)} files were given; give one, or three with a single band each")
            single = len(data) == 1
            upload["cutout"] = read(data[0] if single else data, pixel_scale=scale, name=names[0] if single else names)
        if upload["cutout"].pixel_scale is None:
            upload["ask"] = True
        else:
            upload["location"] = open_explorer().locate(upload["cutout"])
            upload.pop("data", None)
            upload.pop("ask", None)
    except InputError as error:
        upload["error"], upload["checks"] = str(error), error.checks
        upload.pop("data", None)
        upload.pop("ask", None)
    st.session_state.upload = upload


def choose_sample(explorer, kind: str) -> str:
    """Pick a fairly bright galaxy of a population: its id."""
    table = explorer.table[explorer.table["population"] == kind]
    return (table.sort_values("mag_r") if "mag_r" in table else table)["id"].iloc[len(table) // 10]


def try_sample(identifier: str) -> None:
    """Locate a simulated galaxy as if it had been uploaded."""
    flux = open_explorer().images([identifier])[0]
    about = {"name": identifier, "kind": "simulated galaxy", "orientation": (1, 0.0)}
    settle({"cutout": Cutout(flux, SURVEY.model_scale, **about), "simulated": True})


def show_samples(explorer) -> None:
    """Offer simulated galaxies to whoever has no file at hand."""
    st.caption("No file at hand? Try a simulated galaxy.")
    kinds = [k for k in ("Green Pea", "Red Spiral", "ordinary") if (explorer.table["population"] == k).any()]
    ids = tuple(choose_sample(explorer, kind) for kind in kinds)
    with st.container(horizontal=True):
        for kind, name, picture in zip(kinds, ids, draw_catalogue(ids), strict=True):
            with st.container(width=150, key=f"sample-{kind}"):
                st.image(picture, alt=f"Simulated {kind} galaxy")
                label = f"{mark(kind)} {kind}" if mark(kind) else "Ordinary"
                st.button(label, key=f"try-{kind}", on_click=try_sample, args=(name,), width="stretch")


def forget() -> None:
    """Drop the upload."""
    st.session_state.upload = None


def show_audit(checks) -> None:
    """List the checks, each with a mark, a word and a sentence."""
    lines = ["| | check | what was found |", "|---|---|---|"]
    lines += [f"| {MARKS[c.status]} | **{NAMES.get(c.check, c.check)}** | {plain(c.detail)} |" for c in checks]
    st.markdown("\n".join(lines))


def ask_scale(upload: dict) -> None:
    """Ask for what the file does not say."""
    with st.container(border=True, key="ask-scale"):
        st.markdown(f"**{plain(upload['cutout'].name)}** does not say how large its pixels are.")
        with st.form("scale", border=False):
            scale = st.number_input("Pixel scale [arcsec a pixel]", 0.01, 5.0, SURVEY.pixel_scale, 0.001, "%.3f")
            if st.form_submit_button("Locate it", type="primary"):
                settle(upload, scale)
                st.rerun()


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


def show_location(explorer, upload: dict) -> None:
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
        st.markdown(f"**What makes it odd:** {location.reason}")
        show_reasons(explorer, location.latents, location.sigma, location.rarity, "upload")
    show_position(explorer, location)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**What it resembles:** its nearest galaxies in the atlas")
        show_neighbours(location.neighbours, "near")
    with right:
        st.markdown("**Audit** of what was read")
        show_audit(location.prepared.checks)


def show_empty() -> None:
    """Say what to do, and offer a galaxy to try."""
    st.markdown("## Drop in a galaxy")
    st.markdown(
        "A cutout in g, r, z centred on it, at least 20″ wide: a Legacy Survey FITS cube, three single-band files, "
        "a numpy array, or a viewer JPEG (approximate). In a second: its redshift, stellar mass and star-formation "
        "rate with error bars, where it lies, what it resembles, and what makes it odd."
    )


def show_page() -> None:
    """Lay the page out."""
    explorer, upload = open_explorer(), st.session_state.get("upload")
    if not upload:
        show_empty()
    if not upload or "location" not in upload:
        st.file_uploader(
            "A FITS, npy, npz, JPEG or PNG file, up to 20 MB; or three single-band files at once",
            TYPES,
            accept_multiple_files=True,
            key="files",
            on_change=take_files,
            max_upload_size=20,
        )
        show_samples(explorer)
    if upload and upload.get("ask"):
        ask_scale(upload)
    elif upload and "error" in upload:
        st.error(f"**This file cannot be used:** {plain(upload['error'])}.", icon=":material/block:")
        show_audit(upload["checks"])
    elif upload:
        show_location(explorer, upload)


show_page()
