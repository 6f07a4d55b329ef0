"""`galexplore model`: trained models in one file each, and which there are."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from galexplore.cli.terminal import out
from galexplore.errors import InputError
from galexplore.places import find_model

app = typer.Typer(help="Pack a trained model into one file, install such a file, seal or list models.")


@app.command()
def pack(
    name: Annotated[str, typer.Argument(help="Name of a model; model list shows them.")],
    file: Annotated[Path, typer.Argument(help="File to write, such as mine.galexplore.")],
) -> None:
    """Write a trained model, with its atlas, its catalogue, its own images and its student, into one file."""
    from galexplore.jobs.packing import pack_model

    pack_model(name, file)
    out.print(f"{file}: the model {name}, {file.stat().st_size / 1e6:.1f} MB.")


@app.command()
def install(
    file: Annotated[Path, typer.Argument(help="A file that galexplore model pack wrote.")],
    name: Annotated[str | None, typer.Option(help="What to call it; by default as it was packed.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a model of that name.")] = False,
) -> None:
    """Make a packed model one of models/, once every byte of it has been checked."""
    from galexplore.jobs.packing import install_model

    named = install_model(file, name, overwrite)
    out.print(f"models/{named} installed; look at it in the app, or with: galexplore locate --model {named} FILE")


@app.command("hats")
def write_hats(
    name: Annotated[str, typer.Argument(help="Name of a model whose galaxies have real positions.")],
    to: Annotated[Path, typer.Argument(help="New folder for the HATS catalogue.")],
) -> None:
    """Write a model's galaxies, with labels and latents, as a HATS catalogue; needs lsdb."""
    from galexplore.explore.export import choose_columns
    from galexplore.explore.models import load
    from galexplore.sources.catalogues import hats

    explorer = load(name)
    if explorer.simulated:
        raise InputError(f"The galaxies of {name!r} are simulated: nothing lies at their positions on the sky.")
    table = explorer.table[choose_columns(explorer.table)].reset_index(drop=True)
    hats.write_hats(table, to, name)
    out.print(f"{to}: {len(table):,} galaxies of the model {name}.")


@app.command()
def seal(
    name: Annotated[str, typer.Argument(help="Name of a model of an earlier version, or changed on purpose.")],
) -> None:
    """Take a model's files as they are: write their hashes into its card, once it opens with them."""
    from galexplore.jobs.publish import seal_folder

    folder = find_model(name)
    seal_folder(folder)
    out.print(f"{folder}: sealed; from now on, a change of its files is noticed.")


@app.command("posterior")
def fit_posterior(
    name: Annotated[str, typer.Argument(help="Name of a model of your own that has been trained.")],
    calibrators: Annotated[
        int, typer.Option(min=0, help="Galaxies drawn to calibrate by; those drawn to train by then teach it too.")
    ] = 0,
) -> None:
    """Fit the joint posterior of redshift, mass and SFR to a trained model, which stays as it is otherwise."""
    from galexplore.cli.terminal import Bars
    from galexplore.jobs.make_posterior import refit_posterior

    with Bars() as report:
        fitted = refit_posterior(name, report, calibrators)
    out.print(
        f"models/{name}: joint posterior fitted to {fitted['taught']:,} galaxies and calibrated by "
        f"{fitted['calibrated']:,}."
    )


@app.command("domain")
def learn_domain(
    name: Annotated[str, typer.Argument(help="Name of a model of your own that has been trained.")],
) -> None:
    """Learn the limits of what a trained model has learnt: at their edge and outside of them, its answers say so."""
    from galexplore.cli.terminal import Bars
    from galexplore.jobs.make_domain import refit_domain

    with Bars() as report:
        learnt = refit_domain(name, report)
    wider = f"intervals at the edge are {learnt['widening']:.2f} times as wide"
    out.print(f"models/{name}: limits learnt from {learnt['galaxies']:,} galaxies; {wider}.")


@app.command("pixels")
def measure_pixels(
    name: Annotated[str, typer.Argument(help="Name of a model of your own that has been trained.")],
) -> None:
    """Measure anew what the images of a model's galaxies show: artefacts, stars, a neighbour's light."""
    from galexplore.cli.terminal import Bars
    from galexplore.jobs.measure_pixels import remeasure

    with Bars() as report:
        galaxies = remeasure(name, report)
    out.print(f"models/{name}: the images of {galaxies:,} galaxies measured.")


@app.command("student")
def teach(
    name: Annotated[str, typer.Argument(help="Name of a model that has its galaxies' images.")] = "default",
    minutes: Annotated[float, typer.Option(min=0.1, help="How long the student is taught.")] = 25.0,
    start_from: Annotated[str, typer.Option(help="Model with whose student's weights it begins.")] = "",
) -> None:
    """Teach a model's student, which embeds surveys in a single look a hundred times as fast as the model does."""
    from galexplore.cli.terminal import Bars
    from galexplore.jobs.make_student import teach_student
    from galexplore.network.distil import Distilling

    with Bars() as report:
        card = teach_student(name, report, Distilling(minutes=minutes), start_from)
    lag = ", ".join(f"{latent} {value:+.4f}" for latent, value in card["lag"].items())
    out.print(f"models/{name}: student taught by {card['n_train']:,} galaxies; R² lost on the validation split: {lag}.")


@app.command("list")
def list_all() -> None:
    """List the models, and what is wrong with those that cannot be opened."""
    from galexplore.explore.models import describe_student, find_damage, list_models
    from galexplore.explore.seal import read_card

    table, damaged = Table("model", "made", "taught by", "simulated", "weights", "state", "student"), []
    for name in list_models():
        if damage := find_damage(name):
            table.add_row(name, *4 * "–", "damaged", "–")
            damaged.append(damage)
            continue
        card = read_card(find_model(name))
        said = (card.get("made", "–"), f"{card.get('n_train', 0):,} galaxies", "yes" if card.get("simulated") else "no")
        student, why = describe_student(name, card["sha256"])
        table.add_row(name, *said, card["sha256"][:12], "whole", student)
        damaged += [f"{why}."] if why else []
    out.print(table)
    for sentence in damaged:
        print(sentence)
