"""What a galaxy would be were its odd properties ordinary: each moved to what its ordinary properties predict."""

from dataclasses import dataclass

import numpy as np

ODD = 2.0  # sigma, given the others: about one ordinary property in twenty deviates by more


@dataclass(frozen=True)
class Ordinary:
    """A galaxy made ordinary.

    Attributes
    ----------
    moved : tuple of int
        Which of its J properties were moved, the oddest first.
    value : ndarray (J,)
        All properties after the move.
    before, after : float
        Squared Mahalanobis distance from what is usual, before and after the move.
    """

    moved: tuple[int, ...]
    value: np.ndarray
    before: float
    after: float


def make_ordinary(
    value: np.ndarray, centre: np.ndarray, covariance: np.ndarray, limit: float = ODD, first: int | None = None
) -> Ordinary:
    """Move every odd property to its median given the ordinary ones.

    One odd property makes those that hang on it look odd too (a starburst's mass is "low for its SFR"), so they are
    found one by one: the oddest given all others is set aside, then the oddest of the rest given the rest alone, until
    no deviation is above the limit. What was set aside then takes its Gaussian conditional median,
    mu_O + C_OR C_RR^-1 (x_R - mu_R), and adds nothing more to the distance. One property is always moved.

    Parameters
    ----------
    value, centre : array (J,)
    covariance : array (J, J)
        Of what is usual, with the galaxy's own errors added.
    limit : float
        Sigma above which a property is odd.
    first : int, optional
        The property that is set aside first, where it is known; else the oddest.
    """
    deviation = np.asarray(value, float) - centre
    moved: list[int] = [] if first is None else [first]
    rest = [j for j in range(len(deviation)) if j not in moved]
    while len(rest) > 1:
        precision = np.linalg.inv(covariance[np.ix_(rest, rest)])
        z = precision @ deviation[rest] / np.sqrt(np.diag(precision))
        oddest = int(np.argmax(np.abs(z)))
        if moved and abs(z[oddest]) <= limit:
            break
        moved.append(rest.pop(oddest))
    pull = np.linalg.solve(covariance[np.ix_(rest, rest)], deviation[rest])
    changed = deviation.copy()
    changed[moved] = covariance[np.ix_(moved, rest)] @ pull
    before = float(deviation @ np.linalg.solve(covariance, deviation))
    return Ordinary(tuple(moved), centre + changed, before, float(deviation[rest] @ pull))
