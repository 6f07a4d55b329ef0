"""How odd a galaxy is, and which of its properties make it so.

Rarity is measured in the intrinsic latents (redshift, log mass, log SFR, free); how a galaxy lies says nothing of what
it is. Never in map space, which keeps neither density nor distance.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sklearn.covariance import MinCovDet

from galexplore.config import INTRINSIC

#: What each intrinsic latent is called in a sentence.
SHORT = {"redshift": "redshift", "logmass": "mass", "logsfr": "SFR", "free": "free latent"}


@dataclass(frozen=True)
class Oddness:
    """Rarity of M galaxies and its reasons.

    Attributes
    ----------
    distance2 : ndarray (M,)
        Squared Mahalanobis distance.
    contributions : ndarray (M, J)
        Exact Shapley split of `distance2`; each row sums to it, and a term may be negative: that property makes the
        galaxy less odd, given the others.
    conditional_z : ndarray (M, J)
        Sigma by which each property deviates from what the others predict.
    """

    distance2: np.ndarray
    contributions: np.ndarray
    conditional_z: np.ndarray


def fit_population(latents: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Robust centre (J,) and covariance (J, J) of latents (N, J): minimum covariance determinant (Rousseeuw 1984)."""
    fit = MinCovDet(random_state=seed).fit(latents)
    return fit.location_, fit.covariance_


def explain(latents: np.ndarray, sigma: np.ndarray, centre: np.ndarray, covariance: np.ndarray) -> Oddness:
    """Measure rarity against a population, each galaxy with its own errors, and split it exactly.

    With d = latents - centre and C = covariance + diag(sigma^2): distance2 = d' C^-1 d; contribution j =
    d_j (C^-1 d)_j, the Shapley value (Mayrhofer & Filzmoser 2023, arXiv:2210.10063); conditional z of j =
    (C^-1 d)_j / sqrt((C^-1)_jj), the deviation from the Gaussian conditional mean in units of its width.

    Parameters
    ----------
    latents, sigma : array (M, J)
    centre : array (J,)
    covariance : array (J, J)

    Returns
    -------
    Oddness
    """
    latents, sigma = np.atleast_2d(latents), np.atleast_2d(sigma)
    deviation = latents - centre
    precision = np.linalg.inv(covariance + np.eye(len(centre)) * (sigma**2)[:, :, None])
    pull = np.einsum("mij,mj->mi", precision, deviation)
    contributions = deviation * pull
    width = np.sqrt(np.einsum("mjj->mj", precision))
    return Oddness(contributions.sum(axis=1), contributions, pull / width)


def percentile(value: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Percentage (0 to 100) of a reference sample (N,) that lies below each value."""
    return 100 * np.searchsorted(np.sort(reference), value) / len(reference)


def rate_oddness(distance2: np.ndarray, chi2: np.ndarray) -> dict[str, np.ndarray]:
    """Rate N galaxies from 0 (the least odd) to 1 by "rarity", by "reconstruction", and by "both".

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


def name_reason(conditional_z: np.ndarray) -> str:
    """Say in words which property deviates most from what the others predict.

    Parameters
    ----------
    conditional_z : array (4,)
        In the order of `config.INTRINSIC`.

    Returns
    -------
    str
        Such as "SFR 3.4 sigma high for its redshift, mass and free latent".
    """
    first = int(np.argmax(np.abs(conditional_z)))
    names = [SHORT[name] for name in INTRINSIC]
    others = names[:first] + names[first + 1 :]
    side = "high" if conditional_z[first] > 0 else "low"
    given = f"{', '.join(others[:-1])} and {others[-1]}"
    return f"{names[first]} {abs(conditional_z[first]):.1f} sigma {side} for its {given}"
