"""What the sky between does to an answer: the same simulated galaxies seen through other seeing, dust and depth."""

import math
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
from scipy.ndimage import map_coordinates

from galexplore.cutouts.grid import resample
from galexplore.explore.explorer import Explorer
from galexplore.images import Observed
from galexplore.latents import LABELLED
from galexplore.mock.render import render, render_clean
from galexplore.mock.rows import PARTS, Row, read_rows
from galexplore.posterior.calibrate import ratio95
from galexplore.survey import Survey

#: FWHM, arcsec, of each band in the triplets; of one band by itself; the colour excess of the Galaxy's dust; factors on
#: the noise; arcsec a pixel of other samplings; arcsec by which the target lies off the frame's middle.
TRIPLET = (1.0, 1.4, 1.8)
SINGLE = (0.8, 1.1, 1.4, 1.7, 2.0)
DUST = (0.05, 0.1, 0.15, 0.3)
DEPTH = (0.4, 0.7, 1.5, 2.5)
SAMPLING = (0.15, 0.4)
OFFSET = (0.5, 1.0)

LEFT_IN = "dust left in"

Change = Callable[[pd.DataFrame], pd.DataFrame]


def list_changes(survey: Survey, triplets: bool = True) -> Iterator[tuple[str, str, Change]]:
    """List the changes of the sky: what kind each is, what it is called, and how rows of the catalogue are changed.

    Parameters
    ----------
    survey : Survey
    triplets : bool
        Whether every combination of `TRIPLET` over the bands is among them.
    """
    for triplet in product(TRIPLET, repeat=len(survey.bands)) if triplets else ():
        fwhm = dict(zip(survey.bands, triplet, strict=True))
        yield "seeing", ", ".join(f'{b} {f}"' for b, f in fwhm.items()), _set_seeing(fwhm)
    for band, width in product(survey.bands, SINGLE):
        yield "seeing of one band", f'{band} {width}"', _set_seeing({band: width})
    for excess in DUST:
        yield "dust taken off", f"E(B-V) {excess}", _take_off(survey, excess)
        yield LEFT_IN, f"E(B-V) {excess}", _redden(survey, excess)
    for factor in DEPTH:
        yield "depth", f"noise x {factor}", _deepen(survey, factor)
    for scale in SAMPLING:
        yield "sampling", f'{scale}" a pixel', _mark(sampled=scale)
    yield "neighbours", "none", _mark(alone=True)
    for offset in OFFSET:
        yield "position", f'{offset}" off', _shift(offset / survey.pixel_scale)


def _set_seeing(fwhm: dict[str, float]) -> Change:
    return lambda rows: rows.assign(**{f"psf_{band}": value for band, value in fwhm.items()})


def _mark(**marks: float) -> Change:
    return lambda rows: rows.assign(**marks)


def _shift(pixels: float) -> Change:
    return lambda rows: rows.assign(**{f"offset_{axis}": rows[f"offset_{axis}"] + pixels for axis in "xy"})


def _deepen(survey: Survey, factor: float) -> Change:
    return lambda rows: rows.assign(**{f"noise_{b}": rows[f"noise_{b}"] * factor for b in survey.bands})


def _take_off(survey: Survey, excess: float) -> Change:
    """Change the dust that was taken off: what is made brighter by it is the noisier."""
    return lambda rows: rows.assign(
        ebv=excess,
        **{
            f"noise_{b}": rows[f"noise_{b}"] * 10 ** (0.4 * k * (excess - rows["ebv"]))
            for b, k in zip(survey.bands, survey.extinction, strict=True)
        },
    )


def _redden(survey: Survey, excess: float) -> Change:
    dim = {b: 10 ** (-0.4 * excess * k) for b, k in zip(survey.bands, survey.extinction, strict=True)}
    return lambda rows: rows.assign(
        **{f"flux_{part}_{b}": rows[f"flux_{part}_{b}"] * dim[b] for part in PARTS for b in survey.bands}
    )


def draw(row: Row, survey: Survey) -> np.ndarray:
    """Draw a row on the model's grid (B, S, S); `sampled` [arcsec a pixel] and `alone` say what else is changed."""
    picture = render(row, survey)
    if row.get("alone"):
        picture = picture - render_clean(row, survey) + render_clean(row, survey, neighbours=False)
    if not row.get("sampled"):
        return resample(picture, survey.pixel_scale, survey)
    side = math.ceil(survey.native_size * survey.pixel_scale / row["sampled"])
    at = (np.arange(side) - (side - 1) / 2) * row["sampled"] / survey.pixel_scale + (survey.native_size - 1) / 2
    grid = np.stack(np.meshgrid(at, at, indexing="ij"))
    finer = np.stack([map_coordinates(band, grid, order=3, mode="nearest") for band in picture])
    return resample(finer, row["sampled"], survey)


def measure_sky(
    explorer: Explorer,
    n: int = 500,
    seed: int = 19,
    triplets: bool = True,
    report: Callable[[str], None] = lambda text: None,
) -> dict:
    """Measure how far each change of the sky moves the answers, and what is left of their coverage.

    Parameters
    ----------
    explorer : Explorer
        With simulated galaxies.
    n : int
        Galaxies of the test split.
    seed : int
        Which of them.

    Returns
    -------
    dict
        `n`; `rows`, one for each change, and where seeing or dust are changed one for each way of telling of it:
        `kind`, `sky`, `told` (whether the model was told the seeing), and for each latent that has a label `shift`, the
        median of (changed - as it was) / sigma, `scatter`, half the width of its central 68 %, and `inside68`,
        `inside95`, the shares of true values inside the intervals.
    """
    ordinary = explorer.table[(explorer.table["population"] == "ordinary") & (explorer.table["split"] == "test")]
    rows = ordinary.sample(min(n, len(ordinary)), random_state=seed).reset_index(drop=True)
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        pictures = _render(explorer, rows, pool)
        before = {told: _answer(explorer, rows, pictures, told) for told in (True, False)}
        out = [
            {"kind": "as drawn", "sky": "", "told": told} | _compare(explorer, rows, before[True], table)
            for told, table in before.items()
        ]
        for kind, sky, change in list_changes(explorer.survey, triplets):
            changed = change(rows)
            pictures = _render(explorer, changed, pool)
            for told in (True, False) if "seeing" in kind else (True,):
                after = _answer(explorer, changed, pictures, told, dusty=kind == LEFT_IN)
                moved = _compare(explorer, rows, before[told], after)
                out.append({"kind": kind, "sky": sky, "told": told} | moved)
            report(f"{kind}, {sky}: redshift {out[-1]['redshift']['shift']:+.2f} sigma")
    return {"n": len(rows), "seed": seed, "rows": out}


def _render(explorer: Explorer, rows: pd.DataFrame, pool: Executor) -> np.ndarray:
    pictures = pool.map(partial(draw, survey=explorer.survey), read_rows(rows), chunksize=25)
    return np.stack(list(pictures))


def _answer(
    explorer: Explorer, rows: pd.DataFrame, pictures: np.ndarray, told: bool, dusty: bool = False
) -> pd.DataFrame:
    """Read pictures at a glance, with their seeing told or not, and with word of dust that was left in."""
    observed = Observed.read(rows, explorer.survey)
    seeing = observed.seeing if told else np.full_like(observed.seeing, np.nan)
    return explorer.embedder.glance(pictures, Observed(seeing, np.full(len(rows), dusty)))


def _compare(explorer: Explorer, rows: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> dict:
    wide = ratio95(explorer.embedder.calibration, after["mag_aperture"], after["lat_redshift"])
    out = {}
    for i, (name, column) in enumerate(LABELLED.items(), 1):
        sigma, truth = after[f"lat_{name}_sigma"], rows[f"{column}_true"]
        moved = (after[f"lat_{name}"] - before[f"lat_{name}"]) / before[f"lat_{name}_sigma"]
        low, middle, high = np.quantile(moved, (0.15865, 0.5, 0.84135))
        error = (after[f"lat_{name}"] - truth).abs()
        out[name] = {
            "shift": float(middle),
            "scatter": float((high - low) / 2),
            "inside68": float((error < sigma).mean()),
            "inside95": float((error < sigma * wide[:, i]).mean()),
        }
    return out


def write_table(measured: dict) -> str:
    """Write what was measured as a Markdown table."""
    names = list(LABELLED)
    lines = ["| sky | " + " | ".join(f"{name}: shift, inside 68 %, 95 %" for name in names) + " |", "|---" * 4 + "|"]
    for row in measured["rows"]:
        cells = (
            f"{row[k]['shift']:+.2f} σ, {100 * row[k]['inside68']:.0f} %, {100 * row[k]['inside95']:.0f} %"
            for k in names
        )
        untold = "" if row["told"] else ", not told"
        lines.append(f"| {row['kind']} {row['sky']}{untold} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
