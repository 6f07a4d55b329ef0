"""The coordinates of a joint posterior: ln z, log10 M [Msun] and log10 SFR [Msun/yr], and what may be measured."""

import numpy as np

from galexplore.errors import InputError
from galexplore.latents import LABELLED

#: The three properties, in the order of every array of them.
PROPERTIES = tuple(LABELLED)
#: What the density is a mixture of Gaussians in.
COORDINATES = ("ln(redshift)", "logmass", "logsfr")


def straighten(values: np.ndarray) -> np.ndarray:
    """Turn redshift, log M and log SFR (..., 3) into the coordinates; NaN for redshifts that are not positive."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.where(values[..., :1] > 0, np.log(values[..., :1]), np.nan)
    return np.concatenate([logarithm, values[..., 1:]], axis=-1)


def straighten_errors(values: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Turn standard errors (..., 3) of values (..., 3) into errors of their coordinates, to first order."""
    return errors / np.stack([values[..., 0], *2 * (np.ones_like(values[..., 0]),)], axis=-1)


def unstraighten(coordinates: np.ndarray) -> np.ndarray:
    """Invert `straighten`."""
    return np.concatenate([np.exp(coordinates[..., :1]), coordinates[..., 1:]], axis=-1)


def check_measurement(name: str, value: np.ndarray, error: np.ndarray) -> None:
    """Refuse what cannot be a measured value and its error.

    Raises
    ------
    InputError
    """
    if not np.isfinite(value).all() or (name == "redshift" and not (value > 0).all()):
        what = "positive number, such as 0.05" if name == "redshift" else "finite number"
        raise InputError(f"A known {name} is a {what}, not {value.ravel()[0]:g}.")
    if not (np.isfinite(error) & (error >= 0)).all():
        raise InputError(f"The error of a known {name} is zero or a positive number, not {error.ravel()[0]:g}.")
