"""Is it nanomaggies? The unit that a header gives, held against the sky's noise."""

from collections.abc import Iterable

import numpy as np

from galexplore.cutouts.background import SKY_SIGMA, sky_level, sky_noise
from galexplore.cutouts.calibration import Calibration
from galexplore.cutouts.cutout import Check, Cutout
from galexplore.cutouts.flux_units import is_maggies, read_unit
from galexplore.cutouts.grid import resample
from galexplore.cutouts.weights import weigh
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
    if per == "pixel" and is_maggies(unit):
        per = "native"
    return Calibration(value, per).factor(scale, survey)


def _factors(cutout: Cutout, scale: float, survey: Survey) -> tuple[list[float], str, list[str]]:
    """Factor of each band to the survey's flux, by which keywords, and what was assumed.

    Raises
    ------
    InputError
        If a band's unit is no flux, or contradicts its zero point.
    """
    if not cutout.calibration or len(cutout.calibration) != len(survey.bands):
        factor = to_nanomaggies(cutout.unit, scale, survey)
        return [factor] * len(survey.bands), cutout.unit, []
    refused = {c.refusal: b for c, b in zip(reversed(cutout.calibration), reversed(survey.bands), strict=True)}
    refused.pop("", None)
    if refused:
        raise InputError(" and ".join(f"in {b} {r}" if len(refused) > 1 else r for r, b in reversed(refused.items())))
    factors = [c.factor(scale, survey) for c in cutout.calibration]
    sources = "; ".join(_tell_source(cutout.calibration, said, survey) for said in _different(cutout.calibration))
    return factors, sources, list(dict.fromkeys(c.assumed for c in cutout.calibration if c.assumed))


def _different(calibration: tuple[Calibration, ...]) -> list[str]:
    return list(dict.fromkeys(c.said for c in calibration if c.said))


def _tell_source(calibration: tuple[Calibration, ...], said: str, survey: Survey) -> str:
    """Name keyword and value, the HDUs that hold them, and the bands where not all have the same."""
    bands = [b for b, c in zip(survey.bands, calibration, strict=True) if c.said == said]
    places = list(dict.fromkeys(c.where for c in calibration if c.said == said and c.where))
    if len(places) > 2 and all(" of " in p for p in places):
        places = [f"{places[0].split(' of ')[0]} of each file"]
    in_bands = f" in {', '.join(bands)}" if len(bands) < len(calibration) else ""
    return ", ".join(filter(None, (said, " and ".join(places)))) + in_bands


def check_flux_units(cutout: Cutout, flux: np.ndarray, scale: float, survey: Survey) -> tuple[np.ndarray, Check]:
    """Convert to nanomaggies, see whether the sky noise looks like the survey's, and take off a sky level.

    Weights that are there are held against the noise that the pixels show, and where both agree, what they say of the
    noise is held against the survey's too.

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
    try:
        factors, sources, assumed = _factors(cutout, scale, survey)
        weights = weigh(cutout, flux, survey)
    except InputError as error:
        return flux, Check("flux_units", "refused", str(error))
    changed = max(abs(f - 1) for f in factors) > 1e-9
    said = [f"converted from {sources}"] if changed and sources else []
    said += assumed
    if changed:
        flux = flux * np.array(factors, np.float32)[:, None, None]
    model = resample(flux, scale, survey)
    declared = weights.noise * np.array(factors) * scale / survey.model_scale
    remark, refusal = _judge_noise(model, declared, said, survey)
    if refusal:
        return flux, Check("flux_units", "refused", "; ".join(filter(None, (refusal, weights.said))))
    level = sky_level(model, survey)
    if level.any():
        flux = flux - level.astype(np.float32)[:, None, None]
        said.append(f"a sky level of {listed(level, survey)} was subtracted")
    given = "nanomaggies" if cutout.unit or cutout.calibration else "assumed nanomaggies, for no unit is given"
    if cutout.approximate:
        given = "approximate nanomaggies, from the inverted stretch of a picture, assumed the Legacy viewer's"
    elif sources and not changed:
        given += f" ({sources})"
    sentence = "; ".join([*said, f"{given}, {remark}", *filter(None, (weights.said,))])
    return flux, Check("flux_units", "fixed" if said else "passed", sentence)


def _judge_noise(model: np.ndarray, declared: np.ndarray, said: list[str], survey: Survey) -> tuple[str, str]:
    """Hold the noise of the model's pixels (B, S, S) and that of the weights (B,) against the survey's.

    Returns
    -------
    remark, refusal : str
        Of which one is empty.
    """
    typical = np.array(survey.model_noise)
    noise = sky_noise(model)
    ratio = noise / typical
    numbers = f"the sky noise is {listed(noise, survey)} where nanomaggies have about {listed(typical, survey)}"
    unfit = f"that does not fit what the file says ({said[0]})" if said else ""
    if np.any(ratio > NOISE_FACTOR):
        return "", f"{numbers}: {unfit or 'this looks like counts, not nanomaggies'}"
    if np.any(declared / typical > NOISE_FACTOR):
        by = f"by its weights the noise is {listed(declared, survey)} where nanomaggies have about"
        return "", f"{by} {listed(typical, survey)}: {unfit or 'this looks like counts, not nanomaggies'}"
    if np.any(ratio < 1 / NOISE_FACTOR):
        peak = np.nanmax(model, axis=(1, 2), initial=-np.inf, where=np.isfinite(model))
        if np.any(peak < SKY_SIGMA * typical):
            faint = f"{numbers}, and nothing is brighter than {listed(peak, survey)}"
            return "", f"{faint}{f': {unfit}' if unfit else ''}"
        return "without sky noise: a model image?", ""
    return f"sky noise {listed(noise, survey)}", ""
