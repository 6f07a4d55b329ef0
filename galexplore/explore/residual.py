"""What a residual shows: where in the frame it lies, in which band, and of what shape."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from galexplore.cutouts.segment import OTHER, segment
from galexplore.explore.explorer import Explorer
from galexplore.explore.thumbnails import fetch_images
from galexplore.survey import Survey

#: Arcsec from the middle at which a galaxy's core ends, and its body.
CORE, BODY = 2.0, 7.0
#: Share of the residual from which it counts as that of one place, of one band alone, and of its power as one-sided.
MOST, ALONE, SIDED = 0.6, 0.85, 0.7
#: What a residual may be of.
ARTEFACT, CONTAMINATED, STRUCTURE = "artefact", "contaminated", "odd structure"


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
    others : float
        Share that lies in other sources than the galaxy (`galexplore.cutouts.segment`).
    """

    places: dict[str, float]
    bands: dict[str, float]
    sided: float
    others: float

    @property
    def place(self) -> str:
        """The zone that holds most of it, "" where none does; what is far out and its own are the outskirts."""
        place = max(self.places, key=self.places.__getitem__)
        if self.places[place] < MOST:
            return ""
        return "outskirts" if place == "surroundings" and self.others < MOST else place

    @property
    def band(self) -> str:
        """The band that has it alone; "" where several have."""
        band = max(self.bands, key=self.bands.__getitem__)
        return band if len(self.bands) > 1 and self.bands[band] >= ALONE else ""

    @property
    def kind(self) -> str:
        """What it is of: another source, an artefact, which one band alone has, or the galaxy's own structure.

        What one band alone has in the core may be a line of the galaxy's gas, and is taken for its own.
        """
        if self.band and self.place != "core":
            return ARTEFACT
        return CONTAMINATED if self.others >= MOST else STRUCTURE

    def brief(self) -> str:
        """Say in a few words what it is of, and where: "odd structure, body, one-sided"."""
        sided = "asymmetric" if self.kind == STRUCTURE and self.sided >= SIDED else ""
        return ", ".join(word for word in (self.kind, self.place or "whole image", self.band, sided) if word)

    def say(self) -> str:
        """Say in words what it shows."""
        where = f"mostly in its {self.place}" if self.place else "over the whole image"
        which = f", in {self.band} alone" if self.band else ""
        if self.kind == CONTAMINATED:
            return f"contaminated: the residual is mostly in another source{which}, not in the galaxy"
        if self.kind == ARTEFACT:
            return f"artefact: the residual is {where}{which}; a real source would be seen in every band"
        shape = "asymmetric, as from a companion or a disturbance" if self.sided >= SIDED else "symmetric"
        return f"odd structure: the residual is {where}{which}, {shape}; the five latents do not describe it"


def quote_looks(explorer: Explorer, places: Sequence[int]) -> list[str]:
    """Say in few words what the residuals show of galaxies at places in the table; "no image" of what has none."""
    rows = np.asarray(places, int)
    images = fetch_images(explorer, explorer.table["id"].iloc[rows].tolist())
    pairs = zip(images, explorer.decode(explorer.atlas.latents[rows]), strict=True)
    return ["no image" if i is None else describe_residual(i, m, explorer.survey).brief() for i, m in pairs]


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
    other = segment(np.asarray(observed, np.float32)[None], survey)[0] == OTHER
    turned = sigma[:, ::-1, ::-1]
    inside = radius < BODY
    odd, even = (((sigma + sign * turned) ** 2)[:, inside].sum() for sign in (-1, 1))
    return Residual(
        {name: float(power[:, zone].sum() / whole) for name, zone in zones.items()},
        {band: float(part.sum() / whole) for band, part in zip(survey.bands, power, strict=True)},
        float(odd / max(odd + even, 1e-9)),
        float(power[:, other].sum() / whole),
    )
