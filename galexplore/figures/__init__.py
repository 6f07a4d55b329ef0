"""Tables to plotly figures."""

from galexplore.figures.atlas import MOST_POINTS, SAMPLE, plot_atlas
from galexplore.figures.inside import find_inside
from galexplore.figures.oddness import plot_split, round_to_total
from galexplore.figures.style import ACCENT, AXES, STYLES, YOURS, get_style

__all__ = [
    "ACCENT",
    "AXES",
    "MOST_POINTS",
    "SAMPLE",
    "STYLES",
    "YOURS",
    "find_inside",
    "get_style",
    "plot_atlas",
    "plot_split",
    "round_to_total",
]
