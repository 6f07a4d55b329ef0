"""Tables to plotly figures.

The one room that imports plotly; takes tables and arrays, returns figures, knows no page.
"""

from plotly.graph_objects import Figure

from galexplore.figures.atlas import MOST_POINTS, SAMPLE, plot_atlas
from galexplore.figures.brush import count_bins, plot_brush
from galexplore.figures.calibration import plot_coverage, plot_pit, plot_relations, plot_truth
from galexplore.figures.corner import outline_regions, plot_corner
from galexplore.figures.inside import find_inside, widen_shapes
from galexplore.figures.kinds import add_controls, plot_confusion, plot_distributions, plot_recovery, plot_roc
from galexplore.figures.oddness import plot_reasons, plot_split, round_to_total
from galexplore.figures.paint import Spans, count_crowd
from galexplore.figures.posterior import plot_redshift
from galexplore.figures.printed import DPI, KINDS, SIZES, check_print, print_atlas
from galexplore.figures.space import plot_space
from galexplore.figures.style import ACCENT, AXES, STYLES, YOURS, get_style
from galexplore.figures.yours import add_outlines

__all__ = [
    "ACCENT",
    "AXES",
    "DPI",
    "KINDS",
    "MOST_POINTS",
    "SAMPLE",
    "SIZES",
    "STYLES",
    "YOURS",
    "Figure",
    "Spans",
    "add_controls",
    "add_outlines",
    "check_print",
    "count_bins",
    "count_crowd",
    "find_inside",
    "get_style",
    "outline_regions",
    "plot_atlas",
    "plot_brush",
    "plot_confusion",
    "plot_corner",
    "plot_coverage",
    "plot_distributions",
    "plot_pit",
    "plot_reasons",
    "plot_recovery",
    "plot_redshift",
    "plot_relations",
    "plot_roc",
    "plot_space",
    "plot_split",
    "plot_truth",
    "print_atlas",
    "round_to_total",
    "widen_shapes",
]
