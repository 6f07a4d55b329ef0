"""What an image says of a galaxy's redshift, as a curve."""

import numpy as np
import plotly.graph_objects as go

from galexplore.figures.style import ACCENT, YOURS, dress
from galexplore.posterior.calibrate import LEVEL68, LEVEL95
from galexplore.posterior.joint import JointPosterior

_POINTS = 240
_BEYOND = 2e-3  # probability on either side that is not drawn


def plot_redshift(
    joint: JointPosterior, title: str, known: float | None = None, source: str = "known", dark: bool = True
) -> go.Figure:
    """Plot the density of one galaxy's redshift over its central 95 and 68 %, and a redshift that is known.

    Parameters
    ----------
    joint : JointPosterior
        What the image alone says.
    title : str
    known : float, optional
        Known otherwise: a line.
    source : str
        Where it is known from, which stands beside the line.
    """
    low, high = (float(v) for v in joint.quantile([_BEYOND, 1 - _BEYOND]))
    if known is not None:
        low, high = min(low, 0.9 * known), max(high, 1.1 * known)
    x, figure, colour = np.linspace(low, high, _POINTS), go.Figure(), YOURS[0]
    ink = ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    for level, fill in ((LEVEL95, 0.16), (LEVEL68, 0.34)):
        ends = [float(v) for v in joint.interval(level)]
        inside = np.concatenate([ends[:1], x[(x > ends[0]) & (x < ends[1])], ends[1:]])
        look = {"mode": "lines", "line": {"width": 0}, "fill": "tozeroy", "fillcolor": f"rgba({ink},{fill})"}
        words = f"{100 * level:.0f} %: {ends[0]:.3f} to {ends[1]:.3f}<extra></extra>"
        figure.add_trace(go.Scatter(x=inside, y=joint.pdf(inside), **look, hovertemplate=words))
    line = {"color": colour, "width": 2}
    hover = "z %{x:.3f}<extra></extra>"
    figure.add_trace(go.Scatter(x=x, y=joint.pdf(x), mode="lines", line=line, hovertemplate=hover))
    dress(figure, title, dark, 230)
    if known is not None:
        label = {"text": source, "font": {"color": ACCENT[dark]}}
        figure.add_vline(known, line={"color": ACCENT[dark], "width": 2, "dash": "dash"}, label=label)
    figure.update_xaxes(title="Redshift", range=[low, high])
    return figure.update_yaxes(title="Density", rangemode="tozero", showticklabels=False)
