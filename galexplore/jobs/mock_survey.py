"""Surveys of any size: drawn and written block by block, so that memory holds one block and a kill costs one."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from galexplore.files import write_beside
from galexplore.locks import hold
from galexplore.mock.rows import Report
from galexplore.mock.survey import count_blocks, draw_block
from galexplore.sources.mock import Store
from galexplore.survey import DECALS, Survey
from galexplore.tables import catalogue


def list_photometry(survey: Survey) -> list[str]:
    """Columns of a catalogue without pixels."""
    magnitudes = (f"mag_{b}" for b in survey.bands)
    return ["id", "z", "logmass", "logsfr", *magnitudes, "selection", "population"]


def build(
    n: int,
    seed: int,
    out: Path,
    survey: Survey,
    photometry_only: bool = False,
    depth: str = "default",
    progress: Report = lambda text: None,
) -> None:
    """Draw a survey and write its catalogue, a row group a block; `sources.mock.Store` renders pictures from it.

    Blocks are kept beside the file until it is whole: what a killed run had drawn is not drawn again, and a file that
    holds that very catalogue already stays as it is.

    Parameters
    ----------
    n, seed : int
    out : Path
        The parquet file to write.
    survey : Survey
        That sees them; see `mock.conditions.find_conditions`.
    photometry_only : bool
        Write only `list_photometry`, of ordinary galaxies.
    depth : {"default", "deep"}
    progress : callable
        Called with a line of text now and then.

    Raises
    ------
    InputError
        For a survey that cannot be simulated, while another process draws this one, or where it cannot be written.
    ImportError
        Without bagpipes and speclite.
    """
    parts = out.with_name(f"{out.name}.parts-{n}-{seed}-{depth}{'-photometry' * photometry_only}{_tell_apart(survey)}")
    with hold(out.with_name(f".{out.name}.lock"), f"{out} is being drawn"):
        if not is_built(out, n, seed, depth, survey):
            _draw_blocks(n, seed, out, parts, survey, photometry_only, depth, progress)
        if parts.exists():
            shutil.rmtree(parts)


def _draw_blocks(
    n: int, seed: int, out: Path, parts: Path, survey: Survey, photometry_only: bool, depth: str, progress: Report
) -> None:
    """Draw the blocks that are missing, and put all of them together."""
    sizes = count_blocks(n)
    parts.mkdir(parents=True, exist_ok=True)
    paths = []
    for block, size in enumerate(sizes):
        path, last = parts / f"{block:06d}.parquet", block == len(sizes) - 1
        if not path.exists():
            table = draw_block(size, seed, block, survey, depth, photometry_only, last, progress)
            catalogue.write(table[list_photometry(survey)] if photometry_only else table, path)
        paths.append(path)
    provenance = {"survey": describe_request(n, seed, depth, survey), "simulated": True}
    with write_beside(out) as partial:
        catalogue.write_blocks((catalogue.read(path) for path in paths), partial, provenance)


def describe_request(n: int, seed: int, depth: str, survey: Survey = DECALS) -> str:
    """Say in JSON what a catalogue was asked to be; it stands in the file's provenance as `survey`."""
    return json.dumps({"n": n, "seed": seed, "depth": depth} | ({} if survey == DECALS else {"of": survey.name}))


def is_built(out: Path, n: int, seed: int, depth: str, survey: Survey = DECALS) -> bool:
    """Tell whether a file already holds that very catalogue."""
    return out.exists() and catalogue.read_provenance(out).get("survey") == describe_request(n, seed, depth, survey)


def _tell_apart(survey: Survey) -> str:
    """Name a survey in a folder's name; DECaLS needs no name."""
    return "" if survey == DECALS else "-" + "".join(c for c in survey.name.lower() if c.isalnum())


def render(
    path: Path,
    survey: Survey,
    folder: Path | None = None,
    processes: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> int:
    """Render the pictures of a catalogue file that are missing, block by block.

    Parameters
    ----------
    path : Path
    survey : Survey
        That sees them.
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

        def report(done: int, of: int, before: int = before) -> None:
            if progress:
                progress(before + done, total)

        Store(block, survey, folder).render_all(processes, report)
        before += len(block)
    return total
