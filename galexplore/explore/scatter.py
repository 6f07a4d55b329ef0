"""How far a galaxy's place in latent space depends on how its image happens to lie: flips, turns and shifts."""

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from galexplore.images import Observed
from galexplore.latents import angle_difference, to_axis_angle, to_double_angle

if TYPE_CHECKING:
    from galexplore.network.embed import Embedder

SHIFTS = tuple(itertools.product((-1, 0, 1), repeat=2))  # pixels of the model's grid, (rows, columns)


@dataclass(frozen=True)
class Scatter:
    """What an upload's error is made of, in the order of `LATENTS` and in physical units.

    Attributes
    ----------
    answers : ndarray (9, 8, 5)
        Latents of each copy of the image: nine shifts by at most a pixel, each in eight flips and quarter turns.
    flips, shifts : ndarray (5,)
        Standard deviation over flips and turns, and over shifts of the mean of these.
    covariance : ndarray (5, 5)
        Of the answer.
    """

    answers: np.ndarray
    flips: np.ndarray
    shifts: np.ndarray
    covariance: np.ndarray

    def draw(self, latents: np.ndarray, n: int = 300) -> np.ndarray:
        """Draw latents (n, 5) from the error of latents (5,)."""
        return np.random.default_rng(0).multivariate_normal(latents, self.covariance, n, method="eigh")


def shift_image(flux: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Move an image (B, H, W) by whole pixels, at most one each way; the edge is repeated."""
    padded = np.pad(flux, ((0, 0), (1, 1), (1, 1)), mode="edge")
    return padded[:, 1 - rows : 1 - rows + flux.shape[1], 1 - columns : 1 - columns + flux.shape[2]]


def measure_scatter(
    embedder: "Embedder", flux: np.ndarray, sigma: np.ndarray, observed: Observed | None = None
) -> Scatter:
    """Measure how an answer scatters over copies of one image, and put that together with the encoder's error.

    The calibrated sigma already holds the scatter over flips and turns, for the answer is their mean and its variance
    is that of their mixture; what they add here is how the latents move together. Scatter over shifts is added in full:
    C = diag(sigma^2) + the off-diagonal of C_flips + C_shifts. Turns by less than a quarter are left out: they would
    need interpolation, which smooths the noise and so changes more than the direction.

    Parameters
    ----------
    flux : array (B, S, S)
        The very pixels that were encoded.
    sigma : array (5,)
        Half of the 68 % intervals.
    observed : Observed, optional
        Of the one image.
    """
    shifted = np.stack([shift_image(flux, *s) for s in SHIFTS])
    known = observed and observed[np.zeros(len(SHIFTS), int)]
    answers = embedder.encode_orientations(shifted, known).transpose(1, 0, 2)
    unshifted = SHIFTS.index((0, 0))
    answers = _unwrap(answers, answers[unshifted])
    of_flips = np.cov(answers[unshifted].T, bias=True)
    of_shifts = np.cov(answers.mean(axis=1).T, bias=True)
    flips, sigma = np.sqrt(np.diag(of_flips)), np.asarray(sigma, float)
    share = np.minimum(1, sigma / np.maximum(flips, 1e-12))  # of the flips' scatter that the calibrated sigma holds
    together = of_flips * np.outer(share, share)
    covariance = together + np.diag(np.maximum(sigma**2 - np.diag(together), 0)) + of_shifts
    return Scatter(answers, flips, np.sqrt(np.diag(of_shifts)), covariance)


def _unwrap(answers: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Bring all angles of answers (..., 5) to within half a period of the mean direction of the unshifted ones."""
    mean = to_axis_angle(to_double_angle(middle[:, 0]).mean(axis=0))
    turned = angle_difference(answers[..., 0], mean)
    return np.concatenate([(mean + turned)[..., None], answers[..., 1:]], axis=-1)


def make_ellipse(covariance: np.ndarray, scale: float = 1.0, n: int = 73) -> np.ndarray:
    """Outline (n, 2) of the ellipse d' C^-1 d = scale^2 of a covariance (2, 2), about the origin.

    A scale of 1 holds 39 % of a Gaussian, 1.515 holds 68 % and 2.448 holds 95 %.
    """
    value, vector = np.linalg.eigh(covariance)
    t = np.linspace(0, 2 * np.pi, n)
    circle = np.column_stack([np.cos(t), np.sin(t)])
    return scale * (circle * np.sqrt(np.maximum(value, 0))) @ vector.T
