"""Mixtures of full-covariance Gaussians as plain arrays: density, draws, conditionals and products.

Throughout, weights (*B, K) sum to one, means are (*B, K, D) and covariances (*B, K, D, D).
"""

from collections.abc import Callable
from functools import cache
from itertools import product

import numpy as np
from scipy.special import logsumexp

#: A mixture: weights, means, covariances.
Mixture = tuple[np.ndarray, np.ndarray, np.ndarray]

_NODES = 5  # Gauss-Hermite nodes a coordinate, on which a mixture is tilted


def log_density(mixture: Mixture, point: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Log density (*B) at points (*B, D); what is not `known` of them (*B, D) is integrated over."""
    weights, means, covariances = mixture
    mask = known[..., None, :]
    off = np.where(mask, point[..., None, :] - means, 0.0)
    if not known.all():  # else many points would each get a copy
        covariances = np.where(mask[..., None] & mask[..., None, :], covariances, np.eye(means.shape[-1]))
    inverse = np.linalg.inv(np.linalg.cholesky(covariances))
    scaled = np.einsum("...ij,...j->...i", inverse, off)
    volume = -np.log(np.einsum("...ii->...i", inverse)).sum(axis=-1)
    with np.errstate(divide="ignore"):
        each = np.log(weights) - 0.5 * (scaled**2).sum(axis=-1) - volume
    return logsumexp(each, axis=-1) - 0.5 * np.log(2 * np.pi) * known.sum(axis=-1)


def draw(mixture: Mixture, n: int, generator: np.random.Generator) -> np.ndarray:
    """Draw points (*B, n, D)."""
    weights, means, covariances = mixture
    shape = (*weights.shape[:-1], n)
    steps = np.cumsum(weights, axis=-1)[..., None, :-1]
    which = (generator.random((*shape, 1)) > steps).sum(axis=-1)
    centres = np.take_along_axis(means, which[..., None], axis=-2)
    roots = np.take_along_axis(_find_roots(covariances), which[..., None, None], axis=-3)
    return centres + np.einsum("...ij,...j->...i", roots, generator.standard_normal((*shape, means.shape[-1])))


def condition(mixture: Mixture, j: int, place: np.ndarray, spread: np.ndarray) -> Mixture:
    """Multiply a mixture by a Gaussian likelihood of its coordinate j, at places (*B) with standard errors (*B).

    Of each component Kalman's update (Bishop 2006, eqs. 2.116 and 2.117), its weight times its evidence. An error of
    zero gives the conditional, in which the coordinate has no variance.
    """
    weights, means, covariances = mixture
    gap = place[..., None] - means[..., j]
    variance = covariances[..., j, j] + spread[..., None] ** 2
    gain = covariances[..., j] / variance[..., None]
    means = means + gain * gap[..., None]
    covariances = covariances - gain[..., None] * covariances[..., j, None, :]
    exact = np.broadcast_to((spread == 0)[..., None], gap.shape)
    means[exact, j] = np.broadcast_to(place[..., None], gap.shape)[exact]
    covariances[exact, j, :] = covariances[exact, :, j] = 0.0
    with np.errstate(divide="ignore"):
        logs = np.log(weights) - 0.5 * (gap**2 / variance + np.log(variance))
    return np.exp(logs - logsumexp(logs, axis=-1, keepdims=True)), means, covariances


def tilt(mixture: Mixture, log_factor: Callable[[np.ndarray], np.ndarray]) -> Mixture:
    """Multiply a mixture by a positive function; each component becomes the Gaussian of the product's moments.

    By five Gauss-Hermite nodes a coordinate: exact where the log of the factor is linear, and close where it is nearly
    quadratic within a component.

    Parameters
    ----------
    mixture : Mixture
    log_factor : callable
        Points (..., D) to the log of the factor (...), minus infinity where it is zero.
    """
    weights, means, covariances = mixture
    nodes, log_share = _list_nodes(means.shape[-1])
    points = means[..., None, :] + np.einsum("...ij,nj->...ni", _find_roots(covariances), nodes)
    with np.errstate(divide="ignore"):
        logs = np.log(weights)[..., None] + log_share + log_factor(points)
    evidence = logsumexp(logs, axis=-1)
    share = np.exp(logs - np.where(np.isfinite(evidence), evidence, 0.0)[..., None])
    moved = (share[..., None] * points).sum(axis=-2)
    off = points - moved[..., None, :]
    spread = np.einsum("...n,...ni,...nj->...ij", share, off, off)
    with np.errstate(invalid="ignore"):  # where the factor is zero everywhere, there is no product
        return np.exp(evidence - logsumexp(evidence, axis=-1, keepdims=True)), moved, spread


def _find_roots(covariances: np.ndarray) -> np.ndarray:
    """Find R with R R' = C, also where a variance is zero."""
    value, vector = np.linalg.eigh(covariances)
    return vector * np.sqrt(np.maximum(value, 0))[..., None, :]


@cache
def _list_nodes(dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (n, D) of a standard normal and the logs (n,) of their weights."""
    node, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    nodes = np.array(list(product(node, repeat=dimensions)))
    weights = np.array(list(product(weight / weight.sum(), repeat=dimensions)))
    return nodes, np.log(weights).sum(axis=-1)
