"""A name or a position on the sky: its picture as it comes, then the answer; and where there is no network, the way."""

import streamlit as st

from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.search import Found
from galexplore.explore.services import link_cutout, link_services
from galexplore.sources.servers import OutsideError, fetch_cutout, fetch_picture
from galexplore.sources.sesame import Resolved, find_place
from galexplore.sources.sky_pictures import fetch_sky_picture
from galexplore.sources.transport import NetworkError, ServerError, Session
from galexplore.survey import Survey
from galexplore.tables.positions import parse_position
from pages._parts.samp import offer_position
from pages._parts.surroundings import show_field, show_surroundings
from pages._session.navigation import go_to
from pages._session.sky import find_session, keep_sky, want, want_typed
from pages._session.state import plain

LABEL = "Object name, RA and Dec (degrees or sexagesimal), IAU name, or viewer link"
ROUGH = 2.0  # arcsec: a position that is rounded further may be another galaxy's
DEMO = (
    "Demonstration: a program on this machine replaces the survey servers. Its galaxies are simulated, except for a "
    "few real cutouts."
)


def show_sky(explorer: Explorer) -> None:
    """Ask for a name or a position, and locate what lies there."""
    state, session = st.session_state, find_session()
    st.markdown("### Query by name or position")
    text = st.text_input(LABEL, key="position", max_chars=300, persist_state="session", on_change=want_typed).strip()
    if not text:
        st.caption("Examples: NGC 4565; 146.7142 -1.0413; 09:46:51.4 -01:02:28.6.")
    if session.stand_in:
        st.caption(DEMO)
    wanted = state.pop("sky_wanted", None)
    if text and wanted and wanted.strip() == text:
        state.sky_said, state.sky_outside = "", False
        if locate_on_sky(session, text, explorer):
            st.rerun()
    if text and state.get("sky_said"):
        show_failure(text, explorer.survey)
    elif text:
        st.button("Locate it again", key="sky-again", on_click=want_typed, icon=":material/refresh:")


def locate_on_sky(session: Session, text: str, explorer: Explorer) -> bool:
    """Show a picture as it comes, then fetch the pixels and locate them; return whether there is an answer."""
    state, survey = st.session_state, explorer.survey
    words, frame = st.empty(), st.empty()
    try:
        place = find_place(session, text)
        words.caption(describe_place(place))
        if place.rounding > ROUGH:
            raise OutsideError(
                f"the position of {place.name} is only known to {place.rounding:.0f}″, so it may be another galaxy; "
                "give a more precise position"
            )
        picture = fetch_picture(session, place.ra, place.dec, survey)
        with frame.container():
            st.image(picture.data, width=256, caption=picture.credit, alt=f"The sky at {place.name}")
            st.caption("Preview image. The FITS cutout is being downloaded.")
        fetched = fetch_cutout(session, place.ra, place.dec, survey, place.name, picture.layer, at_once=True)
        keep_sky(place, picture, fetched)
        return True
    except OutsideError as error:
        state.sky_said, state.sky_outside = str(error), True
        show_last_resort(session, place, survey)
    except NetworkError as error:
        unread = "could not parse this as coordinates, and names are not resolved: " * (parse_position(text) is None)
        state.sky_said = f"{unread}{error}"
    except InputError as error:
        state.sky_said = str(error)
    frame.empty()
    return False


def describe_place(place: Resolved) -> str:
    """Say where a name lies, what it is and who says so."""
    by = f", by {place.by}" if place.by else ""
    kind = f" ({place.kind})" if place.kind else ""
    return f"{plain(place.name)}{plain(kind)}: RA {place.ra:.5f}°, Dec {place.dec:+.5f}°{plain(by)}"


def show_last_resort(session: Session, place: Resolved, survey: Survey) -> None:
    """Show a picture of another survey, which is announced as such; nothing where it cannot be had."""
    try:
        picture = fetch_sky_picture(session, place.ra, place.dec, survey)
    except ServerError:
        return
    said = f"{picture.credit}: for display only; nothing is inferred from it."
    st.image(picture.data, width=256, caption=said, alt=f"The sky at {place.name}")


def show_failure(text: str, survey: Survey) -> None:
    """Say why there is no answer, and where the cutout of a position can be had by hand."""
    state = st.session_state
    sentence = state.sky_said[:1].upper() + state.sky_said[1:].rstrip(".")
    try:
        position = parse_position(text)
    except InputError:
        position = None
    if position is None or state.get("sky_outside"):
        st.error(f"{plain(sentence)}.", icon=":material/block:")
        return
    ra, dec = position
    st.markdown(f"**RA {ra:.5f}°, Dec {dec:+.5f}°.** Download the survey's cutout and upload it here.")
    st.caption(f"{plain(sentence)}.")
    if address := link_cutout(ra, dec, survey):
        st.link_button("Download its FITS cutout", address, icon=":material/download:")


def show_source(upload: dict, explorer: Explorer) -> None:
    """Show of an answer that was fetched where it lies, the picture, whom to credit, and what others know of it."""
    sky = upload.get("sky")
    if not sky:
        return
    place, demo = sky["place"], bool(find_session().stand_in)
    left, right = st.columns([1, 4], vertical_alignment="center")
    left.image(sky["picture"].data, alt=f"The sky at {place.name}")
    with right:
        st.markdown(describe_place(place))
        st.caption(DEMO if demo else f"Image: {sky['picture'].credit}; cutout from {sky['layer']}.")
        if not demo:
            with st.container(horizontal=True, gap="small"):
                for name, address in link_services(place.ra, place.dec, explorer.survey).items():
                    st.link_button(name, address, icon=":material/open_in_new:")
            show_surroundings(place.ra, place.dec, "sky")
            offer_position(place.ra, place.dec, "sky")
        show_field(explorer, place.ra, place.dec, "sky")


def offer_sky(text: str, answer: Found) -> None:
    """Offer to look on the sky for what was typed into the search, where no galaxy of the atlas was surely meant."""
    if (answer.id and answer.near) or find_session().off:
        return
    if st.button("Look for it on the sky", key="search-sky", icon=":material/travel_explore:", type="tertiary"):
        want(text)
        go_to("locate")
