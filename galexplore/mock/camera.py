"""What a mosaic camera adds to its pictures: haloes of bright stars, saturated cores, gaps between its chips."""

import numpy as np

from galexplore.mock import profile

#: Stars brighter than so many nanomaggies in any band (16.5 mag) show the light that the optics scatter far out: its
#: share of theirs, and the FWHM of its profile, arcsec.
HALO_FROM, HALO_SHARE, HALO_WIDTH = 250.0, 0.02, 12.0
#: Nanomaggies a native pixel that a chip holds in a usual exposure: the core of a star of 15.5 mag in usual seeing.
FULL_WELL = 25.0
#: Share of a frame's bands over which the edge of a gap runs, and the fewest and most exposures of those fields: a gap,
#: wider than the frame, takes one of them away from all that lies on one side of the edge.
GAPS, FEWEST, MOST = 0.12, 2, 6


def add_halo(where: np.ndarray, flux: np.ndarray, kx: np.ndarray, ky: np.ndarray) -> np.ndarray:
    """Add its halo to a bright star's transform of unit flux, at the origin; others are returned as they are.

    Parameters
    ----------
    where : array (size, size // 2 + 1), or one that broadcasts
        The star's transform before the PSF.
    flux : array (B,), nmgy
    kx, ky : arrays, rad/arcsec
    """
    if flux.max() < HALO_FROM:
        return where
    return where + np.float32(HALO_SHARE) * profile.transform_psf(kx, ky, HALO_WIDTH)


def saturate(picture: np.ndarray) -> np.ndarray:
    """Return a picture (B, N, N) [nmgy a native pixel] whose pixels hold no more than a chip does."""
    return np.minimum(picture, np.float32(FULL_WELL))


def draw_gaps(bands: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """Draw by how much the noise of each pixel is more for want of an exposure beyond the edge of a gap.

    Parameters
    ----------
    bands, size : int
        Bands, and native pixels a side.
    rng : numpy Generator

    Returns
    -------
    float32 array (bands, size, size)
        1 and more: (n / (n - 1))^0.5 of n exposures.
    """
    more = np.ones((bands, size, size), np.float32)
    along = np.arange(size)
    for band in np.flatnonzero(rng.random(bands) < GAPS):
        exposures, edge = rng.integers(FEWEST, MOST + 1), rng.uniform(0, size)
        beyond = (along > edge) ^ (rng.random() < 0.5)
        plane = np.where(beyond, np.sqrt(exposures / (exposures - 1)), 1.0)
        more[band] = plane[:, None] if rng.random() < 0.5 else plane
    return more
