"""What is said of images that no training held: no galaxies, rare ones, other surveys' skies, noise, real files."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.stats import binom_conf_interval
from scipy.ndimage import gaussian_filter

from galexplore.atlas.kinds import KINDS, NOT_GALAXIES
from galexplore.bench.real import list_sets, locate_set
from galexplore.bench.sky import draw
from galexplore.cutouts.audit import Prepared, prepare
from galexplore.cutouts.cutout import Cutout
from galexplore.errors import InputError
from galexplore.explore.embedded import Embedded, Source
from galexplore.explore.explorer import Explorer
from galexplore.latents import SIGMAS
from galexplore.mock.rows import read_rows
from galexplore.posterior.calibrate import LEVEL95
from galexplore.posterior.domain import EDGE, INSIDE, OUTSIDE
from galexplore.survey import Survey
from galexplore.tables.columns import ORDINARY

#: Seeing (FWHM, arcsec) and depth (magnitude of a point source at five sigma) by band, and arcsec a pixel, of other
#: surveys: HSC-SSP Wide (Aihara et al. 2019, PASJ 71, 114), and SDSS, whose limits of completeness stand for the depth
#: (Abazajian et al. 2009, ApJS 182, 543).
SURVEYS: dict[str, tuple[float, dict[str, tuple[float, float]]]] = {
    "seeing and depth of HSC": (0.168, {"g": (0.77, 26.6), "r": (0.76, 26.2), "z": (0.68, 25.3)}),
    "seeing and depth of SDSS": (0.396, {"g": (1.44, 22.2), "r": (1.32, 22.2), "z": (1.29, 20.5)}),
}
NOISE, UNIFORM, CLOUDS = "random: sky noise", "random: uniform", "random: clouds"
#: What is asked for: of what is no galaxy so many without an answer at least, of ordinary galaxies so many at most.
LEAST, MOST = 0.95, 0.01
_AT_ONCE = 64
_FWHM = 2.3548  # standard deviations of a Gaussian
_SUFFIXES = (".fits", ".npz", ".png", ".jpg")


def measure_outside(
    explorer: Explorer,
    n: int = 1000,
    seed: int = 23,
    real: Path | None = None,
    report: Callable[[str], None] = lambda text: None,
) -> dict:
    """Ask of images of every sort whether they are inside, at the edge or outside of what the model has learnt.

    Parameters
    ----------
    explorer : Explorer
        With the embedded survey's galaxies.
    n : int
        Ordinary galaxies of the test split at most; a fifth as many are seen through each other survey's sky.
    real : Path, optional
        A folder of cutouts, or of folders of them.

    Returns
    -------
    dict
        `rows`, one for each sort: `sort`, `n`, `refused` (by the input checks), `outside`, `edge`, `inside`, `withheld`
        (share that gets no answer: [share, low, high], Wilson's interval of 95 %), `narrowest` (the smallest sigma of
        an outside one's redshift over that of any galaxy; None where there is none), `inside95` (of those that are
        answered, shares of true redshifts and masses in their 95 %); `holds`: "no galaxies" and "ordinary" to whether
        `LEAST` and `MOST` are kept; `real`, for each file `file`, `state` and `sentence`.

    Raises
    ------
    InputError
        Where the model's galaxies are not simulated, or it has not learnt what is outside.
    """
    if not explorer.simulated or explorer.embedder.domain is None:
        raise InputError(f"{explorer.name!r} has no simulated galaxies, or has not learnt what is outside.")
    rows = []
    for sort, table, flux in list_sorts(explorer, n, seed):
        report(f"{sort}: {len(flux)}")
        rows.append({"sort": sort} | _count(explorer, table, *ask(explorer, table, flux)))
    odd = [row for row in rows if row["sort"] in NOT_GALAXIES]
    withheld, of = sum(row["refused"] + row["outside"] for row in odd), sum(row["n"] for row in odd)
    ordinary = next(row for row in rows if row["sort"] == ORDINARY)
    holds = {"no galaxies": withheld >= LEAST * of, "ordinary": ordinary["withheld"][0] <= MOST}
    return {"rows": rows, "holds": holds, "real": judge_files(explorer, real) if real else []}


def list_sorts(explorer: Explorer, n: int, seed: int) -> Iterator[tuple[str, pd.DataFrame, np.ndarray]]:
    """List sorts of images: what each is called, rows of the catalogue or none, and images (M, B, S, S)."""
    table, survey, generator = explorer.table, explorer.survey, np.random.default_rng(seed)
    ordinary = table[(table["population"] == ORDINARY) & (table["split"] == "test")]
    ordinary = ordinary.sample(min(n, len(ordinary)), random_state=seed)
    rare = {kind.name: table[table["population"] == kind.name] for kind in KINDS}
    for sort, rows in ({ORDINARY: ordinary} | rare).items():
        if len(rows):
            yield sort, rows, explorer.images.get(rows["id"].tolist())
    some = ordinary.head(max(1, n // 5)).reset_index(drop=True)
    for sort, (scale, bands) in SURVEYS.items():
        if set(survey.bands) <= set(bands):
            rows = see_through(some, survey, scale, bands)
            yield sort, rows, np.stack([draw(row, survey) for row in read_rows(rows)])
    shape, noise = (max(1, n // 20), *survey.shape), np.asarray(survey.model_noise)[:, None, None]
    nothing = pd.DataFrame(index=range(shape[0]))
    yield NOISE, nothing, noise * generator.standard_normal(shape)
    yield UNIFORM, nothing, generator.random(shape)
    clouds = gaussian_filter(generator.standard_normal(shape), (0, 0, 4, 4))
    yield CLOUDS, nothing, noise * (30 * clouds / clouds.std() + generator.standard_normal(shape))


def see_through(
    rows: pd.DataFrame, survey: Survey, pixel_scale: float, bands: dict[str, tuple[float, float]]
) -> pd.DataFrame:
    """Change rows of the catalogue to the seeing, the depth and the sampling of another survey."""
    changed = rows.assign(sampled=pixel_scale)
    for band in survey.bands:
        fwhm, depth = bands[band]
        pixels = 4 * math.pi * (fwhm / _FWHM / survey.pixel_scale) ** 2  # that the noise of a point source is of
        limit = 10 ** (0.4 * (survey.zero_point - depth))
        changed = changed.assign(**{f"psf_{band}": fwhm, f"noise_{band}": limit / 5 / math.sqrt(pixels)})
    return changed


def ask(explorer: Explorer, rows: pd.DataFrame, flux: np.ndarray) -> tuple[list[Embedded | None], int]:
    """Give images (M, B, S, S) as uploads would be, with their seeing where rows (M) tell it.

    Returns
    -------
    answers : list of Embedded or None (M)
        None where the input checks refuse it, or there is no finite answer.
    refused : int
        How many.
    """
    survey, ready = explorer.survey, list[tuple[int, Prepared]]()
    columns = [f"psf_{band}" for band in survey.bands]
    widths = rows[columns].to_numpy(float).tolist() if set(columns) <= set(rows) else None
    known = ("SIMULATE = T",) * len(survey.bands)
    for i, image in enumerate(flux):
        bands, pixels = "".join(survey.bands), image.astype(np.float32)
        cutout = Cutout(pixels, survey.model_scale, bands, orientation=(1, 0.0), dereddened=known)
        try:
            ready.append((i, prepare(cutout, survey, seeing=widths[i] if widths else None)))
        except InputError:
            continue
    answers: list[Embedded | None] = [None] * len(flux)
    source = Source("", "array", "".join(survey.bands), survey.model_scale, False)
    for start in range(0, len(ready), _AT_ONCE):
        block = ready[start : start + _AT_ONCE]
        for (i, _), embedded in zip(block, explorer.embed([source] * len(block), [p for _, p in block]), strict=True):
            answers[i] = embedded
    return answers, sum(answer is None for answer in answers)


def _count(explorer: Explorer, rows: pd.DataFrame, answers: list[Embedded | None], refused: int) -> dict:
    """Count what was said of one sort of images."""
    said = [answer for answer in answers if answer is not None]
    states = [answer.validity.state for answer in said]
    outside = [a for a in said if a.validity.state == OUTSIDE]
    withheld = refused + len(outside)
    low, high = binom_conf_interval(withheld, len(answers), 0.95, interval="wilson")
    usual = explorer.atlas.latents[explorer.atlas.ordinary][:, 1].std()
    sigmas = [a.row[SIGMAS[1]] for a in outside]
    return {
        "n": len(answers),
        "refused": refused,
        "outside": len(outside),
        "edge": states.count(EDGE),
        "inside": states.count(INSIDE),
        "withheld": [withheld / len(answers), float(low), float(high)],
        "narrowest": float(min(sigmas) / usual) if sigmas else None,
        "inside95": _cover(rows, answers),
    }


def _cover(rows: pd.DataFrame, answers: list[Embedded | None]) -> dict[str, float]:
    """Share of true redshifts and masses inside the 95 % intervals of those that are answered."""
    covered = {}
    for name, column in {"redshift": "z_true", "logmass": "logmass_true"}.items():
        inside = list[bool]()
        for i, answer in enumerate(answers):
            if column in rows and answer is not None and answer.validity.state != OUTSIDE and answer.posterior:
                low, high = answer.posterior.interval(LEVEL95, name)
                inside.append(bool(low <= rows[column].iloc[i] <= high))
        if inside:
            covered[name] = float(np.mean(inside))
    return covered


def judge_files(explorer: Explorer, folder: Path) -> list[dict[str, str]]:
    """Say of every cutout of a folder, and of its folders, whether it gets an answer, in the model's own sentence."""
    said = []
    for place in (folder, *sorted(p for p in folder.iterdir() if p.is_dir())):
        for paths in list_sets(place, explorer.survey, _SUFFIXES):
            try:
                validity = locate_set(explorer, paths).validity
                state, sentence = validity.state, validity.sentence
            except InputError as error:
                state, sentence = "refused", str(error)
            said.append({"file": ", ".join(p.name for p in paths), "state": state, "sentence": sentence})
    return said


def write_tables(measured: dict) -> str:
    """Write what was measured as Markdown tables."""
    names = ("sort", "n", "refused", "outside", "at the edge", "inside", "no answer", "z, log M in 95 %, if answered")
    lines = [f"| {' | '.join(names)} |", "|---|" + "---:|" * (len(names) - 1)]
    for row in measured["rows"]:
        counts = [str(row[k]) for k in ("n", "refused", "outside", "edge", "inside")]
        share, low, high = (100 * v for v in row["withheld"])
        covered = ", ".join(f"{100 * v:.0f} %" for v in row["inside95"].values()) or "–"
        lines.append(f"| {' | '.join([row['sort'], *counts, f'{share:.1f} % ({low:.1f} to {high:.1f})', covered])} |")
    narrow = [row["narrowest"] for row in measured["rows"] if row["narrowest"] is not None]
    if narrow:
        lines += ["", f"Narrowest interval of what is outside: {min(narrow):.2f} times the spread of all galaxies."]
    asked = {"no galaxies": f"at least {LEAST:.0%} of what is no galaxy gets no answer"}
    asked |= {"ordinary": f"at most {MOST:.0%} of ordinary galaxies gets none"}
    lines += ["", "; ".join(f"{asked[k]}: {'yes' if v else 'no'}" for k, v in measured["holds"].items()).capitalize()]
    if measured["real"]:
        lines += ["", "| file | state | said |", "|---|---|---|"]
        lines += [f"| `{row['file']}` | {row['state']} | {row['sentence']} |" for row in measured["real"]]
    return "\n".join(lines) + "\n"
