"""Joint posteriors made honest: widened or narrowed, and moved, by the brightness of the image and the redshift."""

from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy.special import ndtri

from galexplore.posterior.calibrate import NODES
from galexplore.posterior.coordinates import PROPERTIES, straighten
from galexplore.posterior.joint import JointPosterior

MANY = 10_000  # galaxies below which one factor and one shift do for all: curves would follow the noise
_FARTHEST = 4.0  # pulls beyond this count as this
_ROUNDS = 3  # each corrects what the last one left: errors of labels are in the pulls, but are not scaled


@dataclass(frozen=True)
class Recalibration:
    """An affine map about the posterior's mean, after which a mixture of Gaussians still is one.

    With L the Cholesky factor of the posterior's covariance, L^-1 (x - mean) are the independent parts of ln z, of log
    M given that, and of log SFR given both; part j is multiplied by exp(s_j) and moved by b_j. These are sums of two
    curves, straight between a few nodes: of the image's magnitude, and of the log of the inferred redshift.

    Attributes
    ----------
    magnitude, log_redshift : ndarray (M,), (R,)
        The nodes.
    log_scale, shift : ndarray (3, K) or (3, 2 K)
        Heights at the K = M + R - 1 nodes, of the first node of redshift zero. Where there are twice as many, the first
        K are of images whose seeing is told, the others of those whose seeing is not.
    """

    magnitude: np.ndarray
    log_redshift: np.ndarray
    log_scale: np.ndarray
    shift: np.ndarray

    @classmethod
    def identity(cls) -> "Recalibration":
        """Change nothing."""
        return cls(np.array([20.0]), np.array([-1.0]), np.zeros((3, 1)), np.zeros((3, 1)))

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Its arrays by name."""
        return asdict(self)

    def apply(self, joint: JointPosterior, magnitude: np.ndarray, told: np.ndarray | None = None) -> JointPosterior:
        """Recalibrate posteriors (N) of images of magnitudes (N), in a share `told` (N) of whose bands the seeing is.

        In all bands of all images by default.
        """
        mean, root = _find_mean(joint), np.linalg.cholesky(joint.covariance)
        design = self._design(magnitude, mean[:, 0], told)
        scaled = root * np.exp(design @ self.log_scale.T)[:, None]
        change = np.linalg.solve(root.swapaxes(1, 2), scaled.swapaxes(1, 2)).swapaxes(1, 2)  # scaled root^-1
        moved = mean + np.einsum("nij,nj->ni", root, design @ self.shift.T)
        means = moved[:, None] + np.einsum("nij,nkj->nki", change, joint.means - mean[:, None])
        covariances = np.einsum("nij,nkjl,nml->nkim", change, joint.covariances, change)
        return replace(joint, means=means, covariances=covariances)

    def _design(self, magnitude: np.ndarray, log_redshift: np.ndarray, told: np.ndarray | None) -> np.ndarray:
        magnitude = np.where(np.isfinite(magnitude), magnitude, np.median(self.magnitude))  # as the usual galaxy's
        hats = [_spread_hats(x, n) for x, n in ((magnitude, self.magnitude), (log_redshift, self.log_redshift))]
        design = np.concatenate([hats[0], hats[1][:, 1:]], axis=1)
        if self.shift.shape[1] == design.shape[1]:
            return design
        share = np.ones((len(design), 1)) if told is None else told[:, None]
        return np.concatenate([share * design, (1 - share) * design], axis=1)


def recalibrate(
    joint: JointPosterior,
    magnitude: np.ndarray,
    values: np.ndarray,
    errors: np.ndarray,
    told: np.ndarray | None = None,
) -> Recalibration:
    """Fit a recalibration to galaxies that no training has touched.

    The pulls (`find_pulls`) should be standard normal; their means and mean squares are fitted as sums of two curves by
    least squares, apart for images whose seeing is told and whose seeing is not where there are enough of both: who is
    not told it takes the usual seeing for granted, and errs otherwise.

    Parameters
    ----------
    joint : JointPosterior
        Of N galaxies, as the head gives them.
    magnitude : array (N,)
    values, errors : array (N, 3)
        Labels and their standard errors; NaN where not known.
    told : array (N,), optional
        Share of the bands whose seeing is told; all by default.
    """
    known = np.isfinite(straighten(values)).cumprod(axis=1).astype(bool)
    if not known.any():
        return Recalibration.identity()
    mean = _find_mean(joint)
    many = known.any(axis=1).sum() >= MANY
    bright = magnitude[np.isfinite(magnitude)]
    seen = (bright if len(bright) else np.zeros(1), mean[:, 0])
    nodes = [np.unique(np.quantile(x, NODES)) if many else np.atleast_1d(np.median(x)) for x in seen]
    apart = told is not None and min((told[known[:, 0]] > 0).sum(), (told[known[:, 0]] == 0).sum()) >= MANY / 2
    count = (len(nodes[0]) + len(nodes[1]) - 1) * (2 if apart else 1)
    fitted = Recalibration(nodes[0], nodes[1], np.zeros((3, count)), np.zeros((3, count)))
    for _ in range(_ROUNDS):
        now, design = fitted.apply(joint, magnitude, told), fitted._design(magnitude, mean[:, 0], told)
        pulls = find_pulls(now, values, errors)
        log_scale, shift = fitted.log_scale.copy(), fitted.shift.copy()
        for j in range(len(PROPERTIES)):
            rows = known[:, j]
            if rows.sum() < count:
                continue
            moved = np.linalg.lstsq(design[rows], pulls[rows, j], rcond=None)[0]
            squares = (pulls[rows, j] - design[rows] @ moved) ** 2
            spread = design @ np.linalg.lstsq(design[rows], squares, rcond=None)[0]
            target = 0.5 * np.log(np.clip(spread[rows], 0.1, 10.0))
            widened = np.linalg.lstsq(design[rows], target, rcond=None)[0]
            log_scale[j] += widened
            shift[j] += moved * np.exp(np.median(design[rows] @ fitted.log_scale[j]))
        fitted = replace(fitted, log_scale=log_scale, shift=shift)
    return fitted


def find_pulls(joint: JointPosterior, values: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Find the pulls (N, 3) of redshift, of mass told the redshift and of SFR told both, at most 4 either way.

    Normal quantiles of the places of the labels in what is predicted for them, their own errors added: the transform of
    Rosenblatt (1952). NaN where a label, or one that comes before it, is not known.
    """
    blurred, places = joint.blurred(values, errors), np.full(values.shape, np.nan)
    known = np.isfinite(straighten(values)).cumprod(axis=1).astype(bool)
    for j, name in enumerate(PROPERTIES):
        rows = known[:, j]
        places[rows, j] = blurred[rows].marginal(name).cdf(values[rows, j])
        told = {name: np.where(rows, values[:, j], 1.0)}
        blurred = blurred.given(**told)
    with np.errstate(invalid="ignore"):
        return np.clip(ndtri(places), -_FARTHEST, _FARTHEST)


def _find_mean(joint: JointPosterior) -> np.ndarray:
    """Mean (N, 3) of the coordinates."""
    return (joint.weights[..., None] * joint.means).sum(axis=1)


def _spread_hats(x: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Weights (N, K) of linear interpolation between nodes, constant beyond them."""
    return np.stack([np.interp(x, nodes, row) for row in np.eye(len(nodes))], axis=1)
