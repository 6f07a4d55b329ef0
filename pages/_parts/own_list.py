"""A person's own list of galaxies, marked on the plots.

State of the session, under `listed` (None before anything was given): a dict with

name : str, of the file
ids, rows : list of str and ndarray (n,) of int, the galaxies that are here, and their places in the atlas's table
said, good : str and bool, what became of the list, and whether it could be used
asked : tuple, the file, the radius and the atlas for which this holds
"""

import numpy as np
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.tables import match
from pages._session.state import plain, select


def choose_list(explorer: Explorer) -> None:
    """Take a table or a list of the person's own, and say how many of its galaxies are here."""
    state = st.session_state
    st.markdown("**Mark your own galaxies** with star symbols: a table with a column `id`, or `ra` and `dec`.")
    radius = st.number_input("Match positions within [arcsec]", 0.1, 60.0, 2.0, 0.5, "%.1f", key="list-radius")
    key = f"list-{state.setdefault('lists', 0)}"
    kinds = "csv tsv txt dat tbl mrt cat fits fit vot xml ecsv parquet pq gz bz2".split()
    file = st.file_uploader(
        "CSV, TSV, CDS, FITS, VOTable, ECSV or Parquet, also compressed, up to 20 MB",
        kinds,
        key=key,
        max_upload_size=20,
    )
    if file is not None:
        take_list(explorer, file, radius)
    if state.listed:
        show_list()


def take_list(explorer: Explorer, file: UploadedFile, radius: float) -> None:
    """Match an uploaded list, once for each file and radius."""
    state, asked = st.session_state, (file.file_id, radius, explorer.name)
    if state.listed and state.listed["asked"] == asked:
        return
    try:
        matched = match.match_list(explorer.table, match.read_list(file.getvalue()), radius)
        rows, said, good = matched.rows, matched.said, True
    except InputError as error:
        rows, said, good = np.empty(0, int), str(error), False
    ids = explorer.table["id"].iloc[rows].tolist()
    state.listed = {"name": file.name, "ids": ids, "rows": rows, "said": said, "good": good, "asked": asked}


def show_list() -> None:
    """Say what became of the list, and offer to select or to forget it."""
    listed = st.session_state.listed
    sentence = f"**{plain(listed['name'][:40])}:** {plain(listed['said'])}"
    if listed["good"]:
        st.markdown(sentence)
    else:
        st.error(sentence, icon=":material/block:")
    with st.container(horizontal=True):
        if listed["ids"]:
            st.button(
                "Select them", key="select-list", on_click=select, args=(listed["ids"],), icon=":material/select:"
            )
        st.button("Remove the list", key="forget-list", on_click=forget_list, type="tertiary")


def forget_list() -> None:
    """Drop the list; the next one starts with an empty uploader."""
    st.session_state.listed = None
    st.session_state.lists = st.session_state.get("lists", 0) + 1
