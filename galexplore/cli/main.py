"""The command line: `galexplore app | locate | inspect | embed | fetch | train | evaluate | mock | model` and more."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

import galexplore
from galexplore.cli.bench import app as bench_app
from galexplore.cli.check import check
from galexplore.cli.embed import embed
from galexplore.cli.fetch import app as fetch_app
from galexplore.cli.inspect import inspect
from galexplore.cli.mock import app as mock_app
from galexplore.cli.model import app as model_app
from galexplore.cli.terminal import Bars, out, refuse
from galexplore.cli.train import train
from galexplore.cutouts.seeing import parse_seeing
from galexplore.errors import InputError
from galexplore.files import NO_ROOM, explain_failure
from galexplore.places import ROOT
from galexplore.survey import DECALS

app = typer.Typer(help="A latent-space explorer for galaxies.", no_args_is_help=True, pretty_exceptions_enable=False)
app.command()(inspect)
app.command()(check)
app.command()(embed)
app.command()(train)
app.add_typer(fetch_app, name="fetch", no_args_is_help=True)
app.add_typer(mock_app, name="mock", invoke_without_command=True)
app.add_typer(model_app, name="model", no_args_is_help=True)
app.add_typer(bench_app, name="bench")

FILE_TYPES = "FITS, npy, npz, JPEG, PNG"  # of files that are read
Model = Annotated[str, typer.Option("--model", "--name", help="Name of a model; galexplore model list shows them.")]
Ebv = Annotated[
    float | None,
    typer.Option("--ebv", help="E(B-V) of our Galaxy's dust, instead of the map's at the position; 0: none."),
]
Seeing = Annotated[
    str | None,
    typer.Option("--seeing", help="FWHM of a star at half maximum, arcsec: 1.3, or one a band: 1.4,1.3,1.2."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def _print_version(asked: bool) -> None:
    if asked:
        out.print(galexplore.__version__)
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Explore galaxies in a latent space whose axes mean something."""


def main() -> None:
    """Run the command line; bad input, and a disk that takes nothing, end with status 2 and one sentence."""
    try:
        app()
    except (InputError, ImportError) as error:  # the latter: an extra that is not installed
        refuse(error)
    except OSError as error:
        if error.errno not in {*NO_ROOM, errno.EACCES, errno.EPERM}:
            raise
        refuse(InputError(explain_failure(Path(os.fsdecode(error.filename)) if error.filename else None, error)))


@app.command("app")
def serve(
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no server, for anybody.")] = False,
    demo_sky: Annotated[
        bool, typer.Option("--demo-sky", help="Let a stand-in on this machine answer for the sky's servers.")
    ] = False,
) -> None:
    """Serve the explorer in the browser, on this machine alone."""
    if offline and demo_sky:
        raise InputError("--offline asks nobody and --demo-sky asks a stand-in; give one of them")
    os.environ |= {"GALEXPLORE_OFFLINE": "1"} if offline else {}
    os.environ |= {"GALEXPLORE_DEMO_SKY": "1"} if demo_sky else {}
    os.environ |= {} if offline else {"GALEXPLORE_SAMP": "1"}  # whoever starts it so sits at this machine
    options = [f"--server.port={port}", f"--server.headless={'false' if browser and _has_display() else 'true'}"]
    # -P: a file of the person's folder never stands in for a module; Streamlit reads the settings beside app.py.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(ROOT / "app.py"), *options]
    if os.name == "posix":  # the server becomes this process: whoever ends the one ends the other
        os.execv(sys.executable, command)
    raise SystemExit(subprocess.call(command))


def _has_display() -> bool:
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


@app.command()
def locate(
    files: Annotated[list[Path], typer.Argument(help=f"A cutout ({FILE_TYPES}), or {DECALS.count_word} single bands.")],
    pixel_scale: Annotated[float | None, typer.Option(help="Arcsec a pixel, where the file does not say.")] = None,
    key: Annotated[str | None, typer.Option(help="Which array of an npz that holds several.")] = None,
    redshift: Annotated[float | None, typer.Option(help="Its redshift, where it is known otherwise.")] = None,
    redshift_error: Annotated[float, typer.Option(help="Standard error of that redshift.")] = 0.0,
    ebv: Ebv = None,
    seeing: Seeing = None,
    model: Model = "default",
    as_json: AsJson = False,
) -> None:
    """Infer redshift, mass and SFR of a cutout; say where it lies, what it resembles and what makes it unusual."""
    import galexplore as gx
    from galexplore.cli.location import print_location

    try:
        explorer, source = gx.load(model), files[0] if len(files) == 1 else files
        cutout = gx.read(source, survey=explorer.survey, pixel_scale=pixel_scale, key=key)
        widths = parse_seeing(seeing, explorer.survey)
        location = explorer.locate(cutout, redshift=redshift, redshift_error=redshift_error, ebv=ebv, seeing=widths)
    except InputError as error:
        refuse(error, as_json)
    if as_json:
        print(json.dumps(location.to_dict(), indent=2, allow_nan=False))
    else:
        print_location(location, out)


@app.command()
def evaluate(
    split: Annotated[str, typer.Option(help="Which split: test, calibration, validation or train.")] = "test",
    model: Model = "default",
    student: Annotated[bool, typer.Option("--student", help="Score the model's student, and its lag.")] = False,
    fresh: Annotated[
        int, typer.Option(min=0, help="Score so many newly drawn galaxies in place of a split; needs the mock.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the new draw; one that was never looked at.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Score a model, or its student, on one split of its catalogue, with bootstrap standard errors."""
    import galexplore as gx
    from galexplore.cli.scores import print_scores
    from galexplore.jobs.score import score_fresh, score_model, score_student

    try:
        if fresh and student:
            raise InputError("Newly drawn galaxies are scored by the model itself: --fresh or --student, not both.")
        explorer = gx.load(model)
        if fresh:
            with Bars() as report:
                scores = score_fresh(explorer, fresh, seed, report)
        else:
            scores = (score_student if student else score_model)(explorer, split)
    except (InputError, ImportError) as error:
        refuse(error, as_json)
    if as_json:
        print(json.dumps(scores, indent=2))
        return
    print_scores(scores, out)
