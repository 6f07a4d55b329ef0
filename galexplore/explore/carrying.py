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
MOST_K = 3.0  # mag: a larger k correction is the decoder's failure, not a galaxy's colour
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
        By how many magnitudes the luminosity distance alone makes it fainter; negative where brighter.
    k_correction : array (B,) or None
        What is added to `dimming` in each band [mag]: the k correction at the new redshift less that at the old one.
        None where it was neglected.
    seeing : bool
        Whether the image was blurred to the seeing that it had; not where it is nearer, or no seeing is known.
    """

    flux: np.ndarray
    scale: float
    dimming: float
    k_correction: np.ndarray | None
    seeing: bool


def carry(explorer: Explorer, latents: np.ndarray, redshift: float, k_corrected: bool = True) -> Carried:
    """Carry a decoded galaxy to another redshift.

    Its apparent size goes as one over the angular-diameter distance, its flux as one over the square of the luminosity
    distance. The k correction is the decoder's own: how the light that it draws changes with the redshift at this mass,
    SFR and free latent, beyond what distance does (m = M + DM + K; Hogg et al. 2002, arXiv:astro-ph/0210394). It is
    neglected where it is not wanted, or not within `MOST_K` in each band.

    Parameters
    ----------
    explorer : Explorer
    latents : array (5,)
        The galaxy at its own redshift.
    redshift : float
        Where to carry it.
    k_corrected : bool
    """
    start, end = max(float(latents[_AT]), NEAREST), max(float(redshift), NEAREST)
    moved = np.array(latents, float)
    moved[_AT] = end
    here, there = explorer.decode(np.stack([latents, moved]))
    scale, dimming = shrink(start, end), fade(start, end)
    k_correction = measure_k(here, there, dimming) if k_corrected else None
    faint = 10 ** (-0.4 * (dimming + (0.0 if k_correction is None else k_correction)))
    flux = rescale(here, scale, explorer.survey) * np.reshape(faint / scale**2, (-1, 1, 1)).astype(np.float32)
    widths = np.nanmedian(_list_seeing(explorer), axis=0)
    blurred = scale < 1 and bool(np.isfinite(widths).all())
    if blurred:
        pixels = widths * np.sqrt(1 - scale**2) / _WIDTH / explorer.survey.model_scale
        flux = np.stack([gaussian_filter(f, p, mode="constant") for f, p in zip(flux, pixels, strict=True)])
    return Carried(flux.astype(np.float32), scale, dimming, k_correction, blurred)


def _list_seeing(explorer: Explorer) -> np.ndarray:
    """Seeing (N, B) of the atlas's galaxies, whose blur the decoder draws; one row of NaN where none is known."""
    seeing = Observed.read(explorer.table, explorer.survey).seeing
    known = seeing[np.isfinite(seeing).all(axis=1)]
    return known if len(known) else np.full((1, len(explorer.survey.bands)), np.nan)


def measure_k(here: np.ndarray, there: np.ndarray, dimming: float) -> np.ndarray | None:
    """Measure the k correction (B,) [mag] between two decoded images (B, S, S); None where there is no sane one."""
    before, after = (image.sum(axis=(-2, -1), dtype=float) for image in (here, there))
    if (before <= 0).any() or (after <= 0).any():
        return None
    k_correction = -2.5 * np.log10(after / before) - dimming
    return k_correction if (np.abs(k_correction) <= MOST_K).all() else None


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
