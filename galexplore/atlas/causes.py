"""The likely cause of a galaxy's oddness: which property, were it moved, would make such a galaxy.

Where one true property of a galaxy is unusual, several latents answer: a burst of stars makes it look bluer, hence
lighter, and smaller too. The latent that deviates most need not be the cause. What each cause looks like is learnt from
simulated galaxies of which one property was moved and that were lit and rendered anew (`galexplore.jobs.shifts`).
"""

from dataclasses import asdict, dataclass

import numpy as np

from galexplore.latents import INTRINSIC, INTRINSIC_AT, SHORT

#: What may have been moved, and whereto: the classes that are told apart, two for each property.
SIDES = ("low", "high")
_AT_ONCE = 50_000  # galaxies, so that memory stays bounded
_FAR = 5.0  # standard deviations beyond which a feature tells no more


@dataclass(frozen=True)
class Causes:
    """The likely cause of the oddness of M galaxies.

    Attributes
    ----------
    first : ndarray (M,) of int
        Place in `INTRINSIC` of the property that was most likely moved.
    high : ndarray (M,) of bool
        Whether it is high, rather than low.
    share : ndarray (M,)
        Probability that it was this property, if any one was.
    """

    first: np.ndarray
    high: np.ndarray
    share: np.ndarray

    def say(self) -> np.ndarray:
        """Name the causes (M,): such as "high SFR"."""
        words = [f"{side} {SHORT[name]}" for name in INTRINSIC for side in SIDES]
        return np.array(words)[2 * self.first + self.high]

    def to_dict(self, i: int = 0) -> dict:
        """Tell the cause of one galaxy in plain values."""
        side, share = SIDES[int(self.high[i])], float(self.share[i])
        return {"property": INTRINSIC[self.first[i]], "side": side, "probability": share}


@dataclass(frozen=True)
class Attribution:
    """Multinomial logistic regression of what was moved, on twelve features of a galaxy, their squares and products.

    Attributes
    ----------
    centre, width : ndarray (12,)
        By which the features are standardised.
    weight : ndarray (8, 90)
    bias : ndarray (8,)
        Property after property as `INTRINSIC`, moved low and moved high.
    """

    centre: np.ndarray
    width: np.ndarray
    weight: np.ndarray
    bias: np.ndarray

    def find(self, conditional_z: np.ndarray, latents: np.ndarray, sigma: np.ndarray) -> Causes:
        """Find the likely causes.

        Parameters
        ----------
        conditional_z : array (M, 4)
        latents, sigma : array (M, 5)
        """
        features = (describe_features(conditional_z, latents, sigma) - self.centre) / self.width
        sides = np.empty((len(features), len(INTRINSIC), 2))
        for rows in np.array_split(np.arange(len(features)), len(features) // _AT_ONCE + 1):
            level = _expand(features[rows]) @ self.weight.T + self.bias
            share = np.exp(level - level.max(axis=1, keepdims=True))
            sides[rows] = (share / share.sum(axis=1, keepdims=True)).reshape(-1, len(INTRINSIC), 2)
        whole, rows = sides.sum(axis=2), np.arange(len(sides))
        first = whole.argmax(axis=1)
        return Causes(first, sides[rows, first].argmax(axis=1) == 1, whole[rows, first])

    def to_dict(self) -> dict[str, list]:
        """Plain lists, for a card."""
        return {name: np.round(value, 4).tolist() for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, lists: dict[str, list]) -> "Attribution":
        """Read what `to_dict` wrote."""
        return cls(**{name: np.asarray(value, float) for name, value in lists.items()})


def describe_features(conditional_z: np.ndarray, latents: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Describe galaxies by their deviations, where they lie, and how well that is known: (M, 12)."""
    place, error = np.atleast_2d(latents)[:, INTRINSIC_AT], np.log(np.atleast_2d(sigma)[:, INTRINSIC_AT])
    return np.concatenate([np.clip(conditional_z, -8, 8), place, error], axis=1)


def _expand(standard: np.ndarray) -> np.ndarray:
    """Add squares and products to standardised features (M, F): (M, F + F (F + 1) / 2)."""
    standard = np.clip(standard, -_FAR, _FAR)
    i, j = np.triu_indices(standard.shape[1])
    return np.concatenate([standard, standard[:, i] * standard[:, j]], axis=1)


def learn(conditional_z: np.ndarray, latents: np.ndarray, sigma: np.ndarray, moved: np.ndarray) -> Attribution:
    """Learn from galaxies of which one property was moved; each property is taken to be moved equally often.

    Parameters
    ----------
    conditional_z : array (M, 4)
    latents, sigma : array (M, 5)
    moved : array (M,) of int
        Twice the property's place in `INTRINSIC`, one more where it was moved high.
    """
    from sklearn.linear_model import LogisticRegression

    features = describe_features(conditional_z, latents, sigma)
    centre, width = features.mean(axis=0), features.std(axis=0).clip(1e-3)
    even = 1 / np.bincount(moved // 2)[moved // 2]
    fit = LogisticRegression(C=0.03, max_iter=4000)
    fit.fit(_expand((features - centre) / width), moved, sample_weight=even / even.mean())
    return Attribution(centre, width, fit.coef_, fit.intercept_)
