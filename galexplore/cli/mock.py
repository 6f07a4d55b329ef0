"""`galexplore mock`: simulate a survey or sample cutouts, and compare the simulation with real measurements."""

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from galexplore.cli.terminal import Bars, complaints, out
from galexplore.errors import InputError
from galexplore.places import DATA, SAMPLES, cache_folder, warn_of_cache
from galexplore.survey import DECALS, Survey

app = typer.Typer()
Depth = Literal["default", "deep"]


@app.callback()
def mock(
    context: typer.Context,
    n: Annotated[int, typer.Option("--n", min=1, help="Ordinary galaxies to draw.")] = 26_000,
    seed: Annotated[int, typer.Option(help="Seed of the whole survey.")] = 1,
    to: Annotated[Path | None, typer.Option("--out", help="Folder, or a .parquet with --photometry-only.")] = None,
    photometry_only: Annotated[bool, typer.Option(help="Write labels and magnitudes alone.")] = False,
    depth: Annotated[Depth, typer.Option(help="As the embedded survey, or deep (to r = 24).")] = "default",
    survey: Annotated[str, typer.Option(help="Whose imaging a new survey is of: DECaLS or BASS/MzLS.")] = DECALS.name,
    pixels: Annotated[bool, typer.Option(help="Render the images too.")] = True,
    processes: Annotated[int | None, typer.Option(help="Processes that render; one a core by default.")] = None,
) -> None:
    """Render the embedded survey's images into the local store, or draw a new survey with --out.

    Continues where it was killed; every galaxy's pixels follow from its row alone.
    """
    if context.invoked_subcommand:
        return
    from galexplore.jobs import mock_survey

    imaging = Survey.find(survey)
    if to is None and imaging != DECALS:
        raise InputError(f"the embedded survey is one of {DECALS.name}; draw one of {imaging.name} with --out")
    if to is None and (trouble := warn_of_cache()):
        raise InputError(f"{trouble.partition(':')[0]}; give --out, or let $GALEXPLORE_CACHE name a folder that can.")
    with Bars() as report:
        path = DATA if to is None else _draw_survey(n, seed, to, photometry_only, depth, imaging, report)
        if not pixels or photometry_only:
            return
        count = mock_survey.render(path, imaging, to, processes, lambda done, of: report("render", done, of))
    out.print(f"{count:,} galaxies rendered into {to or cache_folder()}.")


@app.command()
def check(
    real: Annotated[Path, typer.Option(help="Folder with tables/ and cutouts/ of real measurements.")],
    to: Annotated[Path, typer.Option("--out", help="Folder for the page of plots and the table.")] = Path("mock-check"),
    n: Annotated[int, typer.Option("--n", min=1000, help="Deep galaxies to draw for it.")] = 80_000,
    seed: Annotated[int, typer.Option(help="Seed of the first of those draws.")] = 1,
    draws: Annotated[int, typer.Option(min=1, help="How many draws, each with a seed of its own.")] = 8,
) -> None:
    """Compare the simulation with real measurements: colours, mass to light, sizes, rare kinds, noise and PSF."""
    from galexplore.mock.check import check as compare_with_real

    if not (real / "tables").is_dir():
        raise InputError(f"{real} holds no folder tables/ with real measurements.")
    checked = compare_with_real(real, to, DECALS, n, seed, draws, complaints.print)
    out.print_json(json.dumps(checked["summary"]))
    out.print(f"Written: {to / 'check.html'} and {to / 'check.json'}.")


@app.command()
def samples(
    to: Annotated[Path, typer.Option("--out", help="Folder to write them into.")] = SAMPLES,
) -> None:
    """Write the sample cutouts that the app offers: two simulated galaxies as FITS cubes on native pixels."""
    from galexplore.jobs.sample_cutouts import write_samples

    for path in write_samples(to, DECALS, complaints.print):
        out.print(f"{path}: {path.stat().st_size / 1000:.0f} kB.")


def _draw_survey(n: int, seed: int, to: Path, photometry_only: bool, depth: str, survey: Survey, report: Bars) -> Path:
    """Draw the survey that a finished folder does not hold yet; return its catalogue's path."""
    from galexplore.jobs import mock_survey

    path = to if photometry_only else to / "catalogue.parquet"
    if photometry_only != (to.suffix == ".parquet"):
        raise InputError("--out takes a file ending in .parquet with --photometry-only, and a folder without it.")
    there = mock_survey.is_built(path, n, seed, depth, survey)
    mock_survey.build(n, seed, path, survey, photometry_only, depth, report.progress.console.print)
    if not there:
        out.print(f"{path}: {n:,} galaxies drawn.")
    return path
