"""One galaxy's joint posterior, as Locate and the card show it: p(z), and redshift, mass and SFR by twos."""

import pandas as pd
import streamlit as st

from galexplore import figures
from galexplore.posterior.joint import JointPosterior
from pages._parts.panels import STILL
from pages._session.state import is_dark


def show_density(joint: JointPosterior, key: str, known: float | None = None, source: str = "known") -> None:
    """Show what an image says of the redshift, and one that is known, by where it is from."""
    title = "Posterior of the redshift, p(z), with its 68 % and 95 % intervals"
    figure = figures.plot_redshift(joint, title, known, source, is_dark())
    st.plotly_chart(figure, theme=None, key=f"redshift-density-{key}", config=STILL, alt=title)


@st.fragment
def show_corner(table: pd.DataFrame, joint: JointPosterior, key: str) -> None:
    """Show redshift, mass and SFR by twos over the atlas's galaxies, which is only drawn where it is opened."""
    fold = st.expander("Joint posterior of redshift, mass and SFR", key=f"corner-open-{key}", on_change="rerun")
    if not fold.open:
        return
    title = "Joint posterior; solid: 68 %, dotted: 95 % regions; grey: the galaxies of the atlas"
    figure = figures.plot_corner(table, joint, title, is_dark())
    fold.plotly_chart(figure, theme=None, key=f"corner-{key}", config=STILL, alt=title)
    one, other, third = (joint.correlation[i, j] for i, j in ((0, 1), (0, 2), (1, 2)))
    said = f"redshift and mass {one:+.2f}, redshift and SFR {other:+.2f}, mass and SFR {third:+.2f}"
    fold.caption(f"Correlation coefficients: {said}. The redshift enters as its logarithm.")
