"""The verbs of `galexplore bench`."""

import json
from typing import Annotated

import typer

app = typer.Typer(help="Measure accuracy and speed, each against its peers in one run.", no_args_is_help=True)


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")]


@app.callback()
def bench() -> None:
    """Measure accuracy and speed, each against its peers in one run."""


@app.command()
def mock(
    n: Annotated[int, typer.Option("--n", min=100, help="Galaxies of the smaller of two surveys.")] = 26_000,
    as_json: AsJson = False,
) -> None:
    """Measure how fast a survey is drawn and rendered, and its memory at two sizes."""
    from galexplore.bench.mock import measure

    found = measure(n, lambda text: typer.echo(text, err=True))
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for row in found["sizes"]:
        told = f"rendered in {row['render_seconds']:.0f} s, {row['galaxies_per_second']:.0f} galaxies/s"
        print(
            f"{row['n']:,} galaxies: drawn in {row['draw_seconds']:.0f} s, {told}, {row['memory_mib']:.0f} MiB at most"
        )
    print(f"Memory at three times the size: {found['memory_ratio']:.2f} times")
