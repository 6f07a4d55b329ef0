"""Several uploads at once: a table of what each came to, and the same as a file with units."""

from functools import partial
from io import BytesIO

import pandas as pd
import streamlit as st

from galexplore.explore.verdicts import Verdict, list_verdicts
from galexplore.latents import LABELLED
from galexplore.tables import catalogue
from pages._session.uploads import choose, forget

MARKS = {
    "located": "✓ located",
    "approximate": "◐ approximate",
    "refused": "✕ refused",
    "outside": "? outside training",
}
FORMATS = {"FITS": "fits", "VOTable": "vot", "ECSV": "ecsv", "CSV": "csv", "Parquet": "parquet"}
SHOWN = {"id": "file", "verdict": "verdict", "lat_redshift": "z", "lat_redshift_sigma": "± z"}
SHOWN |= {"lat_logmass": "log M [M☉]", "lat_logmass_sigma": "± log M", "lat_logsfr": "log SFR [M☉ yr⁻¹]"}
SHOWN |= {
    "lat_logsfr_sigma": "± log SFR",
    "percentile": "anomaly percentile",
    "chi2": "χ² per pixel",
    "detail": "remarks",
}


def write_table(table: pd.DataFrame, kind: str) -> bytes:
    """Write a table in one of `FORMATS`."""
    stream = BytesIO()
    catalogue.write(table, stream, {"vot": "votable"}.get(kind, kind))
    return stream.getvalue()


def offer_format(label: str, table: pd.DataFrame, name: str, kind: str, key: str) -> None:
    """Offer a table in one format, written only when asked for."""
    data, mime = partial(write_table, table, kind), "application/octet-stream"
    st.download_button(label, data, name, mime, key=key, type="tertiary", on_click="ignore")


def offer_table(verdicts: list[Verdict], name: str) -> None:
    """Offer the table of verdicts in every format."""
    with st.popover("Download", icon=":material/download:"):
        st.caption("Latents with errors, units and UCDs; the ids are the file names.")
        table = list_verdicts(verdicts).drop(columns="path")
        for label, suffix in FORMATS.items():
            offer_format(label, table, f"{name}.{suffix}", suffix, f"table-{suffix}")


def show_verdicts(verdicts: list[Verdict]) -> None:
    """List all files with their verdicts; a row that is picked is shown below."""
    good = sum(v.answered for v in verdicts)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"### {good} of {len(verdicts)} located", width="content")
        st.caption("Select a row to see its answer below.", width="content")
        st.space("stretch")
        offer_table(verdicts, "located")
        st.button("Upload others", on_click=forget, key="forget-all", icon=":material/close:", type="tertiary")
    table = list_verdicts(verdicts)
    for name in LABELLED:  # the medians and half of the intervals that are shown below
        if f"{name}_p16" in table:
            table[f"lat_{name}"] = table[f"{name}_p50"]
            table[f"lat_{name}_sigma"] = (table[f"{name}_p84"] - table[f"{name}_p16"]) / 2
    table = table[list(SHOWN)].rename(columns=SHOWN)
    table["verdict"] = [MARKS.get(v, v) for v in table["verdict"]]
    places = {"z": 3, "± z": 3, "anomaly percentile": 1}
    numbers = table.columns[2:-1]
    columns = {c: st.column_config.NumberColumn(format=f"%.{places.get(c, 2)}f") for c in numbers}
    key = f"verdicts-{st.session_state.get('uploads', 0)}"
    height = min(38 + 35 * len(table), 330)
    picked = st.dataframe(
        table,
        hide_index=True,
        column_config=columns,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        height=height,
        placeholder="–",
    )["selection"]["rows"]
    if picked and picked[0] != st.session_state.upload["at"] and picked[0] < len(verdicts):
        choose(picked[0])
        st.rerun()
