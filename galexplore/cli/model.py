"""`galexplore model`: trained models in one file each, and which there are."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from galexplore.cli.terminal import out
from galexplore.places import find_model

app = typer.Typer(help="Pack a trained model into one file, install such a file, or list the models.")


@app.command()
def pack(
    name: Annotated[str, typer.Argument(help="Name of a model; model list shows them.")],
    file: Annotated[Path, typer.Argument(help="File to write, such as mine.galexplore.")],
) -> None:
    """Write a trained model, with its atlas, its catalogue and the images that are its own, into one file."""
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


@app.command("list")
def list_all() -> None:
    """List the models that can be opened."""
    from galexplore.explore.models import list_models

    table = Table("model", "made", "taught by", "simulated", "weights")
    for name in list_models():
        card = json.loads((find_model(name) / "card.json").read_text())
        said = (card.get("made", "–"), f"{card.get('n_train', 0):,} galaxies", "yes" if card.get("simulated") else "no")
        table.add_row(name, *said, card.get("sha256", "–")[:12])
    out.print(table)
