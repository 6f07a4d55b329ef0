"""Large images of the sky, in all bands on one grid of pixels, from which galaxies are cut in memory."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from astropy.wcs import WCS
from astropy.wcs.utils import proj_plane_pixel_scales

from galexplore.cutouts.audit import Prepared, prepare
from galexplore.cutouts.centring import SEARCH
from galexplore.cutouts.cutout import Cutout
from galexplore.cutouts.geometry import measure_at
from galexplore.errors import InputError
from galexplore.survey import Survey


@dataclass(frozen=True)
class Tile:
    """An image of the sky in B bands.

    Attributes
    ----------
    name : str
    flux : array (B, H, W), float32
        In the survey's flux a native pixel of it; NaN where there is no data or it is masked.
    wcs : WCS
        Of the pixels of all bands.
    kind : str
        What it is, in a phrase.
    marked : bool
        Whether weights told what is missing, so that no fill values need be looked for.
    """

    name: str
    flux: np.ndarray
    wcs: WCS
    kind: str
    marked: bool = False

    @property
    def pixel_scale(self) -> float:
        """Arcsec a pixel."""
        return float(np.mean(proj_plane_pixel_scales(self.wcs)) * 3600)

    @cached_property
    def orientation(self) -> tuple[int, float] | None:
        """Parity and direction of north, as `Cutout.orientation`, at its middle."""
        height, width = self.flux.shape[1:]
        place = measure_at(self.wcs, ((width - 1) / 2, (height - 1) / 2))
        return place.orientation if place else None

    def locate(self, ra: np.ndarray, dec: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Column and row (N,), from 0 at the middle of the first pixel, of positions [deg]; NaN where there is none."""
        x, y = self.wcs.all_world2pix(ra, dec, 0, quiet=True)
        return np.asarray(x, float), np.asarray(y, float)

    def cut(self, x: float, y: float, survey: Survey) -> np.ndarray:
        """Cut a galaxy's field (B, n, n) and what centring may need about it; NaN beyond the tile.

        Raises
        ------
        InputError
            Where its middle lies outside of the tile.
        """
        height, width = self.flux.shape[1:]
        if not (-0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5):
            raise InputError(f"{self.kind} {self.name} does not hold this position")
        half = int(np.ceil((survey.field / 2 + SEARCH) / self.pixel_scale))
        column, row = round(x), round(y)
        field = np.full((len(self.flux), 2 * half + 1, 2 * half + 1), np.nan, np.float32)
        low = np.maximum([row - half, column - half], 0)
        high = np.minimum([row + half + 1, column + half + 1], [height, width])
        at = low - [row - half, column - half]
        rows, columns = (slice(a, a + h - b) for a, b, h in zip(at, low, high, strict=True))
        field[:, rows, columns] = self.flux[:, low[0] : high[0], low[1] : high[1]]
        return field


def prepare_at(
    tile: Tile,
    place: tuple[float, float],
    position: tuple[float, float],
    survey: Survey,
    seeing: tuple[float | None, ...] = (),
    ebv: float | None = None,
) -> Prepared:
    """Cut a galaxy out of a tile and prepare it as every cutout is.

    Parameters
    ----------
    place : (float, float)
        Column and row of its middle, as of `Tile.locate`.
    position : (float, float)
        RA, Dec [deg].
    seeing : tuple of (float or None), optional
        FWHM of a star there by band, arcsec.
    ebv : float, optional
        E(B-V) [mag] there; the map's by default.

    Raises
    ------
    InputError
        Where it cannot be used: why.
    """
    field = tile.cut(*place, survey)
    cutout = Cutout(
        field,
        tile.pixel_scale,
        "".join(survey.bands),
        tile.name,
        tile.kind,
        ra=position[0],
        dec=position[1],
        orientation=tile.orientation,
        unit="nanomaggy",
        seeing=seeing,
        seeing_said=tuple(f"{tile.kind} {tile.name}" for _ in seeing),
        marked=tile.marked,
    )
    return prepare(cutout, survey, ebv)
