"""Bricks of the Legacy Survey: coadds of a quarter of a degree, each read once, from which positions are cut.

Neighbouring bricks overlap; every position belongs to the one brick of whose primary region it is part (`brick_primary`
of the survey's own catalogues). A table `survey-bricks*.fits*` beside the coadds says which regions those are, else the
survey's rule does: rows of 0.25 degrees of declination, each in an even number of bricks.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from galexplore.cutouts.audit import Prepared
from galexplore.cutouts.conventions import PSFSIZE
from galexplore.cutouts.dust import read_map
from galexplore.cutouts.seeing import is_seeing
from galexplore.errors import InputError
from galexplore.files import hash_file
from galexplore.sources.partitions import BLOCK, Block, Partition, check_positions, cut_rows
from galexplore.sources.tiles import Tile, prepare_at
from galexplore.survey import Survey
from galexplore.tables import catalogue

LARGEST = 8000  # pixels a side that a coadd may have; a brick has 3600
STEP = 0.25  # degrees of declination of a row of bricks
UNPLACED = 8192  # positions a partition, of those that lie in no brick
#: Bits of `maskbits` that say of a band that its pixel is saturated, or bad in every exposure (SATUR_b, ALLMASK_b).
MASKED = {"g": 1 << 2 | 1 << 5, "r": 1 << 3 | 1 << 6, "z": 1 << 4 | 1 << 7}


@dataclass(frozen=True)
class Regions:
    """Primary regions of bricks, from a table or by the survey's rule.

    Attributes
    ----------
    table : DataFrame or None
        `name`, `ra1`, `ra2`, `dec1`, `dec2` [deg]; None for the rule.
    """

    table: pd.DataFrame | None = None

    @classmethod
    def find(cls, folder: Path) -> "Regions":
        """Read the table that stands beside the coadds; without one, the survey's rule holds.

        Raises
        ------
        InputError
            Where there is one that cannot be read.
        """
        paths = sorted(folder.glob("survey-bricks*.fits*"))
        if not paths:
            return cls()
        try:
            read = Table.read(paths[0], hdu=1)
            columns = {k: np.asarray(read[k.upper()], float) for k in ("ra1", "ra2", "dec1", "dec2")}
            table = pd.DataFrame(
                {"name": [str(n).strip() for n in np.asarray(read["BRICKNAME"]).astype(str)]} | columns
            )
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise InputError(
                f"{paths[0].name} is no table of bricks with BRICKNAME, RA1, RA2, DEC1 and DEC2"
            ) from error
        return cls(table.sort_values(["dec1", "ra1"], ignore_index=True))

    def assign(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        """Name the brick (N,) in whose primary region each position [deg] lies; "" where there is none."""
        ra, dec = np.asarray(ra, float) % 360, np.asarray(dec, float)
        known = np.isfinite(ra) & (np.abs(dec) <= 90)
        names = np.full(len(ra), "", object)
        find = self._follow_rule if self.table is None else self._look_up
        names[known] = find(ra[known], dec[known])
        return names

    def _follow_rule(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        row = np.floor((dec + 90 + STEP / 2) / STEP)
        middle = -90 + STEP * row
        near = np.maximum(np.abs(middle) - STEP / 2, 0)  # the edge towards the equator, where the row is longest
        count = np.ceil(360 / STEP * np.cos(np.radians(near)))
        width = 360 / (count + count % 2)
        centre = (np.floor(ra / width) + 0.5) * width
        said = zip(centre, middle, strict=True)
        named = [f"{int(10 * a):04d}{'p' if d >= 0 else 'm'}{int(10 * abs(d)):03d}" for a, d in said]
        return np.where(np.abs(middle) < 90, np.array(named, object), "")

    def _look_up(self, ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
        assert self.table is not None
        names = np.full(len(ra), "", object)
        for (low, high), row in self.table.groupby(["dec1", "dec2"]):
            inside = np.flatnonzero((dec >= low) & (dec < high))
            at = np.searchsorted(row["ra1"].to_numpy(), ra[inside], "right") - 1
            good = (at >= 0) & (ra[inside] < row["ra2"].to_numpy()[np.maximum(at, 0)])
            names[inside[good]] = row["name"].to_numpy(object)[at[good]]
        return names


def find_layer(folder: Path, brick: str, kind: str, band: str = "") -> Path | None:
    """Find a layer of a brick, as the survey arranges them or all in one folder; None where there is none."""
    pattern = f"*{brick}-{kind}{'-' * bool(band)}{band}.fits*"
    for place in (folder / "coadd" / brick[:3] / brick, folder / brick[:3] / brick, folder / brick, folder):
        if path := next(iter(sorted(place.glob(pattern))), None):
            return path
    return None


def read_layer(path: Path) -> tuple[np.ndarray, fits.Header]:
    """Read the image of a coadd's file, and the header that it stands with.

    Raises
    ------
    InputError
        Where it is damaged, no image, or larger than any coadd.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some are a few bytes shorter than they say; the pixels are there
            with fits.open(path, memmap=False) as hdus:
                for hdu in hdus:
                    shape = hdu.shape if hdu.is_image else ()
                    if len(shape) == 2:
                        if max(shape) > LARGEST:
                            raise InputError(
                                f"{path.name} has {max(shape)} pixels a side; a coadd has at most {LARGEST}"
                            )
                        return np.asarray(hdu.data), hdu.header.copy()
    except InputError:
        raise
    except Exception as error:  # whatever a damaged file makes of astropy
        raise InputError(f"{path.name} is damaged and cannot be read") from error
    raise InputError(f"{path.name} holds no image")


def read_brick(folder: Path, brick: str, survey: Survey) -> Tile:
    """Read a brick's coadds in all bands, what has no weight or is masked as missing.

    Raises
    ------
    InputError
        Where a band lacks, or a file is damaged, in another unit, or on another grid than the others.
    """
    images = {band: find_layer(folder, brick, "image", band) for band in survey.bands}
    if lacking := [band for band, path in images.items() if path is None]:
        raise InputError(f"brick {brick} has no image in {' and '.join(lacking)}; {survey.band_words} are needed")
    masks = find_layer(folder, brick, "maskbits")
    bits = None if masks is None else read_layer(masks)[0]
    planes, wcs, marked = list[np.ndarray](), None, True
    for band, path in images.items():
        assert path is not None
        pixels, header = read_layer(path)
        unit = re.sub(r"\W", "", str(header.get("BUNIT", "nanomaggy")).lower())
        if unit not in ("nanomaggy", "nanomaggies", "nmgy"):
            raise InputError(f"{path.name} is in {header['BUNIT']!r}; coadds are in nanomaggies")
        flux = np.array(pixels, np.float32)
        weights = find_layer(folder, brick, "invvar", band)
        marked &= weights is not None
        if weights is not None:
            flux[~(_fit(read_layer(weights)[0], flux, weights) > 0)] = np.nan
        if bits is not None and masks is not None and band in MASKED:
            flux[(_fit(bits, flux, masks) & MASKED[band]) != 0] = np.nan
        if planes and flux.shape != planes[0].shape:
            raise InputError(f"{path.name} has other pixels than the brick's other bands")
        planes.append(flux)
        wcs = wcs or WCS(header)
    if wcs is None or not wcs.has_celestial:
        raise InputError(f"the images of brick {brick} do not say where on the sky they lie")
    return Tile(brick, np.stack(planes), wcs, "brick", marked)


def _fit(layer: np.ndarray, flux: np.ndarray, path: Path) -> np.ndarray:
    if layer.shape != flux.shape:
        raise InputError(f"{path.name} has other pixels than the brick's images")
    return layer


def read_seeing(folder: Path, brick: str, survey: Survey, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """FWHM of a star (N, B) [arcsec] at places of a brick, by its `psfsize` images; NaN where they do not say.

    Those hold the survey's PSFSIZE, and what is returned is the width at half maximum (`conventions.PSFSIZE`).
    """
    seeing = np.full((len(x), len(survey.bands)), np.nan)
    for i, band in enumerate(survey.bands):
        path = find_layer(folder, brick, "psfsize", band)
        if path is None:
            continue
        sizes = read_layer(path)[0]
        column, row = (np.clip(np.rint(v), 0, n - 1).astype(int) for v, n in ((x, sizes.shape[1]), (y, sizes.shape[0])))
        found = sizes[row, column].astype(float) / PSFSIZE
        seeing[:, i] = np.where([is_seeing(f) for f in found], found, np.nan)
    return seeing


@dataclass(frozen=True)
class BrickSource:
    """A table of positions over bricks: a partition is a brick with the positions that are primary in it.

    Parameters
    ----------
    table : Path
        Of positions: `ra`, `dec` [deg], and `id` where there is one.
    folder : Path
        Of the coadds.
    survey : Survey
    """

    table: Path
    folder: Path
    survey: Survey

    def describe(self) -> dict[str, Any]:
        """Say what it is."""
        return {"kind": "bricks", "name": self.table.name, "sha256": hash_file(self.table), "bricks": self.folder.name}

    def list_partitions(self) -> list[Partition]:
        """List bricks that have positions; those that lie in no brick of the folder come together, to be refused.

        Raises
        ------
        InputError
            Where the folder or the table's columns lack.
        """
        if not self.folder.is_dir():
            raise InputError(f"there is no folder {self.folder} of bricks")
        rows = check_positions(catalogue.read(self.table))
        rows["brick"] = self._regions.assign(rows["ra"].to_numpy(), rows["dec"].to_numpy())
        parts, rest = list[Partition](), list[pd.DataFrame]()
        for brick, part in rows.groupby("brick", sort=True):
            there = bool(brick) and any(find_layer(self.folder, str(brick), "image", b) for b in self.survey.bands)
            if there:
                parts.append(Partition(f"brick-{brick}", part.reset_index(drop=True), len(part)))
            else:
                rest.append(part)
        return parts + (cut_rows(pd.concat(rest), UNPLACED, "unplaced") if rest else [])

    @cached_property
    def _regions(self) -> Regions:
        return Regions.find(self.folder)

    def read(self, partition: Partition) -> Iterator[Block]:
        """Read a brick once, and cut its positions block by block."""
        rows = partition.rows
        if not partition.name.startswith("brick-"):
            yield from self._refuse(rows, [_explain(b) for b in rows["brick"]])
            return
        brick = str(rows["brick"].iloc[0])
        try:
            tile = read_brick(self.folder, brick, self.survey)
            x, y = tile.locate(rows["ra"].to_numpy(), rows["dec"].to_numpy())
            seeing = read_seeing(self.folder, brick, self.survey, x, y)
        except InputError as error:
            yield from self._refuse(rows, [str(error)] * len(rows))
            return
        ebv = read_map(rows["ra"].to_numpy(), rows["dec"].to_numpy())

        def prepare_row(i: int) -> Prepared:
            widths = tuple(float(s) if np.isfinite(s) else None for s in seeing[i])
            place, position = (float(x[i]), float(y[i])), (float(rows["ra"].iloc[i]), float(rows["dec"].iloc[i]))
            return prepare_at(tile, place, position, self.survey, widths, float(ebv[i]))

        for start in range(0, len(rows), BLOCK):
            some = range(start, min(start + BLOCK, len(rows)))
            yield Block.of_each(rows, prepare_row, some, self.survey)

    def _refuse(self, rows: pd.DataFrame, why: list[str]) -> Iterator[Block]:
        for start in range(0, len(rows), UNPLACED):
            part = slice(start, start + UNPLACED)
            yield Block.of_prepared(rows.iloc[part].reset_index(drop=True), why[part], self.survey)


def _explain(brick: str) -> str:
    if brick:
        return f"its brick {brick} is not in the folder of bricks"
    return "it lies in no brick: its position is none on the sky, or not of this survey"
