"""The seeing: how wide a star is in each band, as a person, a header or an image of a star says."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from astropy.io import fits
from scipy.ndimage import zoom

from galexplore.cutouts.conventions import SEEING, SeeingKeyword
from galexplore.cutouts.cutout import Check, Cutout
from galexplore.errors import InputError
from galexplore.survey import Survey

SHARPEST, WIDEST = 0.3, 5.0  # arcsec FWHM: from the ground no stack of images is sharper, none in use is wider
LARGEST = 512  # pixels a side of an image of a star that is read
_HALF = 64  # pixels about the peak in which a width is measured
_FINER = 5  # by which they are interpolated
UNKNOWN = "not known"

#: What a person gives: FWHM in arcsec, of all bands or of each; None where it is not known.
GivenSeeing = float | Sequence[float | None]


@dataclass(frozen=True)
class Star:
    """An image of a star that stands beside a galaxy's: pixels, where in words, and its own scale where it says one."""

    pixels: np.ndarray
    where: str
    pixel_scale: float | None = None


@dataclass(frozen=True)
class Reading:
    """What a file says of one band's seeing: FWHM [arcsec] or None, what says so, and what was left aside and why."""

    fwhm: float | None = None
    said: str = ""
    aside: tuple[str, ...] = ()


def is_seeing(fwhm: float) -> bool:
    """Whether a number can be the FWHM of a star in arcsec."""
    return SHARPEST <= fwhm <= WIDEST


def check_seeing(given: GivenSeeing | None, survey: Survey) -> tuple[float | None, ...] | None:
    """Give one FWHM a band, None where it is not known; refuse what is no seeing.

    Raises
    ------
    InputError
        Where a number is not from 0.3 to 5, or they are neither one nor one for each band.
    """
    if given is None:
        return None
    if isinstance(given, int | float | np.number) and not isinstance(given, bool):
        known: list[float | None] = [float(given)] * len(survey.bands)
    else:
        numbers = list(given) if isinstance(given, Sequence | np.ndarray) else []
        known = [None if isinstance(n, float | np.floating) and math.isnan(n) else n for n in numbers]
    numeric = all(n is None or (isinstance(n, int | float | np.number) and not isinstance(n, bool)) for n in known)
    good = numeric and all(n is None or is_seeing(float(n)) for n in known)
    if isinstance(given, str) or len(known) != len(survey.bands) or not good:
        raise InputError(
            f"the seeing must be the FWHM of a star in arcsec, from {SHARPEST:g} to {WIDEST:g}: one number, or one for "
            f"each of {survey.band_words}, not {str(given)[:60]}"
        )
    return tuple(None if n is None else float(n) for n in known)


def parse_seeing(text: str | None, survey: Survey) -> tuple[float | None, ...] | None:
    """Read what is typed, "1.4,1.3,1.2" or "1.3"; "?" for a band whose seeing is not known.

    Raises
    ------
    InputError
        As of `check_seeing`, and where something is no number.
    """
    if text is None:
        return None
    try:
        numbers = [None if w == "?" else float(w) for w in re.split(r"\s*[,;]\s*|\s+", text.strip().rstrip('"'))]
    except ValueError:
        numbers = []
    if any(n is not None and math.isnan(n) for n in numbers):
        numbers = []
    single = len(numbers) == 1 and numbers[0] is not None
    try:
        return check_seeing(numbers[0] if single else numbers, survey)
    except InputError as error:
        raise InputError(str(error).rpartition(", not ")[0] + f", not {text[:60]!r}") from error


def settle_seeing(cutout: Cutout, survey: Survey, given: GivenSeeing | None = None) -> tuple[np.ndarray, Check]:
    """Settle the seeing of each band: as given, else as the file says.

    Parameters
    ----------
    cutout : Cutout
    survey : Survey
    given : float or sequence, optional
        FWHM [arcsec] of all bands or of each, instead of the file's; None in it where it is not known.

    Returns
    -------
    seeing : ndarray (B,)
        FWHM, arcsec; NaN where it is not known.
    check : Check

    Raises
    ------
    InputError
        As of `check_seeing`.
    """
    numbers, own = check_seeing(given, survey), cutout.seeing or (None,) * len(survey.bands)
    seeing = np.array([np.nan if n is None else n for n in (own if numbers is None else numbers)], float)
    known, unknown = np.isfinite(seeing), [b for b, n in zip(survey.bands, seeing, strict=True) if not np.isfinite(n)]
    if numbers is None:
        said = " and ".join(dict.fromkeys(s for s, k in zip(cutout.seeing_said, known, strict=False) if k and s))
    else:
        said = "as given"
    listed = ", ".join(f'{b} {n:.2f}"' for b, n in zip(survey.bands, seeing, strict=True) if np.isfinite(n))
    if not listed:
        by = " (as given)" if numbers is not None else ""
        sentence = f"{UNKNOWN}{by}: the answer allows for any"
    else:
        sentence = f"{listed} ({said})" if said else listed
        sentence += f"; of {' and '.join(unknown)} {UNKNOWN}: the answer allows for any" if unknown else ""
    differing = [
        f'{b} {o:.2f}"'
        for b, o, n in zip(survey.bands, own, seeing, strict=True)
        if o is not None and not abs(n / o - 1) <= 0.02
    ]
    if numbers is not None and differing:
        return seeing, Check("seeing", "fixed", f"{sentence}; the file's own is left aside ({', '.join(differing)})")
    return seeing, Check("seeing", "passed", sentence)


def read_seeing(
    header: fits.Header, band: str, alone: bool, pixel_scale: float | None, star: Star | None = None
) -> Reading:
    """Read a band's seeing: by a keyword of its header, else from the image of a star beside it.

    Parameters
    ----------
    header : Header
    band : str
    alone : bool
        Whether the header is of this band only: else a keyword counts only where it names the band.
    pixel_scale : float or None
        Arcsec a pixel of the image, by which keywords in pixels, and stars that say no scale, are measured.
    star : Star, optional
    """
    aside = list[str]()
    for convention in SEEING:
        stem, letter = convention.keyword, band.upper()
        for keyword in (f"{stem}_{letter}", f"{stem}{letter}", f"{letter}_{stem}", f"{stem} {letter}", stem):
            if keyword not in header:
                continue
            fwhm, why = _read_keyword(header, keyword, convention, pixel_scale)
            if not why and keyword == stem and not alone:
                why = "names none of several bands"
            if not why:
                said = f"{keyword} of the header"
                if convention.over != 1:
                    said += f", {fwhm * convention.over:.2f}\", a Gaussian's of as large an area, as at half maximum"
                return Reading(fwhm, said, tuple(aside))
            aside.append(f"{keyword} = {_tell(header, keyword)} of the header {why}: left aside")
    if star is None:
        return Reading(aside=tuple(aside))
    scale, said = star.pixel_scale, f"width of the PSF in {star.where}"
    if scale is None:
        scale, said = pixel_scale, f"{said}, assumed of the image's pixel scale"
    if scale is None:
        return Reading(
            aside=(*aside, f"the width of the PSF in {star.where} is in pixels of unknown scale: left aside")
        )
    fwhm = measure_width(star.pixels, scale)
    if not is_seeing(fwhm):
        aside.append(f'the PSF in {star.where} is {fwhm:.2g}" wide, which is no seeing: left aside')
        return Reading(aside=tuple(aside))
    return Reading(fwhm, said, tuple(aside))


def measure_width(psf: np.ndarray, pixel_scale: float) -> float:
    """FWHM in arcsec of an image of a star (H, W): that of the circle with as large an area above half the peak.

    0 where it has no peak. What lies further than 64 pixels from the peak does not count.
    """
    pixels = np.nan_to_num(np.asarray(psf, float), nan=0.0, posinf=0.0, neginf=0.0)
    if pixels.ndim != 2 or not pixels.size or pixels.max() <= 0:
        return 0.0
    row, column = np.unravel_index(int(np.argmax(pixels)), pixels.shape)
    near = pixels[max(0, row - _HALF) : row + _HALF + 1, max(0, column - _HALF) : column + _HALF + 1]
    # with grid_mode the outer edges stay where they are, so that a fine pixel is exactly a fifth of a coarse one
    fine = zoom(near / pixels.max(), _FINER, order=3, mode="nearest", grid_mode=True)
    return float(2 * np.sqrt((fine > fine.max() / 2).sum() / np.pi) * pixel_scale / _FINER)


def _read_keyword(
    header: fits.Header, keyword: str, convention: SeeingKeyword, pixel_scale: float | None
) -> tuple[float, str]:
    """Read a FWHM in arcsec, or say why it is none; the unit stands behind the number, else in the comment."""
    text, comment = _tell(header, keyword), str(header.comments[keyword])
    match = re.match(r"\s*([-+]?(\d+\.?\d*|\.\d+)([eEdD][-+]?\d+)?)\s*(.*)$", text)
    if match is None:
        return 0.0, "cannot be read"
    number = float(match[1].upper().replace("D", "E"))
    if re.search(r"\bsigma\b|\bhwhm\b|radius|\br50\b|variance", comment, re.IGNORECASE):
        return 0.0, f'says by its comment "{comment[:40]}" that it is no FWHM'
    unit = _find_unit(match[4]) or _find_unit(comment) or convention.unit
    if not unit:
        return 0.0, "says no unit, arcsec or pixels"
    if unit == "pixel" and pixel_scale is None:
        return 0.0, "is in pixels, whose scale the file does not say"
    fwhm = number * (pixel_scale or 1.0) if unit == "pixel" else number
    fwhm /= convention.over
    if not is_seeing(fwhm):
        return 0.0, f"is no seeing from {SHARPEST:g} to {WIDEST:g} arcsec"
    return fwhm, ""


def _find_unit(text: str) -> str:
    """Find "arcsec" or "pixel" in a text; empty where it names neither, or both."""
    arcsec = re.search(r"arc-?sec|(^|\W)asec\b|\"", text, re.IGNORECASE)
    pixel = re.search(r"\bpix(el)?s?\b|\bpx\b", text, re.IGNORECASE)
    return "" if bool(arcsec) == bool(pixel) else "arcsec" if arcsec else "pixel"


def _tell(header: fits.Header, keyword: str) -> str:
    """Tell a keyword's value; empty where it cannot be read."""
    try:
        value = header[keyword]
    except fits.VerifyError:
        return ""
    return "".join(c for c in str(value).strip() if c.isprintable())[:20]
