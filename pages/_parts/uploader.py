"""Where files of a person's own go, and the two samples that ship for whoever has none."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import streamlit as st

from galexplore.explore.locate_many import stream_verdicts
from galexplore.places import SAMPLES
from galexplore.survey import DECALS, Survey
from pages._session.state import open_explorer
from pages._session.uploads import keep, take_files

TYPES = ["fits", "fit", "fts", "fz", "gz", "bz2", "xz", "npy", "npz", "jpg", "jpeg", "png"]
#: What each sample is called on a button, by its file's name.
NAMES = {"spiral": "Spiral galaxy", "green-pea": "Green Pea"}


def show_uploader(survey: Survey, key: str, label: str = "", then: Callable[[], None] | None = None) -> None:
    """Show where files go.

    Parameters
    ----------
    survey : Survey
    key : str
        Of the place on the page; each upload empties it.
    label : str
        What is said before the kinds of files.
    then : callable, optional
        Called once files are read.
    """
    key = f"{key}-{st.session_state.get('uploads', 0)}"
    said = f"{label}FITS, npy, npz, JPEG or PNG files, up to 20 MB each, "
    said += f"or {survey.count_word} single-band files of one galaxy"

    def take() -> None:
        if take_files(key) and then:
            then()

    st.file_uploader(said, TYPES, accept_multiple_files=True, key=key, on_change=take, max_upload_size=20)


def list_samples(survey: Survey) -> list[Path]:
    """List the sample cutouts that ship; none for another survey than theirs."""
    return [path for name in NAMES if (path := SAMPLES / f"{name}.fits.fz").exists()] if survey == DECALS else []


def name_sample(path: Path) -> str:
    """Call a sample by its kind."""
    return NAMES[path.name.partition(".")[0]]


def try_file(path: Path) -> None:
    """Locate a sample as if it had been uploaded; it is called simulated."""
    blocks = stream_verdicts([(path.read_bytes(), path.name)], open_explorer(), ask=True)
    keep([replace(verdict, simulated=True) for block in blocks for verdict in block])
