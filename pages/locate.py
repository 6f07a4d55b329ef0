"""Where a galaxy of one's own lies: upload, audit, what it is, what it resembles, why it is odd."""

import streamlit as st

from galexplore.config import SURVEY
from galexplore.cutout import Cutout, InputError
from galexplore.readers import read
from pages._location import show_audit, show_location
from pages._panels import draw_catalogue, mark
from pages._state import open_explorer, plain, require_header

TYPES = ["fits", "fit", "fts", "fz", "gz", "npy", "npz", "jpg", "jpeg", "png"]


def keep(**upload) -> None:
    """Keep what came of an upload; the next one starts with an empty uploader, which would forget its files anyway."""
    st.session_state.upload = upload
    st.session_state.uploads = st.session_state.get("uploads", 0) + 1


def take_files(key: str) -> None:
    """Read what was uploaded."""
    files = st.session_state[key]
    if files:
        read_files([f.getvalue() for f in files], [f.name for f in files])


def read_files(data: list[bytes], names: list[str], scale: float | None = None) -> None:
    """Read one file or three, and locate the galaxy unless its pixel scale has to be asked for."""
    try:
        if len(data) not in (1, 3):
            raise InputError(f"{len(data)} files were given; give one, or three with a single band each")
        single = len(data) == 1
        cutout = read(data[0] if single else data, pixel_scale=scale, name=names[0] if single else names)
    except InputError as error:
        return keep(error=str(error), checks=error.checks)
    return keep(ask=(data, names), name=cutout.name) if cutout.pixel_scale is None else locate(cutout)


def locate(cutout: Cutout, simulated: bool = False) -> None:
    """Locate a cutout, or keep why it was refused."""
    try:
        keep(location=open_explorer().locate(cutout), simulated=simulated)
    except InputError as error:
        keep(error=str(error), checks=error.checks)


def choose_sample(explorer, kind: str) -> str:
    """Pick a fairly bright galaxy of a population: its id."""
    table = explorer.table[explorer.table["population"] == kind]
    return (table.sort_values("mag_r") if "mag_r" in table else table)["id"].iloc[len(table) // 10]


def try_sample(identifier: str) -> None:
    """Locate a simulated galaxy as if it had been uploaded."""
    flux = open_explorer().images([identifier])[0]
    about = {"name": identifier, "kind": "simulated galaxy", "orientation": (1, 0.0)}
    locate(Cutout(flux, SURVEY.model_scale, **about), simulated=True)


def show_samples(explorer) -> None:
    """Offer simulated galaxies to whoever has no file at hand."""
    st.markdown("### No file at hand?")
    st.markdown("Try a simulated galaxy.")
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


def ask_scale(upload: dict) -> None:
    """Ask for what the file does not say."""
    with st.form("scale", width=520):
        st.markdown(f"**{plain(upload['name'] or 'This file')}** does not say how large its pixels are.")
        scale = st.number_input("Pixel scale [arcsec a pixel]", 0.01, 5.0, SURVEY.pixel_scale, 0.001, "%.3f")
        if st.form_submit_button("Locate it", type="primary"):
            read_files(*upload["ask"], scale)
            st.rerun()


def show_empty() -> None:
    """Say what to do, and offer a galaxy to try."""
    st.markdown("## Drop in a galaxy")
    st.markdown(
        "A cutout in g, r, z centred on it, at least 20″ wide: a Legacy Survey FITS cube, three single-band files, "
        "a numpy array, or a viewer JPEG (approximate). In a second: its redshift, stellar mass and star-formation "
        "rate with error bars, where it lies, what it resembles, and what makes it odd."
    )


def show_uploader() -> None:
    """Show where files go."""
    key = f"files-{st.session_state.get('uploads', 0)}"
    label = "A FITS, npy, npz, JPEG or PNG file, up to 20 MB; or three single-band files at once"
    about = {"on_change": take_files, "args": (key,), "max_upload_size": 20}
    with st.container(key="drop"):
        st.file_uploader(label, TYPES, accept_multiple_files=True, key=key, **about)


def show_trouble(upload: dict) -> None:
    """Ask for what is missing, or say why the upload was refused."""
    if "ask" in upload:
        ask_scale(upload)
    if "error" in upload:
        st.error(f"**This cannot be used:** {plain(upload['error'].rstrip('.'))}.", icon=":material/block:")
        if upload["checks"]:
            st.markdown("**Audit** up to where it stopped")
            show_audit(upload["checks"])


def show_page() -> None:
    """Lay the page out."""
    explorer, upload = open_explorer(), st.session_state.get("upload") or {}
    if "location" in upload:
        show_location(explorer, upload, forget)
        return
    left, right = st.columns([5, 3], gap="large")
    with left:
        if not upload:
            show_empty()
        show_uploader()
        show_trouble(upload)
    with right:
        show_samples(explorer)


require_header()
show_page()
