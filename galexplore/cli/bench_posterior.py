"""The benches of answers' honesty: `galexplore bench posterior | outside`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from galexplore.cli.terminal import Bars

Model = Annotated[str, typer.Option("--model", help="Name of a model; galexplore model list shows them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def posterior(
    n: Annotated[int, typer.Option("--n", min=10, help="Galaxies whose posteriors are timed.")] = 200,
    flow: Annotated[bool, typer.Option(help="Fit a normalising flow beside the mixtures; needs zuko.")] = True,
    model: Model = "default",
    as_json: AsJson = False,
) -> None:
    """Compare mixtures of 1, 3 and 5 Gaussians with a flow by likelihood, and time what is asked of a posterior."""
    from galexplore.bench.posterior import measure_posterior, write_tables
    from galexplore.explore.models import load

    with Bars() as report:
        measured = measure_posterior(load(model), n, flow, report)
    print(json.dumps(measured, indent=1) if as_json else write_tables(measured))


def outside(
    n: Annotated[int, typer.Option("--n", min=20, help="Ordinary galaxies of the test split at most.")] = 1000,
    real: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of real cutouts, or of folders of them.")
    ] = None,
    model: Model = "default",
    as_json: AsJson = False,
) -> None:
    """Count what gets no answer: of galaxies, of what is none, of other surveys' skies, of noise and real files."""
    from galexplore.bench.outside import measure_outside, write_tables
    from galexplore.explore.models import load

    measured = measure_outside(load(model), n, real=real, report=lambda text: typer.echo(text, err=True))
    print(json.dumps(measured, indent=1) if as_json else write_tables(measured))
    raise SystemExit(0 if all(measured["holds"].values()) else 1)
