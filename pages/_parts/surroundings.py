"""What lies about a place on the sky, two arcminutes of it: a picture, or Aladin Lite, which a click loads."""

import json

import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.search import list_near
from galexplore.sources.servers import fetch_picture
from galexplore.tables.names import format_angle
from pages._session.sky import find_session
from pages._session.state import plain

#: Arcmin that are shown.
FIELD = 2.0
_NAMED = 5  # galaxies of the atlas that are named
_SCRIPT = "https://aladin.cds.unistra.fr/AladinLite/api/v3/latest/aladin.js"
_PAGE = """<div id="sky" style="width:100%;height:400px"></div><p id="said" style="font:14px sans-serif;color:#888"></p>
<script>
const tell = () => {{ document.getElementById("sky").style.display = "none";
  document.getElementById("said").textContent = "Aladin Lite cannot be loaded: no network connection?"; }};
const script = document.createElement("script");
script.src = {script}; script.onerror = tell;
script.onload = () => A.init.then(() => A.aladin("#sky", {options})).catch(tell);
document.head.append(script);
</script>"""


def show_field(explorer: Explorer, ra: float, dec: float, key: str) -> None:
    """Offer a picture of the field about a place (degrees, ICRS), and say which galaxies of the atlas lie in it.

    No simulated galaxy is named: none lies on the sky.
    """
    session = find_session()
    if session.off or not st.toggle(f"Image of the field, {FIELD:g}′", key=f"field-{key}"):
        return
    try:
        picture = fetch_picture(session, ra, dec, explorer.survey, 60 * FIELD)
    except InputError as error:
        st.caption(f"{plain(str(error)[:1].upper() + str(error)[1:].rstrip('.'))}.")
        return
    st.image(picture.data, width=256, caption=picture.credit, alt=f"The sky around it, {FIELD:g} arcmin wide")
    if explorer.simulated:
        st.caption("The galaxies of the atlas are simulated: none of them is in this field.")
        return
    near = list_near(explorer.table, ra, dec, 30 * FIELD)
    named = [f"{plain(name)} ({format_angle(gap)})" for name, gap in near[:_NAMED]]
    more = f" and {len(near) - _NAMED} more" if len(near) > _NAMED else ""
    found = f"Galaxies of the atlas in this field: {', '.join(named)}{more}."
    st.caption(found if near else "No other galaxy of the atlas is in this field.")


def show_surroundings(ra: float, dec: float, key: str) -> None:
    """Offer to look at the surroundings of a place (degrees, ICRS); nothing is loaded before the click.

    Not offered where the network is switched off, or a stand-in answers for it.
    """
    session = find_session()
    if session.off or session.stand_in:
        return
    if st.toggle(f"Surroundings, {FIELD:g}′ (Aladin Lite)", key=f"around-{key}", help="Loads Aladin Lite of the CDS."):
        st.iframe(write_page(ra, dec), height=440)


def write_page(ra: float, dec: float) -> str:
    """Write the page that loads Aladin Lite about a place; of the place only numbers enter it."""
    options = {"target": f"{float(ra):.6f} {float(dec):+.6f}", "fov": FIELD / 60, "cooFrame": "ICRS"}
    options |= {"survey": "CDS/P/DESI-Legacy-Surveys/DR10/color", "showReticle": True, "showLayersControl": True}
    return _PAGE.format(script=json.dumps(_SCRIPT), options=json.dumps(options))
