"""Montages: simulated galaxies as the Legacy viewer would show them, and real ones beside them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from galexplore.cutouts import readers
from galexplore.cutouts.colour import to_rgb
from galexplore.errors import InputError
from galexplore.mock import render
from galexplore.mock.rows import Row, read_rows
from galexplore.survey import Survey

#: Pixels (3, n, n) and the arcsec that each spans.
Scaled = tuple[np.ndarray, float]


def draw_montage(pictures: Sequence[np.ndarray], survey: Survey, columns: int = 8, side: int = 160) -> Image.Image:
    """Lay pictures out in rows, north up.

    Parameters
    ----------
    pictures : list of arrays (3, h, w)
        Nanomaggies a native pixel; row 0 is south.
    survey : Survey
        Whose colours they are drawn in.
    columns : int
    side : int
        Of each picture, in pixels of the montage.

    Returns
    -------
    PIL.Image
    """
    rows = -(-len(pictures) // columns)
    montage = Image.new("RGB", (columns * side, rows * side))
    for k, picture in enumerate(pictures):
        tile = Image.fromarray(to_rgb(picture, survey)[::-1]).resize((side, side), Image.Resampling.LANCZOS)
        montage.paste(tile, (k % columns * side, k // columns * side))
    return montage


def choose(catalogue: pd.DataFrame, rows: int = 8, columns: int = 8) -> list[Row]:
    """Choose galaxies for a montage: random ordinary ones, the larger half of them well resolved."""
    ordinary = catalogue[(catalogue["population"] == "ordinary") & (catalogue["mag_r"] < 20)]
    large = ordinary[ordinary["re_arcsec"] > 2.5]
    half = rows * columns // 2
    chosen = [large.sample(min(half, len(large)), random_state=1), ordinary.sample(half, random_state=2)]
    return [row for part in chosen for row in read_rows(part)]


def draw_mock(catalogue: pd.DataFrame, survey: Survey, rows: int = 8, columns: int = 8) -> Image.Image:
    """Draw a montage of simulated galaxies from a catalogue."""
    return draw_montage([render.render(row, survey) for row in choose(catalogue, rows, columns)], survey, columns)


def measure_picture(picture: np.ndarray, scale: float, survey: Survey) -> np.ndarray:
    """Measure r, g-r, r-z and the log of the half-light radius [arcsec] of what stands in the middle of a picture.

    Light within 6 arcsec, over the median of what lies beyond 12; crude, but the same for all that it compares.

    Parameters
    ----------
    picture : array (3, n, n)
        Nanomaggies a native pixel.
    scale : float
        Arcsec a pixel.
    survey : Survey
        Whose native pixels the flux is of.

    Returns
    -------
    array (4,)
    """
    y, x = np.indices(picture.shape[1:])
    radius = np.hypot(y - (picture.shape[1] - 1) / 2, x - (picture.shape[2] - 1) / 2) * scale
    sky = np.nanmedian(picture[:, radius > 12], axis=1)[:, None, None]
    light = np.nan_to_num(picture - sky) * (scale / survey.pixel_scale) ** 2
    flux = np.maximum(light[:, radius < 6].sum(axis=1), 1e-3)
    order = np.argsort(radius[radius < 6])
    growth = np.cumsum(light[1][radius < 6][order]) / flux[1]
    half = np.sort(radius[radius < 6])[min(int(np.searchsorted(growth, 0.5)), len(order) - 1)]
    g, r, z = survey.zero_point - 2.5 * np.log10(flux)
    return np.array([r, g - r, r - z, np.log10(max(half, 0.3))])


def find_like(
    pictures: Sequence[Scaled], catalogue: pd.DataFrame, survey: Survey, candidates: int = 12
) -> list[np.ndarray]:
    """Find for each real picture the simulated galaxy that measures most alike.

    Parameters
    ----------
    pictures : list of (array (3, n, n), float)
        Real pictures with their pixel scale.
    catalogue : DataFrame
    survey : Survey
        That the simulated ones are drawn for.
    candidates : int
        Nearest in catalogue magnitudes, which are rendered and measured as the real ones are.

    Returns
    -------
    list of arrays (3, N, N)
    """
    magnitudes = catalogue[["mag_g", "mag_r", "mag_z"]].to_numpy(float)
    rough = np.column_stack([magnitudes[:, 1], *-np.diff(magnitudes).T])
    alike, tolerance = [], np.array([0.3, 0.1, 0.1, 0.08])
    for picture, scale in pictures:
        target = measure_picture(picture, scale, survey)
        near = np.argsort((((rough - target[:3]) / tolerance[:3]) ** 2).sum(axis=1))[:candidates]
        drawn = [render.render(row, survey) for row in read_rows(catalogue.iloc[near])]
        far = [(((measure_picture(d, survey.pixel_scale, survey) - target) / tolerance) ** 2).sum() for d in drawn]
        alike.append(drawn[int(np.argmin(far))])
    return alike


def draw_beside(pictures: Sequence[Scaled], catalogue: pd.DataFrame, survey: Survey, columns: int = 5) -> Image.Image:
    """Lay real pictures out, and under each row the simulated galaxies that are most alike; see `find_like`."""
    like, rows = find_like(pictures, catalogue, survey), []
    for start in range(0, len(pictures), columns):
        part = slice(start, start + columns)
        for group in ([picture for picture, _ in pictures[part]], like[part]):
            rows += group + [np.zeros_like(like[0])] * (columns - len(group))
    return draw_montage(rows, survey, columns, side=240)


def read_real(folder: Path, survey: Survey) -> list[Scaled]:
    """Read the real cutouts of a folder and cut the middle of each, as wide as a model's field.

    Parameters
    ----------
    folder : Path
        Holds `cutouts/`.
    survey : Survey
        Whose cutouts they are.

    Returns
    -------
    list of (array (3, n, n), float)
        Pixels, and the file's own pixel scale; surface brightness is the same at any.
    """
    pictures = []
    for path in sorted((Path(folder) / "cutouts").iterdir()):
        if path.name.endswith("_psf.fits") or "bad_pixels" in path.name:
            continue
        try:
            cutout = readers.read(path, survey=survey)
        except InputError:  # a single band of several, as surveys other than the Legacy one give them
            continue
        scale = cutout.pixel_scale or survey.pixel_scale
        half = int(survey.field / scale / 2)
        middle = np.array(cutout.flux.shape[1:]) // 2
        low, high = np.maximum(middle - half, 0), middle + half
        pictures.append((cutout.flux[:, low[0] : high[0], low[1] : high[1]], scale))
    return pictures
