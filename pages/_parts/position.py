"""Where an upload lies on both plots, with all that its error is made of."""

import math

import numpy as np
import pandas as pd
import streamlit as st

from galexplore import figures
from galexplore.explore.card import title_latents
from galexplore.explore.explorer import Explorer
from galexplore.explore.link import AXES, MAPS, SHOWN_AT_FIRST
from galexplore.explore.location import Location
from galexplore.explore.scatter import make_ellipse
from galexplore.latents import LATENTS
from pages._parts.panels import format_latent
from pages._session.state import is_dark

WITHIN = {"68 %": 1.515, "95 %": 2.448}  # of a Gaussian in two dimensions, and the ellipse's scale


def show_position(explorer: Explorer, location: Location) -> None:
    """Show where a located galaxy lies among those of the atlas's table, on the latents and on the map."""
    table = explorer.table
    kinds = [k for k in SHOWN_AT_FIRST if (table["population"] == k).any()]
    scatter, cloud = location.scatter, location.cloud
    at = [LATENTS.index("redshift"), LATENTS.index("logmass")]
    left, right = st.columns(2, gap="medium")
    with left:
        title = "Your galaxy among those of the atlas, with its 68 % and 95 % regions"
        if location.posterior is None:
            outlines = make_ellipses(scatter.covariance[np.ix_(at, at)], location.latents[at])
        else:
            outlines = figures.outline_regions(location.posterior, "redshift", "logmass")
        show_place(table, AXES, title, kinds, location.latents[at], outlines)
    with right:
        title = "Its position on the map, with 68 % and 95 % regions"
        show_place(
            table,
            MAPS["latents"],
            title,
            kinds,
            location.position,
            make_ellipses(np.cov(cloud.T), location.position),
            cloud,
        )
    with st.expander("Error budget"):
        show_budget(title_latents(explorer), location)


def make_ellipses(covariance: np.ndarray, centre: np.ndarray) -> dict[str, np.ndarray]:
    """Outline 68 and 95 % of a Gaussian of a covariance (2, 2) about a centre (2,)."""
    return {label: centre + make_ellipse(covariance, scale) for label, scale in WITHIN.items()}


def show_place(
    table: pd.DataFrame,
    axes: tuple[str, str],
    title: str,
    kinds: list[str],
    place: np.ndarray,
    outlines: dict[str, np.ndarray],
    cloud: np.ndarray | None = None,
) -> None:
    """Show one plot of the atlas with a place (2,) on it, outlines of its error by their labels, and draws (n, 2)."""
    x, y = place.tolist()
    yours = {"x": x, "y": y} | ({} if cloud is None else {"cloud": cloud})
    figure = figures.plot_atlas(table, *axes, title, overlays=kinds, yours=yours, dark=is_dark(), height=380)
    figures.add_outlines(figure, outlines)
    figure.update_layout(dragmode="pan")
    config = {"displaylogo": False, "displayModeBar": False}
    st.plotly_chart(figure, theme=None, key=f"position-{axes[0]}", config=config, alt=title)


def show_budget(titles: dict[str, str], location: Location) -> None:
    """List the encoder's error and the scatter over copies of the same image, latent by latent."""
    scatter = location.scatter
    lines = ["| | value | calibrated error | scatter over flips and rotations | over one-pixel shifts | total |"]
    lines.append("|---|---:|---:|---:|---:|---:|")
    together = np.sqrt(np.diag(scatter.covariance))
    for i, name in enumerate(LATENTS):
        turn, digits = (180 / math.pi, 0) if name == "phi" else (1, 3 if name == "redshift" else 2)
        parts = (location.sigma[i], scatter.flips[i], scatter.shifts[i], together[i])
        cells = " | ".join(f"{turn * part:.{digits}f}" for part in parts)
        lines.append(f"| {titles[name]} | {format_latent(name, location.values[i], location.sigma[i])} | {cells} |")
    st.markdown("\n".join(lines))
    st.caption(
        "The image was encoded 72 times: nine shifts of up to a pixel, each in eight flips and rotations by 90°. The "
        "calibrated error includes the scatter over flips and rotations; that over shifts is added in quadrature."
    )
