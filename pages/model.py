"""The model's card: what it was taught, how good and how honest it is, what each latent does, what it does not do."""

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.draw.pictures import draw_galaxy
from galexplore.explore.card import describe_recipe, list_limits, read_citation, sweep_latents
from galexplore.latents import LABELLED, TITLES
from galexplore.posterior.metrics import collect
from galexplore.tables.names import format_measurement
from pages._parts.panels import STILL
from pages._session.state import is_dark, open_explorer, require_header

SCORES = {
    "r2": "R² = 1 − SSE/SST",
    "pearson_r2": "squared Pearson r",
    "nmad": "robust scatter (NMAD)",
    "bias": "bias (median)",
    "outlier_fraction": "outliers",
    "crps": "CRPS",
    "coverage68": "68.3 % intervals cover",
    "coverage95": "95 % intervals cover",
}
PER_CENT = ("outlier_fraction", "coverage68", "coverage95")


@st.cache_data(max_entries=5, show_spinner=False)
def compare_with_truth(atlas: str, sha: str, split: str, _explorer) -> dict:
    """Compare the latents of one split with the catalogue, once; of all galaxies where it names no splits."""
    table = _explorer.table
    chosen = table["split"] == split if "split" in table else np.ones(len(table), bool)
    return collect(table[chosen].reset_index(drop=True), _explorer.card["calibration"])


@st.cache_data(max_entries=5, show_spinner=False)
def draw_grid(atlas: str, sha: str, _explorer) -> dict:
    """Draw what each latent does to a typical galaxy: title to pictures with their values."""
    rows = sweep_latents(_explorer)
    frames = {name: _explorer.decode(latents) for name, (_, latents) in rows.items()}
    survey = _explorer.survey
    return {
        name: [(note, draw_galaxy(f, survey, 150)) for note, f in zip(rows[name][0], frames[name], strict=True)]
        for name in rows
    }


def show_scores(metrics: dict, simulated: bool) -> None:
    """Show the scores with their bootstrap errors."""
    known = [latent for latent in LABELLED if latent in metrics]
    lines = ["| | " + " | ".join(TITLES[n].lower() for n in known) + " |", "|---|" + "---:|" * len(known)]
    for score, title in SCORES.items():
        cells = []
        for latent in known:
            if score not in metrics[latent]:
                cells.append("")
                continue
            value, error = metrics[latent][score]
            scale, unit = (100, "%") if score in PER_CENT else (1, "")
            dex = "dex" if score in ("nmad", "bias", "crps") and latent != "redshift" else unit
            cells.append(format_measurement(scale * value, scale * error, dex))
        lines.append(f"| {title} | {' | '.join(cells)} |")
    st.markdown("\n".join(lines))
    angle = ""
    if "median_error_deg" in metrics.get("phi", {}):
        off = format_measurement(*metrics["phi"]["median_error_deg"], "°")
        angle = f"Position angle (axis ratio below 0.7): off by **{off}** in the median. "
    chi2 = format_measurement(*metrics["reconstruction"]["chi2"])
    st.markdown(f"{angle}Reconstruction: χ² a pixel **{chi2}**.")
    what = "simulated galaxies" if simulated else "galaxies"
    st.caption(
        f"{metrics['n']:,} {what} of the {metrics['split']} split, which taught no weight. Redshift: of "
        "(z − z_label) / (1 + z_label), outliers beyond 0.15; mass and SFR in dex, outliers beyond 0.5 dex."
    )


def show_honesty(explorer, metrics: dict) -> None:
    """Show truth against inference, PIT, and coverage by bin."""
    found = compare_with_truth(explorer.name, explorer.card["sha256"], metrics["split"], explorer)
    titles = {
        "truth": "Inferred against catalogue; gold: equal; bars: median and 68 % of the inferred values",
        "pit": "Flat means honest error bars; gold: what chance allows",
        "coverage": "Labels inside the 68 % (dots) and 95 % (squares) intervals; gold: ± 4 % about the promise",
    }
    drawn = {"truth": figures.plot_truth(found, titles["truth"], is_dark())}
    drawn["pit"] = figures.plot_pit(found, titles["pit"], is_dark())
    if any(metrics.get("bins", {}).values()):
        drawn["coverage"] = figures.plot_coverage(metrics["bins"], titles["coverage"], is_dark())
    for name, figure in drawn.items():
        st.plotly_chart(figure, theme=None, config=STILL, key=f"model-{name}", alt=titles[name])


def show_grid(explorer) -> None:
    """Show what each latent does to a typical galaxy."""
    st.markdown("### What each latent does")
    side = f"{explorer.survey.field:.1f}″ a side"
    st.caption(f"A typical galaxy, decoded with one latent moved at a time: model, not data. {side}.")
    for name, cells in draw_grid(explorer.name, explorer.card["sha256"], explorer).items():
        st.markdown(f"**{TITLES[name]}**")
        with st.container(key=f"gallery-grid-{name}"):
            grid = st.grid(len(cells), min_column_width=62, gap="xsmall")
            for note, picture in cells:
                with grid.cell():
                    st.image(picture, width="stretch", alt=f"{TITLES[name]} {note}")
                    st.caption(note, text_alignment="center")


def show_free(free: dict) -> None:
    """Show what the free latent means."""
    st.markdown("### What the free latent means")
    halves = st.container(key="halves-free")
    left, right = halves.columns([3, 2], gap="large", vertical_alignment="center")
    strongest = next(iter(free["spearman"]), "nothing known")
    title = f"The free latent goes most with {strongest}"
    chart = figures.plot_relations(free["spearman"], title, is_dark())
    left.plotly_chart(chart, theme=None, config=STILL, key="free", alt=title)
    lines = ["| what it says of the error in | R² |", "|---|---:|"]
    lines += [f"| {TITLES[n].lower()} | {format_measurement(*free['leakage'][n])} |" for n in free["leakage"]]
    right.markdown("\n".join(lines))
    right.caption("Near zero: the free latent hides nothing of redshift, mass and SFR that their own latents miss.")


def show_page() -> None:
    """Lay the page out."""
    explorer = open_explorer()
    card, metrics = explorer.card, explorer.card["metrics"]
    left, right = st.container(key="halves-card").columns([5, 4], gap="large")
    with left:
        st.markdown(f"## {'The model' if explorer.name == 'default' else explorer.name}")
        show_scores(metrics, explorer.simulated)
    with right:
        lines = [f"| {what} | {told} |" for what, told in describe_recipe(explorer)]
        st.markdown("\n".join(["| | |", "|---|---|", *lines]))
    show_honesty(explorer, metrics)
    show_grid(explorer)
    if "free" in metrics and metrics["free"].get("spearman"):
        show_free(metrics["free"])
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("### What it does not do well\n" + "\n".join(f"- {limit}" for limit in list_limits(explorer)))
    with right:
        st.markdown("### How to cite")
        st.code(read_citation(), language="yaml", wrap_lines=True)
    st.caption(f"Weights {card['sha256']}", width="content")


require_header()
show_page()
