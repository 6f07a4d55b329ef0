"""The report of `mock check`: small plots in SVG, no script, so that it opens anywhere."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from galexplore.mock.comparisons import LIMITS
from galexplore.survey import Survey

_SIZE, _PAD = 300, 42
_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:1040px;margin:2rem auto;padding:0 1rem;color:#1d2733}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}svg{margin:0 10px 10px 0}table{border-collapse:collapse}
td,th{padding:.15rem .7rem;text-align:right;border-bottom:1px solid
#dde3ea}th:first-child,td:first-child{text-align:left}"""
#: The images beside the report, and what each shows.
_IMAGES = {
    "beside": "Real cutouts, and under each the simulated galaxy most alike, in the same stretch",
    "mock": "Simulated galaxies",
}


def draw_scatter(
    x: ArrayLike,
    y: ArrayLike,
    title: str,
    x_label: str,
    y_label: str,
    limits: tuple[float, float] | None = None,
    band: float | None = None,
) -> str:
    """Draw points against the line of equality, as an SVG element.

    Parameters
    ----------
    x, y : array (n,)
    title, x_label, y_label : str
    limits : (float, float), optional
        Of both axes; by default from the data.
    band : float, optional
        Half width of the shaded band of agreement.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    low, high = limits or (float(np.nanmin([x.min(), y.min()])), float(np.nanmax([x.max(), y.max()])))
    margin = 0 if limits else 0.05 * (high - low)
    low, high = low - margin, high + margin
    scale = (_SIZE - 2 * _PAD) / (high - low)

    def place(a: float, b: float) -> tuple[float, float]:
        return _PAD + (a - low) * scale, _SIZE - _PAD - (b - low) * scale

    parts = [f'<svg width="{_SIZE}" height="{_SIZE}" font-size="11" font-family="system-ui,sans-serif">']
    if band:
        corners = [place(low, low + band), place(high - band, high), place(high, high)]
        corners += [place(high, high - band), place(low + band, low), place(low, low)]
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
        parts.append(f'<polygon points="{points}" fill="#0072b2" opacity="0.12"/>')
    (x0, y0), (x1, y1) = place(low, low), place(high, high)
    parts.append(f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" stroke="#8893a0"/>')
    parts.append(f'<rect x="{_PAD}" y="{_PAD}" width="{x1 - x0}" height="{y0 - y1}" fill="none" stroke="#b8c1cc"/>')
    radius, opacity = (3.5, 0.9) if len(x) < 100 else (1.1, 0.25)
    for a, b in zip(x, y, strict=True):
        if low <= a <= high and low <= b <= high:
            u, v = place(a, b)
            parts.append(f'<circle cx="{u:.1f}" cy="{v:.1f}" r="{radius}" fill="#0072b2" opacity="{opacity}"/>')
    for value in (low, 0.5 * (low + high), high):
        parts += _write_ticks(value, *place(value, value))
    return "".join([*parts, *_write_titles(title, x_label, y_label), "</svg>"])


def _write_ticks(value: float, u: float, v: float) -> list[str]:
    return [
        f'<text x="{u:.0f}" y="{_SIZE - _PAD + 14}" text-anchor="middle">{value:.2f}</text>',
        f'<text x="{_PAD - 5}" y="{v + 4:.0f}" text-anchor="end">{value:.2f}</text>',
    ]


def _write_titles(title: str, x_label: str, y_label: str) -> list[str]:
    middle = _SIZE / 2
    turn = f'transform="rotate(-90 10 {middle})"'
    return [
        f'<text x="{middle}" y="{_SIZE - 8}" text-anchor="middle">{escape(x_label)}</text>',
        f'<text x="10" y="{middle}" text-anchor="middle" {turn}>{escape(y_label)}</text>',
        f'<text x="{_PAD}" y="26" font-size="13" font-weight="600">{escape(title)}</text>',
    ]


def draw_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Draw an HTML table; floats to three decimals."""

    def cell(value: Any) -> str:
        return f"{value:.3f}" if isinstance(value, float) else escape(str(value))

    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def write_report(measured: dict[str, Any], real: pd.DataFrame, guesses: dict[str, np.ndarray], survey: Survey) -> str:
    """Write the whole report.

    Parameters
    ----------
    measured : dict
        What `check.check` measured.
    real : DataFrame
        The real galaxies, for `z` and `logmass`.
    guesses : dict of arrays
        What the regressor taught by the mock says of them.
    survey : Survey
        Whose bands the skies are in.

    Returns
    -------
    str
        HTML.
    """
    parts = ["<h1>The simulated survey beside real galaxies</h1>"]
    parts += _show_medians(measured["bins"])
    parts += _show_transfer(measured["transfer"], real, guesses)
    parts += _show_colours(
        "Massive red galaxies: colours within 3 arcsec, without our Galaxy's dust", measured["massive"]
    )
    parts += _show_colours("Star-forming galaxies nearby, by log mass", measured["discs"])
    parts += _show_rare(measured["rare"])
    parts += _show_sizes(measured["sizes"])
    parts += _show_skies(measured["skies"], survey.bands)
    for name, title in _IMAGES.items():
        parts.append(f'<h2>{title}</h2><img src="{name}.png" alt="{title}" style="max-width:100%">')
    head = f"<!doctype html><meta charset=utf-8><title>Mock check</title><style>{_STYLE}</style>"
    return head + "".join(parts)


def _show_medians(bins: list[dict[str, Any]]) -> list[str]:
    parts = ["<h2>Medians in bins of redshift and mass (shaded: the agreement asked for)</h2>"]
    for name, band in LIMITS.items():
        real, mock = np.array([(b[name]["real"], b[name]["mock"]) for b in bins]).T
        parts.append(draw_scatter(real, mock, f"{name} of {len(bins)} bins", "real", "mock", band=band))
    return parts


def _show_transfer(transfer: dict[str, Any], real: pd.DataFrame, guesses: dict[str, np.ndarray]) -> list[str]:
    parts = ["<h2>Real galaxies, told by a regressor that saw only mock photometry</h2>"]
    for name, limits in (("z", (0, 1)), ("logmass", (7.5, 12))):
        title = f"{name}: R² = {transfer[name]['R2 taught by the mock']:.2f}"
        parts.append(draw_scatter(real[name], guesses[name], title, f"real {name}", f"regressed {name}", limits))
    rows = [[n, *t.values()] for n, t in transfer.items()]
    return [*parts, draw_table(["", "R² taught by the mock", "R² taught by half of the real"], rows)]


def _show_colours(title: str, rows: list[dict[str, Any]]) -> list[str]:
    names = [name for name, value in rows[0].items() if isinstance(value, dict)] if rows else []
    head = ["", *(f"{name}, {whose}" for name in names for whose in ("real", "mock", "error"))]
    table = [
        [f"z = {row['z']:.3f}" if "z" in row else f"{row['logmass'][0]} to {row['logmass'][1]}"]
        + [float(row[name][whose]) for name in names for whose in ("real", "mock", "error")]
        for row in rows
    ]
    return [f"<h2>{title}</h2>", draw_table(head, table)]


def _show_rare(kinds: dict[str, Any]) -> list[str]:
    parts = []
    for kind, quantities in kinds.items():
        parts.append(f"<h2>{escape(kind)}</h2>")
        rows = [
            [q, v["real"]["median"], v["mock"]["median"], _spread(v["real"]), _spread(v["mock"])]
            for q, v in quantities.items()
        ]
        parts.append(draw_table(["", "real median", "mock median", "real 16-84 %", "mock 16-84 %"], rows))
    return parts


def _show_sizes(sizes: list[dict[str, Any]]) -> list[str]:
    rows = [
        [f"{s['logmass'][0]} to {s['logmass'][1]}", s["real kpc"], s["mock kpc"], s["real"], s["mock"]] for s in sizes
    ]
    table = draw_table(["log mass", "real kpc", "mock kpc", "real galaxies", "mock galaxies"], rows)
    return ["<h2>Half-light radii of star-forming galaxies nearby</h2>", table]


def _show_skies(skies: dict[str, Any], bands: Sequence[str]) -> list[str]:
    percents = list(enumerate((2.5, 50, 97.5)))
    noise, seeing = skies["mock noise 2.5, 50, 97.5 %"], skies["mock seeing"]
    rows = [[f"real cutout {i + 1}", *(f"{v:.4f}" for v in row)] for i, row in enumerate(skies["real noise"])]
    rows += [[f"mock {p} %", *(f"{noise[b][k]:.4f}" for b in bands)] for k, p in percents]
    parts = ["<h2>Noise and seeing</h2>", draw_table(["noise, nmgy a pixel", *bands], rows)]
    rows = [["real", *row] for row in skies["real seeing"]]
    rows += [[f"mock {p} %", *(seeing[b][k] for b in bands)] for k, p in percents]
    return [*parts, draw_table(["seeing, arcsec", *bands], rows)]


def _spread(summary: dict[str, float]) -> str:
    return f"{summary['16%']:.2f} to {summary['84%']:.2f}"
