"""The verbs of `galexplore bench`."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="Measure accuracy and speed, each against its peers in one run.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.callback()
def bench() -> None:
    """Measure accuracy and speed, each against its peers in one run."""


@app.command("app")
def measure_the_app(
    n: Annotated[int, typer.Option("--n", min=0, help="Galaxies of the synthetic atlas; 0 for none.")] = 1_000_000,
    moves: Annotated[int, typer.Option(min=5, help="Moves of a slider.")] = 40,
    as_json: AsJson = False,
) -> None:
    """Measure how fast the app answers: a slider, the first paint, a lasso, memory; drives headless Chromium."""
    from galexplore.bench.app import TARGETS, measure_app

    found = measure_app(n, moves, report=Console(stderr=True).print)
    if as_json:
        print(json.dumps(found, indent=2))
        return
    table = Table("what", "measured", "target", title=f"The app on {found['cores']} cores", title_justify="left")
    table.add_row("slider, server time, p50", f"{found['slider']['p50_ms']:.0f} ms", "")
    table.add_row("slider, server time, p95", f"{found['slider']['p95_ms']:.0f} ms", f"< {TARGETS['slider_p95_ms']} ms")
    table.add_row("first paint, cold server", f"{found['paint']['cold_s']:.1f} s", "")
    table.add_row("first paint, warm server", f"{found['paint']['warm_s']:.1f} s", f"< {TARGETS['paint_warm_s']} s")
    for total, took in found["lasso"].items():
        target = f"< {TARGETS['lasso_server_s']} s"
        table.add_row(f"lasso to gallery, {total:,} galaxies, server", f"{took['server_s']:.2f} s", target)
        table.add_row(f"lasso to gallery, {total:,} galaxies, seen", f"{took['seen_s']:.2f} s", "")
    table.add_row("memory, a further session", f"{found['session_mib']:.0f} MiB", f"< {TARGETS['session_mib']} MiB")
    Console().print(table)
