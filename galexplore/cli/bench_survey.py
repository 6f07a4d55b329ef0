"""The benches of surveys: `galexplore bench embed | survey | gpu`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from galexplore.cli.terminal import Bars

Write = Annotated[Path | None, typer.Option(help="Markdown file for the tables.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def embed(
    n: Annotated[int, typer.Option("--n", min=64, help="Galaxies of the embedded catalogue.")] = 4096,
    rounds: Annotated[int, typer.Option(min=1, help="Turns that each contestant takes.")] = 5,
    bricks: Annotated[
        int, typer.Option(min=0, help="Positions over made bricks, by 1 and 2 Dask workers; 0: none.")
    ] = 0,
    hyrax: Annotated[
        Path | None, typer.Option(help="The Python of an environment that has hyrax, to time its infer verb as well.")
    ] = None,
    write: Write = None,
    as_json: AsJson = False,
) -> None:
    """How fast surveys are embedded, beside the published encoder and the machine's limits."""
    from galexplore.bench import embed as bench
    from galexplore.files import write_whole

    with Bars() as report:
        result = bench.run(n, rounds, bricks, report, hyrax)
    text = bench.write_tables(result)
    if write:
        write_whole(write, f"# Embedding surveys\n\nWritten by `galexplore bench embed --n {n}`.\n\n{text}")
    print(json.dumps(result, indent=1) if as_json else text)


def survey(
    n: Annotated[int, typer.Option("--n", min=25_000, help="Positions; a fifth of them are embedded first.")] = 100_000,
    workers: Annotated[int, typer.Option(min=1, help="Dask workers of one thread.")] = 2,
    memory: Annotated[str, typer.Option(help="What each of these may use.")] = "2GB",
    as_json: AsJson = False,
) -> None:
    """So many positions to a catalogue, over bricks of the survey's size: rows in and out, and a worker's memory."""
    from galexplore.bench import survey as bench

    with Bars() as report:
        result = bench.measure_survey(n, workers, memory, report)
    print(json.dumps(result, indent=1) if as_json else bench.write_lines(result))


def gpu(
    n: Annotated[int, typer.Option("--n", min=64, help="Galaxies that rates are measured on.")] = 65_536,
    batch: Annotated[int, typer.Option(min=16, help="Galaxies at once.")] = 4096,
    write: Write = None,
    as_json: AsJson = False,
) -> None:
    """On a GPU: the CPU's answers first, then rates from its memory, the host's and the disk, and of training."""
    from galexplore.bench import gpu as bench
    from galexplore.files import write_whole

    with Bars() as report:
        result = bench.measure(n, batch, report)
    text = bench.write_tables(result)
    if write:
        write_whole(write, f"# On a GPU\n\nWritten by `galexplore bench gpu --n {n} --batch {batch}`.\n\n{text}")
    print(json.dumps(result, indent=1) if as_json else text)
    raise SystemExit(2 if "failed" in result else 0)
