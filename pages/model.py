"""The model's card: training, accuracy and calibration, what each number and latent means, uses, limits, citation."""

import streamlit as st

from galexplore import figures
from galexplore.draw.pictures import draw_galaxy
from galexplore.explore.card import (
    describe_meaning,
    describe_recipe,
    describe_source,
    list_limits,
    list_uses,
    sweep_latents,
    title_latents,
    write_bibtex,
)
from galexplore.explore.explorer import Explorer
from galexplore.latents import name_latent
from galexplore.tables.names import format_measurement
from pages._parts.panels import STILL
from pages._parts.scores import show_honesty, show_joint, show_scores
from pages._session.navigation import require_header
from pages._session.state import is_dark, open_explorer, plain


@st.cache_data(max_entries=5, show_spinner=False)
def draw_sweeps(digest: str, _explorer: Explorer) -> dict[str, list[tuple[str, bytes]]]:
    """Draw what each latent does to a typical galaxy: latent to pictures with their values."""
    rows = sweep_latents(_explorer)
    frames = {name: _explorer.decode(latents) for name, (_, latents) in rows.items()}
    survey = _explorer.survey
    return {
        name: [(note, draw_galaxy(f, survey, 150)) for note, f in zip(rows[name][0], frames[name], strict=True)]
        for name in rows
    }


def show_sweeps(explorer: Explorer) -> None:
    """Show what each latent does to a typical galaxy."""
    st.markdown("### What each latent does")
    side = f"{explorer.survey.field:.1f}″ on a side"
    st.caption(f"A typical galaxy, decoded with one latent moved at a time (model reconstruction). {side}.")
    titles = title_latents(explorer)
    for name, cells in draw_sweeps(explorer.digest, explorer).items():
        st.markdown(f"**{titles[name]}**")
        with st.container(key=f"gallery-grid-{name}"):
            grid = st.grid(len(cells), min_column_width=62, gap="xsmall")
            for note, picture in cells:
                with grid.cell():
                    st.image(picture, width="stretch", alt=f"{titles[name]} {note}")
                    st.caption(note, text_alignment="center")


def show_free(free: dict) -> None:
    """Show what the free latent means."""
    st.markdown("### What the free latent means")
    halves = st.container(key="halves-free")
    left, right = halves.columns([3, 2], gap="large", vertical_alignment="center")
    strongest = next(iter(free["spearman"]), "nothing known")
    title = f"The free latent correlates most with {strongest} (Spearman)"
    if free.get("name"):
        title = f"The free latent is {free['name']}"
    chart = figures.plot_relations(free["spearman"], title, is_dark())
    left.plotly_chart(chart, theme=None, config=STILL, key="free", alt=title)
    lines = ["| error of | R² explained by the free latent |", "|---|---:|"]
    lines += [f"| {name_latent(n)} | {format_measurement(*free['leakage'][n])} |" for n in free["leakage"]]
    right.markdown("\n".join(lines))
    said = "Near zero: the free latent holds no information on redshift, mass and SFR that their own latents lack."
    right.caption(said)
    if partial := free.get("partial"):
        lines = ["| free latent with, at fixed z, M, SFR | partial rank correlation |", "|---|---:|"]
        right.markdown("\n".join(lines + [f"| {k} | {format_measurement(*partial[k])} |" for k in list(partial)[:5]]))


def show_pairs(title: str, pairs: list[tuple[str, str]]) -> None:
    """Show pairs of a name and what is to be said of it."""
    lines = [f"| {what} | {words} |" for what, words in pairs]
    st.markdown("\n".join([f"#### {title}", "", "| | |", "|---|---|", *lines]))


def show_model() -> None:
    """Show the card of the model looked at."""
    explorer = open_explorer()
    card, metrics = explorer.card, explorer.card["metrics"]
    left, right = st.container(key="halves-card").columns([5, 4], gap="large")
    with left:
        st.markdown(f"## {'The model' if explorer.name == 'default' else explorer.name}")
        show_scores(metrics, explorer.simulated)
    with right:
        show_pairs("How it was trained", describe_recipe(explorer))
        if source := describe_source(explorer):
            show_pairs("Where its galaxies come from", [(plain(what), plain(words)) for what, words in source])
        show_pairs("What its numbers mean", describe_meaning(explorer))
    show_honesty(explorer, metrics)
    if "joint" in metrics:
        show_joint(metrics["joint"])
    show_sweeps(explorer)
    if "free" in metrics and metrics["free"].get("spearman"):
        show_free(metrics["free"])
    left, right = st.container(key="halves-use").columns(2, gap="large")
    with left:
        st.markdown("### Intended use\n" + "\n".join(f"- {use}" for use in list_uses(explorer)))
        st.markdown("### Limitations\n" + "\n".join(f"- {limit}" for limit in list_limits(explorer)))
    with right:
        st.markdown("### How to cite")
        st.code(write_bibtex(), language="bibtex", wrap_lines=True)
    st.caption(f"Weights {card['sha256']}", width="content")


require_header()
show_model()
