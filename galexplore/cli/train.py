"""`galexplore train`: a model of the embedded survey, or of a catalogue of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from galexplore.cli.terminal import Bars, complaints, out
from galexplore.errors import InputError
from galexplore.places import DATA, find_model, warn_of_cache
from galexplore.survey import DECALS, Survey

if TYPE_CHECKING:
    from galexplore.network.recipes import Network, Training


def train(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Option(help="What to call the model: the folder of models/ that is made; --unpack knows one.")
    ] = None,
    data: Annotated[
        Path, typer.Option(help="Catalogue, or a folder that galexplore fetch filled; by default the embedded one.")
    ] = DATA,
    recipe: Annotated[Literal["cpu", "gpu"] | None, typer.Option(help="By default the one for this machine.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the galaxies; the recipe's by default.")] = None,
    extra: Annotated[
        int | None, typer.Option(min=0, help="Galaxies drawn beside the embedded catalogue's; needs the mock.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, help="Let the schedule end after so long, instead of after epochs.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the weights and the augmentation.")] = None,
    alone: Annotated[
        bool | None,
        typer.Option("--alone/--masked", help="The decoder learns from galaxies drawn alone, or neighbours masked."),
    ] = None,
    devices: Annotated[
        int, typer.Option(min=1, help="Processes, a GPU each; more than one needs the extra multi.")
    ] = 1,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a model of that name, once all is made.")
    ] = False,
    start_from: Annotated[
        str | None,
        typer.Option(
            help="Model whose weights it begins with, or scratch; by default the shipped one's for fewer than 10,000 "
            "galaxies that galexplore fetch brought."
        ),
    ] = None,
    survey: Annotated[
        str | None,
        typer.Option(
            help="A survey's name, or a JSON file of its bands, pixels and noise (CONTRIBUTING.md); by default the one "
            "that the catalogue was drawn for, else DECaLS."
        ),
    ] = None,
    pack: Annotated[
        Path | None,
        typer.Option(help="Train nothing here: write all that it needs into this folder, for another machine."),
    ] = None,
    unpack: Annotated[
        Path | None, typer.Option(help="Go on with a training that --pack wrote into this folder, here or elsewhere.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would cost, and stop.")] = False,
) -> None:
    """Train a model, calibrate it, embed the catalogue and fit the atlas; continues where it was killed."""
    from dataclasses import replace

    from galexplore.explore.seal import read_card
    from galexplore.jobs.gather import find_catalogue, is_embedded
    from galexplore.jobs.learn import make_plan
    from galexplore.jobs.make_model import train_model
    from galexplore.jobs.publish import check_place
    from galexplore.jobs.training_cost import estimate_training
    from galexplore.network.processes import Processes, launch_processes
    from galexplore.network.recipes import RECIPES, Network, fine_tune
    from galexplore.network.sample import pick_device

    if unpack:
        sources = {option: context.get_parameter_source(option) for option in context.params}
        given = [option for option, source in sources.items() if source and source.name == "COMMANDLINE"]
        go_on(unpack, given, name, devices, overwrite)
        return
    if name is None:
        raise InputError("A model needs a name: galexplore train --name NAME")
    check_place(name, overwrite)
    imaging = choose_imaging(survey, data)
    if extra and not is_embedded(find_catalogue(data)):
        raise InputError("--extra draws galaxies of the embedded survey, which are mixed with no other catalogue's.")
    network, training = RECIPES[recipe or ("gpu" if pick_device().type == "cuda" else "cpu")]
    fetched, data = data.is_dir(), find_catalogue(data)
    begun = choose_start(start_from, data, fetched and imaging == DECALS)
    if begun:
        card = read_card(find_model(begun))
        network, training = Network.read(card["network"]), fine_tune(training, card["sha256"], extra or 0)
        out.print(f"It begins with the weights of {begun!r}, in small steps; --start-from scratch begins anew.")
    asked: dict[str, Any] = {"epochs": epochs, "minutes": minutes, "seed": seed, "extra": extra, "alone": alone}
    training = replace(training, **{k: v for k, v in asked.items() if v is not None})
    if trouble := warn_of_cache():
        complaints.print(trouble)
    if pack:
        write_pack(name, data, training, imaging, network, pack, begun)
        return
    processes = launch_processes(devices) if devices > 1 and not dry_run else Processes()
    if not processes.rank:
        out.print(f"{estimate_training(name, make_plan(data, training, imaging, network, begun), devices)}.")
    if dry_run:
        return
    with Bars() as report:
        card = train_model(name, data, training, report, imaging, network, processes, overwrite, begun)
    out.print(f"models/{name} written: {tell_cost(card)}.")


def tell_cost(card: dict) -> str:
    """Say in a few words what a training cost."""
    return f"{card['seconds'] / 60:.1f} min of training on {card['hardware']}"


def write_pack(
    name: str, data: Path, training: "Training", survey: Survey, network: "Network", folder: Path, start_from: str
) -> None:
    """Pack a training, and say what is in the folder and how to go on."""
    from galexplore.jobs.carry import pack_training

    with Bars() as report:
        sizes = pack_training(name, data, training, report, survey, network, folder, start_from)
    out.print(f"{folder} written: {', '.join(f'{k} {v / 1e6:.1f} MB' for k, v in sizes.items())}.")
    out.print(
        f"Carry it to where the training is to run, with galexplore, and there: galexplore train --unpack {folder}"
    )


def go_on(folder: Path, given: list[str], name: str | None, devices: int, overwrite: bool) -> None:
    """Go on with a packed training; where packages are missing that a model needs, say what to carry back.

    Raises
    ------
    InputError
        Where more is given than goes with it: the recipe is the pack's.
    """
    from galexplore.jobs.carry import RESULT, train_packed
    from galexplore.jobs.publish import LEARNT, WEIGHTS
    from galexplore.network.processes import Processes, launch_processes

    if more := sorted(set(given) - {"unpack", "name", "devices", "overwrite"}):
        options = ", ".join(f"--{name.replace('_', '-')}" for name in more)
        raise InputError(f"--unpack goes on by the recipe that was packed: give it without {options}.")
    if trouble := warn_of_cache():
        complaints.print(trouble)
    processes = launch_processes(devices) if devices > 1 else Processes()
    with Bars() as report:
        card, missing = train_packed(folder, report, processes, name, overwrite)
    if processes.rank:
        return
    if not missing:
        out.print(f"The model is written: {tell_cost(card)}.")
        return
    size = (folder / RESULT / WEIGHTS).stat().st_size / 1e6
    out.print(f"All is learnt: {tell_cost(card)}, {card['galaxies_per_second']:.0f} galaxies a second.")
    out.print(
        f"Calibration and atlas need {missing}, which this machine has not. Carry {WEIGHTS} ({size:.1f} MB) and "
        f"{LEARNT} of {folder / RESULT} back, to the same place in the folder where it was packed, and go on there "
        f"with: galexplore train --unpack {folder.name}",
        soft_wrap=True,
    )


def choose_imaging(asked: str | None, data: Path) -> Survey:
    """Choose the survey that a model is to read: the one asked for, or that the catalogue was drawn for, or DECaLS."""
    from galexplore.jobs.gather import find_catalogue
    from galexplore.sources.mock import check_drawn, find_survey
    from galexplore.tables.catalogue import read_provenance

    path = find_catalogue(data)
    drawn = find_survey(read_provenance(path))
    imaging = Survey.find(asked) if asked else drawn or DECALS
    check_drawn(drawn, path.name, imaging)
    return imaging


def choose_start(asked: str | None, data: Path, fetched: bool) -> str:
    """Choose the model that a training begins with: the one asked for; for few fetched galaxies the shipped one.

    Empty where it begins with random weights.
    """
    from galexplore.network.recipes import FEW
    from galexplore.tables.catalogue import count_rows

    if asked:
        return "" if asked == "scratch" else asked
    few = fetched and 0 < count_rows(data) < FEW
    return "default" if few and (find_model("default") / "card.json").exists() else ""
