"""What an HDU or an array is: an image, its weight, variance, error, mask, model or PSF, by name, else by content."""

import re

import numpy as np
from astropy.io import fits

#: Words in EXTNAME, EXTTYPE, IMAGETYP and the like, by role. Sources: the HSC pipeline (IMAGE, MASK, VARIANCE), DES
#: data management (SCI, MSK, WGT), HST and JWST handbooks (SCI, ERR, DQ, WHT, CON, VAR_POISSON), the Legacy Surveys'
#: coadds (image, invvar, maskbits, model, nexp, psf), drizzled products (WHT, CTX), SExtractor's check images
#: (SEGMENTATION, BACKGROUND), GALFIT's blocks (model, residual map) and reproject's FOOTPRINT.
ROLES = {
    "psf": "psf psfs kernel coaddpsf prf epsf psfex",
    "mask": "mask masks msk dq maskbits bpm flag flags badpix bitmask quality wmask badpixels",
    "variance": "var variance poisson rnoise vars",
    "error": "err error errors sigma std stdev rms unc uncert uncertainty noise sig stddev",
    "weight": "invvar ivar wgt wht weight weights invvariance inverse wt goodpix good valid footprint coverage cov",
    "model": "model mod resid residual residuals chi chi2 bkg background sky blobmodel galmodel skymodel bestfit truth",
    "other": "nexp con ctx nimage exp exposure exptime depth galdepth psfdepth psfsize area time nobs wct segm"
    " segmentation seg labels thumb thumbnail preview quicklook detection",
    "image": "image img sci science data flux primary cutout coadd stack calexp",
}
#: Names that an image itself has; a name that only contains such a word may be that of something derived from it.
OWN_NAMES = ("image", "img", "sci", "science", "data", "flux", "primary", "cutout", "coadd", "calexp")
_ROLE = {word: role for role, words in ROLES.items() for word in words.split()}
_KEYWORDS = ("EXTNAME", "EXTTYPE", "HDUCLAS3", "HDUCLAS2", "IMAGETYP", "DES_EXT", "IMTYPE")
_GLUED = re.compile(
    r"^(psf|mask|msk|invvar|ivar|variance|var|weight|wht|wgt|error|err|sigma|model|image)[_-]?[a-z0-9]?$"
)


def role_of(name: str) -> str:
    """Role of a name such as "SCI", "INVVAR_G", "image-r" or "VAR_POISSON"; "" where it tells none."""
    words = [w for w in re.split(r"[^a-z0-9]+", name.lower()) if w]
    named = {_ROLE.get(w) or _glued(w) for w in words} - {""}
    return next((role for role in ROLES if role in named), "")


def _glued(word: str) -> str:
    """Role of a word with the band's letter behind it, such as "ivarg", or of "psfimage" and "starpsf"."""
    if word.startswith("psf") or word.endswith("psf"):
        return "psf"
    match = _GLUED.match(word)
    return _ROLE[match[1]] if match else ""


def header_role(header: fits.Header) -> str:
    """Role that an HDU's own header tells; "" where it is silent."""
    named = [role_of(str(header.get(k, ""))) for k in _KEYWORDS]
    if not any(named) and str(header.get("OBJECT", "")).strip().lower() in ("model", "residual map"):
        return "model"  # GALFIT's output blocks
    return next((r for r in named if r and r != "image"), "image" if "image" in named else "")


def rank_image(header: fits.Header, pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Rank an image among others of the same band, the least first: by its name, WCS, sky and valid pixels.

    A measured sky goes below zero, which weights never do.
    """
    name = str(header.get("EXTNAME", "")).strip().lower()
    role = role_of(name)
    kind = 0 if name in OWN_NAMES else 1 if role == "image" or not name else 2
    valid = int((np.isfinite(pixels) & (pixels != 0)).sum())
    return kind, 0 if "CTYPE1" in header else 1, 0 if np.any(pixels < 0) else 1, -valid


def content_role(pixels: np.ndarray, image: np.ndarray | None) -> str:
    """Role of pixels whose header is silent, beside an image that stands already.

    Parameters
    ----------
    pixels, image : ndarray (..., H, W)
        `image` is None where none stands yet.
    """
    finite = pixels[np.isfinite(pixels)]
    if not finite.size or image is None:
        return "image"
    planes = pixels.reshape(-1, *pixels.shape[-2:])
    if finite.min() >= 0 and all(abs(np.nansum(p) - 1) < 0.02 for p in planes):
        return "psf"
    if pixels.shape[-2:] != image.shape[-2:]:
        return "image" if max(pixels.shape[-2:]) >= max(image.shape[-2:]) // 2 else "other"
    values = np.unique(finite[:200_000])
    if len(values) <= 2 and set(values) <= {0, 1}:
        return "weight" if _covers(pixels, image) else "mask"
    if pixels.dtype.kind in "iu":
        labels = len(values) < 1000 and np.array_equal(values, np.arange(len(values))) and len(values) > 2
        return "other" if labels else "mask"  # sources numbered from 1: a segmentation
    known = image[np.isfinite(image)]
    if finite.min() >= 0 and known.size and known.min() < 0:  # sky noise goes below zero, a weight never does
        return "weight"
    return "image"


def _covers(flags: np.ndarray, image: np.ndarray) -> bool:
    """Whether zeros and ones are one where the image has data, rather than where it has none."""
    empty = (~np.isfinite(image) | (image == 0)).reshape(-1, *image.shape[-2:]).all(axis=0)
    marked = (flags > 0).reshape(-1, *flags.shape[-2:]).all(axis=0)
    if empty.mean() > 0.001:
        return bool((marked == ~empty).mean() > (marked == empty).mean())
    return bool(marked.mean() > 0.5)


def masked(mask: np.ndarray, header: fits.Header, band: str) -> tuple[np.ndarray, str]:
    """Say which pixels a mask marks as without data, and by which convention.

    Parameters
    ----------
    mask : ndarray (H, W)
    header : Header
        The mask's own: the HSC and LSST pipelines name its bits as MP_BAD and the like.
    band : str
        For maskbits of the Legacy Surveys, whose bits 5, 6 and 7 are pixels masked in all exposures of g, r and z.

    Returns
    -------
    ndarray (H, W) of bool, str
    """
    bits = np.where(np.isfinite(mask) & (np.abs(mask) < 2**52), mask, 0).astype(np.int64)
    planes = [header[f"MP_{n}"] for n in ("BAD", "NO_DATA", "UNMASKEDNAN") if isinstance(header.get(f"MP_{n}"), int)]
    if planes:
        return (bits & sum(1 << p for p in set(planes) if 0 <= p < 52)) != 0, "bits BAD and NO_DATA of its MP_ keywords"
    if "maskbits" in str(header.get("EXTNAME", "")).lower() or "maskbits" in str(header.get("IMAGETYP", "")).lower():
        bit = {"g": 5, "r": 6, "z": 7, "i": 14}.get(band)
        return (bits & (1 << bit) != 0) if bit else np.zeros(bits.shape, bool), "the Legacy Surveys' ALLMASK bit"
    values = np.unique(bits[bits != 0])
    bad, how = (bits & 1) != 0, "assumed gaps where its first bit is set"  # DES, JWST, HSC, and zeros and ones
    if len(values) == 1 and values[0] != 1:
        bad, how = bits != 0, f"assumed gaps where it is {values[0]}"
    if bad.mean() > 0.5:
        return np.zeros(bits.shape, bool), "assumed to mark no gaps, for its first bit is set on most pixels"
    if len(values) and not bad.any():
        return bad, "assumed to mark no gaps, for none of its bits is known here"
    return bad, how
