"""Verbs of `galexplore bench`: damage, people at once, kinds against matched controls, groups of odd galaxies."""

import io
import json
import traceback
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from galexplore.errors import InputError

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def damage(
    context: typer.Context,
    short: Annotated[bool, typer.Option("--short", help="One flipped bit a file; models alone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Damage every file that the app keeps: what is shown then is as before, or a sentence says why not."""
    from galexplore.bench.damage import measure_damage

    outcome = measure_damage(partial(run_verb, context), not short, lambda text: typer.echo(text, err=True))
    if as_json:
        print(json.dumps(outcome, indent=1))
    else:
        table = Table("file", "damage", "verbs", "pages", "what is said")
        for case in outcome["cases"]:
            cells = (", ".join(f"{n} {k}" for k, n in Counter(case[of].values()).items()) for of in ("verbs", "pages"))
            table.add_row(case["file"], case["damage"], *cells, case["sentence"])
        Console().print(table)
        print(", ".join(f"{n} {k}" for k, n in outcome["answers"].items()))
    raise SystemExit(1 if outcome["answers"]["wrong"] or outcome["answers"]["traceback"] else 0)


def people(
    clients: Annotated[int, typer.Option(min=2, max=50, help="Sessions at once.")] = 10,
    acts: Annotated[int, typer.Option(min=1, help="Acts of all of them together.")] = 200,
    seed: Annotated[int, typer.Option(help="Of the order in which each acts.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Let people use the app at once: each must see what they would see alone, and nothing of others."""
    from galexplore.bench.people import measure_people

    outcome = measure_people(clients, acts, seed, lambda text: typer.echo(text, err=True))
    if as_json:
        print(json.dumps(outcome, indent=1))
    else:
        for sentence in outcome["wrong"]:
            print(sentence)
        print(f"{clients} people, {acts} acts at once, {len(outcome['wrong'])} answers wrong or another's")
    raise SystemExit(1 if outcome["wrong"] else 0)


def run_verb(context: typer.Context, arguments: list[str]) -> tuple[int, str, str]:
    """Run a verb of this command line in this process: its exit status, what it said, and its traceback or ""."""
    said, status, trace = io.StringIO(), 0, ""
    with redirect_stdout(said), redirect_stderr(said):
        try:
            context.find_root().command.main(arguments, standalone_mode=False)
        except InputError as error:  # as `main` refuses
            print(error)
            status = 2
        except SystemExit as end:
            status = int(end.code or 0)
        except Exception:
            status, trace = 1, traceback.format_exc()
    return status, said.getvalue(), trace


def controls(
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind (may be repeated); by default all.")] = None,
    magnitude: Annotated[bool, typer.Option(help="Match by apparent magnitude as well.")] = False,
    model: Annotated[str, typer.Option(help="Name of a model; galexplore model list shows them.")] = "default",
    write: Annotated[Path | None, typer.Option(help="Markdown file for the tables.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Compare each rare kind with controls of its redshift and mass: AUC of latents, colour, sSFR, size; recall."""
    from galexplore.bench.controls import measure_kinds, write_confusion, write_lines
    from galexplore.explore.models import load
    from galexplore.files import write_whole

    measured = measure_kinds(
        load(model), kind or [], magnitude=magnitude, report=lambda text: typer.echo(text, err=True)
    )
    text = "\n".join(line for name, of in measured["kinds"].items() for line in write_lines(name, of))
    text += "\n" + "\n".join(write_confusion(measured["confusion"])) if "confusion" in measured else ""
    if write:
        write_whole(write, "# Kinds against matched controls\n\n" + text)
    print(json.dumps(measured, indent=1) if as_json else text)


def groups(
    by: Annotated[str, typer.Option(help="Ranking: rarity, reconstruction or both.")] = "rarity",
    n: Annotated[int, typer.Option("--n", min=1, help="Groups.")] = 40,
    model: Annotated[str, typer.Option(help="Name of a model; galexplore model list shows them.")] = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Go through the groups of odd galaxies: after how many each kind is met, and how mixed the first page is."""
    from galexplore.bench.groups import measure_groups, write_lines
    from galexplore.explore.models import load

    if by not in ("rarity", "reconstruction", "both"):
        raise InputError(f"there is no ranking by {by!r}; give rarity, reconstruction or both")
    measured = measure_groups(load(model), by, n)
    print(json.dumps(measured, indent=1) if as_json else "\n".join(write_lines(measured)))
