"""The verbs of `galexplore bench` that try the readers of files: damaged ones, and whole ones of every convention."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def fuzz(
    inputs: Annotated[int, typer.Option(min=1, help="Mutated inputs that each reader is given.")] = 20_000,
    seed: Annotated[int, typer.Option(help="What they are drawn from: the same seed gives the same inputs.")] = 0,
    reader: Annotated[list[str] | None, typer.Option(help="Only this one (may be repeated).")] = None,
    keep: Annotated[Path | None, typer.Option(help="Folder for the inputs that went wrong.")] = None,
    large: Annotated[
        bool, typer.Option(help="Lists of up to 20 MB, one of each kind, instead of damaged files.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Give every reader of files and texts damaged input: it reads or refuses, within 2 s and 500 MiB."""
    from galexplore.bench.fuzz import run_trials
    from galexplore.bench.fuzz_cutouts import make_cutout_readers
    from galexplore.bench.fuzz_lists import make_list_readers
    from galexplore.bench.large_lists import make_large_readers

    makers = [make_large_readers] if large else [make_list_readers, make_cutout_readers]
    inputs = 2 if large else inputs  # a small one to begin with, and the large one
    trials = run_trials(makers, inputs, seed, reader or (), keep, lambda name: typer.echo(name, err=True))
    if as_json:
        print(json.dumps([t.to_dict() for t in trials], indent=1))
    else:
        table = Table(
            "reader", "inputs", "read", "refused", "crashed", "over 2 s", "over 500 MiB", "slowest", "grew by"
        )
        for t in trials:
            counts = (t.inputs, t.read, t.refused, t.crashed, t.slow, t.heavy)
            table.add_row(t.reader, *(f"{c:,}" for c in counts), f"{t.slowest_s:.2f} s", f"{t.growth_mib:.0f} MiB")
        Console().print(table)
        for t in trials:
            for fault in t.faults[:5]:
                print(f"{t.reader} {fault['number']}: {fault['kind']} {fault['words']}")
    if any(t.faults for t in trials):
        raise typer.Exit(1)


def walks(
    examples: Annotated[int, typer.Option(min=1, help="Files to write and read.")] = 1000,
    seed: Annotated[int, typer.Option(help="What the conventions are drawn from.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Write one known galaxy by many conventions of files, and see that each is read rightly, refused, or assumed."""
    from galexplore.bench.walks import walk
    from galexplore.cli.terminal import Bars

    with Bars() as report:
        counts, others = walk(examples, seed, lambda done, of: report("files", done, of))
    if as_json:
        print(
            json.dumps(
                {"counts": counts, "others": [{"odd": odd} | vars(o) for odd, o in others]}, indent=1, default=str
            )
        )
    else:
        print(", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))
        for odd, outcome in others:
            if outcome.verdict in ("wrong", "crash"):
                print(f"{outcome.verdict}: {outcome.quantity} {outcome.detail} {odd}")
    if counts["wrong"] or counts["crash"]:
        raise SystemExit(1)
