"""Images of galaxies: where they come from, one protocol whoever keeps them, and what is known of their observing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import pandas as pd
from astropy.wcs import WCS

from galexplore.survey import Survey

#: What the networks read of a seeing: its logarithm over this one [arcsec], in units of this spread.
TYPICAL_SEEING, SEEING_SPREAD = 1.35, 0.2


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


def count_told(bands: int) -> int:
    """Numbers by which the observing of an image in so many bands is told: see `Observed.tell`."""
    return 2 * bands + 1


@dataclass(frozen=True)
class Observed:
    """How N images in B bands were observed, as far as it is known.

    Attributes
    ----------
    seeing : array (N, B)
        FWHM of a star, arcsec; NaN where unknown.
    dusty : bool array (N,)
        Whether the dust of the Galaxy still dims and reddens the image, by how much nobody knows.
    """

    seeing: np.ndarray
    dusty: np.ndarray

    @classmethod
    def read(cls, frame: pd.DataFrame, survey: Survey) -> Self:
        """Take the columns `psf_<band>` [arcsec] of a catalogue, where it has them; its images are free of dust."""
        columns = [frame.get(f"psf_{band}", pd.Series(np.nan, frame.index)) for band in survey.bands]
        seeing = np.column_stack([pd.to_numeric(c, errors="coerce").to_numpy(float) for c in columns])
        return cls(seeing.reshape(len(frame), len(survey.bands)), np.zeros(len(frame), bool))

    @classmethod
    def nothing(cls, n: int, bands: int) -> Self:
        """Nothing is known of the seeing of n images, and their dust was taken off."""
        return cls(np.full((n, bands), np.nan), np.zeros(n, bool))

    def __len__(self) -> int:
        return len(self.dusty)

    def __getitem__(self, rows: slice | np.ndarray) -> "Observed":
        return Observed(self.seeing[rows], self.dusty[rows])

    @property
    def share(self) -> np.ndarray:
        """Share (N,) of each image's bands whose seeing is known."""
        return np.isfinite(self.seeing).mean(axis=1)

    def tell(self) -> np.ndarray:
        """Numbers (N, 2 B + 1), float32, that the encoder reads.

        For each band the logarithm of the seeing, scaled, 0 where it is unknown or cannot be one; whether it is known;
        and at last whether the Galaxy's dust remains. All zeros where nothing is known and no dust remains.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = np.log(self.seeing / TYPICAL_SEEING) / SEEING_SPREAD
        known = np.isfinite(scaled)
        # beyond what any training has seen it is as far as that
        scaled = np.clip(np.where(known, scaled, 0.0), -4, 4)
        return np.column_stack([scaled, known, self.dusty]).astype(np.float32)
