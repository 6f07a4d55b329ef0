"""What is put into images of which nothing but a galaxy is known, and how often it is what is told of them."""

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.ndimage import shift as displace

from galexplore.cutouts import artefacts
from galexplore.cutouts.audit import prepare
from galexplore.cutouts.cutout import Cutout
from galexplore.cutouts.grid import resample
from galexplore.errors import InputError
from galexplore.explore.caveats import find_caveats, join_measured, name_caveats, suspect
from galexplore.explore.explorer import Explorer
from galexplore.explore.table import find_artefacts
from galexplore.images import Observed
from galexplore.mock.render import render_clean
from galexplore.mock.rows import PARTS, Row, read_rows
from galexplore.sources.mock import can_draw
from galexplore.survey import Survey

CONTAMINANTS = ("neighbour", "trail", "edge")
#: Arcsec from the galaxy at which a second source is put, and its light over the galaxy's, both within 2 arcsec.
APART, RATIO = (1.0, 1.5, 2.0, 2.5), (0.5, 2.0)


def choose_clear(explorer: Explorer, n: int, seed: int) -> pd.DataFrame:
    """Choose galaxies of the test split, n at most, of whose images nothing is to be said, were they odd."""
    table = explorer.table.drop(columns="percentile")  # what is odd then is not asked: what is planted is to be seen
    table = table[(table["population"] == "ordinary") & (name_caveats(table, explorer.edges) == "")]
    return table[table["split"] == "test"].sample(frac=1, random_state=seed)[:n]


def measure(explorer: Explorer, rows: pd.DataFrame, flux: np.ndarray) -> pd.DataFrame:
    """Put what images (N, B, S, S) show beside the rows of the galaxies (N) that they are of."""
    features = explorer.embedder.features(flux, Observed.read(rows, explorer.survey))
    pixels = artefacts.measure_artefacts(flux, explorer.survey)
    measured = join_measured(pixels, features, explorer.embedder.domain)
    known = {name: measured[name].to_numpy() for name in ("contamination", "blend")}
    return rows.assign(suspicion=suspect(measured), **known)


def plant_all(explorer: Explorer, n: int, seed: int) -> dict:
    """Plant each contaminant into images of the test split, and count how often it is what is told."""
    rows = choose_clear(explorer, n, seed)
    flux, generator = explorer.images.get(rows["id"].tolist()), np.random.default_rng(seed)
    out = {}
    for name in CONTAMINANTS:
        planted, filled = flux, np.zeros(len(flux))
        if name == "edge":
            filled = np.array([cut_edge(image, explorer.survey) for image in flux])
        else:
            planted = plant(flux, name, generator, explorer.survey)
        told = name_caveats(measure(explorer, rows, planted).assign(filled=filled), explorer.edges)
        hits = told == {"neighbour": "neighbour", "trail": "line", "edge": "cut"}[name]
        out[name] = share(hits[np.isfinite(filled)])
    return out


def cut_edge(image: np.ndarray, survey: Survey) -> float:
    """Cut a tenth off an image (B, S, S), and read it as any upload: the share of the frame that was filled in.

    NaN of a galaxy too faint to be found, which is refused.
    """
    cut = image.copy()
    cut[:, :, -(survey.size // 10) :] = np.nan
    known = ("SIMULATE = T",) * len(survey.bands)
    cutout = Cutout(cut, survey.model_scale, "".join(survey.bands), dereddened=known)
    try:
        return float(1 - prepare(cutout, survey).valid.all(axis=0).mean())
    except InputError:
        return float("nan")


def plant(flux: np.ndarray, name: str, generator: np.random.Generator, survey: Survey) -> np.ndarray:
    """Plant a contaminant into images (N, B, S, S).

    A neighbour is a point source as bright as the galaxy's middle, 2 to 4 arcsec away; a trail crosses one band at 5
    sigma of its sky.
    """
    planted, size = flux.copy(), survey.size
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    radius = np.hypot(x, y) * survey.model_scale
    for image in planted:
        turn = generator.uniform(0, 2 * np.pi)
        if name == "neighbour":
            point = np.exp(-((radius / 1.2) ** 2))
            step = generator.uniform(2, 4) / survey.model_scale * np.array([np.sin(turn), np.cos(turn)])
            light = np.maximum(image[:, radius < 2].sum(axis=1), 0)
            image += (light / point.sum())[:, None, None] * displace(point, step, order=1)
        elif name == "trail":
            band = generator.integers(len(image))
            image[band, np.abs(x * np.sin(turn) - y * np.cos(turn) - generator.uniform(-8, 8)) < 1] += (
                5 * survey.model_noise[band]
            )
    return planted


def try_blends(explorer: Explorer, n: int, seed: int) -> dict:
    """Put a star or another galaxy on galaxies of the test split, and count how often that is what is told.

    Neighbours are taken out of the images first, but for their photons' noise. Every other second source is a star;
    both are seen as the galaxy is, at 1 to 2.5 arcsec, with half to twice its light.

    Returns
    -------
    dict
        By distance ("1 to 1.5 arcsec"), and of `all`, the share that is told to be blended or contaminated by a
        neighbour; `as blended`: that of the former; `alone`: the share of the same galaxies without any other source of
        which either is told. Empty where the galaxies cannot be drawn.
    """
    survey, table = explorer.survey, explorer.table.drop(columns="percentile")  # as of `choose_clear`
    rows = table[(table["population"] == "ordinary") & (table["split"] == "test") & ~find_artefacts(table)]
    rows = rows.sample(frac=1, random_state=seed)[:n]  # whatever lies beside them: it is taken out
    if not can_draw(rows, survey):
        return {}
    generator, hosts = np.random.default_rng(seed), read_rows(rows)
    others = read_rows(rows.sample(frac=1, random_state=seed + 1))
    flux = explorer.images.get(rows["id"].tolist()).astype(np.float32)
    alone = flux - np.stack([resample(render_clean(darken(row), survey), survey.pixel_scale, survey) for row in hosts])
    apart, blends = generator.uniform(APART[0], APART[-1], len(rows)), alone.copy()
    for i, (host, other) in enumerate(zip(hosts, others, strict=True)):
        second = darken(other) | {"oddity": "star"} if i % 2 else dict(other)
        ratio = float(np.exp(generator.uniform(*np.log(RATIO))))
        blends[i] += ratio * draw_second(alone[i], host, second, apart[i], generator.uniform(0, 2 * np.pi), survey)
    caveats = [find_caveats(measure(explorer, rows, images), explorer.edges) for images in (alone, blends)]
    single, double = (c["blended"] | c["neighbour"] for c in caveats)
    bins = {f"{a:g} to {b:g} arcsec": (apart >= a) & (apart < b) for a, b in pairwise(APART)}
    shares = {name: share(double[inside]) for name, inside in bins.items()}
    return shares | {"all": share(double), "as blended": share(caveats[1]["blended"]), "alone": share(single)}


def darken(row: Row) -> dict:
    """Take a galaxy's own light from a row, so that only what lies around it is drawn."""
    return dict(row) | {key: 0.0 for key in row if key.startswith(tuple(f"flux_{p}" for p in PARTS))} | _PLAIN


_PLAIN = {"core": 0.0, "oddity": ""}


def draw_second(image: np.ndarray, host: Row, other: Row, apart: float, turn: float, survey: Survey) -> np.ndarray:
    """Draw another row's galaxy or star (B, S, S) through a host's seeing, `apart` arcsec from it.

    Its light in the reference band within 2 arcsec is scaled to what the host's image has there.
    """
    step = apart * np.array([np.cos(turn), np.sin(turn)])
    seen = {key: host[key] for key in host if key.startswith("psf_")}
    moved = {f"offset_{a}": host[f"offset_{a}"] + d / survey.pixel_scale for a, d in zip("xy", step, strict=True)}
    drawn = resample(render_clean({**other, **seen, **moved}, survey, neighbours=False), survey.pixel_scale, survey)
    at, band = (np.arange(survey.size) - (survey.size - 1) / 2) * survey.model_scale, survey.index(survey.reference)
    own, its = (np.hypot(at[:, None] - d[1], at - d[0]) < 2 for d in (np.zeros(2), step))
    return drawn * max(float(image[band][own].sum()), 0.0) / max(float(drawn[band][its].sum()), 1e-9)


def share(hits: np.ndarray) -> list[float]:
    """Give a share and its standard error; NaN of nothing."""
    if not len(hits):
        return [float("nan"), float("nan")]
    value = float(np.mean(hits))
    return [value, float(np.sqrt(value * (1 - value) / len(hits)))]
