"""What a person looks for on the sky, and what came of it.

State of the session:

sky_wanted : str or None, the name or position that is still to be located
sky_said, sky_outside : str and bool, why the last one was not located, and whether nothing can be had there
sky_list : `galexplore.jobs.locate_sky.SkyList` or None, a list on its way

session : `galexplore.sources.transport.Session`, through which servers are asked, where another than the program's own
was handed in

and of an upload (`pages/_session/uploads.py`) that was fetched:

sky : dict, `place` (`galexplore.sources.sesame.Resolved`), `picture` (`galexplore.sources.sky_pictures.Picture`) and
`layer`, str
"""

from pathlib import Path

import streamlit as st

from galexplore.explore.locate_many import locate_cutout
from galexplore.places import cache_folder
from galexplore.sources.servers import SkyCutout
from galexplore.sources.sesame import Resolved
from galexplore.sources.sky_pictures import Picture
from galexplore.sources.transport import Session, open_session
from pages._session.person import find_labels_file
from pages._session.state import open_explorer
from pages._session.uploads import keep


def find_session() -> Session:
    """Find the session through which servers are asked."""
    return st.session_state.get("session") or open_session()


def find_list_file() -> Path:
    """Find where this person's list is kept until it is forgotten, named as their labels are."""
    return cache_folder() / "lists" / find_labels_file().with_suffix(".json").name


def want(text: str) -> None:
    """Choose what is looked for on the sky; Locate fetches it when it is next shown."""
    st.session_state.sky_wanted, st.session_state.position = text, text
    st.session_state.upload = None


def want_typed() -> None:
    """Choose what was typed on Locate; nothing where its box has left the page."""
    st.session_state.sky_wanted = st.session_state.get("position")


def keep_sky(place: Resolved, picture: Picture, fetched: SkyCutout) -> None:
    """Locate what was fetched, and keep it as an upload is kept."""
    verdict = locate_cutout(fetched.cutout, open_explorer(), simulated=bool(find_session().stand_in))
    keep([verdict])
    st.session_state.upload["sky"] = {"place": place, "picture": picture, "layer": fetched.layer}
