"""Many cutout files to one table of latents, written block by block beside its place and renamed into it."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from galexplore import __version__
from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.explore.locate_many import stream_verdicts
from galexplore.explore.verdicts import list_verdicts
from galexplore.files import write_beside
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


def embed_files(
    files: Sequence[Path],
    to: Path,
    explorer: Explorer,
    pixel_scale: float | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
    ebv: float | None = None,
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
    ebv : float, optional
        E(B-V) [mag] before all of them, instead of the map's at the position of each; 0 for none.

    Returns
    -------
    rows : int
        Of the table: `id` (unique), `path`, `verdict` ("located", or "approximate" for a picture), latents with their
        sigmas, map position, rarity, `chi2`, `mag_aperture`, `ebv` (see `list_verdicts`); model and version in its
        provenance.
    refused : list of (str, str)
        Path and reason of what could not be used.

    Raises
    ------
    InputError
        As `check_output`, before any work; or where no file is given, or `ebv` is not from 0 to 5.
    """
    to, form = Path(to), check_output(Path(to), files)
    rows, refused = 0, list[tuple[str, str]]()

    def list_located() -> Iterator[pd.DataFrame]:
        nonlocal rows
        for block in stream_verdicts(files, explorer, pixel_scale, progress=progress, ebv=ebv):
            refused.extend((v.path, v.error) for v in block if not v.embedded)
            located = list_verdicts([v for v in block if v.embedded])
            rows += len(located)
            if len(located):
                yield located.drop(columns="detail")

    provenance = {"galexplore": __version__, "model": explorer.name, "model_sha256": explorer.card["sha256"]}
    if form == "parquet":
        with write_beside(to) as partial:
            catalogue.write_blocks(list_located(), partial, provenance)
    elif tables := list(list_located()):
        whole = pd.concat(tables, ignore_index=True)
        whole.attrs.update(provenance)
        catalogue.write(whole, to, form)
    return rows, refused
