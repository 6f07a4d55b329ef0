"""How good and how honest the answers are: truth against inference, PIT, coverage bin by bin."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from scipy.stats import binom, norm

from galexplore.figures.style import ACCENT, AXES, dress
from galexplore.latents import LABELLED
from galexplore.posterior.calibrate import LEVEL68, LEVEL95

#: Colour and dash of each latent where several share a plot.
_LINES = {"redshift": ("#56B4E9", "solid"), "logmass": ("#E69F00", "dash"), "logsfr": ("#CC79A7", "dot")}
_NAMES = {"redshift": "redshift", "logmass": "mass", "logsfr": "SFR"}
#: What galaxies are binned by.
_BINNED = {"redshift": "Inferred redshift", "magnitude": "r magnitude within 5″", "seeing": "Seeing [arcsec]"}
_BINNED |= {"depth": "5 σ depth [mag]", "true redshift": "True redshift", "true mass": "True log M"}
_ACROSS = 4  # panels side by side


def plot_truth(compared: dict[str, pd.DataFrame], title: str, dark: bool = True) -> go.Figure:
    """Plot inferred against true values as density; the line is equality, the bars median and 68 % by bin of truth.

    Latents without labels have no panel.

    Parameters
    ----------
    compared : dict
        Latent to its table of `metrics.collect`.
    """
    shown = _list_labelled(compared)
    figure = make_subplots(1, max(1, len(shown)), horizontal_spacing=0.06)
    tint = [[0, "rgba(143,163,191,0.12)"], [1, "rgba(143,163,191,0.95)" if dark else "rgba(40,60,90,0.95)"]]
    for column, latent in enumerate(shown, 1):
        truth = compared[latent]["truth"].to_numpy()
        value = truth + compared[latent]["error"].to_numpy()
        low, high = np.quantile(np.concatenate([truth, value]), (0.002, 0.998))
        edges = np.linspace(low, high, 71)
        count, _, _ = np.histogram2d(truth, value, [edges, edges])
        image = np.where(count > 0, np.log10(np.maximum(count, 1)), np.nan).T
        middle = (edges[1:] + edges[:-1]) / 2
        heat = go.Heatmap(z=image, x=middle, y=middle, colorscale=tint, showscale=False, hoverinfo="skip")
        figure.add_trace(heat, 1, column)
        line = {"color": ACCENT[dark], "width": 1.5}
        figure.add_trace(go.Scatter(x=[low, high], y=[low, high], mode="lines", line=line, hoverinfo="skip"), 1, column)
        figure.add_trace(_bars(truth, value, np.linspace(low, high, 11), dark), 1, column)
        named = AXES[f"lat_{latent}"]
        figure.update_xaxes(title=f"Catalogue: {named[:1].lower()}{named[1:]}", range=[low, high], row=1, col=column)
        figure.update_yaxes(title="Inferred" if column == 1 else None, range=[low, high], row=1, col=column)
    return dress(figure, title, dark, 360)


def _list_labelled(compared: dict[str, pd.DataFrame]) -> list[str]:
    """List the latents of which labels are known."""
    return [latent for latent in LABELLED if latent in compared and len(compared[latent])]


def _bars(truth: np.ndarray, value: np.ndarray, edges: np.ndarray, dark: bool) -> go.Scatter:
    """Median and 68 % range of the inferred values in bins of the true one that hold twenty or more."""
    which, rows = np.digitize(truth, edges), []
    for i in range(1, len(edges)):
        if (which == i).sum() >= 20:
            rows.append([np.median(truth[which == i]), *np.quantile(value[which == i], (0.159, 0.5, 0.841))])
    x, low, middle, high = np.array(rows).reshape(-1, 4).T
    ink = "#F6F8FB" if dark else "#000000"
    bars = {
        "type": "data",
        "array": high - middle,
        "arrayminus": middle - low,
        "color": ink,
        "thickness": 1.5,
        "width": 3,
    }
    return go.Scatter(x=x, y=middle, error_y=bars, mode="markers", marker={"color": ink, "size": 5}, hoverinfo="skip")


def plot_pit(compared: dict[str, pd.DataFrame], title: str, dark: bool = True, bins: int = 20) -> go.Figure:
    """Plot where in its predicted distribution each label falls; flat is honest, the band what chance allows (95 %)."""
    shown = _list_labelled(compared)
    figure = make_subplots(1, max(1, len(shown)), horizontal_spacing=0.04, shared_yaxes=True)
    for column, latent in enumerate(shown, 1):
        r = compared[latent]
        # Where the label falls: error is latent - label, so a label above the latent falls above one half.
        place = r["place"] if "place" in r else norm.cdf(-r["error"] / np.hypot(r["sigma"], r["own"]))
        count, edges = np.histogram(place, np.linspace(0, 1, bins + 1))
        expected = len(r) / bins
        low, high = (binom.ppf(q, len(r), 1 / bins) / expected for q in (0.025, 0.975))
        bar = {"color": _LINES[latent][0], "opacity": 0.75}
        hover = "PIT %{x:.2f}: %{y:.2f} of the expected count<extra></extra>"
        at = {"x": (edges[1:] + edges[:-1]) / 2, "y": count / expected, "width": 0.9 / bins}
        figure.add_trace(go.Bar(**at, marker=bar, hovertemplate=hover), 1, column)
        figure.add_hrect(low, high, row=1, col=column, line_width=0, fillcolor=ACCENT[dark], opacity=0.18)
        figure.update_xaxes(title=f"PIT of {_NAMES[latent]}", row=1, col=column)
    return dress(figure, title, dark, 270).update_yaxes(title="Count over expected", col=1, row=1)


def plot_coverage(bins: dict[str, list[dict]], title: str, dark: bool = True) -> go.Figure:
    """Plot the share of labels inside the 68 % and 95 % intervals bin by bin, with standard errors.

    Parameters
    ----------
    bins : dict
        Axis to its list of bins, as `metrics.evaluate` gives them. The bands are 4 % to either side of the promise.
    """
    tiers = max(1, -(-len(bins) // _ACROSS))
    across = max(1, -(-len(bins) // tiers))
    figure = make_subplots(tiers, across, horizontal_spacing=0.06, vertical_spacing=0.18, shared_yaxes=True)
    for place, (axis, rows) in enumerate(bins.items()):
        at_panel = {"row": place // across + 1, "col": place % across + 1}
        for level in (LEVEL68, LEVEL95):
            band = {"line_width": 0, "fillcolor": ACCENT[dark], "opacity": 0.13}
            figure.add_hrect(level - 0.04, level + 0.04, **at_panel, **band)
        for shift, (latent, (colour, dash)) in enumerate(_LINES.items()):
            known = [row for row in rows if latent in row]
            if not known:  # no label of it is known
                continue
            middle = [(row["low"] + row["high"]) / 2 for row in known]
            step = 0.01 * (shift - 1) * (max(middle) - min(middle))
            for score, symbol in (("coverage68", "circle"), ("coverage95", "square")):
                value, error = np.array([row[latent][score] for row in known]).T
                bars = {"type": "data", "array": error, "thickness": 1.5, "width": 3}
                hover = f"{_NAMES[latent]}: %{{y:.1%}} inside<extra></extra>"
                look = {"mode": "lines+markers", "line": {"color": colour, "dash": dash, "width": 1.5}}
                look |= {"marker": {"symbol": symbol, "size": 7}, "error_y": bars, "hovertemplate": hover}
                first = place == 0 and score == "coverage68"
                at = {"x": np.array(middle) + step, "y": value, "name": _NAMES[latent], "showlegend": first}
                figure.add_trace(go.Scatter(**at, **look), **at_panel)
        figure.update_xaxes(title=_BINNED.get(axis, axis), **at_panel)
    dress(figure, title, dark, 330 * tiers).update_yaxes(tickformat=".0%", range=[0.55, 1.01])
    legend = {"orientation": "h", "y": 1 + 0.12 / tiers, "x": 1, "xanchor": "right"}
    return figure.update_layout(showlegend=True, legend=legend)


def plot_relations(spearman: dict[str, list[float]], title: str, dark: bool = True) -> go.Figure:
    """Plot what the free latent goes with: rank correlations and their errors, the strongest on top."""
    names = list(spearman)[::-1]
    value, error = np.array([spearman[name] for name in names]).T
    bars = {"type": "data", "array": error, "thickness": 1.5, "width": 3}
    marker = {"color": [ACCENT[dark] if v > 0 else "#8FA3BF" for v in value]}
    hover = "%{y}: %{x:+.2f}<extra></extra>"
    at = {"x": value, "y": [name[:1].upper() + name[1:] for name in names], "orientation": "h"}
    figure = dress(go.Figure(go.Bar(**at, error_x=bars, marker=marker, hovertemplate=hover)), title, dark, 340)
    return figure.update_xaxes(title="Spearman rank correlation", range=[-1, 1]).update_yaxes(showgrid=False)
