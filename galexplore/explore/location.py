"""The answer to one cutout: what it is, where it lies, what it resembles, and what makes it odd."""

import math
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from galexplore.atlas.atlas import Atlas
from galexplore.atlas.basis import BASIS
from galexplore.cutouts.audit import Prepared
from galexplore.explore.embedded import Given, Source
from galexplore.explore.explanation import Explanation
from galexplore.explore.scatter import Scatter, measure_scatter
from galexplore.images import Observed
from galexplore.latents import LATENTS, UNITS
from galexplore.posterior.calibrate import LEVEL68, LEVEL95
from galexplore.posterior.coordinates import PROPERTIES
from galexplore.posterior.domain import OUTSIDE, Validity
from galexplore.posterior.joint import JointPosterior

if TYPE_CHECKING:  # torch takes seconds to import: see explorer
    from galexplore.network.embed import Embedder


@dataclass(frozen=True)
class Location:
    """All that is said of one cutout.

    Attributes
    ----------
    source : Source
    prepared : Prepared
        The audit and the very pixels that were encoded.
    latents, sigma, half95 : ndarray (5,)
        In the order of `LATENTS`, the angle on the sky; `sigma` is half the 68 % interval, `half95` half the 95 % one.
        Where a redshift is given, those of redshift, mass and SFR are the conditional posterior's means.
    posterior, image_posterior : JointPosterior or None
        Of redshift, log mass and log SFR, conditioned on what is given, and as the image alone says it; None where the
        model has none. The intervals are this posterior's.
    given, pull : Given or None, float or None
        The redshift that is known otherwise, and how far it lies from what the image says, in sigma.
    position : ndarray (2,)
        On the atlas's map; NaN where no answer is given, as is the percentile. There are no neighbours then and no
        kinds.
    neighbours : DataFrame
        `id`, `distance` (latent, in units of the ordinary galaxies' spread), the labels `z`, `logmass`, `logsfr`, and
        `population`.
    kinds : DataFrame
        Of which kind it may be, as `galexplore.atlas.likeness.resemble` says.
    explanation : Explanation
        What makes it odd; its images lie as the prepared pixels do.
    chi2, chi2_percentile : float
        Reconstruction chi2 a pixel, and the percentage of ordinary galaxies that are better reconstructed.
    model : dict
        `name` and `sha256` of the weights.
    validity : Validity
        Whether the model has learnt from such images, and what else is to be known of this one; its `sentence` stands
        above the answer. Outside, no answer is given: the intervals are any galaxy's.
    observed : Observed
        What the model was told of the seeing and of dust that remains.
    embedder : Embedder
    atlas : Atlas
        These two are asked once more where the scatter is wanted, which takes as long as ten answers.
    """

    source: Source
    prepared: Prepared
    latents: np.ndarray
    sigma: np.ndarray
    half95: np.ndarray
    position: np.ndarray
    neighbours: pd.DataFrame
    kinds: pd.DataFrame
    explanation: Explanation
    chi2: float
    chi2_percentile: float
    model: dict[str, str]
    posterior: JointPosterior | None
    image_posterior: JointPosterior | None = field(repr=False)
    given: Given | None
    pull: float | None
    validity: Validity
    observed: Observed = field(repr=False, compare=False)
    embedder: "Embedder" = field(repr=False, compare=False)
    atlas: Atlas = field(repr=False, compare=False)

    @property
    def percentile(self) -> float:
        """Percentage of ordinary galaxies that are less rare; NaN where no answer is given."""
        return self.explanation.percentile if self.answered else math.nan

    @property
    def reason(self) -> str:
        """What makes it odd, in a sentence: the one statement."""
        return self.explanation.sentence

    @property
    def answered(self) -> bool:
        """Whether an answer is given: not outside of what the model has learnt."""
        return self.validity.state != OUTSIDE

    @property
    def reconstruction(self) -> np.ndarray:
        """What the model makes of it (B, S, S), nanomaggies per native pixel."""
        return self.explanation.image

    @cached_property
    def scatter(self) -> Scatter:
        """How the answer scatters over flips, turns and shifts of the image; measured when first asked for."""
        return measure_scatter(self.embedder, self.prepared.flux, self.sigma, self.observed)

    @cached_property
    def cloud(self) -> np.ndarray:
        """Map positions (300, 2) of draws from the answer's error."""
        return self.atlas.place(self.scatter.draw(self.latents))

    @property
    def values(self) -> np.ndarray:
        """What is told of each latent (5,): the medians of the joint posterior where there is one, else `latents`."""
        values = self.latents.copy()
        if self.posterior is not None:
            for name in PROPERTIES:
                values[LATENTS.index(name)] = self.posterior.quantile(0.5, name)
        return values

    def interval(self, latent: str, level: int = 68) -> tuple[float, float]:
        """Give the 68 or the 95 % interval of a latent; a redshift does not fall below 0."""
        if self.posterior is not None and latent in PROPERTIES:
            ends = self.posterior.interval({68: LEVEL68, 95: LEVEL95}[level], latent)
            return float(ends[0]), float(ends[1])
        i = LATENTS.index(latent)
        half = {68: self.sigma, 95: self.half95}[level][i]
        low, high = self.latents[i] - half, self.latents[i] + half
        return float(max(low, 0) if latent == "redshift" else low), float(high)

    def to_dict(self) -> dict:
        """Everything in plain numbers and strings, ready for JSON: the schema of `galexplore locate --json`.

        What is not known, such as the mass of a neighbour, is None: JSON has no NaN. Where no answer is given, so are
        latents, place, posterior and rarity.
        """
        odd, values, answered = self.explanation.oddness, self.values, self.answered
        validity = {"state": self.validity.state, "sentence": self.validity.sentence}
        whole = {
            "validity": validity | {"reasons": list(self.validity.reasons)},
            "source": {
                "path": self.source.name,
                "kind": self.source.kind,
                "bands": self.source.bands,
                "pixel_scale_arcsec": self.source.pixel_scale,
                "approximate": self.source.approximate,
            },
            "audit": [asdict(check) for check in self.prepared.checks],
            "ebv": self.prepared.dust.ebv,
            "ebv_source": self.prepared.dust.source,
            "seeing": self.prepared.seeing.tolist(),
            "latents": {
                name: {
                    "value": values[i] if answered else None,
                    "sigma": self.sigma[i] if answered else None,
                    "interval68": list(self.interval(name)) if answered else None,
                    "interval95": list(self.interval(name, 95)) if answered else None,
                    "unit": UNITS[name],
                }
                for i, name in enumerate(LATENTS)
            },
            "umap": self.position.tolist() if answered else None,
            "neighbours": self.neighbours.to_dict("records"),
            "anomaly": {
                "percentile": self.percentile,
                "distance2": odd.distance2[0] if answered else None,
                "contributions": dict(zip(BASIS, odd.contributions[0], strict=True)) if answered else None,
                "conditional_z": dict(zip(BASIS, odd.conditional_z[0], strict=True)) if answered else None,
                "statement": self.explanation.to_dict(),
                "reconstruction_chi2": self.chi2,
                "reconstruction_percentile": self.chi2_percentile,
            },
            "model": self.model,
            "posterior": self.posterior.to_dict() if self.posterior is not None and answered else None,
            "given": asdict(self.given) | {"pull": self.pull} if self.given else None,
        }
        return _make_plain(whole)


def _make_plain(value: Any) -> Any:
    """Turn numpy's scalars into Python's, and what is not finite or missing into None, at any depth."""
    if isinstance(value, dict):
        return {str(key): _make_plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_make_plain(v) for v in value]
    value = value.item() if isinstance(value, np.generic) else value
    if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value
