"""A HATS catalogue of images, read through LSDB partition by partition: Multimodal Universe's and others of its form.

A row has `object_id` (or `id`), `ra`, `dec` and `image`: for each band its name (`band`), pixels (`flux`, in
nanomaggies a pixel), pixel scale (`scale`, arcsec) and, where it is known, inverse variance (`ivar`) and the FWHM of a
star (`psf_fwhm`, arcsec), which for images of the Legacy Surveys is their PSFSIZE.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from galexplore.cutouts.audit import Prepared, prepare
from galexplore.cutouts.conventions import PSFSIZE
from galexplore.cutouts.cutout import Cutout, check_side
from galexplore.cutouts.seeing import is_seeing
from galexplore.errors import InputError
from galexplore.sources.partitions import BLOCK, Block, Partition
from galexplore.survey import Survey

NEEDS = "HATS catalogues are read through LSDB: pip install 'galexplore[survey]'"
_MARKS = ("collection.properties", "hats.properties", "properties")
_IDS = ("id", "object_id", "_healpix_29")
#: How the Multimodal Universe begins the names of the Legacy Surveys' bands ("des-g"), in both of its sets of them.
#: What it calls psf_fwhm there is the catalogues' PSFSIZE as it stands: scripts/legacysurvey/build_parent_sample.py
#: and scripts/ssl_legacysurvey/build_parent_sample.py of github.com/MultimodalUniverse/MultimodalUniverse, at 2dcff3d.
#: Of HSC ("hsc-g") it is 2.355 times the second moments' sigma, and stays.
_BY_PSFSIZE = "des-"


def is_hats(path: Path) -> bool:
    """Whether a folder is a HATS catalogue or a collection of them."""
    return path.is_dir() and any((path / name).is_file() for name in _MARKS)


@dataclass(frozen=True)
class HatsSource:
    """A HATS catalogue of images; no more than a partition of it is ever in memory.

    Parameters
    ----------
    path : Path
    survey : Survey
    """

    path: Path
    survey: Survey

    def describe(self) -> dict[str, Any]:
        """Say what it is."""
        return {"kind": "hats", "name": self.path.name}

    def _open(self) -> Any:
        try:
            import lsdb
        except ImportError as error:
            raise ImportError(NEEDS) from error
        try:
            columns = list(lsdb.open_catalog(self.path).all_columns)
            named = next((c for c in _IDS[:2] if c in columns), None)
            if lacking := [c for c in ("ra", "dec", "image") if c not in columns]:
                raise InputError(f"the HATS catalogue {self.path.name} has no column {' and '.join(lacking)}")
            return lsdb.open_catalog(self.path, columns=[c for c in (named, "ra", "dec", "image") if c])
        except InputError:
            raise
        except Exception as error:  # whatever lsdb makes of a damaged catalogue
            raise InputError(f"{self.path.name} is no HATS catalogue that LSDB opens: {str(error)[:200]}") from error

    def list_partitions(self) -> list[Partition]:
        """List its pixels; no rows are read."""
        return [Partition(f"Norder={p.order}-Npix={p.pixel}") for p in self._open().get_healpix_pixels()]

    def read(self, partition: Partition) -> Iterator[Block]:
        """Read a pixel's rows and prepare their images block by block."""
        order, pixel = (int(part.partition("=")[2]) for part in partition.name.split("-"))
        frame = self._open().get_partition(order, pixel).compute()
        frame = pd.DataFrame(frame).reset_index()
        name = next(c for c in _IDS if c in frame)
        rows = pd.DataFrame(
            {
                "id": frame[name].astype(str).to_numpy(object),
                "ra": frame["ra"].to_numpy(float),
                "dec": frame["dec"].to_numpy(float),
            }
        ).astype({"id": str})
        for start in range(0, len(rows), BLOCK):
            some = range(start, min(start + BLOCK, len(rows)))
            yield Block.of_each(rows, lambda i: self._prepare(frame["image"].iloc[i], rows.iloc[i]), some, self.survey)

    def _prepare(self, image: Any, row: pd.Series) -> Prepared:
        """Prepare one row's image."""
        return prepare(read_image(image, row, self.survey), self.survey)


def read_image(image: Any, row: pd.Series, survey: Survey) -> Cutout:
    """Read the image of a row with `id`, `ra` and `dec`.

    Raises
    ------
    InputError
        Where it lacks a band, or tells too little.
    """
    said = _unfold(image)
    if lacking := [k for k in ("band", "flux", "scale") if k not in said]:
        raise InputError(f"its image does not tell {' and '.join(lacking)}")
    names = [str(b).strip().lower().split("-")[-1].split("_")[-1] for b in said["band"]]
    if lacking := [b for b in survey.bands if b not in names]:
        raise InputError(f"its image has no band {' and '.join(lacking)}; {survey.band_words} are needed")
    at = [names.index(b) for b in survey.bands]
    flux = np.stack([_stack(said["flux"][i]) for i in at])
    check_side(*flux.shape[1:])
    weights = np.stack([_stack(said["ivar"][i]) for i in at]) if said.get("ivar") is not None else None
    if weights is not None and weights.shape != flux.shape:
        raise InputError("its inverse variances are of another shape than its pixels")
    told = said.get("psf_fwhm")
    widths = [np.nan if told is None else _halve(str(said["band"][i]), float(told[i])) for i in at]
    seeing = tuple(w if is_seeing(w) else None for w in widths)
    return Cutout(
        flux.astype(np.float32),
        float(said["scale"][at[0]]),
        "".join(survey.bands),
        str(row["id"]),
        "HATS image",
        ra=float(row["ra"]),
        dec=float(row["dec"]),
        unit="nanomaggy",
        invvar=weights,
        seeing=seeing,
        seeing_said=("psf_fwhm",) * len(seeing),
    )


def _halve(band: str, told: float) -> float:
    """Width at half maximum of what an image tells as the seeing in a band."""
    return told / PSFSIZE if band.strip().lower().startswith(_BY_PSFSIZE) else told


def _unfold(image: Any) -> dict[str, Any]:
    """Give an image's fields by name, whether it comes as a table of a row a band or as a table of lists."""
    if isinstance(image, pd.DataFrame):
        return {str(k): list(image[k]) for k in image}
    if isinstance(image, dict):
        return image
    raise InputError("its image is no table of bands")


def _stack(rows: Any) -> np.ndarray:
    """Pixels (H, W) from an array, or from a list of rows."""
    pixels = np.asarray(
        rows if isinstance(rows, np.ndarray) and rows.dtype != object else [np.asarray(r) for r in rows]
    )
    if pixels.ndim == 1:
        side = round(len(pixels) ** 0.5)
        pixels = pixels.reshape(side, -1) if side * side == len(pixels) else pixels
    if pixels.ndim != 2 or pixels.dtype.kind not in "fiu":
        raise InputError("its pixels are no image")
    return pixels.astype(np.float32)
