"""What lies about a place on the sky: two arcminutes of it in Aladin Lite, which a click loads and nothing before."""

import json

import streamlit as st

from pages._session.sky import find_session

#: Arcmin that are shown.
FIELD = 2.0
_SCRIPT = "https://aladin.cds.unistra.fr/AladinLite/api/v3/latest/aladin.js"
_PAGE = """<div id="sky" style="width:100%;height:400px"></div><p id="said" style="font:14px sans-serif;color:#888"></p>
<script>
const tell = () => {{ document.getElementById("sky").style.display = "none";
  document.getElementById("said").textContent = "Aladin Lite cannot be loaded: there seems to be no network."; }};
const script = document.createElement("script");
script.src = {script}; script.onerror = tell;
script.onload = () => A.init.then(() => A.aladin("#sky", {options})).catch(tell);
document.head.append(script);
</script>"""


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
