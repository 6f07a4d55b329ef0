"""Rare kinds among the ordinary: their latents, and how well they are found."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from galexplore.figures.style import ACCENT, AXES, dress, get_style
from galexplore.latents import INTRINSIC

_DASH = {"ordinary": "solid", "Green Pea": "solid", "Red Spiral": "dash"}


def plot_distributions(table: pd.DataFrame, kinds: Sequence[str], title: str, dark: bool = True) -> go.Figure:
    """Plot the distribution of each intrinsic latent, each kind scaled to its own number.

    Parameters
    ----------
    table : DataFrame
        `population` and `lat_<name>`.
    kinds : sequence of str
        Drawn as outlines over the filled ordinary galaxies.
    """
    figure = make_subplots(1, len(INTRINSIC), horizontal_spacing=0.03)
    population = table["population"].to_numpy()
    for column, name in enumerate(INTRINSIC, 1):
        values = table[f"lat_{name}"].to_numpy(float)
        shown = values[np.isin(population, ["ordinary", *kinds])]
        low, high = np.nanquantile(shown, (0.001, 0.999))
        edges = np.linspace(low, high, 41)
        for kind in ("ordinary", *kinds):
            count, _ = np.histogram(values[population == kind], edges)
            share = 100 * count / max(1, (population == kind).sum())
            colour, usual = get_style(kind)[0], kind == "ordinary"
            line = {"color": colour, "width": 1 if usual else 2.5, "shape": "hvh", "dash": _DASH.get(kind, "dot")}
            fill = {"fill": "tozeroy", "fillcolor": "rgba(143,163,191,0.28)"} if usual else {}
            hover = f"{kind}: %{{y:.1f}} %<extra></extra>"
            at = {"x": (edges[1:] + edges[:-1]) / 2, "y": share, "mode": "lines", "line": line, "name": kind}
            figure.add_trace(go.Scatter(**at, **fill, hovertemplate=hover), 1, column)
        figure.update_xaxes(title=AXES[f"lat_{name}"], row=1, col=column)
    return dress(figure, title, dark, 290).update_yaxes(showticklabels=False, ticks="")


def add_controls(figure: go.Figure, controls: pd.DataFrame, x: str, y: str, kind: str) -> None:
    """Add the controls of a kind to a plot of the atlas, below the kinds: hollow circles in the kind's colour.

    Parameters
    ----------
    controls : DataFrame
        `id` and the plot's two columns.
    """
    symbol = {"symbol": "circle-open", "size": 7, "color": get_style(kind)[0], "opacity": 0.75, "line": {"width": 1.4}}
    at = {column: controls[name].to_numpy(np.float32) for column, name in (("x", x), ("y", y))}
    name = f"control of {kind}"
    hover = f"<b>%{{customdata}}</b> · {name}<br>%{{x:.3f}}, %{{y:.3f}}<extra></extra>"
    ids = controls["id"].to_numpy(object)
    figure.add_trace(go.Scattergl(**at, mode="markers", marker=symbol, name=name, customdata=ids, hovertemplate=hover))
    first = next((i for i, trace in enumerate(figure.data) if trace.name == "ordinary"), -1) + 1
    figure.data = (*figure.data[:first], figure.data[-1], *figure.data[first:-1])


def plot_confusion(confusion: pd.DataFrame, title: str, dark: bool = True) -> go.Figure:
    """Plot what each true kind (rows) is called (columns), in per cent with errors.

    Parameters
    ----------
    confusion : DataFrame
        `truth`, `called`, `share`, `error`, as `recovery.classify` gives it.
    """
    share, error = (confusion.pivot(index="truth", columns="called", values=c) for c in ("share", "error"))
    names = [n for n in confusion["truth"].unique()][::-1]
    share, error = share.loc[names, names[::-1]], error.loc[names, names[::-1]]
    text = [
        [f"{100 * s:.1f} ± {100 * e:.1f} %" for s, e in zip(*row, strict=True)]
        for row in zip(share.to_numpy(), error.to_numpy(), strict=True)
    ]
    low, high, ink = ("#12171F", "#7F641F", "#F4F1E8") if dark else ("#FFFFFF", "#E3C47C", "#1E2530")
    heat = go.Heatmap(
        z=share.to_numpy(), x=[f"predicted {n}" for n in share.columns], y=[f"true {n}" for n in names], text=text,
        texttemplate="%{text}", colorscale=[[0, low], [1, high]], zmin=0, zmax=1, showscale=False, hoverinfo="skip",
        xgap=3, ygap=3, textfont={"color": ink},
    )  # fmt: skip
    figure = dress(go.Figure(heat), title, dark, 320)
    return figure.update_xaxes(showgrid=False, ticks="").update_yaxes(showgrid=False, ticks="")


def plot_roc(roc: pd.DataFrame, rate: float, title: str, dark: bool = True) -> go.Figure:
    """Plot recall against the false-positive rate, a band of one standard deviation about it."""
    figure = go.Figure()
    for kind, rows in roc.groupby("kind", sort=False):
        _add_band(figure, rows["false_alarms"], rows["recall"], rows["low"], rows["high"], str(kind))
    figure.add_vline(rate, line={"color": ACCENT[dark], "width": 1, "dash": "dot"})
    figure.add_annotation(x=rate, y=0.06, text=f" {100 * rate:.0f} %", showarrow=False, xanchor="left")
    dress(figure, title, dark, 320)
    figure.update_xaxes(title="False-positive rate among ordinary galaxies", tickformat=".0%", range=[0, 0.25])
    return figure.update_yaxes(title="Recall", tickformat=".0%", range=[0, 1.03])


def plot_recovery(curves: dict[str, dict[str, pd.DataFrame]], title: str, dark: bool = True) -> go.Figure:
    """Plot the share of a kind that is found among the first of a ranking, against how many are looked at.

    Parameters
    ----------
    curves : dict
        Kind to {way of ranking: table of `recovery.recover`}; the second way is dashed.
    """
    figure, random = go.Figure(), None
    for kind, ways in curves.items():
        for (way, rows), dash in zip(ways.items(), ("solid", "dash"), strict=False):
            low, high = ((rows["recovered"] + s * rows["error"]).clip(0, 1) for s in (-1, 1))
            _add_band(figure, rows["inspected"], rows["recovered"], low, high, f"{kind}, {way}", kind, dash)
            random = rows
    if random is not None:
        grey = {"color": "#8FA3BF", "width": 1, "dash": "dot"}
        at = {"x": random["inspected"], "y": random["random"], "mode": "lines", "line": grey, "name": "at random"}
        figure.add_trace(go.Scatter(**at, hoverinfo="skip"))
    dress(figure, title, dark, 340)
    figure.update_xaxes(title="Share of the ranking inspected", type="log", tickformat=".1%")
    return figure.update_yaxes(title="Completeness", tickformat=".0%", range=[0, 1.03])


def _add_band(
    figure: go.Figure,
    x: pd.Series,
    y: pd.Series,
    low: pd.Series,
    high: pd.Series,
    name: str,
    kind: str | None = None,
    dash: str = "solid",
) -> None:
    colour = get_style(kind or name)[0]
    rgb = ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    none = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_trace(go.Scatter(x=x, y=high, **none))
    figure.add_trace(go.Scatter(x=x, y=low, **none, fill="tonexty", fillcolor=f"rgba({rgb},0.18)"))
    hover = f"{name}: %{{y:.1%}} at %{{x:.2%}}<extra></extra>"
    line = {"color": colour, "width": 2.5, "dash": dash}
    figure.add_trace(go.Scatter(x=x, y=y, mode="lines", line=line, name=name, hovertemplate=hover))
