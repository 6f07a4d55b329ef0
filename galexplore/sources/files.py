"""Images of a person's own: a table that names a file for each galaxy, or a folder of files named by their ids."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.wcs import WCS
from scipy import ndimage

from galexplore.cutouts.audit import prepare
from galexplore.cutouts.cutout import Cutout
from galexplore.cutouts.readers import read
from galexplore.errors import InputError
from galexplore.images import Images
from galexplore.sources.kept import find_wcs
from galexplore.sources.mock import Store, can_draw
from galexplore.survey import Survey
from galexplore.tables import catalogue as tables
from galexplore.tables.contract import is_simulated

#: Of files that are taken for images, what comes first where a galaxy has several: fluxes before pictures.
SUFFIXES = (".fits", ".fit", ".fts", ".fz", ".gz", ".npz", ".npy", ".png", ".jpg", ".jpeg")
#: Folders beside a catalogue in which its images are looked for.
FOLDERS = ("images", "cutouts")
_ASKEW = math.radians(0.5)  # from which north is turned up


class FileImages:
    """Images in files, one a galaxy, audited and averaged onto the model's grid each time they are asked for.

    One of `galexplore.images.Images`; `galexplore.sources.kept.keep` makes of it what a model shows quickly.

    Parameters
    ----------
    files : mapping
        Id to its file.
    survey : Survey
        Whose files they are, and onto whose grid they are averaged.
    catalogue : DataFrame, optional
        `id` and, where known, `pixel_scale` [arcsec] and, unless it is a simulated one, `ra`, `dec` [deg], for files
        that do not say theirs; `ebv` [mag], of the dust of our Galaxy, for those who know better than the map.
    """

    def __init__(self, files: Mapping[str, Path], survey: Survey, catalogue: pd.DataFrame | None = None):
        self.files, self.survey, self.catalogue = dict(files), survey, catalogue
        known = catalogue is not None and not is_simulated(catalogue)  # positions of simulated galaxies are made up
        self.scales = {i: s for i, s in _read_numbers(catalogue, "pixel_scale").items() if s > 0}
        self.ra, self.dec = (_read_numbers(catalogue if known else None, name) for name in ("ra", "dec"))
        self.ebv = _read_numbers(catalogue, "ebv")

    @classmethod
    def open(cls, path: Path, survey: Survey) -> "FileImages":
        """Open a folder of files named by their galaxies' ids, or a table with the columns `id` and `file`.

        Raises
        ------
        InputError
            Where it is neither.
        """
        path = Path(path)
        if path.is_dir():
            return cls(list_files(path), survey)
        return cls.of_table(path, tables.read(path), survey)

    @classmethod
    def of_table(cls, path: Path, catalogue: pd.DataFrame, survey: Survey) -> "FileImages":
        """Take the files that the column `file` of a table read from `path` names, relative to its folder."""
        if not {"id", "file"} <= set(catalogue):
            raise InputError(f"The table {Path(path).name!r} needs the columns id and file to name images.")
        pairs = zip(catalogue["id"], catalogue["file"], strict=True)
        named = {i: str(name).strip() for i, name in pairs if isinstance(name, str)}
        return cls({i: Path(path).parent / name for i, name in named.items() if name}, survey, catalogue)

    def __contains__(self, identifier: object) -> bool:
        path = self.files.get(identifier) if isinstance(identifier, str) else None
        return path is not None and path.is_file()

    def get(self, ids: Sequence[str]) -> np.ndarray:
        """Read images (n, B, S, S), float32, in the order of the ids.

        Raises
        ------
        InputError
            For a galaxy without an image, or whose file cannot be used: its id, its file and why.
        """
        images = np.empty((len(ids), *self.survey.shape), np.float32)
        for image, name in zip(images, ids, strict=True):
            image[:] = self._read(str(name))
        return images

    def wcs(self, identifier: str) -> WCS | None:
        """Return where a galaxy's image lies on the sky; None where the catalogue gives no position."""
        return find_wcs(self.catalogue, identifier, self.survey)

    def _read(self, identifier: str) -> np.ndarray:
        path = self.files.get(identifier)
        if path is None:
            raise InputError(f"There is no image of galaxy {identifier!r}; name its file in the column file.")
        try:
            cutout = read(path, survey=self.survey, pixel_scale=self.scales.get(identifier))
            if cutout.ra is None and identifier in self.ra and identifier in self.dec:
                cutout = replace(cutout, ra=self.ra[identifier], dec=self.dec[identifier])
            return prepare(turn_north_up(cutout), self.survey, self.ebv.get(identifier)).flux
        except InputError as error:
            sentence = f"The image of galaxy {identifier!r} ({path.name}) cannot be used: {error}"
            raise InputError(sentence, error.checks) from error


def _read_numbers(catalogue: pd.DataFrame | None, name: str) -> dict[str, float]:
    """Read a column's numbers by id, where it has any."""
    if catalogue is None or name not in catalogue:
        return {}
    numbers = pd.to_numeric(catalogue[name], errors="coerce")
    return {i: float(v) for i, v in zip(catalogue["id"], numbers, strict=True) if math.isfinite(v)}


def list_files(folder: Path) -> dict[str, Path]:
    """List the image files of a folder by their bare names, which are ids; fluxes before pictures."""
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir(), key=lambda p: (_rank(p), p.name)):
        if _rank(path) < len(SUFFIXES) and path.is_file():
            name = path.name
            while Path(name).suffix.lower() in SUFFIXES:  # "M31.fits.gz" is of M31
                name = Path(name).stem
            files.setdefault(name, path)
    return files


def _rank(path: Path) -> int:
    suffix = path.suffix.lower()
    return SUFFIXES.index(suffix) if suffix in SUFFIXES else len(SUFFIXES)


def turn_north_up(cutout: Cutout) -> Cutout:
    """Turn a cutout by what its north is askew beyond whole quarters, for a catalogue's angles count from north.

    An upload keeps its pixels and has the angle added to the answer; images that are learnt from must agree with their
    labels. Linear interpolation between native pixels, several of which make one of the model's.
    """
    if cutout.orientation is None:
        return cutout
    parity, up = cutout.orientation
    askew = up - round(up / (math.pi / 2)) * math.pi / 2
    if abs(askew) <= _ASKEW:
        return cutout
    flux = np.asarray(cutout.flux, np.float32)
    known = np.isfinite(flux) if cutout.invvar is None else np.isfinite(flux) & (cutout.invvar > 0)
    if parity < 0:
        askew = -askew  # a mirrored image turns the other way; the audit flips it
    s, c = math.sin(askew), math.cos(askew)
    matrix = np.array([[c, -s], [s, c]])  # from (row, column) of the turned image to those of this one
    middle = (np.array(flux.shape[1:]) - 1) / 2
    move = partial(ndimage.affine_transform, matrix=matrix, offset=middle - matrix @ middle, order=1, cval=0.0)
    turned = np.stack([move(image) for image in np.where(known, flux, 0)])
    seen = np.stack([move(mask.astype(np.float32)) for mask in known])
    turned[seen < 0.999] = np.nan
    straight = (parity, round(up / (math.pi / 2)) * math.pi / 2)
    return replace(cutout, flux=turned, orientation=straight, invvar=None)


def open_images(path: Path, catalogue: pd.DataFrame, survey: Survey) -> Images:
    """Find the images of a catalogue that was read from `path`.

    The files that its column `file` names; else those of the simulated survey, whose parameters it holds, rendered as
    they are asked for; else the files in a folder `images` or `cutouts` beside it that are called by its ids.

    Raises
    ------
    InputError
        Where there are none: what would be right.
    """
    path = Path(path)
    if "file" in catalogue:
        return FileImages.of_table(path, catalogue, survey)
    if can_draw(catalogue, survey):
        return Store.beside(path, catalogue, survey)
    for folder in (path.parent / name for name in FOLDERS):
        files = list_files(folder) if folder.is_dir() else {}
        files = {i: files[i] for i in catalogue["id"] if i in files}
        if files:
            return FileImages(files, survey, catalogue)
    raise InputError(
        f"No images belong to {path.name!r}: give it a column file (paths beside the table), or put cutouts called by "
        f"their ids into a folder {FOLDERS[0]} beside it."
    )
