"""Models by name: which there are, and the explorer of one."""

import json
from pathlib import Path

import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.cutouts import artefacts
from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.network.embed import Embedder
from galexplore.places import DATA, SHIPPED, find_model, models_folder
from galexplore.tables import catalogue


def list_models() -> list[str]:
    """Names of the models that have an atlas, one's own and the shipped, the default first."""
    cards = (card for folder in (models_folder(), SHIPPED) for card in folder.glob("*/card.json"))
    names = {card.parent.name for card in cards if (card.parent / "atlas.npz").exists()}
    names -= {name for name in names if name.startswith(".")}  # those are being made
    return sorted(names, key=lambda name: (name != "default", name))


def load(name: str = "default", *, data: Path | None = None) -> Explorer:
    """Open a model of `models/` with its atlas and the catalogue that it was fitted to.

    Parameters
    ----------
    name : str
        As `list_models` gives it.
    data : Path, optional
        The catalogue; by default `catalogue.parquet` in the model's folder, else the embedded one.

    Raises
    ------
    InputError
        Where a file is missing or does not belong to the others.
    """
    folder = find_model(name)
    if data is None:
        own = folder / "catalogue.parquet"
        data = own if own.exists() else DATA
    if not data.exists():
        raise InputError(f"No catalogue stands at {data.name!r}; make one with: galexplore mock")
    embedder = Embedder.load(folder)
    card = json.loads((folder / "card.json").read_text())
    frame = catalogue.read(data)
    explorer = Explorer(name, card, embedder, Atlas.load(folder / "atlas.npz"), frame)
    measured = artefacts.load(folder / "pixels.npz", frame, embedder.survey)
    if measured is not None:
        suspicion = pd.Series(artefacts.suspect(measured), frame["id"])
        explorer.table["suspicion"] = suspicion.reindex(explorer.table["id"]).fillna("").to_numpy(str)
    return explorer
