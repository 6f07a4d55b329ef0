"""Why a galaxy is odd: one statement, the exact split that bears it out, and how it would look were it ordinary."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.basis import BASIS, TO_BASIS, to_basis
from galexplore.atlas.causes import Attribution
from galexplore.atlas.counterfactual import make_ordinary
from galexplore.atlas.rarity import Oddness
from galexplore.atlas.statements import Statements, state
from galexplore.explore.caveats import BRIEFLY, SENTENCES
from galexplore.latents import INTRINSIC_AT


@dataclass(frozen=True)
class Counterfactual:
    """A galaxy made ordinary.

    Attributes
    ----------
    moved : tuple of str
        The properties of `galexplore.atlas.basis.BASIS` that were moved, the one that is told first.
    latents : ndarray (5,)
        After the move; the angle stays.
    before, after : float
        Squared Mahalanobis distance from what is usual before and after it.
    image : ndarray (B, S, S)
        What the model makes of it, nanomaggies per native pixel.
    """

    moved: tuple[str, ...]
    latents: np.ndarray
    before: float
    after: float
    image: np.ndarray


@dataclass(frozen=True)
class Explanation:
    """What makes one galaxy odd; the same of an upload and of a galaxy of the atlas.

    Attributes
    ----------
    latents, sigma : ndarray (5,)
        Of the galaxy as its image lies.
    oddness : Oddness
        Of one galaxy.
    percentile : float
        Percentage of ordinary galaxies that are less rare.
    caveat : str
        What speaks against any physical reason: a key of `galexplore.explore.caveats.BRIEFLY`, or "".
    statement : Statements
        Of one galaxy: what its properties say, which is only told where there is no caveat.
    reasons : DataFrame
        A row for each property of `galexplore.atlas.basis.BASIS`, the free latent standing for structure: `property`,
        `value`, `usual` (the centre of its mode of the ordinary ones), `marginal_z` (sigma of the latent by itself from
        it), `expected` (what the others predict), `conditional_z` (sigma from that, of what is told) and `contribution`
        to the squared distance.
    image : ndarray (B, S, S)
        What the model makes of the galaxy, nanomaggies per native pixel.
    counterfactual : Counterfactual
    """

    latents: np.ndarray
    sigma: np.ndarray
    oddness: Oddness
    percentile: float
    caveat: str
    statement: Statements
    reasons: pd.DataFrame
    image: np.ndarray
    counterfactual: Counterfactual

    @property
    def sentence(self) -> str:
        """The one statement: what speaks against any physical reason, else which property is odd and how surely."""
        if self.caveat:
            briefly, said = BRIEFLY[self.caveat], SENTENCES[self.caveat]
            return said if briefly in said else f"{briefly}: {said}"
        return self.statement.say()

    def to_dict(self) -> dict:
        """Tell the statement in plain values; no property is named where there is a caveat."""
        told = self.statement.to_dict() | {"caveat": self.caveat or None, "sentence": self.sentence}
        return told | {"verdict": "caveat", "properties": []} if self.caveat else told


def explain(
    atlas: Atlas,
    attribution: Attribution | None,
    decode: Callable[[np.ndarray], np.ndarray],
    latents: np.ndarray,
    sigma: np.ndarray,
    correlation: np.ndarray | None = None,
    caveat: str = "",
) -> Explanation:
    """Explain one galaxy.

    Parameters
    ----------
    attribution : Attribution or None
        What the model has learnt of causes.
    decode : callable
        Latents (N, 5) to images (N, B, S, S).
    latents, sigma : array (5,)
    correlation : array (4, 4), optional
        Of its errors in the intrinsic latents.
    caveat : str
        A key of `galexplore.explore.caveats.BRIEFLY`, or "".
    """
    latents, sigma = np.array(latents, float), np.array(sigma, float)
    mode, covariance = atlas.choose_mode(latents, sigma, correlation)
    turn = atlas.find_turn(np.array([mode]), covariance[None])[0]
    oddness = atlas.explain(latents, sigma, None if correlation is None else correlation[None])
    percentile = atlas.rarity_percentile(oddness.distance2)
    causes = attribution.find(oddness, latents, sigma) if attribution else None
    statement = state(oddness, percentile, causes)
    named = int(statement.named[0, 0])
    deviation = latents[INTRINSIC_AT] - atlas.usual.centre[mode]
    told = turn @ deviation, np.zeros(len(BASIS)), turn @ covariance @ turn.T
    made = make_ordinary(*told, first=named if named >= 0 else None)
    changed = latents.copy()
    changed[INTRINSIC_AT] = atlas.usual.centre[mode] + np.linalg.solve(turn, made.value)
    now, ordinary = decode(np.stack([latents, changed]))
    return Explanation(
        latents=latents,
        sigma=sigma,
        oddness=oddness,
        percentile=float(percentile[0]),
        caveat=caveat,
        statement=statement,
        reasons=_list_reasons(latents[INTRINSIC_AT], deviation, covariance, turn, oddness),
        image=now,
        counterfactual=Counterfactual(tuple(BASIS[j] for j in made.moved), changed, made.before, made.after, ordinary),
    )


def _list_reasons(
    latents: np.ndarray, deviation: np.ndarray, covariance: np.ndarray, turn: np.ndarray, oddness: Oddness
) -> pd.DataFrame:
    """List the reasons of one galaxy's oddness, as `Explanation.reasons`, of its intrinsic latents (4,)."""
    value, off, spread = to_basis(latents), to_basis(deviation), np.diag(TO_BASIS @ covariance @ TO_BASIS.T)
    width = 1 / np.sqrt(np.diag(np.linalg.inv(turn @ covariance @ turn.T)))
    step = np.diag(TO_BASIS @ np.linalg.inv(turn)) * width  # by which a property changes in a sigma of what is told
    columns = {"property": BASIS, "value": value, "usual": value - off, "marginal_z": off / np.sqrt(spread)}
    columns |= {"expected": value - oddness.conditional_z[0] * step, "conditional_z": oddness.conditional_z[0]}
    return pd.DataFrame(columns | {"contribution": oddness.contributions[0]})
