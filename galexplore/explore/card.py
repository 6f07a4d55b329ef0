"""A model's card in words: what it was taught, on what, where it fails, and what each of its latents does."""

import math
from collections.abc import Iterable

import numpy as np

from galexplore.atlas.paths import sweep
from galexplore.explore.explorer import Explorer
from galexplore.latents import LATENTS, name_latent
from galexplore.places import ROOT

_SIMULATED = (
    "It was taught by **simulated** galaxies alone. How well it reads real ones depends on how true to them the "
    "simulation is; masses of the few real galaxies tried came out too high."
)
_LIMITS = (
    "Galaxies nearer than z = 0.03 overflow the {field:.1f}″ field and are few in the training.",
    "Within the main sequence, SFR hardly shows in {bands}: dust and age look alike. The error bars say so; the means "
    "are drawn towards the middle.",
    "Rarity is measured on means that noise draws towards the middle: a faint odd galaxy looks less odd than it is.",
    "Intervals are honest for galaxies drawn as the catalogue's are. What resembles none of them (see rarity and "
    "reconstruction χ²) has no guarantee.",
    "Five numbers draw the mean galaxy of their kind: arms, clumps and neighbours are not reconstructed.",
    "A JPEG gives rough fluxes; redshift, mass and SFR from it are rough too.",
)


def list_limits(explorer: Explorer) -> list[str]:
    """List what a person should know before believing a model, a sentence or two each."""
    field, bands = explorer.survey.field, ", ".join(explorer.survey.bands)
    return [_SIMULATED] * explorer.simulated + [limit.format(field=field, bands=bands) for limit in _LIMITS]


def describe_recipe(explorer: Explorer) -> list[tuple[str, str]]:
    """List what a model was made from, in words: pairs of a name and what is to be said.

    Parameters
    ----------
    explorer : Explorer
    """
    card, table = explorer.card, explorer.table
    training, network = card["training"], card["network"]
    galaxies = f"{card['n_train']:,} {'simulated ' if explorer.simulated else ''}galaxies"
    extra = training.get("extra")
    kinds = int((table["population"] != "ordinary").sum())
    rows = [
        ("Taught by", galaxies + (f", {extra:,} of them drawn for training alone" if extra else "")),
        ("Atlas", f"{len(table):,} galaxies" + (f", {kinds:,} of rare kinds that no training saw" if kinds else "")),
        ("Network", f"{card['parameters']:,} parameters, five latents, widths {_join(network['widths'])}"),
        (
            "Recipe",
            f"{training['epochs']} epochs, batches of {training['batch']}, AdamW at {training['learning_rate']:g}",
        ),
        ("Cost", f"{card['seconds'] / 60:.0f} min on {card['hardware']}, {card['galaxies_per_second']:.0f} galaxies/s"),
    ]
    honesty = card.get("honesty") or {}
    if "latents" in honesty:
        kept = honesty["latents"]
        rows.append(
            (
                "Map",
                f"UMAP, seed {card['atlas']['seed']}, {card['atlas']['n_neighbors']} neighbours, min_dist "
                f"{card['atlas']['min_dist']}; keeps {100 * kept['preservation']:.0f} % of the "
                f"{kept['neighbours']} nearest, trustworthiness {kept['trustworthiness']:.3f}",
            )
        )
    rows += _list_unknown(card)
    rows += [("Made", card["made"]), ("Weights", f"`{card['sha256'][:16]}`"), ("Data", f"`{card['data_hash'][:16]}`")]
    return rows


def _list_unknown(card: dict) -> list[tuple[str, str]]:
    """Say which latents no label taught, and of which others none judges the intervals."""
    untaught = card.get("untaught", [])
    alone = [name for name in card.get("uncalibrated", []) if name not in untaught]
    rows = {"Not taught": (untaught, "no label was known, so they say nothing")}
    rows["Not calibrated"] = (alone, "no label judges their intervals")
    return [(k, f"{', '.join(name_latent(n) for n in names)}: {why}") for k, (names, why) in rows.items() if names]


def _join(numbers: Iterable[int]) -> str:
    return ", ".join(str(n) for n in numbers)


def read_citation() -> str:
    """Text of `CITATION.cff`; what to cite where the file is not there."""
    path = ROOT / "CITATION.cff"
    return path.read_text() if path.exists() else "Gagliano & Villar 2023, arXiv:2312.16687"


def sweep_latents(explorer: Explorer, n: int = 9) -> dict[str, tuple[list[str], np.ndarray]]:
    """Move each latent of a typical galaxy, the centre of the ordinary ones, from its 2nd to its 98th percentile.

    Returns
    -------
    dict
        Latent to its values as words (n,) and the latents (n, 5).
    """
    atlas = explorer.atlas
    start = np.concatenate([[math.pi / 4], atlas.centre])
    out = {}
    for name in LATENTS:
        column = atlas.latents[atlas.ordinary, LATENTS.index(name)]
        low, high = (0.0, math.pi * (1 - 1 / n)) if name == "phi" else np.quantile(column, (0.02, 0.98))
        values = np.linspace(low, high, n)
        words = [f"{math.degrees(v):.0f}°" if name == "phi" else f"{v:.2f}" for v in values]
        out[name] = (words, sweep(start, name, values))
    return out
