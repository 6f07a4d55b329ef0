"""Small models with everything that a model may have, cut from the shipped one, to be damaged or driven quickly."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from astropy.io import fits
from safetensors.torch import load_file

from galexplore.cutouts import artefacts
from galexplore.explore.explorer import Explorer
from galexplore.files import hash_file
from galexplore.jobs.publish import write_card
from galexplore.network.train import write_weights
from galexplore.places import DATA, find_model
from galexplore.sources.keeping import keep
from galexplore.sources.kept import KEPT
from galexplore.tables import catalogue


def make_small(base: Explorer, folder: Path, n: int, seed: int) -> None:
    """Write a model of n galaxies of another's atlas, with images of its own and slightly other weights.

    Parameters
    ----------
    base : Explorer
        A model of the embedded catalogue.
    folder : Path
        Made.
    n : int
    seed : int
        Of the galaxies that are chosen and of the change of the weights.
    """
    random, survey = np.random.default_rng(seed), base.survey
    rows = np.sort(random.choice(len(base.table), n, replace=False))
    per_galaxy = {f.name: getattr(base.atlas, f.name) for f in fields(base.atlas)}
    per_galaxy = {k: a[rows] for k, a in per_galaxy.items() if isinstance(a, np.ndarray) and len(a) == len(base.table)}
    folder.mkdir(parents=True)
    replace(base.atlas, **per_galaxy).save(folder / "atlas.npz")
    frame = catalogue.read(DATA).set_index("id", drop=False).loc[per_galaxy["id"]].reset_index(drop=True)
    catalogue.write(frame, folder / "catalogue.parquet")
    kept = keep(base.images, list(frame["id"]), folder / KEPT, survey)
    flux = kept.get(list(frame["id"])).astype(np.float32)
    artefacts.save(folder / "pixels.npz", frame, artefacts.measure_artefacts(flux, survey), survey)
    weights = load_file(find_model(base.name) / "weights.safetensors")
    weights["label_mean"] = weights["label_mean"] + 0.01 * seed
    write_weights(weights, survey, folder / "weights.safetensors")
    card = {k: v for k, v in base.card.items() if k not in ("files", "digest")}
    write_card(folder, card | {"sha256": hash_file(folder / "weights.safetensors")})


def write_cutout(explorer: Explorer, path: Path, row: int = 0) -> None:
    """Write the image of a galaxy of a model's table as a FITS cube, north up and east left."""
    survey, step = explorer.survey, explorer.survey.model_scale / 3600
    header = fits.Header({"BANDS": "".join(survey.bands), "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"})
    header.update({"CRVAL1": 150.0, "CRVAL2": 2.0, "CRPIX1": (survey.size + 1) / 2, "CRPIX2": (survey.size + 1) / 2})
    header.update({"CD1_1": -step, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": step})
    flux = explorer.images.get([explorer.table["id"].iloc[row]])[0]
    fits.PrimaryHDU(flux.astype(np.float32), header).writeto(path)
