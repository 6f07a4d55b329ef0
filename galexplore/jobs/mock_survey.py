"""Surveys of any size: drawn and written block by block, so that memory holds one block and a kill costs one."""

import json
import os
import shutil
from pathlib import Path

from galexplore.mock import survey as mock
from galexplore.sources.mock import Store
from galexplore.survey import Survey
from galexplore.tables import catalogue


def list_photometry(survey: Survey) -> list[str]:
    """Columns of a catalogue without pixels."""
    magnitudes = (f"mag_{b}" for b in survey.bands)
    return ["id", "z", "logmass", "logsfr", *magnitudes, "selection", "population"]


def build(n, seed, out, survey: Survey, photometry_only=False, depth="default", progress=lambda text: None):
    """Draw a survey and write its catalogue, a row group a block; `sources.mock.Store` renders pictures from it.

    Blocks are kept beside the file until it is whole: what a killed run had drawn is not drawn again.

    Parameters
    ----------
    n, seed : int
    out : Path
        The parquet file to write.
    survey : Survey
    photometry_only : bool
        Write only `list_photometry`, of ordinary galaxies.
    depth : {"default", "deep"}
    progress : callable
        Called with a line of text now and then.

    Raises
    ------
    ImportError
        Without bagpipes and speclite.
    """
    out, about = Path(out), describe(n, seed, depth)
    parts = out.with_name(f"{out.name}.parts-{n}-{seed}-{depth}{'-photometry' * photometry_only}")
    parts.mkdir(parents=True, exist_ok=True)
    paths = []
    for block, first in enumerate(range(0, n, mock.BLOCK)):
        path, size = parts / f"{block:06d}.parquet", min(mock.BLOCK, n - first)
        if not path.exists():
            last = first + size == n
            table = mock.draw_block(size, seed, block, depth, photometry_only, last, progress)
            partial = path.with_suffix(".partial")
            catalogue.write(table[list_photometry(survey)] if photometry_only else table, partial, "parquet")
            os.replace(partial, path)
        paths.append(path)
    partial = out.with_name(out.name + ".partial")
    catalogue.write_blocks((catalogue.read(path) for path in paths), partial, {"survey": about})
    os.replace(partial, out)
    shutil.rmtree(parts)


def describe(n, seed, depth):
    """Say in JSON what a catalogue was asked to be; it stands in the file's provenance as `survey`."""
    return json.dumps({"n": n, "seed": seed, "depth": depth})


def is_built(out, n, seed, depth):
    """Tell whether a file already holds that very catalogue."""
    return Path(out).exists() and catalogue.read_provenance(out).get("survey") == describe(n, seed, depth)


def render(path, survey: Survey, folder=None, processes=None, progress=None):
    """Render the pictures of a catalogue file that are missing, block by block.

    Parameters
    ----------
    path : Path
    survey : Survey
    folder : Path, optional
        Where to keep them; by default in `places.cache_folder()`.
    processes : int, optional
    progress : callable, optional
        Called as progress(done, of).

    Returns
    -------
    int
        Pictures of the catalogue.
    """
    total, before = catalogue.count_rows(path), 0
    for block in catalogue.read_blocks(path):

        def told(done, of, before=before):
            if progress:
                progress(before + done, total)

        Store(block, survey, folder).render_all(processes, told)
        before += len(block)
    return total
