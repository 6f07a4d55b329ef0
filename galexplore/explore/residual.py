"""What a residual shows: where in the frame it lies, in which band, and of what shape."""

from dataclasses import dataclass

import numpy as np

from galexplore.survey import Survey

#: Arcsec from the middle at which a galaxy's core ends, and at which what lies beyond is most likely not its own.
CORE, BODY = 2.0, 7.0
#: Share of the residual from which it counts as that of one place or band, and of its power that is one-sided.
MOST, SIDED = 0.6, 0.7


@dataclass(frozen=True)
class Residual:
    """Where a residual lies.

    Attributes
    ----------
    places : dict of str to float
        Share of its squared significance in the "core", the "body" and the "surroundings".
    bands : dict of str to float
        Share of each band.
    sided : float
        Share of its squared significance that a turn by pi changes the sign of: 1 of what lies on one side alone.
    """

    places: dict[str, float]
    bands: dict[str, float]
    sided: float

    def say(self) -> str:
        """Say in words what it shows."""
        place = max(self.places, key=self.places.__getitem__)
        band = max(self.bands, key=self.bands.__getitem__)
        where = f"mostly in its {place}" if self.places[place] >= MOST else "over the whole frame"
        alone = len(self.bands) > 1 and self.bands[band] >= MOST
        which = f", in {band} alone" if alone else ""
        if place == "surroundings" and self.places[place] >= MOST:
            return f"the residual lies {where}{which}: another source or an artefact, not the galaxy"
        shape = "one-sided, as a companion or a disturbance is" if self.sided >= SIDED else "on both sides alike"
        return f"the residual lies {where}{which}, {shape}: structure that five numbers cannot say"


def describe_residual(observed: np.ndarray, model: np.ndarray, survey: Survey) -> Residual:
    """Describe the residual of an image (B, S, S) and its model, nanomaggies per native pixel.

    What the noise alone would give is taken off.
    """
    noise = np.asarray(survey.model_noise)[:, None, None]
    sigma = (np.asarray(observed, float) - model) / noise
    power = np.maximum(sigma**2 - 1, 0)
    y, x = np.mgrid[: survey.size, : survey.size] - (survey.size - 1) / 2
    radius = np.hypot(x, y) * survey.model_scale
    zones = {"core": radius < CORE, "body": (radius >= CORE) & (radius < BODY), "surroundings": radius >= BODY}
    whole = max(power.sum(), 1e-9)
    turned = sigma[:, ::-1, ::-1]
    inside = radius < BODY
    odd, even = (((sigma + sign * turned) ** 2)[:, inside].sum() for sign in (-1, 1))
    return Residual(
        {name: float(power[:, zone].sum() / whole) for name, zone in zones.items()},
        {band: float(part.sum() / whole) for band, part in zip(survey.bands, power, strict=True)},
        float(odd / max(odd + even, 1e-9)),
    )
