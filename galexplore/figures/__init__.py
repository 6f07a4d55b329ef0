"""Tables to plotly figures."""

from galexplore.figures.atlas import MOST_POINTS, SAMPLE, plot_atlas
from galexplore.figures.inside import find_inside
from galexplore.figures.oddness import plot_reasons, plot_split, round_to_total
from galexplore.figures.style import ACCENT, AXES, STYLES, YOURS, get_style
from galexplore.figures.yours import add_outlines

__all__ = [
    "ACCENT",
    "AXES",
    "MOST_POINTS",
    "SAMPLE",
    "STYLES",
    "YOURS",
    "add_outlines",
    "find_inside",
    "get_style",
    "plot_atlas",
    "plot_reasons",
    "plot_split",
    "round_to_total",
]
