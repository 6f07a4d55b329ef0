"""The verbs of `galexplore bench`."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Measure accuracy and speed, each against its peers in one run.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure accuracy and speed, each against its peers in one run."""


@app.command()
def accuracy(
    model: Annotated[str, typer.Option(help="A folder of models/.")] = "default",
    minutes: Annotated[float, typer.Option(help="At most so long for each small peer.")] = 10.0,
    epochs: Annotated[
        int | None, typer.Option(help="Passes of the supervised encoder; the model's by default.")
    ] = None,
    peer: Annotated[
        list[str] | None, typer.Option(help="Only these (repeat it); ours and all others by default.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="Folder where each peer's answers are kept.")] = Path("runs/bench"),
    write: Annotated[Path | None, typer.Option(help="Markdown file for the tables, with the JSON beside it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Compare redshift, mass and SFR with the published recipe and other peers, all taught by the same galaxies."""
    from galexplore.bench import contest
    from galexplore.cli import DATA, Bars, out

    with Bars() as report:
        result = contest.run(model, DATA, runs, report, minutes=minutes, epochs=epochs, only=peer or [])
    if write:
        contest.save(result, write, "galexplore bench accuracy --write " + str(write))
    print(json.dumps(result, indent=1)) if as_json else out.print(contest.as_frame(result).round(3).to_string())


@app.command()
def real(
    real: Annotated[Path, typer.Option(help="Folder with cutouts/ of real galaxies, or of the cutouts themselves.")],
    model: Annotated[str, typer.Option(help="A folder of models/.")] = "default",
    write: Annotated[Path | None, typer.Option(help="Markdown file for the table.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Locate real cutouts and set what is known of them beside it."""
    from galexplore.bench.real import locate_all, save, tabulate
    from galexplore.explorer import load

    rows = locate_all(load(model), real / "cutouts" if (real / "cutouts").is_dir() else real)
    if write:
        save(rows, write)
    print(json.dumps(rows, indent=1) if as_json else tabulate(rows))
