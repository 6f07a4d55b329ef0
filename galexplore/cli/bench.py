"""The verbs of `galexplore bench`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from galexplore.cli.bench_app import measure_the_app, measure_the_names, take_the_pictures
from galexplore.cli.bench_files import fuzz, walks
from galexplore.cli.bench_posterior import outside, posterior
from galexplore.cli.bench_survey import embed, gpu, survey
from galexplore.cli.trials import controls, damage, groups, people

app = typer.Typer(help="Measure accuracy and speed, each against its peers in one run.", no_args_is_help=True)
app.command()(damage)
app.command()(people)
app.command()(controls)
app.command()(groups)
app.command()(fuzz)
app.command()(walks)
for verb in (embed, survey, gpu, posterior, outside):
    app.command()(verb)
app.command("app")(measure_the_app)
app.command("names")(measure_the_names)
app.command("screenshots")(take_the_pictures)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.callback()
def bench() -> None:
    """Measure accuracy and speed, each against its peers in one run."""


@app.command()
def accuracy(
    model: Annotated[
        str, typer.Option("--model", "--name", help="Name of a model; galexplore model list shows them.")
    ] = "default",
    data: Annotated[
        Path | None, typer.Option(help="Catalogue, or a folder that galexplore fetch filled, of the model's galaxies.")
    ] = None,
    minutes: Annotated[float, typer.Option(help="Longest training of each small peer.")] = 60.0,
    epochs: Annotated[
        int | None, typer.Option(help="Passes of the supervised encoder; the model's by default.")
    ] = None,
    peer: Annotated[
        list[str] | None, typer.Option(help="Only this one (may be repeated); by default ours and all others.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="Folder where each peer's answers are kept.")] = Path("runs/bench"),
    write: Annotated[Path | None, typer.Option(help="Markdown file for the tables, with the JSON beside it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare redshift, mass and SFR with the published recipe and other peers, all taught by the same galaxies."""
    from galexplore.bench import contest
    from galexplore.cli.terminal import Bars, out
    from galexplore.jobs.gather import find_catalogue
    from galexplore.places import DATA

    with Bars() as report:
        result = contest.run_contest(
            model, find_catalogue(data) if data else DATA, runs, report, minutes=minutes, epochs=epochs, only=peer or []
        )
    if write:
        contest.save_tables(result, write, "galexplore bench accuracy --write " + str(write))
    print(json.dumps(result, indent=1)) if as_json else out.print(contest.as_frame(result).round(3).to_string())


@app.command()
def real(
    real: Annotated[
        Path, typer.Option(help="Folder with cutouts/ of real galaxies, and completed/ with truth.csv; or of cutouts.")
    ],
    leave_out: Annotated[
        list[str] | None, typer.Option(help="Do not count galaxies whose name holds this (may be repeated).")
    ] = None,
    model: Annotated[str, typer.Option(help="Name of a model; galexplore model list shows them.")] = "default",
    student: Annotated[bool, typer.Option("--student", help="Score the model's student beside it.")] = False,
    write: Annotated[Path | None, typer.Option(help="Markdown file for the table.")] = None,
    page: Annotated[Path | None, typer.Option(help="HTML file for plots of galaxies with spectra.")] = None,
    as_json: AsJson = False,
) -> None:
    """Locate real cutouts and set what is known of them beside it."""
    from galexplore.bench.judge import TRUTH, judge, write_scores
    from galexplore.bench.real import HEAD, locate_all, write_table
    from galexplore.explore.models import load
    from galexplore.files import write_whole
    from galexplore.patches.instrument import open_instrument

    explorer = load(model)
    rows = locate_all(explorer, real / "cutouts" if (real / "cutouts").is_dir() else real)
    said: dict = {"cutouts": rows}
    text = write_table(rows)
    if (real / "completed" / TRUTH).exists():
        instrument = open_instrument(model, True) if student else None
        said["completed"] = judge(explorer, real / "completed", tuple(leave_out or ()), instrument)
        text += f"\n## Galaxies with spectra\n\n{write_scores(said['completed'])}"
        if page:
            from galexplore.figures.trials import plot_judged, write_page

            write_page(plot_judged(said["completed"]), page)
    if write:
        write_whole(write, HEAD + text)
    print(json.dumps(said, indent=1) if as_json else text)


@app.command()
def sky(
    n: Annotated[
        int, typer.Option("--n", min=20, help="Galaxies of the test split, each seen through every sky.")
    ] = 500,
    model: Annotated[str, typer.Option(help="Name of a model; galexplore model list shows them.")] = "default",
    triplets: Annotated[bool, typer.Option(help="Every combination of seeing over the bands, too.")] = True,
    page: Annotated[Path | None, typer.Option(help="HTML file for a plot of the table.")] = None,
    as_json: AsJson = False,
) -> None:
    """See the same simulated galaxies through other seeing, dust, depth: how far the answers move, what they cover."""
    from galexplore.bench.sky import measure_sky, write_table
    from galexplore.explore.models import load

    measured = measure_sky(load(model), n, triplets=triplets, report=lambda text: typer.echo(text, err=True))
    if page:
        from galexplore.figures.trials import plot_skies, write_page

        write_page(plot_skies(measured), page)
    print(json.dumps(measured, indent=1) if as_json else write_table(measured))


@app.command()
def mock(
    n: Annotated[int, typer.Option("--n", min=100, help="Galaxies of the smaller of two surveys.")] = 26_000,
    as_json: AsJson = False,
) -> None:
    """Measure how fast a survey is drawn and rendered, and its memory at two sizes."""
    from galexplore.bench.mock import measure_simulation

    speeds = measure_simulation(n, lambda text: typer.echo(text, err=True))
    if as_json:
        print(json.dumps(speeds, indent=2))
        return
    for row in speeds["sizes"]:
        speed = f"rendered in {row['render_seconds']:.0f} s, {row['galaxies_per_second']:.0f} galaxies/s"
        drawn = f"{row['n']:,} galaxies: drawn in {row['draw_seconds']:.0f} s"
        print(f"{drawn}, {speed}, {row['memory_mib']:.0f} MiB at most")
    print(f"Memory at three times the size: {speeds['memory_ratio']:.2f} times")


@app.command()
def kill(
    kills: Annotated[int, typer.Option(min=1, help="Kills of each stage.")] = 20,
    seed: Annotated[int, typer.Option(help="Seed of the moments.")] = 0,
    stage: Annotated[list[str] | None, typer.Option(help="Only this one (may be repeated); by default all.")] = None,
    as_json: AsJson = False,
) -> None:
    """Kill every stage at random moments, let it go on, and compare its end with that of an undisturbed run."""
    from galexplore.bench.kill import kill_stages

    rows = kill_stages(kills, seed, stage or [], lambda text: typer.echo(text, err=True))
    if as_json:
        print(json.dumps(rows, indent=1))
    else:
        table = Table(*(name.replace("_", " ") for name in rows[0]))
        for row in rows:
            table.add_row(*map(str, row.values()))
        Console().print(table)
    wrong = [
        r["stage"]
        for r in rows
        if r["identical"] < r["ends"] or any(r[k] for k in ("failed", "left_over", "processes_left"))
    ]
    raise SystemExit(f"Not as if undisturbed: {', '.join(wrong)}." if wrong else 0)


@app.command()
def sed(
    n: Annotated[int, typer.Option("--n", min=1, help="Galaxies to fit; each takes three minutes or so.")] = 5,
    model: Annotated[str, typer.Option(help="Name of a model; galexplore model list shows them.")] = "default",
    runs: Annotated[Path, typer.Option(help="Folder where finished fits are kept.")] = Path("runs/sed"),
    as_json: AsJson = False,
) -> None:
    """Compare speed and accuracy with bagpipes and its sampler, on the same galaxies' photometry (posterior mode)."""
    from galexplore.bench.sed import compare_with_fits
    from galexplore.explore.models import load

    compared = compare_with_fits(load(model), n, runs, report=lambda text: typer.echo(text, err=True))
    if as_json:
        print(json.dumps(compared, indent=1))
        return
    seconds, ratio = compared["seconds"], compared["ratio"]
    print(
        f"Seconds a galaxy: bagpipes {seconds['sed']:.1f}, ours {seconds['ours']:.5f}, "
        f"in a single pass {seconds['glance']:.5f}"
    )
    print(
        f"Faster by: {ratio['whole']:,.0f}; in a single pass by {ratio['glance']:,.0f} (posterior mode, {n} galaxies)"
    )
    for name, both in compared["accuracy"].items():
        errors = (f"{who} {a['median_error']:.3f}, {a['inside68']:.0%} inside 68 %" for who, a in both.items())
        print(f"{name}: median error {'; '.join(errors)}")


@app.command()
def attribution(
    n: Annotated[int, typer.Option("--n", min=10, help="Galaxies to shift, in four properties, to either side.")] = 200,
    model: Annotated[str, typer.Option(help="Name of a model; galexplore model list shows them.")] = "default",
    teach: Annotated[
        int, typer.Option(min=0, help="First learn from so many galaxies of other splits, and keep it in the card.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Shift one true property of simulated galaxies by 2 to 5 sigma; count how often the statement names it."""
    from galexplore.bench.attribution import measure_attribution
    from galexplore.explore.models import load
    from galexplore.jobs import shifts

    def report(text: str) -> None:
        typer.echo(text, err=True)

    if teach:
        shifts.teach(load(model), teach, report=report)
    shares = measure_attribution(load(model), n, report=report)
    if as_json:
        print(json.dumps(shares, indent=1))
        return
    for title, rows in (
        ("shifted", shares["properties"]),
        ("made odd by it", shares["caused"]),
        ("by size", shares["sizes"]),
        ("by rarity", shares["rarity"]),
    ):
        table = Table(title, "rare", "named rightly", "told alone", "ambiguous", "withheld", "right, if named")
        for name, row in rows.items():
            cells = [row[key] for key in ("named", "told", "ambiguous", "withheld", "named_if_said")]
            table.add_row(name, f"{row['n_rare']} of {row['n']}", *(_percent(cell) for cell in cells))
        Console().print(table)
    table = Table("told with", "n", "mean probability", "right")
    for row in shares["calibration"]:
        table.add_row(f"over {row['above']:.0%}", str(row["n"]), f"{row['probability']:.0%}", _percent(row["right"]))
    Console().print(table)
    for title, rows in (
        ("Named first, and off in truth", shares["true"]),
        ("Right by one view alone", shares["rivals"]),
        ("Planted, and named", shares["planted"]),
        ("Another source on the galaxy, and told", shares["blended"]),
    ):
        print(f"{title}: " + "; ".join(f"{name} {_percent(cell)}" for name, cell in rows.items()))
    for name, row in shares["looks"].items():
        said = ", ".join(f"{words} {share:.0%}" for words, share in list(row["told"].items())[:4])
        print(f"{name}, which no statement names: {_percent(row['rare'])} of {row['n']} rare, told as {said}")
    print(f"Statements that deviation or split contradict: {shares['contradictions']}")


def _percent(cell: list[float]) -> str:
    return f"{100 * cell[0]:.0f} ± {100 * cell[1]:.0f} %"
