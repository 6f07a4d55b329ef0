"""The header that every page shares: which atlas, the search, the selection with its export."""

import streamlit as st

from galexplore.atlas.kinds import count_artefacts
from galexplore.explore import search
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import AtlasState
from galexplore.explore.models import find_damage, list_models, stat_files
from pages._parts.leaving import show_export
from pages._parts.sky import offer_sky
from pages._parts.steps import offer_steps
from pages._session.state import clear_selection, forget_drawn, forget_galaxies, open_galaxy, plain
from pages._session.widgets import fill_widgets

PLACEHOLDER = "id, RA Dec, IAU name or viewer link"


def change_atlas() -> None:
    """Forget what belongs to the atlas that is left."""
    state = st.session_state
    state.selection, state.opened, state.upload = [], None, None
    forget_galaxies()
    for key in [k for k in state if isinstance(k, str) and k.startswith("filter-")]:
        del state[key]
    state.atlas, state.atlas_state = state["choose-atlas"], AtlasState()
    fill_widgets()
    forget_drawn()


@st.cache_data(max_entries=200, show_spinner=False)
def _find_damage(name: str, state: tuple) -> str:
    return find_damage(name)


def name_state(name: str) -> str:
    """Call a model by its name, and say whether it is damaged; its files are hashed anew where they changed."""
    return f"{name} (damaged)" if _find_damage(name, stat_files(name)) else name


def choose_atlas(current: str) -> None:
    """Offer the atlases where there is another one than that; of those that are damaged it is said."""
    names = list_models()
    if set(names) - {current}:
        at = names.index(current) if current in names else 0
        st.selectbox(
            "Atlas",
            names,
            at,
            key="choose-atlas",
            help="A trained model with its atlas and catalogue",
            on_change=change_atlas,
            format_func=name_state,
            label_visibility="collapsed",
            width=150,
        )


def show_model(explorer: Explorer) -> None:
    """Say which atlas is shown, and offer the others where there are any."""
    choose_atlas(explorer.name)
    artefacts = count_artefacts(explorer.kinds)
    more = f" · {artefacts:,} artefacts" if artefacts else ""
    st.markdown(f"{explorer.survey.name} · {len(explorer.table) - artefacts:,} galaxies{more}", width="content")
    if explorer.simulated:
        st.badge(
            "simulated",
            color="gray",
            help="Simulated galaxies, rendered with the survey's PSF and noise. They do not exist on the real sky.",
        )


def show_search() -> str:
    """Show the search box; return what was typed."""
    icon = ":material/search:"
    return st.text_input(
        "Search", key="object", placeholder=PLACEHOLDER, label_visibility="collapsed", icon=icon, width=290
    ).strip()


def show_answer(explorer: Explorer, text: str, url: str) -> None:
    """Say what a search came to; a new one opens its galaxy. `url` is that of the page it stands on."""
    asked, answer = st.session_state.get("answered", (None, None))
    if asked != (text, explorer.name):
        answer = search.find(explorer.table, text, explorer.simulated)
        st.session_state.answered = ((text, explorer.name), answer)
        if answer.id and answer.near:
            open_galaxy(answer.id)
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="answer"):
        st.caption(plain(answer.said), width="content")
        if answer.id and not answer.near:
            st.button(f"Open {answer.id}", key="open-nearest", on_click=open_galaxy, args=(answer.id,), type="tertiary")
        offer_sky(text, answer)
        if st.session_state.opened and url in ("traverse", "locate"):
            st.page_link("pages/galaxy.py", label="see its card", width="content")


def show_trouble(explorer: Explorer) -> None:
    """Say once what of a link could not be used, and once what is wrong with pictures or their disk."""
    state = st.session_state
    for sentence in state.pop("trouble", []):
        st.warning(plain(sentence), icon=":material/link_off:")
    state.trouble = []
    unkept = getattr(explorer.images, "trouble", "")
    if unkept and state.get("unkept") != unkept:
        st.warning(plain(unkept), icon=":material/hard_drive:")
        state.unkept = unkept


def count_selected(explorer: Explorer) -> None:
    """Show how many galaxies are selected, with export and clear."""
    n = len(st.session_state.selection)
    st.markdown(f"**{n:,}** selected" if n else ":gray[nothing selected]", width="content")
    if n:
        with st.popover("Export", icon=":material/download:", key="export"):
            show_export(explorer)
    idle = not (n or st.session_state.opened)
    st.button("Clear", type="tertiary", disabled=idle, on_click=clear_selection, key="clear")
    offer_steps()
