"""Posteriors as ensembles of `qp`, the format of LSST's photometric redshifts (arXiv:1806.00014)."""

from typing import TYPE_CHECKING, Any

import numpy as np

from galexplore.errors import InputError
from galexplore.posterior.marginal import Marginal

if TYPE_CHECKING:
    from qp import Ensemble

_POINTS = 601  # evenly spaced in the logarithm; qp integrates by the right rectangle, of 301 wrong by up to 1.4 %
_BEYOND = 1e-5  # probability on either side that they leave out


def make_ensemble(marginal: Marginal, ancillary: dict[str, Any] | None = None) -> "Ensemble":
    """Turn marginal densities of N galaxies, or of one, into an ensemble of N.

    Mixtures of Gaussians stay what they are (`qp.mixmod`); those of a logarithm are given at 601 points of each
    galaxy's own, over all but 1e-5 of either tail (`qp.interp_irregular`).

    Parameters
    ----------
    marginal : Marginal
    ancillary : dict of str to array (N,), optional
        What is to be kept beside each galaxy, such as its id.

    Raises
    ------
    InputError
        Where `qp` is not installed, or a value is known exactly.
    """
    try:
        import qp
    except ImportError as error:
        raise InputError("Ensembles of qp need the package qp-prob: pip install 'galexplore[qp]'") from error
    weights, means, stds = (np.atleast_2d(a) for a in (marginal.weights, marginal.means, marginal.stds))
    rows = Marginal(weights, means, stds, marginal.logarithmic)
    ends = rows.quantile([_BEYOND, 1 - _BEYOND])
    rows.pdf(ends)  # refuses what has no density
    if not rows.logarithmic:
        return qp.mixmod.create_ensemble(means=rows.means, stds=rows.stds, weights=rows.weights, ancil=ancillary)
    points = np.geomspace(ends[:, 0], ends[:, 1], _POINTS, axis=1)
    return qp.interp_irregular.create_ensemble(xvals=points, yvals=rows.pdf(points), ancil=ancillary)
