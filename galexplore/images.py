"""Where images of galaxies come from: one protocol, whoever keeps them."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from astropy.wcs import WCS


class Images(Protocol):
    """Images of galaxies by their ids, on a survey's model grid.

    The mock's store and a folder of files are two of it; whatever fetches cutouts from a server is another. Nobody
    who asks need know which.
    """

    def __contains__(self, identifier: object) -> bool:
        """Whether there is an image of this galaxy."""
        ...

    def get(self, ids: Sequence[str]) -> np.ndarray:
        """Return images (N, B, S, S) in nanomaggies per native pixel, in the order of the ids; float16 or float32.

        Row 0 is south and column 0 east. Whoever computes with them turns them to float32 first.

        Raises
        ------
        InputError
            For a galaxy of which there is no image, or whose image cannot be read.
        """
        ...

    def wcs(self, identifier: str) -> WCS | None:
        """Return the world coordinates of a galaxy's image on the model grid; None where its place is not known."""
        ...
