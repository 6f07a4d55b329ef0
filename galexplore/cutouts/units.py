"""Is it nanomaggies? The unit that a header gives, held against the sky's noise."""

from collections.abc import Iterable

import numpy as np

from galexplore.cutouts.background import SKY_SIGMA, sky_level, sky_noise
from galexplore.cutouts.calibration import Calibration, read_unit, spell_unit
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
    flux = read_unit(unit)
    if flux is None:
        needed = f"nanomaggies are needed (AB zero point {survey.zero_point:g})"
        raise InputError(f"the flux unit is {unit.strip()[:40]!r}; {needed}")
    value, per = flux
    if per == "pixel" and "mgy" in spell_unit(unit):
        per = "native"
    return Calibration(value, per).factor(scale, survey)


def _factors(cutout: Cutout, scale: float, survey: Survey) -> tuple[list[float], list[str]]:
    """Factor of each band to the survey's flux, and what was converted and assumed.

    Raises
    ------
    InputError
        If a band's unit is no flux, or contradicts its zero point.
    """
    if not cutout.calibration or len(cutout.calibration) != len(survey.bands):
        factor = to_nanomaggies(cutout.unit, scale, survey)
        said = [f"converted from {cutout.unit}"] if abs(factor - 1) > 1e-9 else []
        return [factor] * len(survey.bands), said
    refused = {c.refusal: b for c, b in zip(reversed(cutout.calibration), reversed(survey.bands), strict=True)}
    refused.pop("", None)
    if refused:
        raise InputError(" and ".join(f"in {b} {r}" if len(refused) > 1 else r for r, b in reversed(refused.items())))
    factors = [c.factor(scale, survey) for c in cutout.calibration]
    by = {
        c.said: [b for b, d in zip(survey.bands, cutout.calibration, strict=True) if d.said == c.said]
        for c in cutout.calibration
        if c.said
    }
    sources = "; ".join(s if len(by) == 1 else f"{s} in {', '.join(bands)}" for s, bands in by.items())
    changed = max(abs(f - 1) for f in factors) > 1e-9
    said = [f"converted from {sources}"] if changed and sources else []
    return factors, [*said, *dict.fromkeys(c.assumed for c in cutout.calibration if c.assumed)]


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
    typical = np.array(survey.model_noise)
    try:
        factors, said = _factors(cutout, scale, survey)
    except InputError as error:
        return flux, Check("flux_units", "refused", str(error))
    if max(abs(f - 1) for f in factors) > 1e-9:
        flux = flux * np.array(factors, np.float32)[:, None, None]
    model = resample(flux, scale, survey)
    noise = sky_noise(model)
    ratio = noise / typical
    numbers = f"the sky noise is {listed(noise, survey)} where nanomaggies have about {listed(typical, survey)}"
    if np.any(ratio > NOISE_FACTOR):
        looks = (
            "this looks like counts, not nanomaggies"
            if not said
            else f"that does not fit what the file says ({said[0]})"
        )
        return flux, Check("flux_units", "refused", f"{numbers}: {looks}")
    if np.any(ratio < 1 / NOISE_FACTOR):
        peak = np.nanmax(model, axis=(1, 2), initial=-np.inf, where=np.isfinite(model))
        if np.any(peak < SKY_SIGMA * typical):
            faint = f"{numbers}, and nothing is brighter than {listed(peak, survey)}"
            faint += f": that does not fit what the file says ({said[0]})" if said else ""
            return flux, Check("flux_units", "refused", faint)
        remark = "without sky noise: a model image?"
    else:
        remark = f"sky noise {listed(noise, survey)}"
    level = sky_level(model, survey)
    if level.any():
        flux = flux - level.astype(np.float32)[:, None, None]
        said.append(f"a sky level of {listed(level, survey)} was subtracted")
    given = "nanomaggies" if cutout.unit or cutout.calibration else "assumed nanomaggies, for no unit is given"
    if cutout.approximate:
        given = "approximate nanomaggies, from the inverted stretch of a picture"
    return flux, Check("flux_units", "fixed" if said else "passed", "; ".join([*said, f"{given}, {remark}"]))
