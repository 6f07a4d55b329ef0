"""Many cutout files to one table of latents, written block by block beside its place and renamed into it."""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from galexplore import __version__
from galexplore.cutouts.seeing import GivenSeeing
from galexplore.errors import InputError
from galexplore.explore.embedded import Given
from galexplore.explore.explorer import Explorer
from galexplore.explore.locate_many import stream_verdicts
from galexplore.explore.verdicts import list_verdicts
from galexplore.files import bare_name, write_beside
from galexplore.tables import catalogue


def check_output(to: Path, files: Sequence[Path]) -> str:
    """See before any work that a table can be written there; return its format.

    Raises
    ------
    InputError
        If the name's ending is no table format, there is no such folder, it is a folder itself, one of the files, or
        where nothing can be written.
    """
    form = catalogue.choose_format(to)
    if not to.parent.is_dir():
        raise InputError(f"there is no folder {to.parent}; make it first, or write the table elsewhere")
    if to.is_dir():
        raise InputError(f"{to} is a folder; give the table a name of its own")
    if not os.access(to if to.exists() else to.parent, os.W_OK):
        raise InputError(f"{to} cannot be written; write the table elsewhere")
    if to.exists() and any(f.exists() and f.samefile(to) for f in files):
        raise InputError(f"{to} is one of the cutouts; give the table a name of its own")
    return form


def read_redshifts(path: Path, column: str = "z") -> dict[str, Given]:
    """Read the known redshifts of cutouts from a table.

    Parameters
    ----------
    path : Path
        In any format of `tables.catalogue.read`; its column `file`, else `id`, names the cutouts, with or without what
        follows the last dot of a file's name.
    column : str
        Of redshifts; `<column>_err` holds their standard errors where there is one, else they are exact.

    Returns
    -------
    dict
        Name to redshift, of those that are known.

    Raises
    ------
    InputError
        Where the table lacks a column, or holds what cannot be a redshift or its error.
    """
    table = catalogue.read(path)
    names = next((c for c in ("file", "id") if c in table), None)
    if names is None or column not in table:
        missing = "file or id" if names is None else column
        raise InputError(f"{path.name} has no column {missing}; it has {', '.join(map(str, table))[:200]}.")
    values = pd.to_numeric(table[column], errors="coerce")
    errors = pd.to_numeric(table[f"{column}_err"], errors="coerce") if f"{column}_err" in table else 0.0 * values
    redshifts = {}
    for name, value, error in zip(table[names], values, errors.fillna(0.0), strict=True):
        if math.isfinite(value):
            try:
                redshifts[bare_name(str(name))] = Given(float(value), float(error))
            except InputError as wrong:
                raise InputError(f"{path.name}, {str(name)[:60]}: {wrong}") from wrong
    return redshifts


def embed_files(
    files: Sequence[Path],
    to: Path,
    explorer: Explorer,
    pixel_scale: float | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    *,
    redshifts: Mapping[str, Given] | None = None,
    ebv: float | None = None,
    seeing: GivenSeeing | None = None,
) -> tuple[int, list[tuple[str, str]]]:
    """Embed cutout files into one table; parquet in constant memory, other formats with all rows in it.

    Parameters
    ----------
    files : sequence of Path
    to : Path
        Its ending chooses the format. It stands there whole or not at all, and only where anything could be used.
    pixel_scale : float, optional
        Arcsec a pixel, for files that do not say.
    progress : callable
        Called with the number of files that are done, and of all.
    redshifts : mapping, optional
        Names of files to redshifts that are known otherwise, as `read_redshifts` gives them.
    ebv : float, optional
        E(B-V) [mag] before all of them, instead of the map's at the position of each; 0 for none.
    seeing : float or sequence, optional
        FWHM [arcsec] of a star in all of them, in all bands or in each, instead of what each file says.

    Returns
    -------
    rows : int
        Of the table: `id` (unique), `path`, `verdict` ("located", "approximate" for a picture, or "outside" of what the
        model has learnt, without numbers), `detail` (why so, or why intervals are wider), latents with their sigmas,
        map position, rarity, `chi2`, `mag_aperture`, `ebv` (see `list_verdicts`); model and version in its provenance.
    refused : list of (str, str)
        Path and reason of what could not be used.

    Raises
    ------
    InputError
        As `check_output`, before any work; where no file is given, `ebv` is not from 0 to 5, `seeing` is none, or
        redshifts are given for a model without a joint posterior.
    """
    to, form = Path(to), check_output(Path(to), files)
    if redshifts and explorer.density is None:
        raise InputError(
            f"The model {explorer.name!r} has no joint posterior, without which known redshifts tell nothing; fit one "
            f"with: galexplore model posterior {explorer.name}"
        )
    rows, refused = 0, list[tuple[str, str]]()

    def list_located() -> Iterator[pd.DataFrame]:
        nonlocal rows
        blocks = stream_verdicts(
            files, explorer, pixel_scale, progress=progress, redshifts=redshifts, ebv=ebv, seeing=seeing
        )
        for block in blocks:
            refused.extend((v.path, v.error) for v in block if not v.embedded)
            located = list_verdicts([v for v in block if v.embedded])
            rows += len(located)
            if len(located):
                yield located

    provenance = {"galexplore": __version__, "model": explorer.name, "model_sha256": explorer.card["sha256"]}
    if form == "parquet":
        with write_beside(to) as partial:
            catalogue.write_blocks(list_located(), partial, provenance)
    elif tables := list(list_located()):
        whole = pd.concat(tables, ignore_index=True)
        whole.attrs.update(provenance)
        catalogue.write(whole, to, form)
    return rows, refused
