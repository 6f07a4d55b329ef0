"""The joint posterior of redshift, stellar mass and star-formation rate: a mixture of full-covariance Gaussians.

Its coordinates are ln z, log10 M [Msun] and log10 SFR [Msun/yr], in which errors are near to Gaussian and their
relations near to straight. So every marginal, conditional and quantile, and the density itself, is closed form, and no
redshift is negative.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from galexplore.errors import InputError
from galexplore.latents import LOGSSFR
from galexplore.posterior import gaussians
from galexplore.posterior.coordinates import (
    COORDINATES,
    PROPERTIES,
    check_measurement,
    straighten,
    straighten_errors,
    unstraighten,
)
from galexplore.posterior.gaussians import Mixture
from galexplore.posterior.marginal import Marginal

if TYPE_CHECKING:
    from qp import Ensemble

#: The file of a model's folder that tells how its joint posteriors are made.
FILE = "posterior.safetensors"
#: Each one-dimensional quantity as a combination of the coordinates.
_AXES = dict(zip((*PROPERTIES, LOGSSFR), [*np.eye(3), np.array([0.0, -1.0, 1.0])], strict=True))

_FLOOR = 9.0  # nats below its peak, less than which the training's density is not taken to be: it had no galaxies there


@dataclass(frozen=True)
class JointPosterior:
    """A mixture of K Gaussians over (ln z, log M, log SFR), of one galaxy or of an array of galaxies of shape B.

    Attributes
    ----------
    weights : ndarray (*B, K)
        Sum to one.
    means : ndarray (*B, K, 3)
    covariances : ndarray (*B, K, 3, 3)
        A property that was given exactly has a variance of zero.
    prior : JointPosterior or None
        Density of the galaxies that the model learnt from: the prior that the posterior holds for.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    prior: "JointPosterior | None" = field(default=None, repr=False, compare=False)

    def __getitem__(self, index: int | slice | np.ndarray | None) -> "JointPosterior":
        """Choose galaxies of an array."""
        return self._change((self.weights[index], self.means[index], self.covariances[index]))

    @property
    def _mixture(self) -> Mixture:
        return self.weights, self.means, self.covariances

    def _change(self, mixture: Mixture) -> "JointPosterior":
        return replace(self, weights=mixture[0], means=mixture[1], covariances=mixture[2])

    def marginal(self, of: str = "redshift") -> Marginal:
        """Marginal density of "redshift", "logmass", "logsfr" or "logssfr"."""
        if of not in _AXES:
            raise InputError(f"The posterior says nothing of {of!r}; there are {', '.join(_AXES)}.")
        axis = _AXES[of]
        variance = np.einsum("i,...ij,j->...", axis, self.covariances, axis)
        return Marginal(self.weights, self.means @ axis, np.sqrt(np.maximum(variance, 0)), of == "redshift")

    @property
    def ssfr(self) -> Marginal:
        """Marginal density of log10 of the specific star-formation rate [1/yr]."""
        return self.marginal(LOGSSFR)

    @property
    def mean(self) -> np.ndarray:
        """Mean (*B, 3) of redshift, log M and log SFR."""
        return np.stack([self.marginal(name).mean for name in PROPERTIES], axis=-1)

    @property
    def std(self) -> np.ndarray:
        """Standard deviation (*B, 3) of redshift, log M and log SFR."""
        return np.stack([self.marginal(name).std for name in PROPERTIES], axis=-1)

    @property
    def covariance(self) -> np.ndarray:
        """Covariance (*B, 3, 3) of ln z, log M and log SFR."""
        mean = (self.weights[..., None] * self.means).sum(axis=-2)
        off = self.means - mean[..., None, :]
        return np.einsum("...k,...kij->...ij", self.weights, self.covariances + off[..., None] * off[..., None, :])

    @property
    def correlation(self) -> np.ndarray:
        """Correlation matrix (*B, 3, 3) of ln z, log M and log SFR; zero beside what was given exactly."""
        covariance = self.covariance
        std = np.sqrt(np.maximum(np.einsum("...ii->...i", covariance), 0))
        outer = std[..., :, None] * std[..., None, :]
        return np.where(np.eye(3, dtype=bool), 1.0, covariance / np.where(outer > 0, outer, np.inf))

    def pdf(self, value: ArrayLike, of: str = "redshift") -> np.ndarray:
        """Marginal probability density at values (*B, ...), per unit of redshift or per dex."""
        return self.marginal(of).pdf(value)

    def quantile(self, probability: ArrayLike, of: str = "redshift") -> np.ndarray:
        """Values (*B, *P) below which the probabilities (*P) lie."""
        return self.marginal(of).quantile(probability)

    def interval(self, level: float = 0.6827, of: str = "redshift") -> tuple[np.ndarray, np.ndarray]:
        """Give the ends (*B), (*B) of a property's central interval.

        Parameters
        ----------
        level : float
            Probability inside, between 0 and 1.
        of : "redshift" | "logmass" | "logsfr" | "logssfr"

        Raises
        ------
        InputError
            For another level or property.
        """
        return self.marginal(of).interval(level)

    def highest_density(self, level: float = 0.6827, of: str = "redshift") -> list[tuple[float, float]]:
        """Smallest region of one galaxy's property that holds so much probability: an interval a mode."""
        return self.marginal(of).highest_density(level)

    def log_pdf(self, values: ArrayLike) -> np.ndarray:
        """Log of the joint density (*B) at (*B, 3) of redshift, log M and log SFR, per unit of these.

        What is NaN there is integrated over; the density of a redshift that is not positive is zero.
        """
        values = np.asarray(values, float)
        straight, known = straighten(values), np.isfinite(values)
        possible = ~(known & np.isnan(straight)).any(axis=-1)
        density = gaussians.log_density(self._mixture, np.nan_to_num(straight), known)
        return np.where(possible, density - np.where(known[..., 0], np.nan_to_num(straight[..., 0]), 0.0), -np.inf)

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """Draw (*B, n, 3): redshift, log M and log SFR."""
        return unstraighten(gaussians.draw(self._mixture, n, np.random.default_rng(seed)))

    def given(
        self,
        redshift: ArrayLike | None = None,
        *,
        logmass: ArrayLike | None = None,
        logsfr: ArrayLike | None = None,
        error: ArrayLike = 0.0,
    ) -> "JointPosterior":
        """Condition on a measurement that knows nothing of the image: again a posterior, in closed form.

        The posterior times a Gaussian likelihood in the coordinate of what is given; an error of the redshift becomes
        `error / redshift` there. With an error of zero it is the conditional itself.

        Parameters
        ----------
        redshift, logmass, logsfr : float or array (*B)
            One of them; ask the answer again for another.
        error : float or array (*B)
            Standard error of what is given, in its own units.

        Raises
        ------
        InputError
            Where none or several are given, a redshift is not positive, or an error is negative.
        """
        measured = {k: v for k, v in zip(PROPERTIES, (redshift, logmass, logsfr), strict=True) if v is not None}
        if len(measured) != 1:
            raise InputError(f"Give one of {', '.join(PROPERTIES)}; for another, ask the answer again.")
        ((name, given),) = measured.items()
        batch = self.weights.shape[:-1]
        value, spread = (np.broadcast_to(np.asarray(a, float), batch) for a in (given, error))
        check_measurement(name, value, spread)
        place = np.log(value) if name == "redshift" else value
        scaled = spread / value if name == "redshift" else spread
        return self._change(gaussians.condition(self._mixture, PROPERTIES.index(name), place, scaled))

    def blurred(self, values: ArrayLike, errors: ArrayLike) -> "JointPosterior":
        """Density of labels, which are the truth with known errors: those are added to the covariances.

        Parameters
        ----------
        values, errors : array (*B, 3)
            Labels and their standard errors; where either is NaN, no error is added.
        """
        added = np.nan_to_num(straighten_errors(np.asarray(values, float), np.asarray(errors, float))) ** 2
        return replace(self, covariances=self.covariances + (added[..., None] * np.eye(3))[..., None, :, :])

    def widened(self, factor: float) -> "JointPosterior":
        """Stretch about its mean: every interval becomes so many times as wide, correlations stay."""
        mean = (self.weights[..., None] * self.means).sum(axis=-2, keepdims=True)
        return replace(self, means=mean + factor * (self.means - mean), covariances=factor**2 * self.covariances)

    def reweighted(self, prior: Callable[[np.ndarray], np.ndarray]) -> "JointPosterior":
        """Posterior under another prior than the training's.

        Each Gaussian is multiplied by the ratio of the two and stays one, of the product's moments
        (`gaussians.tilt`): close where the ratio changes little within it. Where the training had no galaxies the ratio
        is bounded, for no image tells what it has not taught.

        Parameters
        ----------
        prior : callable
            Redshift, log M and log SFR (..., 3) to a density (...) per unit of these, up to a factor.

        Raises
        ------
        InputError
            Where the training's prior is not known, or the new one has no density where the galaxy may be.
        """
        trained = self.prior
        if trained is None:
            raise InputError("The prior of the training is not known, so that no other can take its place.")
        lowest = gaussians.log_density(trained._mixture, trained.means, np.ones(3, bool)).max() - _FLOOR

        def log_ratio(straight: np.ndarray) -> np.ndarray:
            values = unstraighten(straight)
            density = np.asarray(prior(values), float) * values[..., 0]
            if not (density >= 0).all() or np.isinf(density).any():
                raise InputError("A prior is a density: finite and not negative wherever it is asked.")
            with np.errstate(divide="ignore"):
                return np.log(density) - np.maximum(
                    gaussians.log_density(trained._mixture, straight, np.ones(3, bool)), lowest
                )

        changed = gaussians.tilt(self._mixture, log_ratio)
        if not np.isfinite(changed[0]).all():
            raise InputError("This prior has no density where the galaxy may be.")
        return self._change(changed)

    def to_qp(self, of: str = "redshift") -> "Ensemble":
        """Give a property's densities as an ensemble of `qp` (`posterior.ensembles.make_ensemble`), an extra."""
        from galexplore.posterior.ensembles import make_ensemble

        return make_ensemble(self.marginal(of))

    def to_dict(self) -> dict:
        """Give the mixture in plain numbers: what `galexplore locate --json` prints under `posterior`."""
        arrays = {"weights": self.weights, "means": self.means, "covariances": self.covariances}
        return {"coordinates": list(COORDINATES)} | {k: v.tolist() for k, v in arrays.items()}
