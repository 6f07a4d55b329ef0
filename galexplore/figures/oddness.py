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
    shown, total = round_to_total(terms)
    labels = [f"{name}  <b>{t:+.1f}</b>" for name, t in zip(names, shown, strict=True)] + [f"d²  <b>{total:.1f}</b>"]
    figure = go.Figure(
        go.Waterfall(
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
    )
    figure.update_layout(layout(title, dark, 215) | {"dragmode": False})
    return figure.update_yaxes(autorange="reversed", showgrid=False)
