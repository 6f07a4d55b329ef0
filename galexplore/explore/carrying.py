"""A galaxy carried to another redshift, its mass, SFR and size in kpc kept: what the survey would then see of it."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import affine_transform, gaussian_filter

from galexplore.cosmology import fade, shrink
from galexplore.cutouts.grid import resample
from galexplore.explore.explorer import Explorer
from galexplore.images import Observed
from galexplore.latents import LATENTS
from galexplore.survey import Survey

NEAREST = 1e-3  # redshift below which no distance is told by it
_WIDTH = 2.3548  # FWHM of a Gaussian over its sigma
_AT = LATENTS.index("redshift")


@dataclass(frozen=True)
class Carried:
    """A galaxy as it would look at another redshift.

    Attributes
    ----------
    flux : array (B, S, S)
        Nanomaggies per native pixel on the model's grid; no noise.
    scale : float
        Apparent size over that at its own redshift.
    dimming : float
        By how many magnitudes the luminosity distance makes it fainter; negative where brighter.
    seeing : bool
        Whether the image was blurred to the seeing that it had; not where it is nearer, or no seeing is known.
    """

    flux: np.ndarray
    scale: float
    dimming: float
    seeing: bool


def carry(explorer: Explorer, latents: np.ndarray, redshift: float) -> Carried:
    """Carry a decoded galaxy to another redshift.

    Its apparent size goes as one over the angular-diameter distance, its flux in every band as one over the square of
    the luminosity distance. The k correction is neglected, so that the colours stay those at its own redshift: the
    decoder's own light does not give one, for it draws the mean of galaxies whose inferred redshift and mass err
    together, and so changes with redshift alone by up to a magnitude less than distance asks. The glow that the decoder
    draws for neighbours stays as it is.

    Parameters
    ----------
    explorer : Explorer
    latents : array (5,)
        The galaxy at its own redshift.
    redshift : float
        Where to carry it.
    """
    start, end = max(float(latents[_AT]), NEAREST), max(float(redshift), NEAREST)
    image, survey = explorer.decode(np.asarray(latents, float)[None])[0], explorer.survey
    glow = measure_glow(image)
    scale, dimming = shrink(start, end), fade(start, end)
    flux = rescale(image - glow, scale, survey) * np.float32(10 ** (-0.4 * dimming) / scale**2)
    widths = find_seeing(explorer) if scale < 1 else None
    if widths is not None:
        pixels = widths * np.sqrt(1 - scale**2) / _WIDTH / survey.model_scale
        flux = np.stack([gaussian_filter(f, p, mode="constant") for f, p in zip(flux, pixels, strict=True)])
    return Carried((flux + glow).astype(np.float32), scale, dimming, widths is not None)


def find_seeing(explorer: Explorer, most: int = 5000) -> np.ndarray | None:
    """Find the median seeing (B,) of the atlas's galaxies, FWHM in arcsec, whose blur the decoder draws.

    None where it is not known of all bands. Of large atlases a sample is looked at.
    """
    table = explorer.table.iloc[:: max(1, len(explorer.table) // most)]
    seeing = Observed.read(table, explorer.survey).seeing
    known = seeing[np.isfinite(seeing).all(axis=1)]
    return np.median(known, axis=0) if len(known) else None


def measure_glow(images: np.ndarray, edge: int = 4) -> np.ndarray:
    """Measure what images (..., S, S) hold at their edges, the median there: (..., 1, 1)."""
    ring = np.ones(images.shape[-2:], bool)
    ring[edge:-edge, edge:-edge] = False
    return np.median(images[..., ring], axis=-1)[..., None, None]


def rescale(flux: np.ndarray, scale: float, survey: Survey) -> np.ndarray:
    """Magnify an image (B, S, S) about its middle; surface brightness stays, what lies outside is empty sky.

    Shrunk, its pixels are averaged by the area that they share, so that no light is lost; grown, it is interpolated.
    """
    if scale <= 1:
        return np.nan_to_num(resample(flux, scale * survey.model_scale, survey))
    middle = (flux.shape[-1] - 1) / 2
    offset = middle * (1 - 1 / scale)
    return np.stack([affine_transform(f, np.full(2, 1 / scale), offset, order=1) for f in flux.astype(np.float32)])


def add_noise(flux: np.ndarray, survey: Survey, seed: int = 0) -> np.ndarray:
    """Add the survey's sky noise at its typical depth to an image (B, S, S): white, the same at every call."""
    noise = np.random.default_rng(seed).standard_normal(flux.shape, np.float32)
    return flux + noise * np.array(survey.model_noise, np.float32)[:, None, None]
