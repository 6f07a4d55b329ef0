"""Why a galaxy is odd: the exact split of its distance, how rare it is, and what it would look like if it were not."""

import math

import numpy as np
import streamlit as st

from galexplore import figures
from galexplore.draw import pictures
from galexplore.explore.explanation import Explanation
from galexplore.explore.explorer import Explorer
from galexplore.latents import LATENTS, SHORT, UNITS, name_latent
from galexplore.survey import Survey
from pages._parts.panels import PRETTY, STILL
from pages._session.state import is_dark, plain

CAUSE = (
    "One property of simulated galaxies was made unusual, and they were lit and rendered anew. Of those that look like "
    "this galaxy, so many had that property moved (for the free latent, their size). It supposes that one property is "
    "unusual, and that it is a galaxy."
)


def look_up(explorer: Explorer, identifier: str) -> np.ndarray:
    """Find a galaxy's place in the atlas's table, as an array of one; say so on the page where there is none."""
    rows = explorer.find_rows([identifier])
    if not len(rows):
        st.info(f"This atlas has no galaxy {plain(identifier)}.")
    return rows


def show_causes(explanation: Explanation) -> None:
    """Say which property most likely makes a galaxy odd, and which deviates most from what the others predict."""
    if explanation.cause:
        st.markdown(f"**Likely cause:** {explanation.cause}", help=CAUSE)
    st.markdown(f"**Largest deviation:** {explanation.deviation}")


def show_reasons(explanation: Explanation, key: str) -> None:
    """Say what makes a galaxy odd: the exact split of its squared distance, and each property's two deviations."""
    reasons = explanation.reasons
    names = [(SHORT[name][:1].upper() + SHORT[name][1:]).replace(" ", "\u00a0") for name in reasons["latent"]]
    contribution = reasons["contribution"].tolist()
    terms, total = figures.round_to_total(contribution)
    first = int(np.argmax(terms))
    title = f"{names[first]} contributes {terms[first]:.1f} of d² = {total:.1f}"
    marginal, conditional = reasons["marginal_z"].tolist(), reasons["conditional_z"].tolist()
    chart = figures.plot_reasons(names, contribution, marginal, conditional, title, is_dark())
    st.plotly_chart(chart, theme=None, config=STILL, key=f"split-{key}", alt=title)
    negative = " A negative term makes it less odd: that property is as the others lead one to expect."
    st.caption(say_rarity(explanation.percentile) + (negative if min(terms) < 0 else ""))


def show_ordinary(explanation: Explanation, survey: Survey, observed: np.ndarray | None = None) -> None:
    """Show the model of a galaxy beside what it would be, were its odd properties what the others predict."""
    made, now = explanation.counterfactual, explanation.image
    moves = [_quote_move(n, explanation.latents, made.latents) for n in made.moved]
    st.markdown(
        f"**Counterfactual, {_list([SHORT[n] for n in made.moved])} at the conditional median:** {_list(moves)}"
    )
    shown = [
        (pictures.draw_galaxy(now, survey, 230), "model reconstruction"),
        (pictures.draw_galaxy(made.image, survey, 230), "counterfactual"),
    ]
    shown += [(pictures.draw_residual(now - made.image, survey, 230), "difference, ±15 σ")]
    if observed is not None:
        shown.insert(0, (pictures.draw_galaxy(observed, survey, 230), "image"))
    for column, (picture, caption) in zip(st.columns(len(shown), gap="xsmall", wrap=False), shown, strict=True):
        column.image(picture, caption, width="stretch", alt=caption)
    fall = f"d², the squared Mahalanobis distance, falls from {made.before:.1f} to {made.after:.1f}"
    st.caption(f"{fall}; each takes its median conditional on the others.")


def _quote_move(name: str, before: np.ndarray, after: np.ndarray) -> str:
    """Write what one of the latents (5,) was and has become, with its unit."""
    old, new = (f"{latents[LATENTS.index(name)]:.{3 if name == 'redshift' else 2}f}" for latents in (before, after))
    return f"{name_latent(name)} {old} → {new} {PRETTY[UNITS[name]]}".strip()


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def say_rarity(percentile: float) -> str:
    """Say in a sentence how rare a galaxy is; rounded down, so that only the rarest of all is rarer than all."""
    if percentile >= 100:
        return "Anomaly percentile 100: rarer than every ordinary galaxy of the atlas."
    return f"Anomaly percentile {math.floor(10 * percentile) / 10:.1f} among the atlas's ordinary galaxies."
