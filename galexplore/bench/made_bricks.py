"""Made bricks of the Legacy Survey's form, smaller than those: coadds, weights, masks, seeing, and their regions."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import Table

from galexplore.cutouts.conventions import PSFSIZE
from galexplore.cutouts.grid import make_wcs
from galexplore.survey import DECALS

STEP, EDGE = 0.03, 82  # degrees of a primary region; pixels by which a coadd reaches beyond it, as the survey's do
SCALE = DECALS.pixel_scale / 3600
SEEING = (1.5, 1.3, 1.2)  # arcsec
_REACH = 40  # pixels to which a galaxy's light is drawn


def draw_positions(
    n: int, rows: int = 2, columns: int = 2, ra: float = 150.0, dec: float = 2.0, seed: int = 1
) -> pd.DataFrame:
    """Draw positions all over the primary regions of bricks, a fifth of them within a pixel of their borders.

    Returns
    -------
    DataFrame
        `id`, `ra`, `dec` [deg], `peak` [nanomaggies a pixel in r].
    """
    generator = np.random.default_rng(seed)
    table = pd.DataFrame({"id": [f"P{i:06d}" for i in range(n)]})
    table["ra"] = ra + generator.uniform(0, columns * STEP, n)
    table["dec"] = dec + generator.uniform(0, rows * STEP, n)
    near = generator.uniform(-SCALE, SCALE, n // 5)
    table.loc[: n // 10 - 1, "ra"] = ra + STEP + near[: n // 10]
    table.loc[n // 10 : n // 5 - 1, "dec"] = dec + STEP + near[n // 10 : n // 5]
    return table.assign(peak=generator.uniform(0.3, 3, n))


def draw_coadds(wcs: Any, side: int, galaxies: pd.DataFrame, generator: np.random.Generator) -> np.ndarray:
    """Draw coadds (3, side, side) of round galaxies on the survey's noise."""
    flux = generator.normal(size=(3, side, side)) * np.array(DECALS.noise)[:, None, None]
    y, x = np.mgrid[-_REACH : _REACH + 1, -_REACH : _REACH + 1]
    at = wcs.all_world2pix(galaxies["ra"].to_numpy(), galaxies["dec"].to_numpy(), 0)
    for column, row, peak in zip(*at, galaxies["peak"], strict=True):
        i, j = round(float(row)), round(float(column))
        if not (-_REACH < i < side + _REACH and -_REACH < j < side + _REACH):
            continue
        stamp = peak * np.exp(-np.hypot(x - (column - j), y - (row - i)) / 5)
        low, high = np.maximum([i - _REACH, j - _REACH], 0), np.minimum([i + _REACH + 1, j + _REACH + 1], side)
        a, b = low - [i - _REACH, j - _REACH], high - [i - _REACH, j - _REACH]
        part = stamp[a[0] : b[0], a[1] : b[1]]
        flux[:, low[0] : high[0], low[1] : high[1]] += part * np.array([0.5, 1.0, 1.5])[:, None, None]
    return flux.astype(np.float32)


def make_bricks(
    folder: Path,
    galaxies: pd.DataFrame,
    rows: int = 2,
    columns: int = 2,
    ra: float = 150.0,
    dec: float = 2.0,
    without: Collection[tuple[str, str]] = (),
) -> pd.DataFrame:
    """Write bricks as the survey arranges them, tile-compressed, and the table of their regions.

    Parameters
    ----------
    galaxies : DataFrame
        As of `draw_positions`.
    rows, columns : int
        Of bricks, from `ra`, `dec` [deg] on.
    without : collection of (brick, layer)
        Files that are left out.

    Returns
    -------
    DataFrame
        `BRICKNAME`, `RA1`, `RA2`, `DEC1`, `DEC2`.
    """
    generator, side, regions = np.random.default_rng(5), round(STEP / SCALE) + 2 * EDGE, []
    for k in range(rows * columns):
        i, j = divmod(k, columns)
        low = {"RA1": ra + j * STEP, "DEC1": dec + i * STEP}
        name = f"b{i:02d}{j:02d}"
        regions.append({"BRICKNAME": name, **low, "RA2": low["RA1"] + STEP, "DEC2": low["DEC1"] + STEP})
        wcs = make_wcs(side, DECALS.pixel_scale, low["RA1"] + STEP / 2, low["DEC1"] + STEP / 2)
        write_brick(folder, name, wcs, draw_coadds(wcs, side, galaxies, generator), without)
    return write_regions(folder, regions)


def write_regions(folder: Path, regions: list[dict[str, Any]]) -> pd.DataFrame:
    """Write the table of bricks' primary regions beside them, and return it."""
    table = pd.DataFrame(regions)
    Table({str(k): list(table[k]) for k in table}).write(folder / "survey-bricks.fits.gz")
    return table


def write_brick(
    folder: Path, name: str, wcs: Any, coadds: np.ndarray, without: Collection[tuple[str, str]] = ()
) -> dict[str, Path]:
    """Write a brick's layers around its coadds (3, side, side); return their paths by layer."""
    side, paths = coadds.shape[-1], dict[str, Path]()
    layers: dict[str, np.ndarray] = {"maskbits": np.zeros((side, side), np.int16)}
    for band, image, noise, width in zip(DECALS.bands, coadds, DECALS.noise, SEEING, strict=True):
        layers[f"image-{band}"] = image
        layers[f"invvar-{band}"] = np.full((side, side), noise**-2, np.float32)
        layers[f"psfsize-{band}"] = np.full((side, side), PSFSIZE * width, np.float32)
    for layer, pixels in layers.items():
        if (name, layer) not in without:
            paths[layer] = place_layer(folder, name, layer)
            write_layer(paths[layer], pixels, _describe(wcs))
    return paths


def place_layer(folder: Path, name: str, layer: str) -> Path:
    """Path of a brick's layer, in a folder that is made, as the survey arranges them."""
    place = folder / "coadd" / name[:3] / name
    place.mkdir(parents=True, exist_ok=True)
    return place / f"legacysurvey-{name}-{layer}.fits.fz"


def write_layer(path: Path, pixels: np.ndarray, header: fits.Header) -> None:
    """Write an image tile-compressed, to a ten-thousandth of a flux of one where it holds fluxes."""
    quantum = {"quantize_level": -1e-4} if pixels.dtype.kind == "f" else {}
    packed = fits.CompImageHDU(pixels, header, compression_type="RICE_1", **quantum)
    fits.HDUList([fits.PrimaryHDU(), packed]).writeto(path, overwrite=True)


def _describe(wcs: Any) -> fits.Header:
    header = wcs.to_header()
    header["BUNIT"] = "nanomaggy"
    return header
