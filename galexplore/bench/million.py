"""A synthetic atlas of a million galaxies, made on the fly to see whether the app stays usable with it."""

import json
import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd

from galexplore.jobs.publish import write_card
from galexplore.latents import LATENTS
from galexplore.places import DATA, find_model
from galexplore.posterior import domain, joint
from galexplore.tables import catalogue

NAME = "million"
#: What it has of the embedded model.
OWN = ("weights.safetensors", joint.FILE, domain.FILE)


def make_million(folder: Path, n: int = 1_000_000, seed: int = 0) -> None:
    """Write a model folder with an atlas of n galaxies: the embedded ones, repeated with their own errors added.

    Its weights and its joint posterior are the embedded model's; its catalogue keeps every parameter, so that images
    are rendered as usual.

    Parameters
    ----------
    folder : Path
        Made if need be; what stands there already is kept.
    n : int
    seed : int
        Of the errors.
    """
    from galexplore.explore.models import load

    if (folder / "atlas.npz").exists() and json.loads((folder / "card.json").read_text()).get("n") == n:
        return
    folder.mkdir(parents=True, exist_ok=True)
    base, source = load("default"), find_model("default")
    rows = np.arange(n) % len(base.table)
    random = np.random.default_rng(seed)
    names = np.array([f"{name}.{i // len(base.table):02d}" for i, name in enumerate(base.atlas.id[rows])])
    noise = random.normal(size=(n, len(LATENTS))).astype(np.float32)
    per_galaxy = {f.name: getattr(base.atlas, f.name) for f in fields(base.atlas)}
    per_galaxy = {k: a[rows] for k, a in per_galaxy.items() if isinstance(a, np.ndarray) and len(a) == len(base.table)}
    per_galaxy["id"] = names
    per_galaxy["latents"] += 0.5 * base.atlas.sigma[rows] * noise
    per_galaxy["position"] += random.normal(0, 0.05, (n, 2)).astype(np.float32)
    own = catalogue.read(DATA).set_index("id").loc[base.atlas.id]
    repeated = own.iloc[rows].reset_index(drop=True)
    repeated.insert(0, "id", pd.Series(names))
    catalogue.write(repeated, folder / "catalogue.parquet")
    for file in filter(Path.exists, (source / name for name in OWN)):
        shutil.copy(file, folder)
    card = base.card | {"n": n, "note": "synthetic, for measuring the app"}
    del card["files"]  # its own are hashed below
    replace(base.atlas, **per_galaxy).save(folder / "atlas.npz")
    write_card(folder, card)
