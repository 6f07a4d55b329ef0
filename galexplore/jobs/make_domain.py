"""What a trained model's answers are good for: where its galaxies lie, and what tells them from what is none."""

import numpy as np
import pandas as pd

from galexplore.atlas.kinds import NOT_GALAXIES
from galexplore.cutouts import artefacts
from galexplore.errors import InputError
from galexplore.explore import seal
from galexplore.explore.explorer import Explorer
from galexplore.explore.models import open_model
from galexplore.images import Observed
from galexplore.jobs.draws import draw_strange
from galexplore.jobs.gather import Report, is_embedded
from galexplore.jobs.publish import hold_name, write_card
from galexplore.latents import LABELLED
from galexplore.network.embed import Embedder
from galexplore.network.recipes import Training
from galexplore.places import DATA, models_folder
from galexplore.posterior.domain import FILE, GALAXY, Domain, Strange, fit
from galexplore.posterior.label_errors import read_errors, read_label
from galexplore.tables.columns import ORDINARY

#: What each kind of the simulated survey that is no galaxy looks like.
LOOKS = dict(zip(NOT_GALAXIES, ("star", "line", "line", "empty"), strict=True))
HELD_OUT = ("validation", "calibration")  # splits that set the limits
DRAWN, TAUGHT = 600, 4000  # of each kind that is no galaxy; galaxies that are looked at, where features are not at hand


def make_domain(
    table: pd.DataFrame,
    features: np.ndarray,
    pixels: pd.DataFrame,
    strange: Strange | None,
) -> Domain | None:
    """Learn a domain from galaxies with their calibrated latents.

    Parameters
    ----------
    table : DataFrame (N)
        With `split`, `population`, labels and latents.
    features : array (N, F)
    pixels : DataFrame (N)
        As of `artefacts.measure_artefacts`.
    strange : Strange, optional
        As of `gather_strange`.

    Returns
    -------
    Domain or None
        None where there are fewer ordinary galaxies than features can be told apart by.
    """
    usual = (table["population"] == ORDINARY).to_numpy() & table["split"].isin(["train", *HELD_OUT]).to_numpy()
    held_out = table["split"].isin(HELD_OUT).to_numpy()[usual]
    if min(held_out.sum(), (~held_out).sum()) < 4 * features.shape[1]:
        return None
    seen = pixels[usual].reset_index(drop=True)
    return fit(features[usual], seen, held_out, find_pulls(table[usual]), strange)


def find_pulls(rows: pd.DataFrame) -> np.ndarray:
    """Errors (N, 3) of redshift, mass and SFR over their calibrated sigma, the labels' own error in it; NaN unknown."""
    pulls = []
    for latent, label in LABELLED.items():
        error = rows[f"lat_{latent}"].to_numpy(float) - read_label(rows, label)
        pulls.append(error / np.hypot(rows[f"lat_{latent}_sigma"], read_errors(rows, label)))
    return np.column_stack(pulls)


def gather_strange(embedder: Embedder, training: Training, report: Report) -> Strange:
    """Draw what is no galaxy and what is a rare one, and measure both; half without their seeing.

    Parameters
    ----------
    embedder : Embedder
        Calibrated.
    """
    frame, flux = draw_strange(DRAWN, training.seed + 2, embedder.survey, report)
    observed = Observed.read(frame, embedder.survey)
    observed.seeing[::2] = np.nan
    latents, features = embedder.read(flux, observed=observed)
    looks = frame["population"].map(LOOKS).fillna(GALAXY).to_numpy(str)
    pulls = find_pulls(pd.concat([frame.reset_index(drop=True), latents], axis=1))
    return Strange(looks, features, artefacts.measure_artefacts(flux, embedder.survey), pulls)


def refit_domain(name: str, report: Report) -> dict[str, float]:
    """Learn the domain of a model that has been trained, whose other files stay as they are.

    Returns
    -------
    dict
        `galaxies` that were looked at, their `widening` at the edge.

    Raises
    ------
    InputError
        Where there is no such model of one's own, or it has too few galaxies.
    """
    folder = models_folder() / name
    if not (folder / "card.json").exists():
        raise InputError(f"There is no model {name!r} of your own; train one with: galexplore train --name {name}")
    with hold_name(name):
        card = seal.read_card(folder)
        card["files"].pop(FILE, None)
        (folder / FILE).unlink(missing_ok=True)
        explorer = open_model(name, folder, card)
        own = folder / "catalogue.parquet"
        strange = None
        if is_embedded(own if own.exists() else DATA):
            strange = gather_strange(explorer.embedder, Training(**card["training"]), report)
        rows, features, pixels = _look(explorer, report)
        domain = make_domain(rows, features, pixels, strange)
        if domain is None:
            raise InputError(f"{name!r} has too few galaxies to say what is unlike them.")
        domain.save(folder / FILE)
        write_card(folder, {k: v for k, v in card.items() if k != "files"})
    return {"galaxies": len(rows), "widening": domain.widening}


def _look(explorer: Explorer, report: Report) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Rows, features and pixels of the galaxies that a domain is learnt from."""
    table = explorer.table
    usual = table[(table["population"] == ORDINARY) & table["split"].isin(["train", *HELD_OUT])]
    taught = usual[usual["split"] == "train"]
    some = taught.sample(min(TAUGHT, len(taught)), random_state=0).index
    rows = usual[(usual["split"] != "train") | usual.index.isin(some)].reset_index(drop=True)
    observed, features, pixels = Observed.read(rows, explorer.survey), list[np.ndarray](), list[pd.DataFrame]()
    for start in range(0, len(rows), 1000):
        part = slice(start, start + 1000)
        flux = explorer.images.get(list(rows["id"].iloc[part]))
        features.append(explorer.embedder.features(flux, observed[part]))
        pixels.append(artefacts.measure_artefacts(flux, explorer.survey))
        report("look", min(start + 1000, len(rows)), len(rows))
    return rows, np.concatenate(features), pd.concat(pixels, ignore_index=True)
