"""The properties in which oddness is told: redshift, stellar mass, specific star-formation rate and structure.

The rarity of a galaxy is the same in any basis; what is said of it is not. A galaxy that forms stars fast is "low in
mass for its SFR" in terms of the two rates that an image shows, and high in sSFR for its mass in terms of what it is.
Structure is the free latent less what redshift, mass and sSFR lead one to expect of it: what these do not say.
"""

import numpy as np

#: The properties, in the order of every array of deviations.
BASIS = ("redshift", "logmass", "logssfr", "free")
#: What each is called in a sentence, and where there is room for it.
NAMES = {"redshift": "redshift", "logmass": "mass", "logssfr": "sSFR", "free": "structure"}
TITLES = {"redshift": "Redshift", "logmass": "log stellar mass", "logssfr": "log sSFR", "free": "Structure"}
#: What each is compared with: galaxies of the same value in these.
GIVEN = {
    "redshift": ("mass", "sSFR"),
    "logmass": ("redshift", "sSFR"),
    "logssfr": ("mass", "redshift"),
    "free": ("redshift", "mass", "sSFR"),
}

#: From the intrinsic latents (redshift, log M, log SFR, free) to redshift, log M, log sSFR, free.
TO_BASIS = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, -1, 1, 0], [0, 0, 0, 1]])
_FROM = np.linalg.inv(TO_BASIS)


def to_basis(intrinsic: np.ndarray) -> np.ndarray:
    """Turn redshift, log M, log SFR, free (..., 4) into redshift, log M, log sSFR, free."""
    return np.asarray(intrinsic, float) @ TO_BASIS.T


def from_basis(values: np.ndarray) -> np.ndarray:
    """Invert `to_basis`."""
    return np.asarray(values, float) @ _FROM.T


def find_basis(covariance: np.ndarray) -> np.ndarray:
    """Find what turns deviations of the intrinsic latents of covariances (M, 4, 4) into those of `BASIS`.

    The last property is what the others leave of the free latent, and so is uncorrelated with them.

    Returns
    -------
    ndarray (M, 4, 4)
        Matrices that are applied to a deviation; d'C^-1 d stays as it is.
    """
    turned = TO_BASIS @ covariance @ TO_BASIS.T
    matrix = np.tile(TO_BASIS, (len(turned), 1, 1))
    gain = np.linalg.solve(turned[:, :3, :3], turned[:, :3, 3:])[..., 0]
    matrix[:, 3] -= np.einsum("mj,ji->mi", gain, TO_BASIS[:3])
    return matrix
