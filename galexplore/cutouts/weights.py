"""What an image's weights say of its noise, and whether its pixels say the same."""

from dataclasses import dataclass

import numpy as np

from galexplore.cutouts.background import sky_noise
from galexplore.cutouts.cutout import Cutout
from galexplore.errors import InputError
from galexplore.survey import Survey

#: The pixels' noise and that of the weights may differ so many times: resampling correlates pixels and lowers the
#: differences of neighbours by up to two and a half, and galaxies and faint sources raise them.
AGREEMENT = 3.0

DIFFERENT = 1.2  # times: noise by weights that differs less between bands is no band's own


@dataclass(frozen=True)
class Weights:
    """Noise (B,) of a pixel by its weights, in the file's unit, NaN where they say nothing of it; and a sentence."""

    noise: np.ndarray
    said: str = ""


def weigh(cutout: Cutout, flux: np.ndarray, survey: Survey) -> Weights:
    """Hold inverse variances against the noise that neighbouring pixels show.

    Parameters
    ----------
    cutout : Cutout
    flux : ndarray (B, H, W)
        Its flux in the file's own unit, with gaps as NaN.
    survey : Survey

    Returns
    -------
    Weights

    Raises
    ------
    InputError
        Where they agree in most bands and disagree in one whose unit was only assumed: that is in another unit.
    """
    silent = np.full(len(survey.bands), np.nan)
    if cutout.invvar is None:
        return Weights(silent)
    weighed = [np.where((w > 0) & np.isfinite(f), w, np.nan) for w, f in zip(cutout.invvar, flux, strict=True)]
    even = [np.nanmax(w) == np.nanmin(w) == 1 for w in weighed]  # where a band has none, all weights are one
    declared = np.array([np.nan if e else 1 / np.sqrt(np.nanmedian(w)) for w, e in zip(weighed, even, strict=True)])
    shown = sky_noise(flux)
    ratio = shown / declared
    agree = (ratio < AGREEMENT) & (ratio > 1 / AGREEMENT)
    tested = np.isfinite(ratio) & (ratio > 0)
    if not tested.any():
        return Weights(silent)
    times = ", ".join(f"{r:.2g} in {b}" for b, r, t in zip(survey.bands, ratio, tested, strict=True) if t)
    if not (tested & ~agree).any():
        return Weights(declared, f"the pixels' noise is that of the weights ({times} times, within {AGREEMENT:g})")
    odd = [b for b, t, a in zip(survey.bands, tested, agree, strict=True) if t and not a]
    numbers = f"the pixels' noise is {times} times that of the weights"
    own = np.nanmax(declared[tested]) > DIFFERENT * np.nanmin(declared[tested])  # not one number for all bands
    if own and 2 * (tested & agree).sum() > tested.sum() and any(_is_assumed(cutout, survey.index(b)) for b in odd):
        which = " and ".join(odd)
        raise InputError(f"{numbers}: {which} or its weights are in another unit than the other bands; name the units")
    sentence = f"{numbers}, not within {AGREEMENT:g}: they are no inverse variances of these pixels and mark gaps alone"
    return Weights(silent, sentence)


def _is_assumed(cutout: Cutout, k: int) -> bool:
    """Whether nothing in the file says what a band's unit is."""
    return not cutout.calibration[k].said if cutout.calibration else not cutout.unit
