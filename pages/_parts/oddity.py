"""Why a galaxy is odd: the exact split of its distance, how rare it is, and what it would look like if it were not."""

import math

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.atlas.basis import BASIS, NAMES, TITLES, to_basis
from galexplore.atlas.statements import ORDINARY
from galexplore.draw import pictures
from galexplore.explore.explanation import Explanation
from galexplore.explore.explorer import Explorer
from galexplore.latents import INTRINSIC_AT
from galexplore.survey import Survey
from pages._parts.panels import STILL
from pages._session.state import is_dark, plain

SURE = (
    "Deviation of the property from its expectation conditional on the others, in σ: the scatter of the population and "
    "the error of this galaxy. No property is named where deviation, share of the distance and likely cause disagree. "
    "Structure: what the free latent contains beyond redshift, mass and sSFR."
)
LEARNT = (
    " In brackets: the probability that this property is the unusual one, if exactly one is. It was learnt from "
    "simulated galaxies that were rendered again with one property changed (for structure: the size)."
)
MEASURED = {"redshift": "", "logmass": "[M☉]", "logssfr": "[yr⁻¹]", "free": ""}
EVIDENCE = "Contributions to d², the squared Mahalanobis distance"


def look_up(explorer: Explorer, identifier: str) -> np.ndarray:
    """Find a galaxy's place in the atlas's table, as an array of one; say so on the page where there is none."""
    rows = explorer.find_rows([identifier])
    if not len(rows):
        st.info(f"This atlas has no galaxy {plain(identifier)}.")
    return rows


def show_statement(explanation: Explanation) -> None:
    """Say what makes a galaxy odd, in the one sentence that there is; what speaks against any reason comes first."""
    sentence = explanation.sentence.replace(" sigma", "\u00a0σ").replace(" %", "\u00a0%")
    if explanation.caveat:
        st.warning(f"**What makes it odd:** {sentence}.", icon=":material/help:")
    else:
        learnt = LEARNT if np.isfinite(explanation.statement.share).any() else ""
        sentence = f"nothing, it is {sentence}" if explanation.statement.verdict[0] == ORDINARY else sentence
        st.markdown(f"**What makes it odd:** {sentence}", help=SURE + learnt)


def show_reasons(explanation: Explanation, key: str) -> None:
    """Say how rare a galaxy is, and show the split of its squared distance, which is only drawn where it is opened."""
    st.caption(say_rarity(explanation.percentile))
    show_split(explanation, key)


@st.fragment
def show_split(explanation: Explanation, key: str) -> None:
    """Show the split of a squared distance and each property's deviations, folded."""
    reasons, fold = explanation.reasons, st.expander(EVIDENCE, key="split-open", on_change="rerun")
    if not fold.open:
        return
    names = [NAMES[name][:1].upper() + NAMES[name][1:] if name != "logssfr" else "sSFR" for name in reasons["property"]]
    contribution = reasons["contribution"].tolist()
    terms, total = figures.round_to_total(contribution)
    first = int(np.argmax(terms))
    title = f"{names[first]} contributes {terms[first]:.1f} of d² = {total:.1f}"
    marginal, conditional = reasons["marginal_z"].tolist(), reasons["conditional_z"].tolist()
    chart = figures.plot_reasons(names, contribution, marginal, conditional, title, is_dark())
    fold.plotly_chart(chart, theme=None, config=STILL, key=f"split-{key}", alt=title)
    if min(terms) < 0:
        fold.caption(
            "A negative contribution lowers d²: that property is at its expectation conditional on the others."
        )


def show_ordinary(explanation: Explanation, survey: Survey, observed: np.ndarray | None = None) -> None:
    """Show the model of a galaxy beside what it would be, were its odd properties what the others predict."""
    made, now = explanation.counterfactual, explanation.image
    moves = [_quote_move(n, explanation.latents, made.latents) for n in made.moved]
    names = _list([NAMES[n] for n in made.moved])
    st.markdown(f"**Counterfactual, {names} at the conditional median:** {_list(moves)}")
    shown = [
        (pictures.draw_galaxy(now, survey, 230), "model reconstruction"),
        (pictures.draw_galaxy(made.image, survey, 230), "counterfactual"),
    ]
    shown += [(pictures.draw_residual(now - made.image, survey, 230), "difference, ±15 σ")]
    if observed is not None:
        shown.insert(0, (pictures.draw_galaxy(observed, survey, 230), "image"))
    for column, (picture, caption) in zip(st.columns(len(shown), gap="xsmall", wrap=False), shown, strict=True):
        column.image(picture, caption, width="stretch", alt=caption)
    learnt = explanation.statement.sized
    fall = f"d², the squared Mahalanobis distance, falls from {made.before:.1f} to {made.after:.1f}"
    follow = " The other inferred properties change with it, as in simulated galaxies where it was changed." * learnt
    st.caption(
        f"{fall}. Each property named takes its median conditional on the others.{follow} All of these are latents, "
        "single values, which may differ from the medians of the posterior."
    )


def _quote_move(name: str, before: np.ndarray, after: np.ndarray) -> str:
    """Write what a property of the basis was of latents (5,), and has become, with its unit."""
    j, digits = BASIS.index(name), 3 if name == "redshift" else 2
    old, new = (f"{to_basis(latents[INTRINSIC_AT])[j]:.{digits}f}" for latents in (before, after))
    title = TITLES[name] if TITLES[name].startswith("log") else TITLES[name].lower()
    return f"{title} {old} → {new} {MEASURED[name]}".strip()


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def say_rarity(percentile: float) -> str:
    """Say in a sentence how rare a galaxy is; rounded down, so that only the rarest of all is rarer than all."""
    if percentile >= 100:
        return "Anomaly percentile 100: more anomalous than every ordinary galaxy of the atlas."
    return f"Anomaly percentile {math.floor(10 * percentile) / 10:.1f} among the atlas's ordinary galaxies."
