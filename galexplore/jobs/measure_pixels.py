"""What the images of a trained model's galaxies show beside its latents: who is no galaxy, who has a neighbour."""

import pandas as pd

from galexplore.cutouts import artefacts
from galexplore.errors import InputError
from galexplore.explore import seal
from galexplore.explore.caveats import join_measured
from galexplore.explore.models import open_model
from galexplore.images import Observed
from galexplore.jobs.gather import Report
from galexplore.jobs.publish import hold_name, write_card
from galexplore.places import DATA, models_folder
from galexplore.tables import catalogue

_AT_ONCE = 500  # images that are in memory at a time


def remeasure(name: str, report: Report) -> int:
    """Measure the images of a trained model's galaxies anew; its answers stay as they are.

    Returns
    -------
    int
        Galaxies that were measured.

    Raises
    ------
    InputError
        Where there is no such model of one's own.
    """
    folder = models_folder() / name
    if not (folder / "card.json").exists():
        raise InputError(f"There is no model {name!r} of your own; train one with: galexplore train --name {name}")
    with hold_name(name):
        card = seal.read_card(folder)
        explorer = open_model(name, folder, card)
        embedder, own = explorer.embedder, folder / "catalogue.parquet"
        frame = catalogue.read(own if own.exists() else DATA)
        observed, parts = Observed.read(frame, explorer.survey), list[pd.DataFrame]()
        for start in range(0, len(frame), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            flux = explorer.images.get(list(frame["id"].iloc[rows]))
            pixels = artefacts.measure_artefacts(flux, explorer.survey)
            parts.append(join_measured(pixels, embedder.features(flux, observed[rows]), embedder.domain))
            report("look", min(start + _AT_ONCE, len(frame)), len(frame))
        artefacts.save(folder / artefacts.FILE, frame, pd.concat(parts, ignore_index=True), explorer.survey)
        write_card(folder, {k: v for k, v in card.items() if k != "files"})
    return len(frame)
