"""The plot of an atlas on paper: vectors or pixels of a chosen size, drawn by matplotlib (the extra `print`)."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from galexplore.errors import InputError
from galexplore.figures.contours import SHARES, measure_shares
from galexplore.figures.paint import MOST_WORDS, Limits, fill_spans, find_spans
from galexplore.figures.style import get_style
from galexplore.tables.names import title_axis

if TYPE_CHECKING:  # half a second to import, and not everyone has it
    from matplotlib.axes import Axes

#: What is written, and its MIME type.
KINDS = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}
SIZES, DPI = (30.0, 400.0), (50, 1200)  # mm a side; dots an inch
MOST_PIXELS = 40_000_000
_RASTER = 3000  # points beyond which a vector file holds them as pixels: its axes and words stay vectors
_INK, _GREY = "#222222", "#5B6F8C"
#: plotly's names of shapes, as matplotlib has them.
_MARKERS = {"circle": "o", "diamond": "D", "triangle-up": "^", "square": "s", "pentagon": "p", "hexagon": "h"}
_MARKERS |= {"star-diamond": "*", "bowtie": "X", "triangle-down": "v", "x": "x"}


def print_atlas(
    table: pd.DataFrame,
    x: str,
    y: str,
    *,
    colour: str | None = None,
    overlays: Sequence[str] = (),
    selected: np.ndarray | None = None,
    limits: Limits | None = None,
    contours: bool = False,
    width: float = 88.0,
    height: float = 75.0,
    dpi: int = 300,
    kind: str = "pdf",
) -> bytes:
    """Draw an atlas in two of its columns for print; every point of the table that has both and is shown is drawn.

    Parameters
    ----------
    table : DataFrame
        `id`, `population`, the two columns and the colour's.
    overlays : sequence of str
        The rare kinds to show beside the ordinary galaxies.
    selected : ndarray (N,) of bool, optional
        Those that are ringed.
    limits, contours
        As of `plot_atlas`.
    width, height : float
        Of the whole figure [mm], 30 to 400.
    dpi : int
        Dots an inch, 50 to 1200, of PNG and of the points within PDF and SVG.
    kind : str
        One of `KINDS`.

    Raises
    ------
    InputError
        Where matplotlib is not installed, or the size or kind cannot be drawn.
    """
    check_print(width, height, dpi, kind)
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("Figures for print need matplotlib: pip install 'galexplore[print]'") from error
    mpl.rcParams["pdf.fonttype"] = 42  # words that stay words, as journals ask
    figure = Figure(figsize=(width / 25.4, height / 25.4), dpi=dpi, layout="constrained")
    axes = figure.add_subplot()
    drawn = _draw_points(axes, table, x, y, colour, overlays)
    across, up = (table[column].to_numpy(float) for column in (x, y))
    ordinary = (table["population"] == "ordinary").to_numpy()
    spans = (limits and fill_spans(limits, across, up)) or find_spans(across[drawn], up[drawn])
    if contours and ordinary.sum() >= 10:
        _draw_contours(axes, across[ordinary], up[ordinary], spans)
    if selected is not None and selected.any():
        ringed = selected & drawn
        look = {"facecolors": "none", "edgecolors": _INK, "linewidths": 0.5, "rasterized": ringed.sum() > _RASTER}
        axes.scatter(across[ringed], up[ringed], s=9, label=f"selected ({ringed.sum():,})", zorder=4, **look)
    _dress(axes, x, y, spans, int(drawn.sum()))
    stream = BytesIO()
    figure.savefig(stream, format=kind, dpi=dpi, metadata={"Title": f"{y} against {x}"} if kind != "png" else None)
    return stream.getvalue()


def check_print(width: float, height: float, dpi: int, kind: str) -> None:
    """Refuse a size [mm] or kind of figure that `print_atlas` cannot draw: InputError says why."""
    if kind not in KINDS:
        raise InputError(f"A figure is written as {', '.join(KINDS)}, not {str(kind)[:10]}.")
    if not all(SIZES[0] <= side <= SIZES[1] for side in (width, height)):
        raise InputError(f"A figure is {SIZES[0]:.0f} to {SIZES[1]:.0f} mm wide and high.")
    if not DPI[0] <= dpi <= DPI[1]:
        raise InputError(f"A figure has {DPI[0]} to {DPI[1]} dpi.")
    if width * height * (dpi / 25.4) ** 2 > MOST_PIXELS:
        raise InputError(
            f"This would be more than {MOST_PIXELS:,} pixels; choose a smaller size or fewer dots an inch."
        )


def _draw_points(
    axes: "Axes", table: pd.DataFrame, x: str, y: str, colour: str | None, overlays: Sequence[str]
) -> np.ndarray:
    """Draw the ordinary galaxies and the rare kinds; return the mask (N,) of those that were drawn."""
    population, across, up = table["population"].to_numpy(), table[x].to_numpy(float), table[y].to_numpy(float)
    known, drawn = np.isfinite(across) & np.isfinite(up), np.zeros(len(table), bool)
    for kind in ("ordinary", *overlays):
        rows = np.flatnonzero(known & (population == kind))
        drawn[rows] = True
        tint, symbol, _ = get_style(kind)
        plain = kind == "ordinary"
        look: dict[str, Any] = {
            "c": _GREY if plain else tint,
            "rasterized": len(rows) > _RASTER,
            "zorder": 2 + (not plain),
        }
        if plain:
            look |= {"s": 1.2 if len(rows) > 5000 else 4, "alpha": 0.5 if len(rows) > 5000 else 0.8, "linewidths": 0}
        else:
            look |= {"s": 12, "marker": _MARKERS[symbol], "linewidths": 0.3 if symbol != "x" else 0.8}
            look |= {} if symbol == "x" else {"edgecolors": "white"}
        if plain and colour and colour in table:
            _paint(axes, table[colour].iloc[rows], across[rows], up[rows], look)
        elif len(rows):
            axes.scatter(across[rows], up[rows], label=f"{kind} ({len(rows):,})", **look)
    return drawn


def _paint(axes: "Axes", values: pd.Series, x: np.ndarray, y: np.ndarray, look: dict) -> None:
    """Draw points in the colours of a column, between its 2nd and 98th percentile, or of its most frequent words."""
    name = str(values.name)
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(float)
        known = numbers[np.isfinite(numbers)]
        low, high = np.percentile(known, (2, 98)) if len(known) else (0, 1)
        drawn = axes.scatter(x, y, cmap="viridis", vmin=low, vmax=high, **look | {"c": numbers, "alpha": 0.9})
        if axes.figure:
            axes.figure.colorbar(drawn, ax=axes, pad=0.02).set_label(title_axis(name), parse_math=False)
        return
    tints = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#0072B2", "#999999")
    words = values.astype(object).fillna("none").to_numpy()
    for word, tint in zip(pd.Series(words).value_counts().index[:MOST_WORDS], tints, strict=False):
        rows = words == word
        axes.scatter(x[rows], y[rows], label=f"{str(word)[:20]} ({rows.sum():,})", **look | {"c": tint})


def _draw_contours(axes: "Axes", x: np.ndarray, y: np.ndarray, spans: tuple) -> None:
    known = np.isfinite(x) & np.isfinite(y)
    (x0, x1), (y0, y1) = ((min(span), max(span)) for span in spans)
    shares = measure_shares(x[known], y[known], ((x0, x1), (y0, y1)))
    cells = len(shares)
    centres = (np.linspace(low, high, 2 * cells + 1)[1::2] for low, high in ((x0, x1), (y0, y1)))
    axes.contour(*centres, shares, levels=SHARES, colors=_INK, linewidths=0.6, zorder=3)


def _dress(axes: "Axes", x: str, y: str, spans: tuple, drawn: int) -> None:
    """Set what is around the points; names of columns are no formulae."""
    axes.set_xlim(*spans[0])
    axes.set_ylim(*spans[1])
    axes.set_xlabel(title_axis(x), fontsize=8, parse_math=False)
    axes.set_ylabel(title_axis(y), fontsize=8, parse_math=False)
    axes.minorticks_on()
    axes.tick_params(which="both", direction="in", top=True, right=True, labelsize=7, width=0.5)
    if len(axes.get_legend_handles_labels()[0]) > 1:
        place = "best" if drawn <= _RASTER else "upper right"  # the best place among many points takes seconds
        look: dict[str, Any] = {"fontsize": 6, "framealpha": 0.8, "edgecolor": "none", "loc": place}
        legend = axes.legend(**look)
        for words in legend.get_texts():
            words.set_parse_math(False)
