"""What an HDU or an array is: an image, its weight, variance, error, mask, model or PSF, by name, else by content."""

import re

import numpy as np
from astropy.io import fits

#: Words in EXTNAME, EXTTYPE, IMAGETYP and the like, by role. Sources: the HSC pipeline (IMAGE, MASK, VARIANCE), DES
#: data management (SCI, MSK, WGT), HST and JWST handbooks (SCI, ERR, DQ, WHT, CON, VAR_POISSON), the Legacy Surveys'
#: coadds (image, invvar, maskbits, model, nexp, psf) and drizzled products (WHT, CTX).
ROLES = {
    "psf": "psf psfs kernel coaddpsf prf",
    "mask": "mask masks msk dq maskbits bpm flag flags badpix bitmask quality wmask segm segmentation seg",
    "variance": "var variance poisson rnoise vars",
    "error": "err error errors sigma std stdev rms unc uncert uncertainty noise sig stddev",
    "weight": "invvar ivar wgt wht weight weights invvariance inverse wt",
    "model": "model mod resid residual residuals chi chi2 bkg background sky blobmodel galmodel skymodel",
    "other": "nexp con ctx nimage exp exposure exptime depth galdepth psfdepth psfsize area time cov coverage nobs wct",
    "image": "image img sci science data flux primary cutout coadd stack calexp",
}
_ROLE = {word: role for role, words in ROLES.items() for word in words.split()}
_KEYWORDS = ("EXTNAME", "EXTTYPE", "HDUCLAS3", "HDUCLAS2", "IMAGETYP", "DES_EXT", "IMTYPE")
_GLUED = re.compile(r"^(psf|mask|invvar|ivar|variance|weight|error|model|image)[_-]?[a-z0-9]?$")


def role_of(name: str) -> str:
    """Role of a name such as "SCI", "INVVAR_G", "image-r" or "VAR_POISSON"; "" where it tells none."""
    words = [w for w in re.split(r"[^a-z0-9]+", name.lower()) if w]
    named = {_ROLE.get(w) or _glued(w) for w in words} - {""}
    return next((role for role in ROLES if role in named), "")


def _glued(word: str) -> str:
    """Role of a word with the band's letter behind it, such as "ivarg"."""
    match = _GLUED.match(word)
    return _ROLE[match[1]] if match else ""


def header_role(header: fits.Header) -> str:
    """Role that an HDU's own header tells; "" where it is silent."""
    named = [role_of(str(header.get(k, ""))) for k in _KEYWORDS]
    return next((r for r in named if r and r != "image"), "image" if "image" in named else "")


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
        return "image"
    if pixels.dtype.kind in "iu" or np.all((finite == 0) | (finite == 1)):
        return "mask"
    known = image[np.isfinite(image)]
    if finite.min() >= 0 and known.size and known.min() < 0:  # sky noise goes below zero, a weight never does
        return "weight"
    return "image"


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
    bad = (bits & 1) != 0  # BPM of DES, DO_NOT_USE of JWST, BAD of HSC, and every mask of zeros and ones
    if bad.mean() > 0.5:
        return np.zeros(bits.shape, bool), "assumed to mark no gaps, for its first bit is set on most pixels"
    return bad, "assumed gaps where its first bit is set"
