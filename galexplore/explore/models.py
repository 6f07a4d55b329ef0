"""Models by name: which there are, and the explorer of one."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.cutouts import artefacts
from galexplore.errors import InputError
from galexplore.explore import seal
from galexplore.explore.deferred import Deferred
from galexplore.explore.explorer import Explorer
from galexplore.images import Images
from galexplore.network.student_card import has_student, read_student_card
from galexplore.places import DATA, SHIPPED, find_model, models_folder
from galexplore.posterior.density import Density
from galexplore.posterior.joint import FILE
from galexplore.sources.files import FileImages, open_images
from galexplore.sources.kept import KEPT, Kept
from galexplore.sources.mock import Store, can_draw
from galexplore.survey import Survey
from galexplore.tables import catalogue

if TYPE_CHECKING:
    from galexplore.network.embed import Embedder

#: Files by which a folder is a model's.
MARKS = ("card.json", "atlas.npz", "weights.safetensors")


def list_models() -> list[str]:
    """Names of the models, one's own and the shipped, the default first; damaged ones too (`find_damage`)."""
    files = (path for folder in (models_folder(), SHIPPED) for name in MARKS for path in folder.glob(f"*/{name}"))
    names = {path.parent.name for path in files}
    names -= {name for name in names if name.startswith(".")}  # those are being made
    return sorted(names, key=lambda name: (name != "default", name))


def find_damage(name: str) -> str:
    """Say in a sentence why a model cannot be opened and what to do, "" where nothing is wrong with its files.

    Every file is held against the card; kept images by their checksums alone, each image when it is read.
    """
    folder = find_model(name)
    try:
        return next(iter(seal.find_faults(folder, seal.read_card(folder)).values()), "")
    except InputError as error:
        return str(error)


def describe_student(name: str, teacher: str) -> tuple[str, str]:
    """Say whether a model has a student: "–", "whole" or "damaged", and then why in a sentence."""
    folder = find_model(name)
    try:
        if has_student(folder):
            read_student_card(folder, teacher)
            return "whole", ""
    except InputError as error:
        return "damaged", str(error)
    return "–", ""


def stat_files(name: str) -> tuple[tuple[str, int, int], ...]:
    """Name, size and time of change of each file of a model: where these stay, so does its state."""
    folder = find_model(name)
    stats = [(p, p.stat()) for p in (folder / "card.json", *seal.find_files(folder).values()) if p.exists()]
    return tuple((str(p), s.st_size, s.st_mtime_ns) for p, s in stats)


def load(name: str = "default", *, data: Path | None = None, network: bool = True) -> Explorer:
    """Open a model of `models/` with its atlas and the catalogue that it was fitted to.

    Parameters
    ----------
    name : str
        As `list_models` gives it.
    data : Path, optional
        The catalogue; by default `catalogue.parquet` in the model's folder, else the embedded one.
    network : bool
        Whether to open the network now, which takes seconds, or only when something first asks it: what the atlas
        knows of its galaxies does not.

    Raises
    ------
    InputError
        Where a file is missing, is not as it was made, or does not belong to the others.
    """
    folder = find_model(name)
    return open_model(name, folder, seal.read_card(folder), data, network)


def open_model(name: str, folder: Path, card: dict, data: Path | None = None, network: bool = True) -> Explorer:
    """Open a model's folder by a card whose hashes its files must have; else as `load`."""
    faults = seal.find_faults(folder, card, but=("catalogue.parquet",) if data else ())
    if faults:
        raise InputError(next(iter(faults.values())))
    own = folder / "catalogue.parquet"
    path = data or (own if own.exists() else DATA)
    if not path.exists():
        raise InputError(f"No catalogue stands at {path.name!r}; make one with: galexplore mock")
    opener = Deferred(partial(open_network, folder))
    if network:
        opener()
    frame, survey = catalogue.read(path), Survey.from_dict(card["survey"])
    images = choose_images(folder, path, frame, survey, given=data is not None)
    measured = artefacts.load(folder / artefacts.FILE, frame, survey)
    if measured is not None:
        measured = measured.set_index(frame["id"].to_numpy(object))
    density = Density.load(folder / FILE, card["sha256"]) if (folder / FILE).exists() else None
    return Explorer(name, card, opener, Atlas.load(folder / "atlas.npz"), frame, images, measured, density)


def open_network(folder: Path) -> "Embedder":
    """Open the network of a model's folder."""
    from galexplore.network.embed import Embedder  # seconds of imports

    return Embedder.load(folder)


def choose_images(folder: Path, path: Path, frame: pd.DataFrame, survey: Survey, given: bool = False) -> Images:
    """Choose where a model's images come from.

    Those kept in its folder; else, where its catalogue is a simulated survey's, those rendered from its parameters;
    else, of a catalogue that a person gives by its path, the files that belong to it. A model without any has none to
    show.

    Parameters
    ----------
    folder : Path
        The model's.
    path : Path
        The catalogue's.
    frame : DataFrame
        The catalogue.
    survey : Survey
        Of the model.
    given : bool
        Whether a person named the catalogue: only then are files opened that a table names.
    """
    if (folder / KEPT).exists():
        return Kept.open(folder / KEPT, survey, frame)
    if can_draw(frame, survey):
        return Store.beside(path, frame, survey)
    if given:
        try:
            return open_images(path, frame, survey)
        except InputError:  # none: numbers are shown all the same
            pass
    return FileImages({}, survey, frame)
