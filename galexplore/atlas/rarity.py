"""How odd a galaxy is, and which of its properties make it so.

Rarity is measured in the intrinsic latents (redshift, log mass, log SFR, free); how a galaxy lies says nothing of what
it is. Never in map space, which keeps neither density nor distance.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.covariance import MinCovDet
from sklearn.mixture import GaussianMixture

#: Modes (M,) and covariances (M, J, J) of galaxies to the matrices (M, J, J) that turn their deviations.
Turn = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Mixture:
    """K Gaussian modes of what is usual: star-forming and quiescent galaxies, near and far ones, have their own.

    Attributes
    ----------
    weight : ndarray (K,)
        Shares; they sum to one.
    centre : ndarray (K, J)
    covariance : ndarray (K, J, J)
        Of the latents as they are inferred, which holds what the usual errors add to it.
    noise : ndarray (K, J)
        Usual squared error of a mode's galaxies: what the covariance already holds.
    """

    weight: np.ndarray
    centre: np.ndarray
    covariance: np.ndarray
    noise: np.ndarray

    def choose(
        self, latents: np.ndarray, sigma: np.ndarray, correlation: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Choose the mode that each galaxy most likely belongs to.

        Parameters
        ----------
        latents, sigma : array (M, J)
        correlation : array (M, J, J), optional
            Of each galaxy's errors; else they are taken to be independent.

        Returns
        -------
        mode : ndarray (M,) of int
        covariance : ndarray (M, J, J)
            The mode's, with the part of the galaxy's own squared errors added that exceeds what the mode holds.
        """
        latents, variance = np.atleast_2d(latents), np.atleast_2d(sigma) ** 2
        best = np.full(len(latents), -np.inf)
        mode, covariance = np.zeros(len(latents), int), np.empty((*latents.shape, latents.shape[1]))
        shapes = zip(self.weight, self.centre, self.covariance, self.noise, strict=True)
        for k, (weight, middle, spread, noise) in enumerate(shapes):
            excess = np.sqrt(np.maximum(variance - noise, 0))
            own = np.eye(len(middle)) if correlation is None else correlation
            whole = spread + own * excess[:, :, None] * excess[:, None, :]
            root = np.linalg.cholesky(whole)
            distance = np.linalg.solve(root, (latents - middle)[..., None])[..., 0]
            volume = np.log(np.einsum("mjj->mj", root)).sum(axis=1)
            fit = np.log(weight) - volume - (distance**2).sum(axis=1) / 2
            better = fit > best
            best[better], mode[better], covariance[better] = fit[better], k, whole[better]
        return mode, covariance


@dataclass(frozen=True)
class Oddness:
    """Rarity of M galaxies and its reasons.

    Attributes
    ----------
    distance2 : ndarray (M,)
        Squared Mahalanobis distance from the galaxy's own mode of the mixture.
    contributions : ndarray (M, J)
        Exact Shapley split of `distance2`; each row sums to it, and a term may be negative: that property makes the
        galaxy less odd, given the others.
    conditional_z : ndarray (M, J)
        Sigma by which each property deviates from what the others predict.
    """

    distance2: np.ndarray
    contributions: np.ndarray
    conditional_z: np.ndarray


def fit_mixture(latents: np.ndarray, sigma: np.ndarray, modes: int = 1, seed: int = 0) -> Mixture:
    """Fit the usual galaxies, robustly.

    One mode: the minimum covariance determinant (Rousseeuw 1984). Several: a Gaussian mixture by expectation
    maximisation, of all but the two hundredths that lie farthest by that determinant.

    Parameters
    ----------
    latents, sigma : array (N, J)
    modes : int
    """
    varied = np.ptp(latents, axis=0) > 0
    if not varied.all():  # a latent that nothing taught is the same for all: it makes none of them odd
        return _add_constants(fit_mixture(latents[:, varied], sigma[:, varied], modes, seed), latents[0], varied)
    scale = latents.std(axis=0)  # the determinant takes what spreads by a millionth for constant
    fit = MinCovDet(random_state=seed).fit(latents / scale)
    if modes == 1:
        noise = np.median(np.asarray(sigma) ** 2, axis=0)[None]
        return Mixture(np.ones(1), fit.location_[None] * scale, fit.covariance_[None] * np.outer(scale, scale), noise)
    near = fit.dist_ <= np.quantile(fit.dist_, 0.98)
    gaussians = GaussianMixture(modes, reg_covar=1e-5, n_init=2, random_state=seed).fit(latents[near])
    member, variance = gaussians.predict(latents), np.asarray(sigma) ** 2
    members = [member == k if (member == k).any() else slice(None) for k in range(modes)]
    noise = np.array([np.median(variance[rows], axis=0) for rows in members])
    return Mixture(gaussians.weights_, gaussians.means_, gaussians.covariances_, noise)


def _add_constants(usual: Mixture, value: np.ndarray, varied: np.ndarray) -> Mixture:
    """Put latents that do not vary back into a mixture fitted without them: of unit spread, and of no error."""
    count, size, inside = len(usual.weight), len(varied), np.ix_(varied, varied)
    centre, covariance = np.tile(value, (count, 1)).astype(float), np.tile(np.eye(size), (count, 1, 1))
    noise = np.zeros((count, size))
    centre[:, varied], noise[:, varied] = usual.centre, usual.noise
    covariance[:, inside[0], inside[1]] = usual.covariance
    return Mixture(usual.weight, centre, covariance, noise)


def explain(
    latents: np.ndarray,
    sigma: np.ndarray,
    mixture: Mixture,
    correlation: np.ndarray | None = None,
    turn: Turn | None = None,
) -> Oddness:
    """Measure rarity against what is usual, each galaxy with its own errors, and split it exactly.

    With d = latents - centre and C the covariance, both of the galaxy's own mode (`Mixture.choose`): distance2 =
    d' C^-1 d; contribution j = d_j (C^-1 d)_j, the Shapley value (Mayrhofer & Filzmoser 2023, arXiv:2210.10063);
    conditional z of j = (C^-1 d)_j / sqrt((C^-1)_jj), the deviation from the Gaussian conditional mean in units of its
    width.

    Parameters
    ----------
    latents, sigma : array (M, J)
    mixture : Mixture
    correlation : array (M, J, J), optional
        Of each galaxy's errors.
    turn : callable, optional
        To the linear coordinates in which the split is told (`galexplore.atlas.basis.find_basis`); the distance is the
        same in all.

    Returns
    -------
    Oddness
    """
    mode, covariance = mixture.choose(latents, sigma, correlation)
    deviation = np.atleast_2d(latents) - mixture.centre[mode]
    if turn is not None:
        matrix = turn(mode, covariance)
        deviation = np.einsum("mij,mj->mi", matrix, deviation)
        covariance = matrix @ covariance @ np.swapaxes(matrix, 1, 2)
    precision = np.linalg.inv(covariance)
    pull = np.einsum("mij,mj->mi", precision, deviation)
    contributions = deviation * pull
    width = np.sqrt(np.einsum("mjj->mj", precision))
    return Oddness(contributions.sum(axis=1), contributions, pull / width)


def percentile(value: np.ndarray, ascending: np.ndarray) -> np.ndarray:
    """Percentage (0 to 100) of a reference sample (N,), sorted upwards, that lies below each value."""
    return 100 * np.searchsorted(ascending, value) / len(ascending)


def score_oddness(distance2: np.ndarray, chi2: np.ndarray) -> dict[str, np.ndarray]:
    """Score N galaxies from 0 (the least odd) to 1 by "rarity", by "reconstruction", and by "both".

    A score is a rank over the number of galaxies; percentiles, from 0 to 100, are among ordinary galaxies alone.

    Both: the product of the two ranks, counted from the oddest, so that only what is high in either ranking and not low
    in the other comes first.

    Parameters
    ----------
    distance2, chi2 : array (N,)

    Returns
    -------
    dict of str to ndarray (N,)
    """
    n = len(distance2)
    rarity, looks = rankdata(distance2), rankdata(chi2)
    ranks = {"rarity": rarity, "reconstruction": looks, "both": rankdata(-(n + 1 - rarity) * (n + 1 - looks))}
    return {name: rank / n for name, rank in ranks.items()}
