"""Why a galaxy is odd: which properties, how rare, from what cause, and how it would look were they ordinary."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.causes import Attribution, Causes
from galexplore.atlas.counterfactual import make_ordinary
from galexplore.atlas.rarity import Oddness, name_reason
from galexplore.latents import INTRINSIC, INTRINSIC_AT


@dataclass(frozen=True)
class Counterfactual:
    """A galaxy made ordinary.

    Attributes
    ----------
    moved : tuple of str
        The latents that were moved, the oddest first.
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
    causes : Causes or None
        Of its oddness; None where the model has not learnt to tell.
    reasons : DataFrame
        A row for each intrinsic latent: `latent`, `value`, `usual` (the centre of its mode of the ordinary ones),
        `marginal_z` (sigma from it), `expected` (what the other latents predict), `conditional_z` (sigma from that)
        and `contribution` to the squared distance.
    image : ndarray (B, S, S)
        What the model makes of the galaxy, nanomaggies per native pixel.
    counterfactual : Counterfactual
    """

    latents: np.ndarray
    sigma: np.ndarray
    oddness: Oddness
    percentile: float
    causes: Causes | None
    reasons: pd.DataFrame
    image: np.ndarray
    counterfactual: Counterfactual

    @property
    def deviation(self) -> str:
        """The property that deviates most from what the others predict, in words."""
        return name_reason(self.oddness.conditional_z[0])

    @property
    def cause(self) -> str:
        """The likely cause in words, such as "high SFR (84 %)"; empty where the model has not learnt to tell."""
        return f"{self.causes.say()[0]} ({100 * self.causes.share[0]:.0f} %)" if self.causes else ""


def explain(
    atlas: Atlas,
    attribution: Attribution | None,
    decode: Callable[[np.ndarray], np.ndarray],
    latents: np.ndarray,
    sigma: np.ndarray,
) -> Explanation:
    """Explain one galaxy.

    Parameters
    ----------
    attribution : Attribution or None
        What the model has learnt of causes.
    decode : callable
        Latents (N, 5) to images (N, B, S, S).
    latents, sigma : array (5,)
    """
    latents, sigma = np.array(latents, float), np.array(sigma, float)
    oddness, (centre, covariance) = atlas.explain(latents, sigma), atlas.choose_mode(latents, sigma)
    made, changed = make_ordinary(latents[INTRINSIC_AT], centre, covariance), latents.copy()
    changed[INTRINSIC_AT] = made.value
    now, ordinary = decode(np.stack([latents, changed]))
    return Explanation(
        latents=latents,
        sigma=sigma,
        oddness=oddness,
        percentile=float(atlas.rarity_percentile(oddness.distance2)[0]),
        causes=attribution.find(oddness.conditional_z, latents, sigma) if attribution else None,
        reasons=_list_reasons(latents[INTRINSIC_AT], centre, covariance, oddness),
        image=now,
        counterfactual=Counterfactual(
            tuple(INTRINSIC[j] for j in made.moved), changed, made.before, made.after, ordinary
        ),
    )


def _list_reasons(value: np.ndarray, centre: np.ndarray, covariance: np.ndarray, oddness: Oddness) -> pd.DataFrame:
    """List the reasons of one galaxy's oddness, as `Explanation.reasons`."""
    conditional_z, width = oddness.conditional_z[0], 1 / np.sqrt(np.diag(np.linalg.inv(covariance)))
    columns = {"latent": INTRINSIC, "value": value, "usual": centre}
    columns |= {"marginal_z": (value - centre) / np.sqrt(np.diag(covariance))}
    columns |= {"expected": value - conditional_z * width, "conditional_z": conditional_z}
    return pd.DataFrame(columns | {"contribution": oddness.contributions[0]})
