"""Tables to figures: the two plots of an atlas, the split of a rarity, a latent's histogram."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import cyclical, sample_colorscale

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

#: Columns a person may look at: title, unit, and the word for a sentence.
AXES = {
    "lat_redshift": "Redshift",
    "lat_logmass": "log₁₀ stellar mass [M☉]",
    "lat_logsfr": "log₁₀ star-formation rate [M☉/yr]",
    "lat_phi": "Position angle, E of N [rad]",
    "lat_free": "Free latent",
    "percentile": "Rarity [percentile of ordinary galaxies]",
    "chi2_percentile": "Reconstruction χ² [percentile]",
    "mag_r": "r [AB mag]",
}
MOST_POINTS = 50_000  # drawn one by one; beyond, a density image and a sample
SAMPLE = 20_000
_CELLS = 256
FONT = "Source Sans, sans-serif"  # ships with the app
FADED = 0.16  # opacity of what is not selected


def get_style(population: str) -> tuple[str, str, str]:
    """Colour, plotly symbol and character of a population."""
    return STYLES.get(population, _ARTEFACT)


def _layout(title: str, dark: bool, height: int) -> dict:
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


def _scale(column: str, dark: bool) -> list:
    """Pick a uniform colour map without the end that drowns in the background; a cyclic one for the angle."""
    if column == "lat_phi":
        return cyclical.Phase
    low, high = (0.18, 1.0) if dark else (0.0, 0.9)
    return sample_colorscale("Viridis", np.linspace(low, high, 16))


def _colours(table: pd.DataFrame, column: str | None, dark: bool) -> dict:
    """Marker settings that colour by a column between its 2nd and 98th percentile, or by population."""
    if column is None or column not in table:
        return {"color": STYLES["ordinary"][0] if dark else "#5B6F8C"}
    low, high = np.nanpercentile(table[column], (2, 98)) if len(table) else (0, 1)
    bar = {"title": {"text": AXES.get(column, column), "side": "right"}, "thickness": 8, "outlinewidth": 0, "len": 0.9}
    limits = {"cmin": float(low), "cmax": float(high)}
    return {"color": table[column], "colorscale": _scale(column, dark), "colorbar": bar} | limits


def _points(table: pd.DataFrame, x: str, y: str, marker: dict, name: str) -> go.Scattergl:
    """Points that a person can pick: their ids travel in customdata, and picking fades the others."""
    hover = f"<b>%{{customdata}}</b> · {name}<br>%{{x:.3f}}, %{{y:.3f}}<extra></extra>"
    at = {"x": table[x].to_numpy(np.float32), "y": table[y].to_numpy(np.float32), "customdata": table["id"].tolist()}
    told = {"mode": "markers", "marker": marker, "name": name, "hovertemplate": hover}
    return go.Scattergl(**at, **told, selected_marker_opacity=1, unselected_marker_opacity=FADED)


def _density(table: pd.DataFrame, x: str, y: str, dark: bool) -> go.Heatmap:
    count, ex, ey = np.histogram2d(table[x], table[y], bins=_CELLS)
    image = np.where(count > 0, np.log10(np.maximum(count, 1)), np.nan).T.astype(np.float32)
    tint = [[0, "rgba(143,163,191,0.10)"], [1, "rgba(143,163,191,0.95)" if dark else "rgba(40,60,90,0.95)"]]
    centres = {"x": (ex[1:] + ex[:-1]) / 2, "y": (ey[1:] + ey[:-1]) / 2}
    return go.Heatmap(z=image, **centres, colorscale=tint, showscale=False, hoverinfo="skip")


def plot_atlas(
    table: pd.DataFrame,
    x: str,
    y: str,
    title: str,
    *,
    colour: str | None = None,
    overlays: Sequence[str] = (),
    selected: Sequence[str] = (),
    opened: str | None = None,
    yours: dict | None = None,
    dark: bool = True,
    height: int = 470,
) -> go.Figure:
    """Plot an atlas in two of its columns; ordinary galaxies as dots, the rare kinds on top in their own shape.

    Beyond 50,000 ordinary galaxies their density is drawn, with a sample of points over it.

    Parameters
    ----------
    table : DataFrame
        `id`, `population`, the two columns and the colour's.
    overlays : sequence of str
        The rare kinds to show.
    selected : sequence of str
        Ids to bring forward; all others fade.
    opened : str, optional
        The id of the one that is ringed.
    yours : dict, optional
        The user's own galaxy: `x`, `y`, and what its errors cover: `cloud` (M, 2) points or `sigma` (2,).
    """
    figure, ordinary = go.Figure(), table[table["population"] == "ordinary"]
    shown = table[table["population"].isin(["ordinary", *overlays])]
    front = shown[shown["id"].isin(set(selected))]
    crowded = len(ordinary) > 5000
    fade = FADED if len(front) else 0.4 if crowded else 0.75
    if len(ordinary) > MOST_POINTS:
        figure.add_trace(_density(ordinary, x, y, dark))
        ordinary = ordinary.sample(SAMPLE, random_state=0)
    paint = _colours(ordinary, colour, dark)
    size = 3.5 if crowded else 5
    figure.add_trace(_points(ordinary, x, y, {"size": size, "opacity": fade} | paint, "ordinary"))
    for kind in overlays:
        figure.add_trace(_points(shown[shown["population"] == kind], x, y, _rare_marker(kind, fade, dark), kind))
    _bring_forward(figure, front, x, y, paint, dark)
    ring = table[table["id"] == opened]
    if len(ring):
        figure.add_trace(_ring(ring[x], ring[y], ACCENT[dark]))
    if yours:
        _add_yours(figure, dark, **yours)
    figure.update_layout(_layout(title, dark, height))
    for column, update in ((x, figure.update_xaxes), (y, figure.update_yaxes)):
        update(title=AXES.get(column), showticklabels=column in AXES, ticks="outside" if column in AXES else "")
    return figure


def _rare_marker(kind: str, opacity: float, dark: bool) -> dict:
    colour, symbol, _ = get_style(kind)
    edge = {"width": 0.7, "color": "#0B0E13" if dark else "#FFFFFF"}
    return {"size": 8, "symbol": symbol, "color": colour, "line": edge, "opacity": min(1, opacity + 0.25)}


def _bring_forward(figure: go.Figure, front: pd.DataFrame, x: str, y: str, paint: dict, dark: bool) -> None:
    """Draw the selected galaxies once more, bright and outlined, in the colours that they have below."""
    ink = "#F6F8FB" if dark else "#000000"
    edge = {"width": 1 if len(front) < 200 else 0.4, "color": ink}
    for kind, rows in front.groupby("population", sort=False):
        if kind == "ordinary":
            colours = {"color": ink}
            if "cmin" in paint:
                colours = {k: v for k, v in paint.items() if k != "colorbar"} | {"color": rows[paint["color"].name]}
            marker = {"size": 6 if len(front) < 200 else 4, "line": edge} | colours
        else:
            marker = _rare_marker(kind, 1, dark) | {"line": edge, "size": 10}
        at = {"x": rows[x].to_numpy(np.float32), "y": rows[y].to_numpy(np.float32)}
        figure.add_trace(go.Scattergl(**at, mode="markers", marker=marker, hoverinfo="skip"))


def _ring(x, y, colour: str) -> go.Scattergl:
    marker = {"size": 20, "symbol": "circle-open", "color": colour, "line": {"width": 2.5, "color": colour}}
    return go.Scattergl(x=x, y=y, mode="markers", marker=marker, hoverinfo="skip")


def _add_yours(figure: go.Figure, dark: bool, x: float, y: float, cloud=None, sigma=None) -> None:
    """Add the user's own galaxy: a star, and the area that its errors cover."""
    colour, symbol, _ = YOURS
    if cloud is not None:
        marker = {"size": 3, "color": colour, "opacity": 0.45}
        figure.add_trace(go.Scattergl(x=cloud[:, 0], y=cloud[:, 1], mode="markers", marker=marker, hoverinfo="skip"))
    if sigma is not None:
        t = np.linspace(0, 2 * np.pi, 73)
        line = {"color": colour, "width": 2}
        oval = {"x": x + sigma[0] * np.cos(t), "y": y + sigma[1] * np.sin(t)}
        figure.add_trace(go.Scattergl(**oval, mode="lines", line=line, hoverinfo="skip"))
    edge = {"width": 1.5, "color": "#0B0E13" if dark else "#FFFFFF"}
    marker = {"size": 18, "symbol": symbol, "color": colour, "line": edge}
    hover = "your galaxy<extra></extra>"
    figure.add_trace(go.Scattergl(x=[x], y=[y], mode="markers", marker=marker, hovertemplate=hover))


def find_inside(x: np.ndarray, y: np.ndarray, selection: dict) -> np.ndarray:
    """Which points (N,) lie in any box or lasso of a plotly selection event: even-odd rule; None or empty: none."""
    inside = np.zeros(len(x), bool)
    for box in selection.get("box") or ():
        (x0, x1), (y0, y1) = sorted(box["x"]), sorted(box["y"])
        inside |= (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
    for lasso in selection.get("lasso") or ():
        px, py = np.asarray(lasso["x"], float), np.asarray(lasso["y"], float)
        near = (x >= px.min()) & (x <= px.max()) & (y >= py.min()) & (y <= py.max())
        at, odd = (x[near], y[near]), np.zeros(near.sum(), bool)
        for x0, y0, x1, y1 in zip(px, py, np.roll(px, -1), np.roll(py, -1), strict=True):
            with np.errstate(divide="ignore", invalid="ignore"):
                odd ^= ((y0 > at[1]) != (y1 > at[1])) & (at[0] < (x1 - x0) * (at[1] - y0) / (y1 - y0) + x0)
        inside[near] |= odd
    return inside


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
    figure.update_layout(_layout(title, dark, 215) | {"dragmode": False})
    return figure.update_yaxes(autorange="reversed", showgrid=False)
