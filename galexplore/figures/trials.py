"""Trials in a page each: real galaxies beside what is known of them, and what the sky between does to answers."""

from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from galexplore.figures.style import ACCENT, dress
from galexplore.files import write_beside
from galexplore.latents import LABELLED

_INK = "#2A3340"
_TINTS = ("#0072B2", "#E69F00", "#009E73", "#D55E00")  # Okabe & Ito (2008)
_PANELS = {
    "redshift": ("z", "redshift"),
    "logmass": ("published_logmass", "log₁₀ stellar mass [M☉]"),
    "logmass_told": ("published_logmass", "log₁₀ stellar mass [M☉], told the redshift"),
}


def plot_judged(judged: dict[str, Any]) -> go.Figure:
    """Plot what was found against what is known, thick bars 68 %, thin ones 95 %; the line is equality.

    Parameters
    ----------
    judged : dict
        As `galexplore.bench.judge.judge` gives it.
    """
    rows = [row for row in judged["galaxies"] if "refused" not in row]
    shown = [name for name, (known, _) in _PANELS.items() if any(_is_known(row, name, known) for row in rows)]
    figure = make_subplots(1, max(1, len(shown)), horizontal_spacing=0.07)
    for column, name in enumerate(shown, 1):
        known, title = _PANELS[name]
        both = [row for row in rows if _is_known(row, name, known)]
        x, y = (np.array([row[key] for row in both]) for key in (known, name))
        ends = [min(x.min(), y.min()), max(x.max(), y.max())]
        line = {"color": ACCENT[False], "width": 1.2}
        figure.add_trace(go.Scatter(x=ends, y=ends, mode="lines", line=line, hoverinfo="skip"), 1, column)
        for level, width in (("95", 1), ("68", 3)):
            bars = {
                "array": [row[f"{name}_{level}"] for row in both],
                "thickness": width,
                "width": 0,
                "color": _TINTS[0],
            }
            marker = {"color": _TINTS[0], "size": 6}
            names = [row["name"] for row in both]
            figure.add_trace(go.Scatter(x=x, y=y, error_y=bars, mode="markers", marker=marker, text=names), 1, column)
        figure.update_xaxes(title=f"Known {title.split(',')[0]}", row=1, col=column)
        figure.update_yaxes(title=f"Found {title}", row=1, col=column)
    figure.update_traces(cliponaxis=False)
    return dress(figure, f"{len(rows)} real galaxies with spectra: what was found, and what is known", False, 420)


def _is_known(row: dict[str, Any], name: str, known: str) -> bool:
    return name in row and np.isfinite(row[known])


def plot_skies(measured: dict[str, Any]) -> go.Figure:
    """Plot by how many sigma answers shift through other skies, and how many true values their intervals hold.

    Parameters
    ----------
    measured : dict
        As `galexplore.bench.sky.measure_sky` gives it.
    """
    rows, names = measured["rows"], list(LABELLED)
    figure = make_subplots(1, 2, shared_yaxes=True, horizontal_spacing=0.03, column_widths=[0.55, 0.45])
    labels = [f"{row['kind']} {row['sky']}{'' if row['told'] else ', not told'}" for row in rows]
    for name, tint in zip(names, _TINTS, strict=False):
        marker = {"color": tint, "size": 7}
        shift, inside = ([row[name][key] for row in rows] for key in ("shift", "inside68"))
        figure.add_trace(go.Scatter(x=shift, y=labels, mode="markers", marker=marker, name=name), 1, 1)
        inside = [100 * share for share in inside]
        figure.add_trace(go.Scatter(x=inside, y=labels, mode="markers", marker=marker, showlegend=False), 1, 2)
    title = f"{measured['n']} simulated galaxies seen through other skies"
    dress(figure, title, False, 140 + 17 * len(rows)).update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.01}
    )
    figure.add_vline(0, line_color=_INK, line_width=1, row=1, col=1)
    figure.add_vline(68.3, line_color=_INK, line_width=1, row=1, col=2)
    figure.update_xaxes(title="Median shift [σ]", row=1, col=1).update_xaxes(title="Inside 68.3 % [%]", row=1, col=2)
    return figure.update_yaxes(autorange="reversed")


def write_page(figure: go.Figure, path: Path) -> None:
    """Write a figure as a page that opens anywhere, without network; beside and renamed."""
    with write_beside(path) as partial:
        partial.write_text(figure.update_layout(paper_bgcolor="white").to_html(include_plotlyjs=True))
