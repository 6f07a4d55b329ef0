"""A model's card in words: its training, what its numbers mean, what it is for, where it fails, how to cite it."""

import math
from collections.abc import Iterable

import numpy as np

from galexplore import __version__
from galexplore.atlas.kinds import count_artefacts
from galexplore.atlas.paths import sweep
from galexplore.cosmology import COSMOLOGY
from galexplore.explore.explorer import Explorer
from galexplore.latents import LATENTS, TITLES, name_latent
from galexplore.mock.history import SFR_TIMESCALE

_SIMULATED = (
    "It was trained on **simulated** galaxies alone. How well it works on real ones depends on how realistic the "
    "simulation is; the masses of the few real galaxies tested were too high."
)
#: What the numbers of a simulated catalogue mean, and with them those that are inferred (`galexplore.mock`).
_SIMULATED_MEANING = (
    ("Stellar mass", "in living stars and remnants; Kroupa (2001) initial mass function; BC03 models (2016 update)"),
    ("SFR", f"mean over the last {1000 * SFR_TIMESCALE:.0f} Myr"),
)
_COSMOLOGY = ("Cosmology", f"flat ΛCDM, H₀ = {COSMOLOGY.H0.value:g} km s⁻¹ Mpc⁻¹, Ωm = {COSMOLOGY.Om0:g}")
_ANGLE = ("Position angle", "of the major axis, from north through east, period 180°")
_FREE = (
    "Free latent",
    "what an image shows beyond orientation, redshift, mass and SFR, in standard deviations; it is named by what "
    "it measures, where that is clear",
)
_UNKNOWN_MEANING = ("Mass and SFR", "as the catalogue's labels define them (initial mass function, SFR time scale)")
_USES = (
    "To explore a population by its images: where galaxies lie, what they resemble, which are unusual and why.",
    "To give quick first estimates of redshift, stellar mass and SFR from {bands} cutouts like those of {survey}, with "
    "error bars; not to replace spectra or SED fits where these exist.",
    "To choose candidates to look at. An anomaly is a reason to look, not a discovery.",
    "Not for photometric redshifts of a cosmological sample, nor for mass or luminosity functions: every answer "
    "contains the prior of the training set.",
)
_LIMITS = (
    "Galaxies at z < 0.03 are larger than the {field:.1f}″ field and few in the training set.",
    "Within the main sequence, SFR is poorly constrained by {bands}: dust and age are degenerate. The error bars say "
    "so; the point estimates are biased towards the mean.",
    "Anomaly is measured on point estimates, which noise biases towards the mean: a faint unusual galaxy seems less "
    "unusual than it is.",
    "Intervals are calibrated for galaxies drawn from the catalogue's distribution. Outside it (see the anomaly "
    "percentile and the reconstruction χ²) their coverage is not known.",
    "Five latents reconstruct the mean galaxy with these properties: spiral arms, clumps and neighbours are not "
    "reconstructed.",
    "A JPEG gives approximate fluxes only, hence an approximate redshift, mass and SFR.",
)


_BIBTEX = """\
@article{{gagliano2023,
  author = {{Gagliano, Alexander and Villar, V. Ashley}},
  title = {{{{A Physics-Informed Variational Autoencoder for Rapid Galaxy Inference and Anomaly Detection}}}},
  journal = {{arXiv e-prints}},
  year = {{2023}},
  eprint = {{2312.16687}},
  archivePrefix = {{arXiv}}
}}

@software{{galexplore,
  author = {{{{the galexplore developers}}}},
  title = {{{{galexplore}}}},
  version = {{{version}}}
}}"""


def title_latents(explorer: Explorer) -> dict[str, str]:
    """Title each latent; the free one by what it measures, where that has a name (`posterior.meaning.name_free`)."""
    named = explorer.card.get("metrics", {}).get("free", {}).get("name") or TITLES["free"]
    return TITLES | {"free": named[:1].upper() + named[1:]}


def list_limits(explorer: Explorer) -> list[str]:
    """List what a person should know before believing a model, a sentence or two each."""
    field, bands = explorer.survey.field, ", ".join(explorer.survey.bands)
    return [_SIMULATED] * explorer.simulated + [limit.format(field=field, bands=bands) for limit in _LIMITS]


def list_uses(explorer: Explorer) -> list[str]:
    """List what a model is meant for and what not, a sentence or two each."""
    survey = explorer.survey
    return [use.format(bands=", ".join(survey.bands), survey=survey.name) for use in _USES]


def describe_meaning(explorer: Explorer) -> list[tuple[str, str]]:
    """List what the inferred numbers mean: pairs of a quantity and its definition.

    Those of mass and SFR are the labels', which a simulated catalogue tells and another one does not.
    """
    if explorer.simulated:
        return [*_SIMULATED_MEANING, _COSMOLOGY, _ANGLE, _FREE]
    said = explorer.card.get("provenance") or {}
    if not said.get("imf"):
        return [_UNKNOWN_MEANING, _COSMOLOGY, _ANGLE, _FREE]
    own = ("Cosmology", f"of the labels: {said.get('cosmology') or 'not said'}")
    return [
        ("Mass and SFR", "as the catalogue's labels define them"),
        ("Initial mass function", said["imf"]),
        own,
        _ANGLE,
        _FREE,
    ]


def describe_source(explorer: Explorer) -> list[tuple[str, str]]:
    """List where real galaxies of a model come from: the catalogue, its selection, what came of its cutouts.

    Empty where the catalogue does not say.
    """
    said = explorer.card.get("provenance") or {}
    if explorer.simulated or not said.get("source"):
        return []
    rows = [("Catalogue", str(said["source"]))]
    rows += [("Selection", "; ".join(map(str, said["selection"])))] if said.get("selection") else []
    if dropped := said.get("dropped"):
        rows.append(("Left out", "; ".join(f"{n:,} {why}" for why, n in dropped.items())))
    if counts := said.get("cutouts"):
        words = ", ".join(f"{counts[s]:,} {s}" for s in ("got", "missing", "refused", "failed") if s in counts)
        rows.append(("Cutouts", f"{counts['asked']:,} requested: {words}"))
    rows += [(kind, str(paper)) for kind, paper in (said.get("populations") or {}).items()]
    rows += [("Cite", str(said["citation"]))] if said.get("citation") else []
    return rows + ([("Fetched", str(said["fetched"]))] if said.get("fetched") else [])


def describe_recipe(explorer: Explorer) -> list[tuple[str, str]]:
    """List what a model was made from, in words: pairs of a name and what is to be said.

    Parameters
    ----------
    explorer : Explorer
    """
    card = explorer.card
    training, network = card["training"], card["network"]
    galaxies = f"{card['n_train']:,} {'simulated ' if explorer.simulated else ''}galaxies"
    extra, epochs = training.get("extra"), len(card.get("history", ())) or training["epochs"]
    rows = [
        ("Training set", galaxies + (f", {extra:,} of them simulated for training only" if extra else "")),
        ("Atlas", _count_atlas(explorer)),
        ("Network", f"{card['parameters']:,} parameters, five latents, widths {_join(network['widths'])}"),
        (
            "Recipe",
            f"{epochs} epochs, batches of {training['batch']}, AdamW at {training['learning_rate']:g}",
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
                f"{card['atlas']['min_dist']}; preserves {100 * kept['preservation']:.0f} % of the "
                f"{kept['neighbours']} nearest, trustworthiness {kept['trustworthiness']:.3f}",
            )
        )
    rows += _list_unknown(card)
    rows += [("Made", card["made"]), ("Weights", f"`{card['sha256'][:16]}`"), ("Data", f"`{card['data_hash'][:16]}`")]
    return rows


def _count_atlas(explorer: Explorer) -> str:
    """Say how many galaxies an atlas holds, how many of rare kinds among them, and how many artefacts beside them."""
    artefacts, entries = count_artefacts(explorer.kinds), len(explorer.table)
    rare = entries - artefacts - int(explorer.kinds.get("ordinary", 0))
    said = f"{entries - artefacts:,} galaxies"
    said += f", {rare:,} of them of rare kinds that are in no training set" if rare else ""
    return said + (f"; {artefacts:,} artefacts" if artefacts else "")


def _list_unknown(card: dict) -> list[tuple[str, str]]:
    """Say which latents no label taught, and of which others none judges the intervals."""
    untaught = card.get("untaught", [])
    alone = [name for name in card.get("uncalibrated", []) if name not in untaught]
    rows = {"Not trained": (untaught, "no label was known, so they carry no information")}
    rows["Not calibrated"] = (alone, "no label to calibrate their intervals by")
    return [(k, f"{', '.join(name_latent(n) for n in names)}: {why}") for k, (names, why) in rows.items() if names]


def _join(numbers: Iterable[int]) -> str:
    return ", ".join(str(n) for n in numbers)


def write_bibtex() -> str:
    """Write the BibTeX entries of the method's paper and of this software; what they hold is `CITATION.cff`'s."""
    return _BIBTEX.format(version=__version__)


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
