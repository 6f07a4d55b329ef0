"""Is it nanomaggies? The unit a header gives, the sky's noise and the sky's level."""

import re

import astropy.units as u
import numpy as np

from galexplore.config import SURVEY
from galexplore.cutout import Check, Cutout, InputError, resample

NOISE_FACTOR = 10.0  # the sky noise may be this many times higher or lower than the survey's
SKY_SIGMA = 5.0  # a flat edge further from zero than this is a sky level, not a galaxy

_NOISE = np.array(SURVEY.model_noise)


def listed(values, form: str = ".2g") -> str:
    """Write one number a band: "0.0016 in g, 0.0024 in r, 0.0065 in z"."""
    return ", ".join(f"{v:{form}} in {b}" for b, v in zip(SURVEY.bands, values, strict=True))


def to_nanomaggies(unit: str, scale: float) -> float:
    """Factor that turns a pixel's value into nanomaggies per native pixel, which is surface brightness.

    Plain nanomaggies are taken as the Legacy Survey means them: per native 0.262" pixel at any sampling. Flux
    densities (Jy) are what one pixel of this image collects; anything per solid angle is unambiguous.

    Parameters
    ----------
    unit : str
        As the header has it; empty counts as nanomaggies.
    scale : float
        Arcsec a pixel of this image.

    Returns
    -------
    float

    Raises
    ------
    InputError
        If the unit is no flux that astropy knows.
    """
    if not unit.strip():
        return 1.0
    ab = u.zero_point_flux(3631 * u.Jy)
    native = SURVEY.pixel_scale**2 * u.arcsec**2
    try:
        parsed = u.Unit(re.sub("maggies", "maggy", unit.strip(), flags=re.IGNORECASE).replace("micro", "u"))
        if not isinstance(parsed, u.UnitBase):  # a magnitude is no flux a pixel
            raise ValueError(unit)
        for area in (1, 1 * u.pix, native):
            flux = 1 * parsed * area
            if flux.unit.is_equivalent(u.nmgy):
                return float(flux.to_value(u.nmgy))
            if flux.unit.is_equivalent(u.nmgy, ab):
                collected = 1.0 if area is native else (SURVEY.pixel_scale / scale) ** 2
                return float(flux.to_value(u.nmgy, ab)) * collected
    except (ValueError, TypeError):
        pass
    raise InputError(f"the flux unit is {unit.strip()[:40]!r}; nanomaggies are needed (AB zero point 22.5)")


def sky_noise(model: np.ndarray) -> np.ndarray:
    """Noise of a model pixel from differences of neighbours, blind to smooth light: 1.4826 median |d|.

    d = (a - b - c + e) / 2 over each square of four pixels, which removes any plane.

    Parameters
    ----------
    model : ndarray (C, 69, 69)
        NaN where missing.

    Returns
    -------
    ndarray (C,)
        NaN where too few pixels are valid to tell.
    """
    d = (model[:, 1:, 1:] - model[:, :-1, 1:] - model[:, 1:, :-1] + model[:, :-1, :-1]) / 2
    enough = np.isfinite(d).sum(axis=(1, 2)) >= 50
    return np.array([1.4826 * np.nanmedian(abs(b)) if ok else np.nan for b, ok in zip(d, enough, strict=True)])


def sky_level(model: np.ndarray) -> np.ndarray:
    """Level of a sky that was not subtracted; zero where the edge is faint or where it may be the galaxy.

    The outer 4" are cut into eight sectors by direction. Only an edge that is further than 5 sigma from zero and the
    same all around (all sectors but one, for a neighbour, within 8 % and 0.3 sigma) is sky: a galaxy that fills
    the frame is fainter in the corners than on the sides.

    Parameters
    ----------
    model : ndarray (C, 69, 69)
        NaN where missing.

    Returns
    -------
    ndarray (C,)
    """
    x = np.arange(SURVEY.size) - SURVEY.size // 2
    edge = np.maximum(abs(x)[:, None], abs(x)) > SURVEY.size / 2 - 4.0 / SURVEY.model_scale
    sector = np.round(np.degrees(np.arctan2(x[:, None], x)) / 45).astype(int) % 8
    levels = np.zeros(len(model))
    noise = np.fmax(sky_noise(model), 0.5 * _NOISE)
    for i, band in enumerate(model):
        valid = np.isfinite(band) & edge
        medians = [np.median(band[valid & (sector == k)]) for k in range(8) if (valid & (sector == k)).sum() > 20]
        if len(medians) < 6:
            continue
        level = np.median(medians)
        off = np.sort(np.abs(medians - level))[-2]
        if abs(level) > SKY_SIGMA * noise[i] and off < 0.08 * abs(level) + 0.3 * noise[i]:
            levels[i] = level
    return levels


def check_flux_units(cutout: Cutout, flux: np.ndarray) -> tuple[np.ndarray, Check]:
    """Convert to nanomaggies, see whether the sky noise looks like the survey's, and take off a sky level.

    Parameters
    ----------
    cutout : Cutout
    flux : ndarray (3, H, W)
        The cutout's flux with gaps as NaN.

    Returns
    -------
    flux : ndarray (3, H, W)
    check : Check
    """
    said = []
    try:
        factor = to_nanomaggies(cutout.unit, cutout.pixel_scale)
    except InputError as error:
        return flux, Check("flux_units", "refused", str(error))
    if factor != 1:
        flux = flux * np.float32(factor)
        said.append(f"converted from {cutout.unit}")
    model = resample(flux, cutout.pixel_scale)
    noise = sky_noise(model)
    ratio = noise / _NOISE
    numbers = f"the sky noise is {listed(noise)} where nanomaggies have about {listed(_NOISE)}"
    if np.any(ratio > NOISE_FACTOR):
        return flux, Check("flux_units", "refused", f"{numbers}: this looks like counts, not nanomaggies")
    if np.any(ratio < 1 / NOISE_FACTOR):
        peak = np.nanmax(model, axis=(1, 2), initial=-np.inf, where=np.isfinite(model))
        if np.any(peak < SKY_SIGMA * _NOISE):
            return flux, Check("flux_units", "refused", f"{numbers}, and nothing is brighter than {listed(peak)}")
        remark = "without sky noise: a model image?"
    else:
        remark = f"sky noise {listed(noise)}"
    level = sky_level(model)
    if level.any():
        flux = flux - level.astype(np.float32)[:, None, None]
        said.append(f"a sky level of {listed(level)} was subtracted")
    given = "nanomaggies" if cutout.unit else "taken as nanomaggies"
    if cutout.approximate:
        given = "approximate nanomaggies, from the inverted stretch of a picture"
    return flux, Check("flux_units", "fixed" if said else "passed", "; ".join([*said, f"{given}, {remark}"]))
