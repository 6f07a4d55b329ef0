"""The five latents: names, units, titles, the columns that hold them, and their transforms.

The transforms are of numpy's arrays and of torch's tensors alike: plain arithmetic, and where a library's function is
needed the library is an argument, `xp=torch` for tensors.
"""

import math
from types import ModuleType
from typing import Any, Protocol, TypeVar

import numpy as np

#: The five latents in the order of every array of latents, and the unit of each.
LATENTS = ("phi", "redshift", "logmass", "logsfr", "free")
UNITS = {"phi": "rad", "redshift": "", "logmass": "log10(Msun)", "logsfr": "log10(Msun/yr)", "free": ""}

#: The latents in which rarity lives: orientation only says how the galaxy happens to lie.
INTRINSIC = ("redshift", "logmass", "logsfr", "free")
#: Where they stand among the five.
INTRINSIC_AT = [LATENTS.index(name) for name in INTRINSIC]

#: The three latents that a label ties down, and the catalogue column of each.
LABELLED = {"redshift": "z", "logmass": "logmass", "logsfr": "logsfr"}

#: What a joint posterior tells of beside those three: the specific star-formation rate, log10(SFR / M) [1/yr].
LOGSSFR = "logssfr"
#: The quantiles of each that a table holds: the median, and the ends of the 68.3 and of the 95 % interval.
QUANTILES = {"p025": 0.025, "p16": 0.15865, "p50": 0.5, "p84": 0.84135, "p975": 0.975}

#: What each intrinsic latent is called in a sentence.
SHORT = {"redshift": "redshift", "logmass": "mass", "logsfr": "SFR", "free": "free latent"}

#: What each latent is called where there is room for it.
TITLES = {
    "phi": "Orientation",
    "redshift": "Redshift",
    "logmass": "log stellar mass",
    "logsfr": "log SFR",
    "free": "Free latent",
}


def name_latent(latent: str) -> str:
    """Name a latent within a sentence, as its numbers are: the logarithm of mass and of SFR."""
    title = TITLES[latent]
    return title[:1].lower() + title[1:]


#: The standard deviation of an axis angle of which nothing is known: pi / sqrt(12).
ANY_ANGLE = math.pi / math.sqrt(12)

#: Column names of a latents table.
MEANS = [f"lat_{name}" for name in LATENTS]
SIGMAS = [f"lat_{name}_sigma" for name in LATENTS]


class Numbers(Protocol):
    """What a float, an array, a column of a table and a tensor have in common."""

    def __add__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...
    def __mod__(self, other: Any, /) -> Any: ...


class Arrays(Numbers, Protocol):
    """What an array and a tensor have in common."""

    def __getitem__(self, key: Any, /) -> Any: ...


N = TypeVar("N", bound=Numbers)
A = TypeVar("A", bound=Arrays)


def wrap_angle(phi: N) -> N:
    """Bring axis angles [rad] to [0, pi), for an axis turned by pi is the same."""
    wrapped = phi % math.pi
    return wrapped * (wrapped < math.pi)  # the remainder of a tiny negative angle is rounded to pi itself


def angle_difference(a: N, b: N | float) -> N:
    """Difference a - b of two axis angles [rad], wrapped to [-pi/2, pi/2): the short way from b to a."""
    return wrap_angle(a - b + math.pi / 2) - math.pi / 2


def to_double_angle(phi: A, xp: ModuleType = np) -> A:
    """Turn axis angles into double-angle vectors (cos 2phi, sin 2phi), which have no wrap.

    Parameters
    ----------
    phi : array (...)
        Radians.
    xp : module
        The array's library, numpy or torch.

    Returns
    -------
    array (..., 2)
    """
    double = phi * 2
    return xp.stack([xp.cos(double), xp.sin(double)], -1)


def to_axis_angle(vector: A, xp: ModuleType = np) -> A:
    """Invert `to_double_angle`: vectors (..., 2) of any length to axis angles (...) in [0, pi) rad."""
    return wrap_angle(xp.arctan2(vector[..., 1], vector[..., 0]) / 2)


def standardise(value: N, mean: N, std: N) -> N:
    """Express latents or labels (..., J) in units of a sample's spread (J,) about its mean (J,)."""
    return (value - mean) / std


def unstandardise(value: N, mean: N, std: N) -> N:
    """Invert `standardise`: back to physical units."""
    return value * std + mean
