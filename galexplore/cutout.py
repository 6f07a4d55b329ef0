"""A cutout: pixels and where they come from."""

from dataclasses import dataclass

import numpy as np


class InputError(ValueError):
    """Input that cannot be used; its text is one sentence for a person: what is wrong and what would be right."""


@dataclass(frozen=True)
class Cutout:
    """An image of one galaxy as it was read, before anything is mended.

    Attributes
    ----------
    flux : ndarray (3, H, W), float32
        Bands g, r, z in nanomaggies per native 0.262" pixel; row 0 is the southern edge (FITS order) where the
        orientation is known; NaN where missing.
    pixel_scale : float or None
        Arcsec a pixel; None where the file does not say.
    """

    flux: np.ndarray
    pixel_scale: float | None
    name: str = ""
    kind: str = "array"
    bands: str = "grz"
    approximate: bool = False
