"""The look that all figures share: one colour and shape a population, one layout, one set of axis titles."""

import plotly.graph_objects as go

from galexplore.tables.names import AXES

__all__ = ["ACCENT", "AXES", "FADED", "FONT", "STYLES", "YOURS", "dress", "get_style", "is_bright", "layout"]

#: One colour and one shape for each population, everywhere: (colour, plotly symbol, character). Okabe & Ito (2008);
#: shapes differ too, so that kinds survive colour-blindness and print.
STYLES = {
    "ordinary": ("#8FA3BF", "circle", "●"),
    "Green Pea": ("#009E73", "diamond", "◆"),
    "Red Spiral": ("#D55E00", "triangle-up", "▲"),
    "Dusty Starburst": ("#E69F00", "square", "■"),
    "Post-starburst": ("#F0E442", "pentagon", "⬟"),
    "Blue Elliptical": ("#4A9BE8", "hexagon", "⬢"),
    "Active Nucleus": ("#CC79A7", "star-diamond", "✦"),
    "Merger": ("#CC79A7", "bowtie", "⋈"),
    "Lens-like Arc": ("#CC79A7", "triangle-down", "▼"),
}
_ARTEFACT = ("#A8A29A", "x", "✕")  # stars, trails and all else that is no galaxy
YOURS = ("#56B4E9", "star", "★")
ACCENT = {True: "#E8C46A", False: "#8A5A00"}  # of what can be acted on; dark and light

FONT = "Source Sans, sans-serif"  # ships with the app
FADED = 0.16  # opacity of what is not selected
MODEBAR = 36  # pixels to the right of a plot that its mode bar stands in, so that it covers nothing


def get_style(population: str) -> tuple[str, str, str]:
    """Colour, plotly symbol and character of a population."""
    return STYLES.get(population, _ARTEFACT)


def is_bright(colour: str) -> bool:
    """Whether a colour "#RRGGBB" is nearer to white than to black in WCAG 2's relative luminance."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.5


def layout(title: str, dark: bool, height: int) -> dict:
    """Layout of every figure: the title is the sentence that the figure shows."""
    ink, rule = ("#C9D1DC", "rgba(255,255,255,0.07)") if dark else ("#2A3340", "rgba(0,0,0,0.08)")
    axis = {"gridcolor": rule, "zeroline": False, "ticks": "outside", "tickcolor": rule, "automargin": True}
    return {
        "title": {"text": title, "x": 0, "xref": "container", "font": {"size": 14}, "yref": "container", "y": 0.97},
        "modebar": {"orientation": "v", "bgcolor": "rgba(0,0,0,0)", "color": ink, "activecolor": ACCENT[dark]},
        "font": {"family": FONT, "size": 13, "color": ink},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(255,255,255,0.018)" if dark else "rgba(0,0,0,0.015)",
        "margin": {"l": 8, "r": 8, "t": 40, "b": 8},
        "height": height,
        "xaxis": axis,
        "yaxis": axis,
        "dragmode": "lasso",
        "showlegend": False,
        "uirevision": "keep",
        "hoverlabel": {"bgcolor": "#1A212C" if dark else "#FFFFFF", "font": {"color": ink, "family": FONT}},
        "newselection": {"line": {"color": ACCENT[dark], "width": 1.5, "dash": "solid"}},
        "activeselection": {"fillcolor": "rgba(0,0,0,0)"},
    }


def dress(figure: go.Figure, title: str, dark: bool, height: int) -> go.Figure:
    """Give a figure of one or several panels, which nothing is picked on, the common look."""
    look = layout(title, dark, height)
    axes = {k: look.pop(k) for k in ("xaxis", "yaxis")}
    for key, value in (look | {"dragmode": False}).items():  # at a tenth of update_layout's time
        figure.layout[key] = value
    return figure.update_xaxes(axes["xaxis"]).update_yaxes(axes["yaxis"])
