"""What is said of an odd galaxy: one statement, which its exact split and its likely cause agree on, or none.

Three views are taken of a galaxy: the property that deviates most from what the others lead one to expect, the one that
holds the largest share of its squared distance, and the one that was most likely moved (`galexplore.atlas.causes`).
Where they agree, the property is told; where two properties are possible, or the likeliest cause deviates and another
property more, both are; else no property is named.
"""

from dataclasses import dataclass

import numpy as np

from galexplore.atlas.basis import BASIS, GIVEN, NAMES
from galexplore.atlas.causes import SIDES, Causes
from galexplore.atlas.rarity import Oddness

#: Percentile of rarity from which a galaxy is odd, and has a reason to be.
ODD = 90.0
#: Probability from which one property is told alone; that the second of two must have; that both must have together.
SURE, SECOND, TOGETHER = 0.75, 0.05, 0.6
#: Probability and deviation [sigma] from which a likeliest cause is named beside a property that deviates more.
LIKELY, DEVIATING = 0.7, 1.2
#: What may come of it.
ORDINARY, TOLD, AMBIGUOUS, WITHHELD = "ordinary", "told", "ambiguous", "withheld"
#: What structure is called that is told as size: low and high.
SIZED = ("compact", "extended")
#: What is said where no property may be named.
NOTHING = "no single property: deviation, share of the distance and likely cause disagree"


@dataclass(frozen=True)
class Statements:
    """What is said of M galaxies.

    Attributes
    ----------
    verdict : ndarray (M,) of str
        `ORDINARY`, `TOLD`, `AMBIGUOUS` or `WITHHELD`.
    named : ndarray (M, 2) of int
        Places in `BASIS` of the property that is named, and of the second where two may be; -1 for none.
    share : ndarray (M, 2)
        Their probabilities, if one property alone is unusual; NaN for none.
    deviation : ndarray (M, 4)
        Sigma of each property from what the others lead one to expect.
    sized : bool
        Whether structure is told as size, as far as that was learnt; a free latent by itself has no such sense.
    """

    verdict: np.ndarray
    named: np.ndarray
    share: np.ndarray
    deviation: np.ndarray
    sized: bool = False

    def _call(self, j: int, high: bool) -> str:
        """Call a side of the j-th property: "high sSFR", "compact"."""
        if self.sized and BASIS[j] == "free":
            return SIZED[int(high)]
        return f"{SIDES[int(high)]} {NAMES[BASIS[j]]}"

    def name(self, i: int, k: int = 0) -> str:
        """Name the k-th property that is told of the i-th galaxy, with its side: "high sSFR"; "" for none."""
        j = int(self.named[i, k])
        return self._call(j, bool(self.deviation[i, j] > 0)) if j >= 0 else ""

    def say(self, i: int = 0) -> str:
        """Say what makes the i-th galaxy odd."""
        if self.verdict[i] == TOLD:
            j = int(self.named[i, 0])
            return f"{say_deviation(BASIS[j], self.deviation[i, j], self.sized)} ({100 * self.share[i, 0]:.0f} %)"
        if self.verdict[i] == AMBIGUOUS:
            one, other = (f"{self.name(i, k)} ({100 * self.share[i, k]:.0f} %)" for k in (0, 1))
            unlikely = self.share[i, 1] < SECOND  # by itself: named for what is shown
            return f"ambiguous: {one} or {other}{', which deviates most' if unlikely else ''}"
        if self.verdict[i] == ORDINARY:
            return f"ordinary: no property deviates by more than {np.abs(self.deviation[i]).max():.1f} sigma"
        return NOTHING

    def brief(self) -> np.ndarray:
        """Say it in a word or two (M,): "high sSFR", "high sSFR or low mass", "no single property", "ordinary"."""
        words = np.full(len(self.verdict), "no single property", dtype=object)
        words[self.verdict == ORDINARY] = ORDINARY
        sides = np.array([[self._call(j, high) for high in (False, True)] for j in range(len(BASIS))], dtype=object)
        rows = np.flatnonzero(self.named[:, 0] >= 0)
        for k in (0, 1):
            rows = rows[self.named[rows, k] >= 0]
            j = self.named[rows, k]
            said = sides[j, (self.deviation[rows, j] > 0).astype(int)]
            words[rows] = said if k == 0 else words[rows] + " or " + said
        return words

    def quote(self, i: int) -> str:
        """Say it of the i-th galaxy in few words and numbers: "high sSFR, 4.5 sigma (97 %)"."""
        if self.verdict[i] == TOLD:
            sigma = abs(self.deviation[i, self.named[i, 0]])
            return f"{self.name(i)}, {sigma:.1f} sigma ({100 * self.share[i, 0]:.0f} %)"
        if self.verdict[i] == AMBIGUOUS:
            return f"{self.name(i)} or {self.name(i, 1)}"
        return ORDINARY if self.verdict[i] == ORDINARY else "no single property"

    def to_dict(self, i: int = 0) -> dict:
        """Tell the i-th galaxy's statement in plain values."""
        places = [int(j) for j in self.named[i] if j >= 0]
        return {
            "verdict": str(self.verdict[i]),
            "sentence": self.say(i),
            "properties": [
                {
                    "property": BASIS[j],
                    "side": SIDES[int(self.deviation[i, j] > 0)],
                    "sigma": float(self.deviation[i, j]),
                    "probability": float(self.share[i, k]),
                }
                for k, j in enumerate(places)
            ],
        }


def say_deviation(name: str, sigma: float, sized: bool = False) -> str:
    """Say how far a property of `BASIS` is from what is expected: "sSFR 4.5 sigma above galaxies of its ..."."""
    *rest, last = GIVEN[name]
    others = f"{', '.join(rest)} and {last}"
    told = "size" if sized and name == "free" else NAMES[name]
    return f"{told} {abs(sigma):.1f} sigma {'above' if sigma > 0 else 'below'} galaxies of its {others}"


def weigh_deviations(deviation: np.ndarray) -> Causes:
    """Probability of each cause where nothing is learnt of them: one property (M, 4) moved, the others as they were.

    The likelihood of the best such move is proportional to exp(z^2 / 2) of the property's conditional deviation z.
    """
    level = 0.5 * deviation**2
    share = np.exp(level - level.max(axis=1, keepdims=True))
    return Causes(share / share.sum(axis=1, keepdims=True), deviation > 0)


def state(odd: Oddness, percentile: np.ndarray, causes: Causes | None = None) -> Statements:
    """State what makes galaxies odd.

    A property is told where it deviates most, holds the largest share of the distance, and is the likeliest cause, on
    the same side, by `SURE` or more. Two are named as possible where the two likeliest causes, on the sides to which
    they deviate, include both the one that deviates most and the one of the largest share; and where the likeliest
    cause, by `LIKELY` or more, deviates by `DEVIATING` or more, but another property deviates more and holds the
    largest share: of a galaxy of two unusual properties no lesson of one can tell. Else nothing is named: what is said
    never contradicts what is shown beside it.

    Parameters
    ----------
    odd : Oddness
        Of M galaxies, in `BASIS`.
    percentile : array (M,)
        Of rarity; below `ODD` a galaxy is ordinary.
    causes : Causes, optional
        What a model has learnt to tell; else what the deviations alone say.
    """
    deviation, learnt = odd.conditional_z, causes is not None
    causes = causes or weigh_deviations(deviation)
    rows = np.arange(len(deviation))
    farthest, largest = np.abs(deviation).argmax(axis=1), odd.contributions.argmax(axis=1)
    order = np.argsort(-causes.share, axis=1, kind="stable")
    first, second = order[:, 0], order[:, 1]
    agrees = (deviation > 0) == causes.high
    one, other = causes.share[rows, first], causes.share[rows, second]
    sure = (farthest == first) & (largest == first) & agrees[rows, first] & (one >= SURE)
    both = agrees[rows, first] & agrees[rows, second] & (other >= SECOND) & (one + other >= TOGETHER)
    for seen in (farthest, largest):
        both &= (seen == first) | (seen == second)
    beside = (largest == farthest) & agrees[rows, farthest] & agrees[rows, first] & (one >= LIKELY)
    beside &= (farthest != first) & ~both & (np.abs(deviation[rows, first]) >= DEVIATING)
    second, both = np.where(beside, farthest, second), both | beside
    other = causes.share[rows, second]
    rare = np.asarray(percentile) >= ODD
    verdict = np.select([~rare, sure, both], [ORDINARY, TOLD, AMBIGUOUS], WITHHELD)
    named = np.stack([np.where(rare & (sure | both), first, -1), np.where(rare & both & ~sure, second, -1)], axis=1)
    share = np.where(named >= 0, np.stack([one, other], axis=1), np.nan)
    return Statements(verdict, named, share, deviation, learnt)
