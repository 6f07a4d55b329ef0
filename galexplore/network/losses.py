"""Terms of the loss that know nothing of galaxies: means over what is known, distances, correlations."""

import math

import torch
from torch import Tensor


def average_known(terms: Tensor, labels: Tensor) -> Tensor:
    """Sum over columns of the mean over the rows whose label is known (a NaN would poison the gradient)."""
    known = labels.isfinite()
    return (torch.where(known, terms, 0).sum(dim=0) / known.sum(dim=0).clamp_min(1)).sum()


def distance_from_normal(sample: Tensor) -> Tensor:
    """Squared 2-Wasserstein distance of each column of (B, K) from a unit normal, summed.

    In one dimension it is the mean squared gap between sorted values and the normal's quantiles (Kolouri et al. 2018,
    arXiv:1804.01947).
    """
    quantiles = math.sqrt(2) * torch.erfinv((2 * torch.arange(len(sample), device=sample.device) + 1) / len(sample) - 1)
    return ((sample.sort(dim=0).values - quantiles[:, None]) ** 2).mean(dim=0).sum()


def distance_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Squared distance correlation of samples (B, K) and (B, L), B > 3; zero in the mean where they are independent.

    Unlike a correlation it sees every kind of dependence, not the linear one alone (Szekely & Rizzo 2014,
    arXiv:1310.2926, section 2). Fewer than four rows say nothing: zero.
    """
    if len(a) < 4:
        return a.new_zeros(())
    one, other = (_centre(torch.cdist(x.float(), x.float(), compute_mode=EXACT)) for x in (a, b))
    spread = (one * one).sum() * (other * other).sum()
    return (one * other).sum() / spread.clamp_min(1e-12).sqrt()


def partial_correlation(a: Tensor, b: Tensor, given: Tensor) -> Tensor:
    """Correlation of a (B,) and b (B,) beside what a quadratic of `given` (B, K) says of each.

    Rows where b is not known, NaN, do not count; where no more are left than the quadratic has terms: zero.
    """
    known = b.isfinite()
    a, b, given = a[known].float(), b[known].float(), given[known].detach().float()
    ones = torch.ones_like(given[:, :1])
    i, j = torch.triu_indices(given.shape[1], given.shape[1])
    design = torch.cat([ones, given, given[:, i] * given[:, j]], dim=1)
    if len(design) < 2 * design.shape[1]:
        return a.new_zeros(())
    basis = torch.linalg.qr(design).Q
    one, other = (x - (basis * (basis * x[:, None]).sum(dim=0)).sum(dim=1) for x in (a, b))
    return (one * other).sum() / ((one * one).sum() * (other * other).sum()).clamp_min(1e-12).sqrt()


#: The faster way of `torch.cdist` loses small distances.
EXACT = "donot_use_mm_for_euclid_dist"


def _centre(distance: Tensor) -> Tensor:
    """U-centre a matrix (B, B) of distances: every row's sum is zero, and so is the diagonal."""
    n = len(distance)
    rows = distance.sum(dim=0) / (n - 2)
    centred = distance - rows - rows[:, None] + distance.sum() / ((n - 1) * (n - 2))
    return centred * (1 - torch.eye(n, device=distance.device))
