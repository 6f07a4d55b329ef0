"""Is it nanomaggies? The unit that a header gives, held against the sky's noise."""

import re
from collections.abc import Iterable

import astropy.units as u
import numpy as np

from galexplore.cutouts.background import SKY_SIGMA, sky_level, sky_noise
from galexplore.cutouts.cutout import Check, Cutout
from galexplore.cutouts.grid import resample
from galexplore.errors import InputError
from galexplore.survey import Survey

NOISE_FACTOR = 10.0  # the sky noise may be this many times higher or lower than the survey's


def listed(values: Iterable[float], survey: Survey, form: str = ".2g") -> str:
    """Write one number a band: "0.0016 in g, 0.0024 in r, 0.0065 in z"."""
    return ", ".join(f"{v:{form}} in {b}" for b, v in zip(survey.bands, values, strict=True))


def to_nanomaggies(unit: str, scale: float, survey: Survey) -> float:
    """Factor that turns a pixel's value into the survey's flux (nanomaggies) per native pixel: surface brightness.

    Plain nanomaggies are taken as the Legacy Survey means them: per native pixel at any sampling. Flux densities (Jy)
    are what one pixel of this image collects; anything per solid angle is unambiguous.

    Parameters
    ----------
    unit : str
        As the header has it; empty counts as the survey's own.
    scale : float
        Arcsec a pixel of this image.
    survey : Survey

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
    native = survey.pixel_scale**2 * u.arcsec**2
    try:
        parsed = u.Unit(re.sub("maggies", "maggy", unit.strip(), flags=re.IGNORECASE).replace("micro", "u"))
        if not isinstance(parsed, u.UnitBase):  # a magnitude is no flux a pixel
            raise ValueError(unit)
        for area in (1, 1 * u.pix, native):
            flux = 1 * parsed * area
            if flux.unit.is_equivalent(u.nmgy):
                return float(flux.to_value(u.nmgy)) / survey.to_nanomaggies
            if flux.unit.is_equivalent(u.nmgy, ab):
                collected = 1.0 if area is native else (survey.pixel_scale / scale) ** 2
                return float(flux.to_value(u.nmgy, ab)) * collected / survey.to_nanomaggies
    except (ValueError, TypeError):
        pass
    needed = f"nanomaggies are needed (AB zero point {survey.zero_point:g})"
    raise InputError(f"the flux unit is {unit.strip()[:40]!r}; {needed}")


def check_flux_units(cutout: Cutout, flux: np.ndarray, scale: float, survey: Survey) -> tuple[np.ndarray, Check]:
    """Convert to nanomaggies, see whether the sky noise looks like the survey's, and take off a sky level.

    Parameters
    ----------
    cutout : Cutout
    flux : ndarray (B, H, W)
        The cutout's flux with gaps as NaN.
    scale : float
        Arcsec a pixel of it.
    survey : Survey

    Returns
    -------
    flux : ndarray (B, H, W)
    check : Check
    """
    said, typical = [], np.array(survey.model_noise)
    try:
        factor = to_nanomaggies(cutout.unit, scale, survey)
    except InputError as error:
        return flux, Check("flux_units", "refused", str(error))
    if abs(factor - 1) > 1e-9:
        flux = flux * np.float32(factor)
        said.append(f"converted from {cutout.unit}")
    model = resample(flux, scale, survey)
    noise = sky_noise(model)
    ratio = noise / typical
    numbers = f"the sky noise is {listed(noise, survey)} where nanomaggies have about {listed(typical, survey)}"
    if np.any(ratio > NOISE_FACTOR):
        return flux, Check("flux_units", "refused", f"{numbers}: this looks like counts, not nanomaggies")
    if np.any(ratio < 1 / NOISE_FACTOR):
        peak = np.nanmax(model, axis=(1, 2), initial=-np.inf, where=np.isfinite(model))
        if np.any(peak < SKY_SIGMA * typical):
            faint = f"{numbers}, and nothing is brighter than {listed(peak, survey)}"
            return flux, Check("flux_units", "refused", faint)
        remark = "without sky noise: a model image?"
    else:
        remark = f"sky noise {listed(noise, survey)}"
    level = sky_level(model, survey)
    if level.any():
        flux = flux - level.astype(np.float32)[:, None, None]
        said.append(f"a sky level of {listed(level, survey)} was subtracted")
    given = "nanomaggies" if cutout.unit else "taken as nanomaggies"
    if cutout.approximate:
        given = "approximate nanomaggies, from the inverted stretch of a picture"
    return flux, Check("flux_units", "fixed" if said else "passed", "; ".join([*said, f"{given}, {remark}"]))
