"""A person's labels as files to take away, such a file brought back, and what is wrong with those on disk.

State of the session: `labels_brought`, what came of the last file (kind of message, sentence), said once.
"""

import pandas as pd
import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.label_files import read_file, write_json
from galexplore.explore.labels import LARGEST_FILE
from pages._parts.verdicts import FORMATS, offer_format
from pages._session.labels import list_troubles, load_labels, put_labels
from pages._session.state import open_explorer, plain


def offer_labels(labels: pd.DataFrame, table: pd.DataFrame) -> None:
    """Offer this person's labels as a file, and take such a file back."""
    with st.popover(f"My labels ({len(labels)})", icon=":material/sell:"):
        st.caption("Saved at once on the server's disk, under a random token that this browser keeps in a cookie.")
        if not labels.empty:
            with st.container(horizontal=True, gap="small"):
                show_downloads(labels, table)
        # A new key after each file: the uploader would else hand the same one over again.
        key = f"labels-file-{st.session_state.get('labels_files', 0)}"
        st.file_uploader(
            "Import labels (JSON or CSV)",
            ["json", "csv"],
            key=key,
            on_change=take_labels,
            args=(key,),
            max_upload_size=LARGEST_FILE // 10**6,
            help="A file exported from this page, or a CSV with the columns id, score (0 to 5) and, optionally, note.",
        )


def show_downloads(labels: pd.DataFrame, table: pd.DataFrame) -> None:
    """Offer the labels in every format; JSON holds exactly what brings them back."""
    columns = [c for c in ("id", "ra", "dec", "population") if c in table]
    named = labels.assign(catalogue=open_explorer().catalogue)
    joined = named.merge(table[columns], on="id", how="left").astype({"score": float})
    name = "labels.json"
    st.download_button(
        "JSON",
        write_json(labels, open_explorer().catalogue),
        name,
        "application/json",
        key="labels-json",
        type="tertiary",
        on_click="ignore",
    )
    for label, suffix in FORMATS.items():
        offer_format(label, joined, f"labels.{suffix}", suffix, f"labels-{suffix}")


def take_labels(key: str) -> None:
    """Take the labels of an uploaded file, and note what to say of it; an uploader that has left the page has none."""
    state = st.session_state
    file = state.get(key)
    if file is None:
        return
    state.labels_files = state.get("labels_files", 0) + 1
    try:
        brought = read_file(file.getvalue(), open_explorer().catalogue)
    except InputError as error:
        state.labels_brought = ("error", str(error))
        return
    standing = {row.id: (row.score, row.note) for row in load_labels().astype({"score": object}).itertuples()}
    last = {label["id"]: label for label in brought.labels}.values()
    new = [label for label in last if not _is_same(standing.get(label["id"]), label)]
    put_labels(new)
    said = f"{len(new):,} label{'' if len(new) == 1 else 's'} imported, {len(last) - len(new):,} already present."
    if brought.refused:
        said += f" {len(brought.refused):,} refused. {brought.say_refused()}"
    state.labels_brought = ("warning" if brought.refused else "success", said)


def _is_same(standing: tuple | None, label: dict) -> bool:
    if standing is None:
        return False
    score = None if pd.isna(standing[0]) else int(standing[0])
    return (score, standing[1]) == (label["score"], label["note"])


def show_label_troubles() -> None:
    """Say what came of a file of labels, and what is wrong with those on disk."""
    state = st.session_state
    kind, said = state.pop("labels_brought", ("", ""))
    if kind:
        {"error": st.error, "warning": st.warning, "success": st.success}[kind](plain(said))
    for trouble in list_troubles():
        st.warning(plain(trouble), icon=":material/healing:")
    if unsaved := state.get("unsaved"):
        count = "The last label is" if len(unsaved) == 1 else f"The last {len(unsaved)} labels are"
        said = f"{count} not saved on disk: {state.unsaved_why}. Closing this window loses them: export, or try again."
        st.warning(plain(said), icon=":material/hard_drive:")
        st.button("Save them now", on_click=put_labels, args=([],), key="write-labels")
