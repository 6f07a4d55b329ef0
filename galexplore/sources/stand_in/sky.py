"""The stand-in's sky: which pixels lie at a position, real where this machine has them, simulated elsewhere."""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits
from scipy.ndimage import zoom

from galexplore.mock.render import render
from galexplore.places import DATA, ROOT
from galexplore.sources.footprint import FARTHEST, find_latitude
from galexplore.survey import DECALS
from galexplore.tables import catalogue
from galexplore.tables.positions import separate

NATIVE = DECALS.pixel_scale
#: Nearer to the Galaxy's plane than this [deg] the stand-in has nothing, and the server is asked in vain.
EMPTY = 16.0
#: The newest layer lacks what the real cutouts show, so that an older one is asked for them.
NEWEST, OLDER = "ls-dr11", ("ls-dr10", "ls-dr9")
_REAL = ROOT.parent / "shared" / "real" / "cutouts"
_BRIGHT = 300  # simulated galaxies among which a position chooses


@dataclass(frozen=True)
class Field:
    """A native image: flux (3, H, W) in g, r, z, inverse variance or None, and the position [deg] of its middle."""

    flux: np.ndarray
    invvar: np.ndarray | None
    ra: float
    dec: float
    real: bool

    def cut(self, ra: float, dec: float, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Cut (3, size, size) about a position, flux and inverse variance; zeros where nothing was imaged."""
        _, height, width = self.flux.shape
        east = -((ra - self.ra + 180) % 360 - 180) * np.cos(np.radians(dec)) * 3600 / NATIVE
        column = round((width - size) / 2 + east)
        row = round((height - size) / 2 + (dec - self.dec) * 3600 / NATIVE)
        flux, invvar = np.zeros((2, 3, size, size), np.float32)
        y, x = slice(max(0, row), min(height, row + size)), slice(max(0, column), min(width, column + size))
        if y.start < y.stop and x.start < x.stop:
            there = np.s_[:, y.start - row : y.stop - row, x.start - column : x.stop - column]
            flux[there] = self.flux[:, y, x]
            weights = 1 / np.asarray(DECALS.noise)[:, None, None] ** 2 if self.invvar is None else self.invvar[:, y, x]
            invvar[there] = np.broadcast_to(weights, flux[there].shape) * (flux[there] != 0)
        return flux, invvar


class Sky:
    """What the stand-in has, by position and layer.

    Parameters
    ----------
    real : Path
        Folder of real cutouts; nothing is read of it where it is not there.
    """

    def __init__(self, real: Path = _REAL):
        self.real, self._draw = real, lru_cache(64)(self._render)  # a position is asked for several times

    def find(self, ra: float, dec: float, layer: str) -> Field | None:
        """Find the image of a position in a layer; None off its footprint."""
        for field in self._real_fields:
            half = max(field.flux.shape[1:]) / 2 * NATIVE
            if float(separate([field.ra], [field.dec], ra, dec)[0]) < half:
                return field if layer in OLDER else None
        if abs(find_latitude(ra, dec)) < EMPTY or dec > FARTHEST or layer not in (NEWEST, *OLDER):
            return None
        return self.draw(ra, dec)

    def find_row(self, ra: float, dec: float) -> pd.Series:
        """Choose the simulated galaxy that stands at a position; the same one whenever it is asked for."""
        return choose_row(ra, dec, self._rows)

    def widths(self, ra: float, dec: float) -> tuple[float, float, float]:
        """FWHM [arcsec] of a star at a position, in g, r, z."""
        row = self.find_row(ra, dec)
        return float(row["psf_g"]), float(row["psf_r"]), float(row["psf_z"])

    def draw(self, ra: float, dec: float) -> Field:
        """Draw the simulated galaxy that stands at a position."""
        return self._draw(ra, dec)

    def _render(self, ra: float, dec: float) -> Field:
        row = self.find_row(ra, dec)
        noise = np.array([row[f"noise_{b}"] for b in DECALS.bands])[:, None, None]
        flux = render({str(k): v for k, v in row.items()}, DECALS)
        return Field(flux, np.broadcast_to(1 / noise**2, flux.shape).astype(np.float32), ra, dec, real=False)

    @cached_property
    def _rows(self) -> pd.DataFrame:
        return list_bright()

    @cached_property
    def _real_fields(self) -> list[Field]:
        paths = sorted(self.real.glob("*_0.262arcsec.fits")) if self.real.is_dir() else []
        return [field for path in paths if (field := _read_cube(path))] + _read_bricks(self.real)


def choose_row(ra: float, dec: float, rows: pd.DataFrame) -> pd.Series:
    """Choose of `list_bright` the galaxy that stands at a position of the stand-in's sky."""
    digest = hashlib.sha256(f"{ra:.3f} {dec:.3f}".encode()).hexdigest()
    return rows.iloc[int(digest, 16) % len(rows)]


def list_bright() -> pd.DataFrame:
    """List the brightest ordinary galaxies of the embedded catalogue's test split."""
    frame = catalogue.read(DATA)
    ordinary = frame[(frame["population"] == "ordinary") & (frame["split"] == "test")]
    return ordinary.sort_values("mag_r").iloc[:_BRIGHT]


def _read_cube(path: Path) -> Field | None:
    with fits.open(path, memmap=False) as hdus:
        data, header = np.asarray(hdus[0].data, np.float32), hdus[0].header
    if data.ndim != 3 or header.get("BANDS") != "grz":
        return None
    return Field(data, None, float(header["CRVAL1"]), float(header["CRVAL2"]), real=True)


def _read_bricks(folder: Path) -> list[Field]:
    """Read cutouts of bricks: an image and its inverse variance for each band, in HDUs of their own."""
    fields = []
    for path in sorted(folder.glob("*_image_invvar.fits")) if folder.is_dir() else []:
        with fits.open(path, memmap=False) as hdus:
            parts = {(h.header["BAND"], h.header["IMAGETYP"]): np.asarray(h.data, np.float32) for h in hdus[1:]}
            header = hdus[1].header
        flux, invvar = (np.stack([parts[b, kind] for b in "grz"]) for kind in ("image", "invvar"))
        dec = header["CRVAL2"] + ((flux.shape[1] + 1) / 2 - header["CRPIX2"]) * header["CD2_2"]
        ra = header["CRVAL1"] + ((flux.shape[2] + 1) / 2 - header["CRPIX1"]) * header["CD1_1"] / np.cos(np.radians(dec))
        fields.append(Field(flux, invvar, float(ra), float(dec), real=True))
    return fields


def rescale(image: np.ndarray, size: int) -> np.ndarray:
    """Sample an image (3, N, N) anew in (3, size, size); its surface brightness stays."""
    return zoom(image, (1, size / image.shape[1], size / image.shape[2]), order=1, grid_mode=True, mode="nearest")
