"""Models by name: which there are, and the explorer of one."""

import json
from pathlib import Path

import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.cutouts import artefacts
from galexplore.errors import InputError
from galexplore.explore.explorer import Explorer
from galexplore.network.embed import Embedder
from galexplore.places import ROOT, models_folder
from galexplore.tables import catalogue


def list_models() -> list[str]:
    """Names of the models that have an atlas, the embedded one first."""
    folders = sorted(p.parent.name for p in models_folder().glob("*/atlas.npz") if (p.parent / "card.json").exists())
    return sorted(folders, key=lambda name: name != "default")


def load(name: str = "default", *, data: Path | None = None) -> Explorer:
    """Open a model of `models/` with its atlas and the catalogue that it was fitted to.

    Parameters
    ----------
    name : str
        A folder of `places.models_folder()`.
    data : Path, optional
        The catalogue; by default `catalogue.parquet` in the model's folder, else the embedded one.

    Raises
    ------
    InputError
        Where a file is missing or does not belong to the others.
    """
    folder = models_folder() / name
    if data is None:
        own = folder / "catalogue.parquet"
        data = own if own.exists() else ROOT / "data" / "catalogue.parquet"
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
