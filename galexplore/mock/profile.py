"""Fourier transforms of galaxy profiles and of the point-spread function, on the half plane of a real FFT.

Smooth light is drawn where it is exact and cheap: every profile of unit flux has a known transform, so a sum of
transforms times the PSF's is the image, at any sub-pixel position and without under-sampled cusps. The radial tables
are galsim's.
"""

from functools import lru_cache

import numpy as np

from galexplore.survey import DECALS

MOFFAT_BETA = 3.0  # DECam's seeing wings (Dey et al. 2019 use Moffat-like PSFEx models)
_LOG_K = np.linspace(np.log(1e-3), np.log(2e3), 900)
_START, _PER_STEP = np.float32(_LOG_K[0]), np.float32((len(_LOG_K) - 1) / (_LOG_K[-1] - _LOG_K[0]))


@lru_cache(8)
def build_plane(size):
    """Angular frequencies of a real FFT of `size` x `size` native pixels.

    Returns
    -------
    kx : array (1, size // 2 + 1)
    ky : array (size, 1)
        Radians per arcsec, x along columns (westwards), y along rows (northwards).
    pixel : array (size, size // 2 + 1)
        Transform of the square pixel.
    """
    scale = DECALS.pixel_scale
    kx = (2 * np.pi * np.fft.rfftfreq(size, scale)).astype(np.float32)[None, :]
    ky = (2 * np.pi * np.fft.fftfreq(size, scale)).astype(np.float32)[:, None]
    pixel = np.sinc(kx * scale / 2 / np.pi) * np.sinc(ky * scale / 2 / np.pi)
    return kx, ky, pixel


@lru_cache(64)
def _sersic_table(n):
    import galsim

    profile = galsim.Sersic(n=float(n), half_light_radius=1.0)
    return np.array([profile.kValue(k, 0.0).real for k in np.exp(_LOG_K)], np.float32)


@lru_cache(1)
def _moffat_table():
    import galsim

    profile = galsim.Moffat(beta=MOFFAT_BETA, fwhm=1.0)
    return np.array([profile.kValue(k, 0.0).real for k in np.exp(_LOG_K)], np.float32)


def _look_up(table, k):
    """Interpolate a radial table at `k`; the nodes are evenly spaced in log k."""
    position = (np.log(np.clip(k, 1.01e-3, 1.9e3)) - _START) * _PER_STEP
    i = position.astype(np.int32)
    low = table[i]
    return low + (table[i + 1] - low) * (position - i)


def rotate(kx, ky, phi):
    """Components along the major axis (position angle `phi`, east of north) and across it."""
    s, c = np.float32(np.sin(phi)), np.float32(np.cos(phi))
    return -s * kx + c * ky, c * kx + s * ky


def transform_sersic(kx, ky, n, re, ba, phi):
    """Transform of a Sersic profile of unit flux; `re` [arcsec] is its half-light radius along the major axis."""
    re, ba, n = np.float32(re), np.float32(ba), round(4 * float(n)) / 4
    along, across = rotate(kx * re, ky * re, phi)
    square = along * along + (ba * across) ** 2
    if n == 1:
        square = 1 + square * np.float32(1 / 1.67835**2)  # an exponential has a closed form
        return 1 / (square * np.sqrt(square))
    return _look_up(_sersic_table(n), np.sqrt(square))


def transform_disc(kx, ky, scale, cosine, thickness, phi):
    """Transform of an inclined exponential disc of finite thickness and unit flux.

    Exponential in the plane, sech^2 across it (van der Kruit & Searle 1981): (1 + k^2)^-3/2 with
    k = (kx, ky cos i), times
    x / sinh x with x = pi/2 (h/r) ky sin i; as galsim's InclinedExponential.

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
    scale, cosine = np.float32(scale), np.float32(cosine)
    along, across = rotate(kx * scale, ky * scale, phi)
    square = 1 + along * along + (across * cosine) ** 2
    x = np.float32(0.5 * np.pi * thickness * np.sqrt(1 - cosine**2)) * np.abs(across)
    x = np.clip(x, np.float32(1e-3), np.float32(80))
    return x / np.sinh(x) / (square * np.sqrt(square))


def transform_psf(kx, ky, fwhm, e1=0.0, e2=0.0):
    """Transform of a slightly elliptical Moffat of unit flux; `e1`, `e2` are the small shears of its shape."""
    fwhm, e1, e2 = np.float32(fwhm), np.float32(e1), np.float32(e2)
    x, y = (1 + e1) * kx + e2 * ky, e2 * kx + (1 - e1) * ky
    return _look_up(_moffat_table(), fwhm * np.sqrt(x * x + y * y))


def shift(kx, ky, x, y):
    """Phase of a displacement by (x, y) arcsec, as the product of two vectors."""
    return np.exp(np.complex64(-1j * y) * ky) * np.exp(np.complex64(-1j * x) * kx)
