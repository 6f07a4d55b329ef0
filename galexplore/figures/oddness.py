"""What makes a galaxy odd: how the terms of its squared distance add up."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from galexplore.figures.style import ACCENT, layout


def round_to_total(terms: Sequence[float], digits: int = 1) -> tuple[list[float], float]:
    """Round terms and their sum so that what is shown still adds up: the largest remainders are rounded up."""
    scaled = np.asarray(terms, float) * 10**digits
    whole, total = np.floor(scaled), round(float(scaled.sum()))
    whole[np.argsort(whole - scaled, kind="stable")[: int(total - whole.sum())]] += 1
    return [round(float(t) / 10**digits, digits) for t in whole], round(total / 10**digits, digits)


def plot_split(names: Sequence[str], terms: Sequence[float], title: str, dark: bool = True) -> go.Figure:
    """Plot how the terms of a squared distance add up to it, as a waterfall; negative terms step back."""
    figure = go.Figure(_waterfall(names, terms, dark), layout(title, dark, 215) | {"dragmode": False})
    return figure.update_yaxes(autorange="reversed", showgrid=False)


def _waterfall(names: Sequence[str], terms: Sequence[float], dark: bool) -> go.Waterfall:
    shown, total = round_to_total(terms)
    labels = [f"{name}  <b>{t:+.1f}</b>" for name, t in zip(names, shown, strict=True)] + [f"d²  <b>{total:.1f}</b>"]
    return go.Waterfall(
        orientation="h",
        y=labels,
        x=[*terms, 0],
        measure=["relative"] * len(terms) + ["total"],
        increasing={"marker": {"color": "#B9C4D6" if dark else "#5B6F8C"}},
        decreasing={"marker": {"color": "rgba(0,0,0,0)", "line": {"color": "#8FA3BF", "width": 1.5}}},
        totals={"marker": {"color": ACCENT[dark]}},
        connector={"line": {"width": 1, "color": "rgba(143,163,191,0.4)"}},
        hoverinfo="skip",
    )


def plot_reasons(
    names: Sequence[str],
    terms: Sequence[float],
    marginal: Sequence[float],
    conditional: Sequence[float],
    title: str,
    dark: bool = True,
) -> go.Figure:
    """Plot the split of a squared distance beside each property's two deviations.

    Parameters
    ----------
    names : sequence of str
    terms : sequence of float
        They add up to the squared distance.
    marginal, conditional : sequence of float [sigma]
        Deviation from the centre of what is usual, and from what the other properties predict.
    title : str
    """
    figure = plot_split(names, terms, title, dark)
    rows, ink = list(range(len(names))), "#C9D1DC" if dark else "#2A3340"
    for row, one, other in zip(rows, marginal, conditional, strict=True):
        line = {"color": "rgba(143,163,191,0.5)", "width": 2}
        figure.add_scatter(x=[one, other], y=[row, row], xaxis="x2", yaxis="y2", mode="lines", line=line)
    hollow = {"symbol": "circle-open", "size": 10, "color": "#8FA3BF", "line": {"width": 2}}
    filled = {"symbol": "circle", "size": 10, "color": ink}
    dots = {"yaxis": "y2", "xaxis": "x2", "mode": "markers"}
    figure.add_scatter(x=list(marginal), y=rows, marker=hollow, **dots)
    figure.add_scatter(x=list(conditional), y=rows, marker=filled, **dots)
    figure.update_traces(hoverinfo="skip")
    for row, one, other in zip(rows, marginal, conditional, strict=True):
        text = f"{_sign(one)}  <b>{_sign(other)}</b>"
        at = {"x": 1, "xref": "paper", "xanchor": "right", "y": row, "yref": "y2", "showarrow": False}
        figure.add_annotation(text=text, font={"size": 12}, **at)
    words = "○ marginal  ● conditional on the others [σ]"
    note = {"x": 1, "y": 1.02, "xref": "paper", "yref": "paper", "xanchor": "right", "yanchor": "bottom"}
    figure.add_annotation(text=words, font={"size": 12}, showarrow=False, **note)
    reach = 1.15 * max(3.0, *np.abs(marginal), *np.abs(conditional))
    rule = figure.layout.xaxis.gridcolor
    deviations = {"domain": [0.56, 0.82], "range": [-reach, reach], "anchor": "y2", "zeroline": True}
    deviations |= {"gridcolor": rule, "zerolinecolor": "rgba(143,163,191,0.6)", "tickcolor": rule}
    hidden = {"range": [len(names) + 0.5, -0.5], "visible": False, "anchor": "x2", "domain": [0, 1]}
    return figure.update_layout(xaxis={"domain": [0, 0.5]}, xaxis2=deviations, yaxis2=hidden, showlegend=False)


def _sign(z: float) -> str:
    return f"{round(float(z), 1) + 0:+.1f}".replace("-", "−")
