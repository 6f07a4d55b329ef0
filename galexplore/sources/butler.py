"""Rubin's images through its Butler: coadds or visits of a data repository, a tract and patch (or visit) at a time.

Nothing of Rubin's software is imported: whoever runs it hands in how a Butler is opened, and what is asked of that and
of its exposures is written down here (`Butler`, `Exposure`), so that a stand-in can be tested. Fluxes are in nanojansky
a pixel by the exposure's own calibration; 3631 of these are a nanomaggy.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from astropy.wcs import WCS

from galexplore.cutouts.audit import Prepared
from galexplore.cutouts.dust import read_map
from galexplore.cutouts.seeing import is_seeing
from galexplore.errors import InputError
from galexplore.sources.partitions import BLOCK, Block, Partition, check_positions
from galexplore.sources.tiles import Tile, prepare_at
from galexplore.survey import Survey

#: What an image is found by, as the columns of a table of positions are called, for each kind of image.
DIMENSIONS = {"deepCoadd_calexp": ("tract", "patch"), "deepCoadd": ("tract", "patch"), "calexp": ("visit", "detector")}
#: Planes of a mask whose pixels hold no measurement of the sky.
BAD = ("BAD", "SAT", "NO_DATA", "EDGE", "SUSPECT")
NANOMAGGY = 3631.0  # nanojansky
_FWHM = 2.3548  # standard deviations of a Gaussian


class Plane(Protocol):
    """Pixels of an exposure: of its image, its variance or its mask."""

    array: np.ndarray


class Mask(Plane, Protocol):
    """The mask of an exposure, which knows its bits by name (`lsst.afw.image.Mask`)."""

    def getMaskPlaneDict(self) -> Mapping[str, int]:
        """Bit numbers by the names of planes."""
        ...


class Exposure(Protocol):
    """What is asked of an exposure (`lsst.afw.image.ExposureF`)."""

    image: Plane
    variance: Plane
    mask: Mask

    def getWcs(self) -> Any:
        """`SkyWcs`: asked for `skyToPixelArray`, `getPixelOrigin`, `getSkyOrigin` and `getCdMatrix`."""
        ...

    def getPsf(self) -> Any:
        """`Psf`: asked for `computeShape` at its `getAveragePosition`."""
        ...

    def getPhotoCalib(self) -> Any:
        """`PhotoCalib`: asked for `instFluxToNanojansky`."""
        ...

    def getXY0(self) -> Any:
        """`Point2I` of the first pixel in the WCS's frame."""
        ...


class Butler(Protocol):
    """What is asked of a Butler (`lsst.daf.butler.Butler`)."""

    def get(self, dataset: str, **identifiers: Any) -> Exposure:
        """Give an exposure by its kind and its data id: `get("deepCoadd_calexp", tract=1, patch=2, band="g")`."""
        ...


@dataclass(frozen=True)
class ButlerSource:
    """A table of positions over the images of a data repository: a partition is a tract's patch, or a visit's detector.

    Parameters
    ----------
    table : DataFrame
        `ra`, `dec` [deg], the columns of `DIMENSIONS`, and `id` where there is one.
    open_butler : callable
        Opens a Butler, on each worker: a function of a module, such as one that calls `Butler("/repo", ...)`.
    survey : Survey
        That of the model: its bands are asked for, and its native pixel is the unit of surface brightness.
    dataset : str
        A key of `DIMENSIONS`.
    more : mapping, optional
        What else stands in the data id, such as `{"skymap": "lsst_cells_v1"}`.
    """

    table: pd.DataFrame
    open_butler: Callable[[], Butler]
    survey: Survey
    dataset: str = "deepCoadd_calexp"
    more: Mapping[str, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"table": self.table.iloc[:0]}  # partitions bring their rows

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def describe(self) -> dict[str, Any]:
        """Say what it is."""
        return {"kind": "butler", "dataset": self.dataset} | dict(self.more or {})

    def list_partitions(self) -> list[Partition]:
        """List its patches or detectors, with the positions that lie in each.

        Raises
        ------
        InputError
            Where the kind of image is not known, or a column lacks.
        """
        if self.dataset not in DIMENSIONS:
            raise InputError(f"images of the kind {self.dataset!r} are not read; give one of {', '.join(DIMENSIONS)}")
        names = list(DIMENSIONS[self.dataset])
        if lacking := [n for n in names if n not in self.table]:
            raise InputError(f"the table of positions has no column {' and '.join(lacking)}, by which images are found")
        rows = check_positions(self.table).assign(**{n: self.table[n].to_numpy() for n in names})
        parts = []
        for _, part in rows.groupby(names, sort=True):
            name = "-".join(f"{n}={int(part[n].iloc[0])}" for n in names)
            parts.append(Partition(name, part.reset_index(drop=True), len(part)))
        return parts

    def read(self, partition: Partition) -> Iterator[Block]:
        """Read an image in all bands once, and cut its positions block by block."""
        rows, where = partition.rows, dict(p.split("=") for p in partition.name.split("-"))
        ra, dec = rows["ra"].to_numpy(), rows["dec"].to_numpy()
        try:
            tile, places, seeing = self._read_tile(partition.name, {k: int(v) for k, v in where.items()}, ra, dec)
        except InputError as error:
            yield Block.of_prepared(rows, [str(error)] * len(rows), self.survey)
            return
        ebv = read_map(ra, dec)

        def prepare_row(i: int) -> Prepared:
            place, position = (float(places[0][i]), float(places[1][i])), (float(ra[i]), float(dec[i]))
            return prepare_at(tile, place, position, self.survey, seeing, float(ebv[i]))

        for start in range(0, len(rows), BLOCK):
            some = range(start, min(start + BLOCK, len(rows)))
            yield Block.of_each(rows, prepare_row, some, self.survey)

    def _read_tile(
        self, name: str, where: dict[str, int], ra: np.ndarray, dec: np.ndarray
    ) -> tuple[Tile, tuple[np.ndarray, np.ndarray], tuple[float | None, ...]]:
        """Read all bands; give the tile, the columns and rows of positions, and the seeing a band."""
        butler, planes, seeing = self.open_butler(), list[np.ndarray](), list[float | None]()
        tile_wcs, places = None, None
        for band in self.survey.bands:
            try:
                exposure = butler.get(self.dataset, **where, **(self.more or {}), band=band)
            except Exception as error:  # a Butler raises many kinds; none of them may end a run
                raise InputError(f"the Butler has no {self.dataset} of {name} in {band}: {str(error)[:120]}") from error
            wcs, scale = make_wcs(exposure)
            factor = exposure.getPhotoCalib().instFluxToNanojansky(1.0) / NANOMAGGY
            flux = factor * (self.survey.pixel_scale / scale) ** 2 * np.asarray(exposure.image.array, np.float32)
            flux[~(np.asarray(exposure.variance.array) > 0) | find_bad(exposure.mask)] = np.nan
            if planes and flux.shape != planes[0].shape:
                raise InputError(f"{name} has other pixels in {band} than in the other bands")
            planes.append(flux.astype(np.float32))
            psf = exposure.getPsf()
            width = _FWHM * psf.computeShape(psf.getAveragePosition()).getDeterminantRadius() * scale
            seeing.append(float(width) if is_seeing(float(width)) else None)
            if tile_wcs is None:
                x, y = exposure.getWcs().skyToPixelArray(ra, dec, degrees=True)
                first = exposure.getXY0()
                tile_wcs, places = wcs, (np.asarray(x) - first.getX(), np.asarray(y) - first.getY())
        if tile_wcs is None or places is None:
            raise InputError("the survey has no bands")
        return Tile(name, np.stack(planes), tile_wcs, self.dataset, marked=True), places, tuple(seeing)


def make_wcs(exposure: Exposure) -> tuple[WCS, float]:
    """Tangent plane of an exposure's own pixels, and arcsec a pixel; exact for coadds, near enough for a direction."""
    sky, first = exposure.getWcs(), exposure.getXY0()
    wcs, origin, centre = WCS(naxis=2), sky.getPixelOrigin(), sky.getSkyOrigin()
    wcs.wcs.ctype, wcs.wcs.cunit = ["RA---TAN", "DEC--TAN"], ["deg", "deg"]
    wcs.wcs.crpix = [origin.getX() - first.getX() + 1, origin.getY() - first.getY() + 1]
    wcs.wcs.crval = [centre.getRa().asDegrees(), centre.getDec().asDegrees()]
    wcs.wcs.cd = np.asarray(sky.getCdMatrix(), float)
    return wcs, float(np.sqrt(abs(np.linalg.det(wcs.wcs.cd))) * 3600)


def find_bad(mask: Mask) -> np.ndarray:
    """Pixels (H, W) of which a plane of `BAD` says that they hold no measurement."""
    planes = mask.getMaskPlaneDict()
    bits = sum(1 << planes[name] for name in BAD if name in planes)
    return (np.asarray(mask.array) & bits) != 0
