"""Fourier transforms of galaxy profiles and of the point-spread function, on the half plane of a real FFT.

Smooth light is drawn where it is exact and cheap: every profile of unit flux has a known transform, so a sum of
transforms times the PSF's is the image, at any sub-pixel position and without under-sampled cusps. What has no closed
form is looked up in the tables of `radial`.
"""

from functools import lru_cache

import numpy as np

from galexplore.mock.radial import LOG_K, get_moffat, get_sersic
from galexplore.survey import Survey

_START, _PER_STEP = np.float32(LOG_K[0]), np.float32((len(LOG_K) - 1) / (LOG_K[-1] - LOG_K[0]))


@lru_cache(8)
def build_plane(size: int, survey: Survey) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Angular frequencies of a real FFT of `size` x `size` native pixels.

    Parameters
    ----------
    size : int
    survey : Survey
        Whose pixels they are.

    Returns
    -------
    kx : array (1, size // 2 + 1)
    ky : array (size, 1)
        Radians per arcsec, x along columns (westwards), y along rows (northwards).
    pixel : array (size, size // 2 + 1)
        Transform of the square pixel.
    """
    scale = survey.pixel_scale
    kx = (2 * np.pi * np.fft.rfftfreq(size, scale)).astype(np.float32)[None, :]
    ky = (2 * np.pi * np.fft.fftfreq(size, scale)).astype(np.float32)[:, None]
    pixel = np.sinc(kx * scale / 2 / np.pi) * np.sinc(ky * scale / 2 / np.pi)
    return kx, ky, pixel


def _look_up(table: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Interpolate a radial table at `k`; the nodes are evenly spaced in log k."""
    position = (np.log(np.clip(k, 1.01e-3, 1.9e3)) - _START) * _PER_STEP
    i = position.astype(np.int32)
    low = table[i]
    return low + (table[i + 1] - low) * (position - i)


def rotate(kx: np.ndarray, ky: np.ndarray, phi: float) -> tuple[np.ndarray, np.ndarray]:
    """Components along the major axis (position angle `phi` [rad], east of north) and across it."""
    s, c = np.float32(np.sin(phi)), np.float32(np.cos(phi))
    return -s * kx + c * ky, c * kx + s * ky


def transform_sersic(kx: np.ndarray, ky: np.ndarray, n: float, re: float, ba: float, phi: float) -> np.ndarray:
    """Transform of a Sersic profile of unit flux.

    Parameters
    ----------
    kx, ky : arrays, rad/arcsec
    n : float
        Sersic index, rounded to a quarter.
    re : float
        Half-light radius along the major axis, arcsec.
    ba : float
        Axis ratio.
    phi : float
        Position angle, radians east of north.

    Raises
    ------
    InputError
        For an index whose table does not ship, unless galsim can compute it.
    """
    radius, ratio, index = np.float32(re), np.float32(ba), round(4 * float(n)) / 4
    along, across = rotate(kx * radius, ky * radius, phi)
    square = along * along + (ratio * across) ** 2
    if index == 1:
        square = 1 + square * np.float32(1 / 1.67835**2)  # an exponential has a closed form
        return 1 / (square * np.sqrt(square))
    return _look_up(get_sersic(index), np.sqrt(square))


def transform_disc(
    kx: np.ndarray, ky: np.ndarray, scale: float, cosine: float, thickness: float, phi: float
) -> np.ndarray:
    """Transform of an inclined exponential disc of finite thickness and unit flux.

    Exponential in the plane, sech^2 across it (van der Kruit & Searle 1981): (1 + k^2)^-3/2 with k = (kx, ky cos i),
    times x / sinh x with x = pi/2 (h/r) ky sin i; as galsim's InclinedExponential.

    Parameters
    ----------
    kx, ky : arrays, rad/arcsec
    scale : float
        Scale length, arcsec.
    cosine : float
        Cosine of the inclination.
    thickness : float
        Scale height over scale length.
    phi : float
        Position angle, radians east of north.
    """
    length, slant = np.float32(scale), np.float32(cosine)
    along, across = rotate(kx * length, ky * length, phi)
    square = 1 + along * along + (across * slant) ** 2
    x = np.float32(0.5 * np.pi * thickness * np.sqrt(1 - slant**2)) * np.abs(across)
    x = np.clip(x, np.float32(1e-3), np.float32(80))
    return x / np.sinh(x) / (square * np.sqrt(square))


def transform_psf(kx: np.ndarray, ky: np.ndarray, fwhm: float, e1: float = 0.0, e2: float = 0.0) -> np.ndarray:
    """Transform of a slightly elliptical Moffat of unit flux.

    Parameters
    ----------
    kx, ky : arrays, rad/arcsec
    fwhm : float
        Full width at half maximum, arcsec.
    e1, e2 : float
        The small shears of its shape.
    """
    width, a, b = np.float32(fwhm), np.float32(e1), np.float32(e2)
    x, y = (1 + a) * kx + b * ky, b * kx + (1 - a) * ky
    return _look_up(get_moffat(), width * np.sqrt(x * x + y * y))


def shift(kx: np.ndarray, ky: np.ndarray, x: float, y: float) -> np.ndarray:
    """Phase of a displacement by (x, y) arcsec, as the product of two vectors."""
    return np.exp(np.complex64(-1j * y) * ky) * np.exp(np.complex64(-1j * x) * kx)
