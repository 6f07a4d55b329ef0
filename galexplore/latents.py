"""The five latents: names, units, titles, the columns that hold them, and their transforms."""

import math

import numpy as np
from numpy.typing import ArrayLike

#: The five latents in the order of every array of latents, and the unit of each.
LATENTS = ("phi", "redshift", "logmass", "logsfr", "free")
UNITS = {"phi": "rad", "redshift": "", "logmass": "log10(Msun)", "logsfr": "log10(Msun/yr)", "free": ""}

#: The latents in which rarity lives: orientation only says how the galaxy happens to lie.
INTRINSIC = ("redshift", "logmass", "logsfr", "free")

#: The three latents that a label ties down, and the catalogue column of each.
LABELLED = {"redshift": "z", "logmass": "logmass", "logsfr": "logsfr"}

#: What each intrinsic latent is called in a sentence.
SHORT = {"redshift": "redshift", "logmass": "mass", "logsfr": "SFR", "free": "free latent"}


def angle_difference(a: ArrayLike, b: ArrayLike) -> np.ndarray:
    """Difference of two axis angles [rad], wrapped to [-pi/2, pi/2)."""
    return (np.asarray(a) - np.asarray(b) + np.pi / 2) % np.pi - np.pi / 2


#: What each latent is called where there is room for it.
TITLES = {
    "phi": "Orientation",
    "redshift": "Redshift",
    "logmass": "Stellar mass",
    "logsfr": "Star-formation rate",
    "free": "Free latent",
}

#: The standard deviation of an axis angle of which nothing is known: pi / sqrt(12).
ANY_ANGLE = math.pi / math.sqrt(12)

#: Column names of a latents table.
MEANS = [f"lat_{name}" for name in LATENTS]
SIGMAS = [f"lat_{name}_sigma" for name in LATENTS]
