"""Colour and luminosity in a galaxy's own rest frame, from its magnitudes in DECam's g, r, z and its redshift."""

import numpy as np

#: Magnitudes that are needed, and the redshift beyond which nothing is said: none was fitted there.
BANDS, FARTHEST = ("mag_g", "mag_r", "mag_z"), 1.0
#: Powers 0 to 3 of the redshift (rows) by 1, g - r, r - z (columns). A least-squares fit to 8,000 ordinary galaxies of
#: the simulated survey (BC03, Cloudy and dust, as `galexplore.mock.light` has them), in the manner of Chilingarian et
#: al. (2010, arXiv:1002.2360); what is left of 99 % of them is below 0.14 mag, of half of them below 0.012.
_COLOUR = np.array([[0.204, 0.387, 0.472], [-1.486, -0.855, 1.291], [3.967, 0.225, -3.562], [-2.972, 0.142, 2.449]])
_CORRECTION = np.array([[0.095, -0.281, 0.118], [-1.519, 1.549, 2.066], [2.246, -2.81, -0.97], [-1.824, 1.488, 0.38]])


def find_rest_frame(g: np.ndarray, r: np.ndarray, z: np.ndarray, redshift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find what SDSS would see of galaxies (N,) that are not redshifted.

    Parameters
    ----------
    g, r, z : array (N,)
        AB magnitudes through DECam, free of our Galaxy's dust.
    redshift : array (N,)

    Returns
    -------
    colour : ndarray (N,)
        g - r in the rest frame, magnitudes; NaN where a magnitude is not known or the redshift is beyond 1.
    correction : ndarray (N,)
        Of r [mag]: what is taken off the apparent magnitude beside the distance modulus.
    """
    redshift = np.where((redshift > 0) & (redshift <= FARTHEST), redshift, np.nan)
    terms = np.stack([np.ones_like(g), g - r, r - z]) * redshift ** np.arange(4)[:, None, None]
    return np.einsum("pc,pcn->n", _COLOUR, terms), np.einsum("pc,pcn->n", _CORRECTION, terms)
