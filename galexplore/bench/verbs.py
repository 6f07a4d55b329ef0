"""The verbs of `galexplore bench`."""

import typer

app = typer.Typer(help="Measure accuracy and speed, each against its peers in one run.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure accuracy and speed, each against its peers in one run."""
