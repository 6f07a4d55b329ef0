"""What a box or a lasso holds."""

import numpy as np


def widen_shapes(selection: dict, x: np.ndarray, y: np.ndarray) -> dict[str, list[dict]]:
    """Boxes and lassos of a plotly selection event, in the columns (N,) of the plot.

    What was drawn on a histogram along an edge of the plot is a box over its range, as wide as the data the other way.
    """
    shapes: dict[str, list[dict]] = {"box": [], "lasso": []}
    for kind in shapes:
        for shape in selection.get(kind) or ():
            spans = {"x": list(shape["x"]), "y": list(shape["y"])}
            beside = [axis for axis in "xy" if shape.get(f"{axis}ref", axis) not in (axis, f"{axis}1")]
            for axis in beside:
                values = x if axis == "x" else y
                spans[axis] = [float(np.nanmin(values)), float(np.nanmax(values))]
            if beside and kind == "lasso":
                spans = {axis: [min(ends), max(ends)] for axis, ends in spans.items()}
            shapes["box" if beside else kind].append(spans)
    return {kind: drawn for kind, drawn in shapes.items() if drawn}


def find_inside(x: np.ndarray, y: np.ndarray, selection: dict) -> np.ndarray:
    """Which points (N,) lie in any box or lasso of a plotly selection event: even-odd rule; None or empty: none.

    The points near a lasso are sorted by y once, so that each of its edges looks only at those on its own level: a
    million points and a lasso of hundreds of corners take a fraction of a second.
    """
    inside = np.zeros(len(x), bool)
    for box in selection.get("box") or ():
        (x0, x1), (y0, y1) = sorted(box["x"]), sorted(box["y"])
        inside |= (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
    for lasso in selection.get("lasso") or ():
        px, py = np.asarray(lasso["x"], float), np.asarray(lasso["y"], float)
        if not len(px):
            continue
        near = np.flatnonzero((x >= px.min()) & (x <= px.max()) & (y >= py.min()) & (y <= py.max()))
        near = near[np.argsort(y[near])]
        inside[near[_count_crossings(x[near].astype(float), y[near].astype(float), px, py) % 2 == 1]] = True
    return inside


def _count_crossings(x: np.ndarray, y: np.ndarray, px: np.ndarray, py: np.ndarray) -> np.ndarray:
    """Edges (N,) of a polygon that lie to the right of each point; the points sorted by y."""
    crossings = np.zeros(len(x), np.int32)
    for x0, y0, x1, y1 in zip(px, py, np.roll(px, -1), np.roll(py, -1), strict=True):
        if y0 == y1:
            continue
        first, last = np.searchsorted(y, sorted((y0, y1)))  # min <= y < max
        level = slice(first, last)
        crossings[level] += x[level] < (x1 - x0) * (y[level] - y0) / (y1 - y0) + x0
    return crossings
