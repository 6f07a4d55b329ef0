"""Green Peas, Red Spirals and a person's own kind against all: where they lie, how they are found, more like them."""

import streamlit as st

from galexplore import figures
from galexplore.atlas.kinds import define_kind
from galexplore.atlas.recovery import FALSE_ALARMS
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import SHOWN_AT_FIRST
from galexplore.explore.page_snippets import write_kinds
from pages._parts.alike import show_alike
from pages._parts.clusters import show_plots
from pages._parts.code import offer_code
from pages._parts.confused import show_confusion
from pages._parts.matched import show_matched
from pages._parts.panels import STILL, mark
from pages._parts.rare import find_rare, measure_recovery, run_classifier
from pages._session.navigation import require_header
from pages._session.state import is_dark, open_explorer


def choose_kinds(explorer: Explorer) -> list[str]:
    """Let a person choose the kinds that are compared."""
    counts = explorer.kinds
    kinds = [k for k in counts.index if k != "ordinary"]
    if not kinds:
        return []
    first = [k for k in SHOWN_AT_FIRST if k in kinds] or kinds[:2]
    return st.pills(
        "Kinds",
        kinds,
        selection_mode="multi",
        default=first,
        format_func=lambda k: f"{mark(k)} {k} {counts[k]:,}",
        key="kinds-compared",
        persist_state="session",
    )


def show_classifier(explorer: Explorer, kinds: list[str]) -> None:
    """Show how well a classifier on the latents tells the kinds from ordinary galaxies."""
    st.markdown("### Classification in latent space (SVM)")
    scores = run_classifier(explorer.digest, tuple(kinds), explorer.atlas)
    if scores.recall.empty:
        st.markdown("There are too few galaxies for a classifier, which needs ten of one kind.")
        return
    recalls = [
        f"{mark(row['kind'])} {row['kind']} **{100 * row['recall']:.1f} ± {100 * row['error']:.1f} %**"
        for row in scores.recall.to_dict("records")
    ]
    st.markdown(f"Recall at a false-positive rate of {100 * FALSE_ALARMS:.0f} %: " + " · ".join(recalls))
    left, right = st.columns(2, gap="medium")
    title = "Confusion matrix"
    heat = figures.plot_confusion(scores.confusion, title, is_dark())
    left.plotly_chart(heat, theme=None, config=STILL, key="confusion", alt=title)
    title = "Recall against false-positive rate, ± one standard deviation"
    curve = figures.plot_roc(scores.roc, FALSE_ALARMS, title, is_dark())
    right.plotly_chart(curve, theme=None, config=STILL, key="roc", alt="Recall against false-positive rate")
    st.caption(
        "A support vector machine with an RBF kernel on redshift, mass, SFR and the free latent, with balanced class "
        "weights, as in Gagliano & Villar (2023). Stratified five-fold cross-validation, repeated four times; test "
        "galaxies are never trained on." + (" Simulated galaxies." if explorer.simulated else "")
    )


def show_recovery(explorer: Explorer, kinds: list[str]) -> None:
    """Show how soon a ranking comes upon each kind."""
    st.markdown("### Recovery by anomaly rank, or from ten examples")
    curves = measure_recovery(explorer.digest, tuple(kinds), explorer.atlas)
    title = "Completeness of each kind against the share of galaxies inspected"
    figure = figures.plot_recovery(curves, title, is_dark())
    figure.update_layout(showlegend=True, legend={"x": 0.98, "y": 0.04, "xanchor": "right", "yanchor": "bottom"})
    left, right = st.columns([5, 3], gap="large", vertical_alignment="center")
    left.plotly_chart(figure, theme=None, config=STILL, key="recovery", alt=title)
    lines = ["| | by anomaly, top 1 % | top 5 % | like ten examples, top 1 % | top 5 % |", "|---|---:|---:|---:|---:|"]
    for kind, cells in find_rare(explorer.digest, tuple(kinds), explorer.atlas).items():
        row = " | ".join([f"{mark(kind)} {kind}", *cells])
        lines.append(f"| {row} |".replace(" ± ", "\u00a0±\u00a0").replace(kind, kind.replace(" ", "\u00a0")))
    right.markdown("\n".join(lines))
    right.caption("Completeness [%], among the kind and the ordinary galaxies. A random order gives 1 % and 5 %.")


def show_populations() -> None:
    """Show where the kinds lie, what is like a selection, and how well the kinds are recovered."""
    explorer = open_explorer()
    kinds = choose_kinds(explorer)
    if not kinds:
        rare = len(explorer.kinds.drop("ordinary", errors="ignore"))
        st.markdown("### No kind chosen" if rare else "### No rare kinds")
        st.markdown(
            "Choose one or more above to see where it lies and how well it is recovered."
            if rare
            else "The catalogue of this atlas has none: kinds are read from its column population."
        )
    else:
        defined = [f"{mark(kind)} **{kind}**: {define_kind(kind)}" for kind in kinds if define_kind(kind)]
        st.markdown("  \n".join(defined))
        show_plots(explorer, kinds)
    show_matched(explorer, kinds)
    show_alike(explorer)
    if kinds:
        show_classifier(explorer, kinds)
        show_confusion(explorer, kinds)
        show_recovery(explorer, kinds)
        offer_code("populations", write_kinds(explorer, kinds))


require_header()
show_populations()
