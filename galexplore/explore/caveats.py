"""What of an image or of a model may make a galaxy look odd that is not: reasons that are told before any other."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.statements import ODD
from galexplore.cutouts import artefacts
from galexplore.cutouts.audit import Prepared
from galexplore.cutouts.blends import BLENDED
from galexplore.latents import LATENTS, MEANS
from galexplore.posterior import domain as domains
from galexplore.posterior.domain import OUTSIDE, PROBABILITIES, Domain, Validity

#: Share of the frame that was filled in, and of a picture that is saturated, from which the answer may hang on it.
CUT, SATURATED = 0.05, 0.001
#: Share of the ordinary galaxies that lies beyond what is called the edge of what was learnt, at either end.
EDGE = 0.001
#: What is said where the reconstruction is worse than that of all but this share of them; it explains no oddness.
POOR = "the model reconstructs it worse than 99.9 % of the galaxies of the atlas"
#: Properties of which a model has only learnt a range.
BOUNDED = ("redshift", "logmass")
#: Radius [arcsec] of the inner frame, which a galaxy's light fills.
INNER = 6.0

#: Each caveat in a word or two, and in a sentence; the first that holds is told first.
BRIEFLY = {
    "line": "a line in one band",
    "empty": "empty sky",
    "star": "like a star",
    "unlike": "outside the training distribution",
    "neighbour": "contaminated by a neighbour",
    "blended": "blended with another source",
    "cut": "incomplete image",
    "saturated": "saturated",
    "edge": "at the edge of the training distribution",
}
SENTENCES = domains.SAYINGS | {
    "unlike": domains.UNLIKE,
    "neighbour": "another source within 4″ adds flux at the centre",
    "blended": "the galaxy seems to be blended with another source: the centroid is off the peak, or differs between "
    "bands (a companion, an arc or a chance alignment)",
    "cut": "part of the image has no data and was filled in",
    "saturated": "part of the image is saturated, so the flux of its brightest part is unknown",
    "edge": "its redshift or mass is among the most extreme 0.1 % of the training set",
}


def find_edges(atlas: Atlas) -> np.ndarray:
    """Find the ranges (2, 2), low and high, of redshift and log mass within which a model has learnt."""
    at = [LATENTS.index(name) for name in BOUNDED]
    return np.quantile(atlas.latents[atlas.ordinary][:, at].astype(float), (EDGE, 1 - EDGE), axis=0).T


def join_measured(pixels: pd.DataFrame, features: np.ndarray, domain: Domain | None) -> pd.DataFrame:
    """Put what a model has learnt to say of images by their features (N, F) beside what their pixels show (N)."""
    return pixels if domain is None else pixels.join(domain.measure(features, pixels))


def suspect(measured: pd.DataFrame) -> np.ndarray:
    """Say what images (N) may be of instead of a galaxy: one of `artefacts.SUSPICIONS`, or "".

    By what the model has learnt to tell apart, where it has; else by plain limits on the pixels. A line is told by
    either, for a galaxy may have one across it and be a galaxy all the same.

    Parameters
    ----------
    measured : DataFrame
        As of `artefacts.measure_artefacts`, with what `Domain.measure` says of it beside.
    """
    plain = artefacts.suspect(measured)
    kinds = np.array([kind for kind in domains.SAYINGS if f"{PROBABILITIES}{kind}" in measured])
    if not len(kinds):
        return plain
    chances = measured[[f"{PROBABILITIES}{kind}" for kind in kinds]].to_numpy(float)
    none = chances.sum(axis=1) > 1 - domains.SAFE
    return np.where(none, kinds[chances.argmax(axis=1)], np.where(plain == "line", "line", ""))


def find_caveats(table: pd.DataFrame, edges: np.ndarray) -> dict[str, np.ndarray]:
    """Find which caveats hold of galaxies (N): each key of `BRIEFLY` but "unlike", in its order, with a mask (N,).

    A neighbour, a blend and the edge of what was learnt explain what is odd; of what is not, they are not told.

    Parameters
    ----------
    table : DataFrame
        Latents, and whichever of these are known: `suspicion`, `contamination` (ratio), `blend`, `filled` and
        `saturated` (shares of the frame), `percentile` of rarity.
    edges : array (2, 2)
        As `find_edges` gives them.
    """
    nothing = np.zeros(len(table))
    suspicion = table["suspicion"].to_numpy(str) if "suspicion" in table else np.full(len(table), "")
    contamination, blend, filled, saturated = (
        np.asarray(table.get(name, nothing)) for name in ("contamination", "blend", "filled", "saturated")
    )
    values = table[[MEANS[LATENTS.index(name)] for name in BOUNDED]].to_numpy(float)
    outside = ((values < edges[:, 0]) | (values > edges[:, 1])).any(axis=1)
    rare = np.asarray(table.get("percentile", nothing + ODD)) >= ODD
    return {key: suspicion == key for key in artefacts.SUSPICIONS} | {
        "neighbour": rare & (contamination > artefacts.CONTAMINATED),
        "blended": rare & (blend > BLENDED),
        "cut": filled > CUT,
        "saturated": saturated > SATURATED,
        "edge": rare & outside,
    }


def name_caveats(table: pd.DataFrame, edges: np.ndarray) -> np.ndarray:
    """Name the first caveat of each galaxy (N,), of those of `find_caveats`; "" where none holds."""
    caveats = find_caveats(table, edges)
    return np.select(list(caveats.values()), list(caveats), "")


def measure_filled(prepared: Prepared, scale: float) -> float:
    """Share of the inner frame's pixels that were filled in, at `scale` [arcsec a pixel], in the worst band."""
    y, x = (np.arange(side) - (side - 1) / 2 for side in prepared.valid.shape[1:])
    inner = np.hypot(y[:, None], x) * scale < INNER
    return float((~prepared.valid[:, inner]).mean(axis=1).max())


def judge(domain: Domain | None, measured: pd.DataFrame, prepared: Sequence[Prepared], scale: float) -> list[Validity]:
    """Judge whether a model has learnt from such images (N), at `scale` [arcsec a pixel]; inside where nobody knows.

    Parameters
    ----------
    measured : DataFrame
        As `Domain.measure` gives it.
    """
    if domain is None:
        return [Validity()] * len(measured)
    rows = [{str(k): float(v) for k, v in row.items()} for row in measured.to_dict("records")]
    return [domain.judge(row, measure_filled(p, scale)) for row, p in zip(rows, prepared, strict=True)]


def add_caveats(
    validities: Sequence[Validity],
    table: pd.DataFrame,
    measured: pd.DataFrame,
    prepared: Sequence[Prepared],
    edges: np.ndarray,
) -> list[Validity]:
    """Add to what is said of images (N) all else that is to be known before their answers are read.

    Parameters
    ----------
    table : DataFrame
        Their latents, their `percentile` of rarity and the `chi2_percentile` of their reconstruction.
    measured : DataFrame
        As `suspect` takes it.
    edges : array (2, 2)
        As `find_edges` gives them.
    """
    filled = np.array([1 - p.valid.all(axis=0).mean() for p in prepared])
    known = {"suspicion": suspect(measured), "filled": filled}
    known |= {name: measured[name].to_numpy() for name in ("contamination", "blend")}
    caveats = find_caveats(table.assign(**known, saturated=[p.saturated for p in prepared]), edges)
    poor = table["chi2_percentile"].to_numpy() > 100 * (1 - EDGE)
    noted = list[Validity]()
    for i, validity in enumerate(validities):
        keys = [key for key, holds in caveats.items() if holds[i]]
        said = SENTENCES | {"cut": f"{filled[i]:.0%} of the image has no data and was filled in"}
        reasons = dict.fromkeys([*validity.reasons, *(said[key] for key in keys), *[POOR] * int(poor[i])])
        caveat = keys[0] if keys else "unlike" * (validity.state == OUTSIDE)
        noted.append(replace(validity, reasons=tuple(reasons), caveat=caveat))
    return noted
