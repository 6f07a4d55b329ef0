"""Why a galaxy is odd: the exact split of its distance, how rare it is, and what it would look like if it were not."""

import math

import numpy as np
import streamlit as st

from galexplore import figures, pictures
from galexplore.anomaly import SHORT
from galexplore.config import LATENTS, UNITS
from galexplore.explorer import Explorer
from pages._panels import PRETTY, STILL
from pages._state import is_dark


def show_reasons(explorer: Explorer, latents: np.ndarray, sigma: np.ndarray, rarity: float, key: str) -> None:
    """Say what makes a galaxy odd: the exact split of its squared distance, and each property's two deviations."""
    reasons = explorer.reasons(latents, sigma)
    names = [(SHORT[name][:1].upper() + SHORT[name][1:]).replace(" ", "\u00a0") for name in reasons["latent"]]
    terms, total = figures.round_to_total(reasons["contribution"])
    first = int(np.argmax(terms))
    title = f"{names[first]} brings {terms[first]:.1f} of d² = {total:.1f}"
    left, right = st.columns([5, 4], vertical_alignment="center", gap="medium")
    chart = figures.plot_split(names, reasons["contribution"], title, is_dark())
    left.plotly_chart(chart, theme=None, config=STILL, key=f"split-{key}", alt=title)
    lines = ["| | alone | given\u00a0others |", "|---|---:|---:|"]
    lines += [
        f"| {name} | {round(row.marginal_z, 1) + 0:+.1f}\u00a0σ | **{round(row.conditional_z, 1) + 0:+.1f}\u00a0σ** |"
        for name, row in zip(names, reasons.itertuples(), strict=True)
    ]
    right.markdown("\n".join(lines))
    negative = " A negative term makes it less odd: that property is as the others lead one to expect."
    st.caption(say_rarity(rarity) + (negative if min(terms) < 0 else ""))


def show_ordinary(explorer: Explorer, latents: np.ndarray, sigma: np.ndarray) -> None:
    """Show the model of a galaxy beside what it would be, were its oddest property what the others predict."""
    reasons = explorer.reasons(latents, sigma)
    row = reasons.loc[reasons["conditional_z"].abs().idxmax()]
    changed = np.array(latents, float)
    changed[LATENTS.index(row["latent"])] = row["expected"]
    now, ordinary = explorer.decode(np.stack([latents, changed]))
    unit = PRETTY[UNITS[row["latent"]]]
    told = f"{row['expected']:.2f} instead of {row['value']:.2f} {unit}"
    st.markdown(f"**Were its {SHORT[row['latent']]} ordinary:** {told}")
    left, middle, right = st.columns(3, gap="xsmall", wrap=False)
    left.image(pictures.draw_galaxy(now, 230), "model as it is", width="stretch")
    middle.image(pictures.draw_galaxy(ordinary, 230), "model made ordinary", width="stretch")
    right.image(pictures.draw_residual(now - ordinary, 230), "difference, ±15 σ", width="stretch")


def say_rarity(percentile: float) -> str:
    """Say in a sentence how rare a galaxy is; rounded down, so that only the rarest of all is rarer than all."""
    if percentile >= 100:
        return "Rarer than every ordinary galaxy of the atlas."
    return f"Rarer than {math.floor(10 * percentile) / 10:.1f} % of the atlas's ordinary galaxies."
