"""One quantity's probability density: a mixture of Gaussians of the quantity itself or of its logarithm."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from galexplore.errors import InputError

TINY = 1e-12  # standard deviation of what is known exactly, so that nothing is divided by zero
_REACH = 9.0  # standard deviations within which every quantile lies
_STEPS = 60  # of a search for a quantile at most; ten or so are usual
_GRID = 2001  # points on which a highest-density region is looked for


@dataclass(frozen=True)
class Marginal:
    """A mixture of K Gaussians, of one galaxy or of an array of galaxies of shape B.

    Attributes
    ----------
    weights, means, stds : ndarray (*B, K)
        Of the quantity, or of its natural logarithm; a standard deviation of zero is a value that is known.
    logarithmic : bool
        Whether they are of the logarithm; the quantity is positive then.
    """

    weights: np.ndarray
    means: np.ndarray
    stds: np.ndarray
    logarithmic: bool = False

    @property
    def mean(self) -> np.ndarray:
        """Mean (*B)."""
        return (self.weights * self._component_means).sum(axis=-1)

    @property
    def std(self) -> np.ndarray:
        """Standard deviation (*B)."""
        means = self._component_means
        spread = means**2 * np.expm1(self.stds**2) if self.logarithmic else self.stds**2
        return np.sqrt((self.weights * (spread + (means - self.mean[..., None]) ** 2)).sum(axis=-1))

    @property
    def median(self) -> np.ndarray:
        """Median (*B)."""
        return self.quantile(0.5)

    def pdf(self, value: ArrayLike) -> np.ndarray:
        """Probability density at values (*B, ...).

        Raises
        ------
        InputError
            Where the quantity is known exactly: it has no density then.
        """
        if (self.stds <= TINY).all():
            raise InputError("A value that is known exactly has no density; give it an error.")
        weights, means, stds, u, positive = self._align(value)
        density = (weights * np.exp(-0.5 * ((u - means) / stds) ** 2) / stds).sum(axis=-1) / np.sqrt(2 * np.pi)
        if not self.logarithmic:
            return density
        return np.where(positive, density / np.where(positive, value, 1.0), 0.0)

    def cdf(self, value: ArrayLike) -> np.ndarray:
        """Probability of less than values (*B, ...)."""
        weights, means, stds, u, positive = self._align(value)
        return np.where(positive, (weights * ndtr((u - means) / stds)).sum(axis=-1), 0.0)

    def quantile(self, probability: ArrayLike) -> np.ndarray:
        """Values (*B, *P) below which the probabilities (*P), each between 0 and 1, lie.

        Newton's method within brackets that halve where a step would leave them.
        """
        wanted = np.asarray(probability, float)
        if not ((wanted > 0) & (wanted < 1)).all():
            raise InputError("A probability lies between 0 and 1, such as 0.16.")
        batch = self.weights.shape[:-1]
        wanted = np.broadcast_to(wanted, batch + wanted.shape)
        weights, means, stds = (self._stretch(a, wanted.ndim - len(batch)) for a in self._components)
        low = np.broadcast_to((means - _REACH * stds).min(axis=-1), wanted.shape)
        high = np.broadcast_to((means + _REACH * stds).max(axis=-1), wanted.shape)
        # Begun at the quantile of one Gaussian of the same moments.
        u = np.clip(self._guess(wanted, weights, means, stds), low, high)
        for _ in range(_STEPS):
            w = (u[..., None] - means) / stds
            excess = (weights * ndtr(w)).sum(axis=-1) - wanted
            slope = (weights * np.exp(-0.5 * w * w) / stds).sum(axis=-1) * 0.3989422804014327
            low, high = np.where(excess < 0, u, low), np.where(excess < 0, high, u)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                step = u - excess / slope
            moved = np.where((step > low) & (step < high), step, 0.5 * (low + high))
            if (np.abs(moved - u) <= 1e-9 * (1 + np.abs(u))).all():
                u = moved
                break
            u = moved
        return (np.exp(u) if self.logarithmic else u)[()]

    def interval(self, level: float = 0.6827) -> tuple[np.ndarray, np.ndarray]:
        """Give the ends (*B), (*B) of the central interval, which leaves as much probability on either side."""
        ends = self.quantile([(1 - _check_level(level)) / 2, (1 + level) / 2])
        return ends[..., 0][()], ends[..., 1][()]

    def highest_density(self, level: float = 0.6827) -> list[tuple[float, float]]:
        """List the ends of the smallest region of one galaxy that holds so much probability, an interval a mode."""
        if self.weights.ndim != 1:
            raise InputError("A highest-density region is that of one galaxy; choose one by its index.")
        low, high = self.quantile([1e-5, 1 - 1e-5])
        x = np.geomspace(low, high, _GRID) if self.logarithmic else np.linspace(low, high, _GRID)
        edges = np.concatenate([x[:1], 0.5 * (x[1:] + x[:-1]), x[-1:]])
        mass, density = np.diff(self.cdf(edges)), self.pdf(x)
        order = np.argsort(-density)
        count = int(np.searchsorted(np.cumsum(mass[order]), _check_level(level) * mass.sum())) + 1
        inside = np.zeros(_GRID + 2, bool)
        inside[order[:count] + 1] = True
        starts, ends = np.flatnonzero(inside[1:] & ~inside[:-1]), np.flatnonzero(inside[:-1] & ~inside[1:]) - 1
        return [(float(edges[i]), float(edges[j + 1])) for i, j in zip(starts, ends, strict=True)]

    @property
    def _component_means(self) -> np.ndarray:
        """Mean of each component, in the quantity itself."""
        return np.exp(self.means + 0.5 * self.stds**2) if self.logarithmic else self.means

    @property
    def _components(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.weights, self.means, np.maximum(self.stds, TINY)

    def _align(self, value: ArrayLike) -> tuple[np.ndarray, ...]:
        """Components beside values (*B, ...): weights, means, stds, the straight values, and where there are any."""
        value = np.asarray(value, float)
        extra = max(0, value.ndim - (self.weights.ndim - 1))
        positive = value > 0 if self.logarithmic else np.ones(value.shape, bool)
        straight = np.log(np.where(positive, value, 1.0)) if self.logarithmic else value
        return (*(self._stretch(a, extra) for a in self._components), straight[..., None], positive)

    @staticmethod
    def _stretch(array: np.ndarray, extra: int) -> np.ndarray:
        return array.reshape(*array.shape[:-1], *extra * (1,), array.shape[-1])

    @staticmethod
    def _guess(wanted: np.ndarray, weights: np.ndarray, means: np.ndarray, stds: np.ndarray) -> np.ndarray:
        mean = (weights * means).sum(axis=-1)
        variance = (weights * (stds**2 + (means - mean[..., None]) ** 2)).sum(axis=-1)
        return mean + ndtri(wanted) * np.sqrt(variance)


def _check_level(level: float) -> float:
    if not 0 < level < 1:
        raise InputError("The level of an interval is a probability between 0 and 1, such as 0.68.")
    return level
