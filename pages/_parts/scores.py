"""How good and how honest a model is: its scores with their errors, truth against inference, PIT and coverage."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from galexplore import figures
from galexplore.explore.explorer import Explorer
from galexplore.latents import LABELLED, LOGSSFR, name_latent
from galexplore.posterior.metrics import TRUE, collect
from galexplore.tables.names import format_measurement
from pages._parts.panels import STILL
from pages._session.state import is_dark

SCORES = {
    "r2": "R² = 1 − SSE/SST",
    "pearson_r2": "squared Pearson r",
    "nmad": "robust scatter (NMAD)",
    "bias": "bias (median)",
    "outlier_fraction": "outliers",
    "crps": "CRPS",
    "coverage68": "coverage of 68.3 % intervals",
    "coverage95": "coverage of 95 % intervals",
}
#: What a split was used for although no weight was fitted to it, and where the others' scores are.
SELECTED = {
    "validation": ", but used to choose the best epoch; for the test split see the README or `galexplore evaluate`"
}
PER_CENT = ("outlier_fraction", "coverage68", "coverage95")
#: What of the joint posterior is no latent.
WHOLE = {"tarp": "all three together (TARP)", "highest_density": "all three together (highest density)"}
WHOLE |= {LOGSSFR: "log sSFR"}


@st.cache_data(max_entries=5, show_spinner=False)
def compare_with_truth(digest: str, split: str, _explorer: Explorer) -> dict[str, pd.DataFrame]:
    """Compare the latents of one split with the catalogue, once; of all galaxies where it names no splits."""
    table = _explorer.table
    chosen = (table["split"] == split).to_numpy() if "split" in table else np.ones(len(table), bool)
    joint = _explorer.list_posteriors(np.flatnonzero(chosen))
    return collect(table[chosen], _explorer.card["calibration"], joint)


def list_scores(metrics: dict, judged: Sequence[str]) -> list[str]:
    """Lines of a Markdown table: the scores of the latents that labels judge, with their bootstrap errors."""
    lines = ["| | " + " | ".join(name_latent(n) for n in judged) + " |", "|---|" + "---:|" * len(judged)]
    for score, title in SCORES.items():
        cells = []
        for latent in judged:
            value, error = metrics[latent].get(score, (None, None))
            if value is None or error is None:  # of so few galaxies that it says nothing
                cells.append("–" if score in metrics[latent] else "")
                continue
            scale, unit = (100, "%") if score in PER_CENT else (1, "")
            dex = "dex" if score in ("nmad", "bias", "crps") and latent != "redshift" else unit
            cells.append(format_measurement(scale * value, scale * error, dex))
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def show_scores(metrics: dict, simulated: bool) -> None:
    """Show the scores, and of which galaxies they are."""
    judged = [latent for latent in LABELLED if latent in metrics]
    unjudged = "Too few labels are known to score redshift, mass and SFR."
    st.markdown("\n".join(list_scores(metrics, judged)) if judged else unjudged)
    angle = ""
    value, error = metrics.get("phi", {}).get("median_error_deg", (None, None))
    if value is not None and error is not None:
        off = format_measurement(value, error, "°")
        angle = f"Position angle (axis ratio below 0.7): median absolute error **{off}**. "
    value, error = metrics["reconstruction"]["chi2"]
    st.markdown(f"{angle}Reconstruction: χ² per pixel **{format_measurement(value, error)}**.")
    what = "simulated galaxies" if simulated else "galaxies"
    split = metrics["split"]
    st.caption(
        f"All scores and plots here: {metrics['n']:,} {what} of the **{split} split**, not used to fit the weights"
        f"{SELECTED.get(split, '')}. Value ± bootstrap standard error. Redshift: Δz = (z − z_label) / "
        "(1 + z_label), outliers |Δz| > 0.15; mass and SFR in dex, outliers beyond 0.5 dex."
    )


def show_joint(joint: dict) -> None:
    """Show how honest the joint posterior is: coverage, SBC, TARP, and what a redshift that is told is worth."""
    lines = ["| | in 68.3 % | in 95 % | KS statistic | critical value, 5 % |", "|---|---:|---:|---:|---:|"]
    for name, test in joint["uniform"].items():
        shares = joint["coverage"].get(name, {})
        cells = [
            format_measurement(100 * shares[k][0], 100 * shares[k][1], "%") if shares else "" for k in ("68", "95")
        ]
        cells += [f"{100 * test[k]:.1f} %" for k in ("statistic", "limit")]
        what = name.removesuffix("_given")
        title = WHOLE.get(what) or name_latent(what)
        told = ", given the redshift" if name.endswith("_given") else ""
        lines.append(f"| {title}{told} | {' | '.join(cells)} |")
    worth = format_measurement(*joint["above_independent"])
    said = f"Log likelihood per galaxy: **{worth}** nats above three independent Gaussians."
    told = joint["told"].get("all")
    if told:
        change = f"{told['untold']:.3f} to {told['told']:.3f} dex"
        said += f" Given the redshift, the scatter of the mass (NMAD) falls from {change}."
    st.markdown("### The joint posterior of redshift, mass and SFR\n" + "\n".join(lines))
    st.caption(
        "The KS statistic compares the PIT of each quantity with a uniform distribution (simulation-based calibration, "
        "SBC: Talts et al. 2018). All three together: the smallest region that holds the labels, and the expected "
        f"coverage of Lemos et al. (2023, TARP). {said}"
    )


def show_honesty(explorer: Explorer, metrics: dict) -> None:
    """Show truth against inference, PIT, and coverage by bin."""
    compared = compare_with_truth(explorer.digest, metrics["split"], explorer)
    if not compared:  # no label is known
        return
    titles = {
        "truth": "Inferred against catalogue; gold: one-to-one line; bars: median and 68 % of the inferred values",
        "pit": "PIT of the labels: flat where error bars are calibrated; gold: the scatter expected by chance",
        "coverage": "Labels inside the 68 % (dots) and 95 % (squares) intervals; gold: nominal ± 4 %",
    }
    drawn = {"truth": figures.plot_truth(compared, titles["truth"], is_dark())}
    drawn["pit"] = figures.plot_pit(compared, titles["pit"], is_dark())
    bins = metrics.get("bins", {})
    if any(bins.values()):
        drawn["coverage"] = figures.plot_coverage(bins, titles["coverage"], is_dark())
    for name, figure in drawn.items():
        st.plotly_chart(figure, theme=None, config=STILL, key=f"model-{name}", alt=titles[name])
    if TRUE.keys() & bins:
        st.caption(
            "In bins of what is true no posterior covers evenly: it draws what is seldom towards what is frequent."
        )
