"""What an upload's errors cover, drawn over a plot of the atlas."""

import numpy as np
import plotly.graph_objects as go

from galexplore.figures.style import YOURS


def add_outlines(figure: go.Figure, outlines: dict[str, np.ndarray]) -> go.Figure:
    """Add the outlines of a galaxy's error, the inner ones drawn firmer.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    outlines : dict
        Label, such as "68 %", to points (n, 2), NaN between lines; the smallest first.
    """
    colour = YOURS[0]
    for i, (label, points) in enumerate(outlines.items()):
        line = {"color": colour, "width": 2 if i == 0 else 1.2, "dash": "solid" if i == 0 else "dot"}
        at = {"x": points[:, 0], "y": points[:, 1]}
        hover = f"{label} region<extra></extra>"
        figure.add_trace(go.Scattergl(**at, mode="lines", line=line, name=label, hovertemplate=hover))
    return figure
