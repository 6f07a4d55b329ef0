"""How probable it is of each property that it is the one which makes a galaxy odd.

Where one true property of a galaxy is unusual, several latents answer: a burst of stars makes it look bluer, hence
lighter, and smaller too. The property that deviates most need not be the cause. What each cause looks like is learnt
from simulated galaxies of which one property was moved and that were lit and rendered anew (`galexplore.jobs.shifts`).
What is learnt from is the exact split of their distance itself, beside where they lie and how well that is known.
"""

from dataclasses import asdict, dataclass, replace

import numpy as np

from galexplore.atlas.basis import BASIS
from galexplore.atlas.rarity import Oddness
from galexplore.latents import INTRINSIC_AT

#: What may have been moved, and whereto: the classes that are told apart, two for each property.
SIDES = ("low", "high")
FEATURES = 4 * len(BASIS)
_AT_ONCE = 50_000  # galaxies, so that memory stays bounded
_NEVER = -50.0  # log of the odds of a cause that was never seen
_FAR = 5.0  # standard deviations beyond which a feature tells no more


@dataclass(frozen=True)
class Causes:
    """How probable each cause of the oddness of M galaxies is, if one property alone is unusual.

    Attributes
    ----------
    share : ndarray (M, 4)
        Probability of each property of `BASIS`; they sum to one.
    high : ndarray (M, 4) of bool
        Whether it would be high, rather than low.
    """

    share: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Attribution:
    """Multinomial logistic regression of what was moved, on features of a galaxy, their squares and products.

    Attributes
    ----------
    centre, width : ndarray (16,)
        By which the features are standardised.
    weight : ndarray (8, 152)
    bias : ndarray (8,)
        Property after property as `BASIS`, moved low and moved high.
    directions : ndarray (K, 4, 4)
        As `galexplore.atlas.directions.learn_directions` gives them: in which oddness is told.
    """

    centre: np.ndarray
    width: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    directions: np.ndarray

    def find(self, odd: Oddness, latents: np.ndarray, sigma: np.ndarray) -> Causes:
        """Find how probable each cause is.

        Parameters
        ----------
        odd : Oddness
            Of the same galaxies.
        latents, sigma : array (M, 5)
        """
        features = (describe_features(odd, latents, sigma) - self.centre) / self.width
        sides = np.empty((len(features), len(BASIS), 2))
        for rows in np.array_split(np.arange(len(features)), len(features) // _AT_ONCE + 1):
            level = _expand(features[rows]) @ self.weight.T + self.bias
            share = np.exp(level - level.max(axis=1, keepdims=True))
            sides[rows] = (share / share.sum(axis=1, keepdims=True)).reshape(-1, len(BASIS), 2)
        return Causes(sides.sum(axis=2), sides[:, :, 1] > sides[:, :, 0])

    def to_dict(self) -> dict[str, list]:
        """Plain lists, for a card."""
        return {name: np.round(value, 4).tolist() for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, lists: dict[str, list] | None) -> "Attribution | None":
        """Read what `to_dict` wrote; None for nothing, or what an earlier version learnt from other features."""
        if not lists or "directions" not in lists:
            return None
        read = cls(**{name: np.asarray(value, float) for name, value in lists.items()})
        directions, _ = np.linalg.qr(np.swapaxes(read.directions, 1, 2))  # a card rounds: they are orthogonal
        signs = np.sign(np.einsum("kij,kji->ki", read.directions, directions))
        return replace(read, directions=np.swapaxes(directions * signs[:, None], 1, 2))


def describe_features(odd: Oddness, latents: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Describe galaxies by their deviations, the split, where they lie, and how well that is known: (M, 16)."""
    place, error = np.atleast_2d(latents)[:, INTRINSIC_AT], np.log(np.atleast_2d(sigma)[:, INTRINSIC_AT])
    split = odd.contributions / np.maximum(odd.distance2, 1e-9)[:, None]
    return np.concatenate([np.clip(odd.conditional_z, -8, 8), np.clip(split, -2, 3), place, error], axis=1)


def _expand(standard: np.ndarray) -> np.ndarray:
    """Add squares and products to standardised features (M, F): (M, F + F (F + 1) / 2)."""
    standard = np.clip(standard, -_FAR, _FAR)
    i, j = np.triu_indices(standard.shape[1])
    return np.concatenate([standard, standard[:, i] * standard[:, j]], axis=1)


def learn(
    odd: Oddness, latents: np.ndarray, sigma: np.ndarray, moved: np.ndarray, directions: np.ndarray
) -> Attribution:
    """Learn from galaxies of which one property was moved, as often as here among those that a survey would have.

    Parameters
    ----------
    odd : Oddness
    latents, sigma : array (M, 5)
    moved : array (M,) of int
        Twice the property's place in `BASIS`, one more where it was moved high.
    directions : array (K, 4, 4)
        In which `odd` is told.
    """
    from sklearn.linear_model import LogisticRegression

    features = describe_features(odd, latents, sigma)
    centre, width = features.mean(axis=0), features.std(axis=0).clip(1e-3)
    fit = LogisticRegression(C=0.03, max_iter=4000)
    fit.fit(_expand((features - centre) / width), moved)
    weight, bias = np.zeros((2 * len(BASIS), fit.coef_.shape[1])), np.full(2 * len(BASIS), _NEVER)
    weight[fit.classes_], bias[fit.classes_] = fit.coef_, fit.intercept_  # what no lesson showed is never told
    return Attribution(centre, width, weight, bias, directions)
