"""What a person names as a survey: files, a folder of them, a table, a HATS catalogue, positions over bricks."""

from collections.abc import Sequence
from pathlib import Path

from galexplore.cutouts.seeing import GivenSeeing
from galexplore.errors import InputError
from galexplore.explore import seal
from galexplore.patches.images import FileSource, StoreSource
from galexplore.places import find_model
from galexplore.sources.bricks import BrickSource
from galexplore.sources.files import list_files
from galexplore.sources.hats import HatsSource, is_hats
from galexplore.sources.partitions import Source
from galexplore.survey import Survey

#: Endings of tables; a FITS file may be a cutout, and is taken for one.
TABLES = (".parquet", ".pq", ".csv", ".ecsv", ".vot", ".xml", ".tsv")


def read_survey_of(model: str) -> Survey:
    """Read the survey that a model reads, off its card."""
    return Survey.from_dict(seal.read_card(find_model(model))["survey"])


def choose_source(
    paths: Sequence[Path],
    survey: Survey,
    bricks: Path | None = None,
    size: int | None = None,
    pixel_scale: float | None = None,
    ebv: float | None = None,
    seeing: GivenSeeing | None = None,
) -> Source:
    """Tell what a survey is that stands at some paths.

    Parameters
    ----------
    paths : sequence of Path
        Cutouts; or one folder of them, one table of galaxies that have images, or one HATS catalogue.
    bricks : Path, optional
        Folder of coadds, over which the one table's positions lie.
    size : int, optional
        Galaxies a partition, where the source has none of its own.
    pixel_scale, ebv, seeing : optional
        Of cutouts in files, where these do not say.

    Raises
    ------
    InputError
        Where nothing stands there, or it is nothing that can be embedded.
    """
    if missing := [p for p in paths if not p.exists()]:
        raise InputError(f"there is no {missing[0]}; give cutouts, a folder of them, a table or a HATS catalogue")
    only = paths[0] if len(paths) == 1 else None
    if bricks is not None:
        if only is None or only.is_dir():
            raise InputError(
                "with --bricks, give one table of positions: columns ra and dec [deg], and id if there is one"
            )
        return BrickSource(only, bricks, survey)
    sized = {} if size is None else {"size": size}
    if only is not None and is_hats(only):
        return HatsSource(only, survey)
    if only is not None and only.suffix.lower() in TABLES:
        return StoreSource(only, survey, **sized)
    files = [f for p in paths for f in (list_files(p).values() if p.is_dir() else [p])]
    if not files:
        raise InputError(f"there is no cutout in {paths[0]}; give FITS, npy, npz, JPEG or PNG files")
    return FileSource(tuple(files), survey, pixel_scale=pixel_scale, ebv=ebv, seeing=seeing, **sized)
