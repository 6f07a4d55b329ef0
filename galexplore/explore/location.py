"""The answer to one cutout: what it is, where it lies, what it resembles, and what makes it odd."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from galexplore.atlas.causes import Causes
from galexplore.atlas.rarity import Oddness, name_reason
from galexplore.cutouts.audit import Prepared
from galexplore.cutouts.cutout import Cutout
from galexplore.latents import INTRINSIC, LATENTS, UNITS


@dataclass(frozen=True)
class Location:
    """All that is said of one cutout.

    Attributes
    ----------
    source : Cutout
    prepared : Prepared
        The audit and the very pixels that were encoded.
    latents, sigma, widen : ndarray (5,)
        In the order of `LATENTS`; `sigma` is half the 68 % interval, `widen * sigma` half the 95 % one.
    position : ndarray (2,)
        On the atlas's map.
    neighbours : DataFrame
        `id`, `distance` (latent, in units of the population's spread), the labels `z`, `logmass`, `logsfr`, and
        `population`.
    oddness : Oddness
        Of one galaxy.
    causes : Causes or None
        Of its oddness; None where the model has not learnt to tell.
    rarity, chi2, chi2_rank : float
        Percentile of its rarity; reconstruction chi2 a pixel and its percentile, both among ordinary atlas galaxies.
    reconstruction : ndarray (B, S, S)
        What the model makes of it, nanomaggies per native pixel.
    model : dict
        `name` and `sha256` of the weights.
    """

    source: Cutout
    prepared: Prepared
    latents: np.ndarray
    sigma: np.ndarray
    widen: np.ndarray
    position: np.ndarray
    neighbours: pd.DataFrame
    oddness: Oddness
    causes: Causes | None
    rarity: float
    chi2: float
    chi2_rank: float
    reconstruction: np.ndarray
    model: dict

    @property
    def reason(self) -> str:
        """The leading reason of its oddness, in words."""
        return name_reason(self.oddness.conditional_z[0])

    def interval(self, latent: str, widened: bool = False) -> tuple[float, float]:
        """Give the 68 % interval of a latent, or the 95 % one; a redshift does not fall below 0."""
        i = LATENTS.index(latent)
        half = self.sigma[i] * (self.widen[i] if widened else 1)
        low, high = self.latents[i] - half, self.latents[i] + half
        return float(max(low, 0) if latent == "redshift" else low), float(high)

    def to_dict(self) -> dict:
        """Everything in plain numbers and strings, ready for JSON; the schema of `galexplore locate --json`."""
        cutout, odd = self.source, self.oddness
        return {
            "source": {
                "path": cutout.name,
                "kind": cutout.kind,
                "bands": cutout.bands,
                "pixel_scale_arcsec": cutout.pixel_scale,
                "approximate": cutout.approximate,
            },
            "audit": [vars(check) for check in self.prepared.checks],
            "latents": {
                name: {
                    "value": float(self.latents[i]),
                    "sigma": float(self.sigma[i]),
                    "interval68": list(self.interval(name)),
                    "interval95": list(self.interval(name, widened=True)),
                    "unit": UNITS[name],
                }
                for i, name in enumerate(LATENTS)
            },
            "umap": self.position.tolist(),
            "neighbours": self.neighbours.to_dict("records"),
            "anomaly": {
                "percentile": self.rarity,
                "distance2": float(odd.distance2[0]),
                "contributions": dict(zip(INTRINSIC, odd.contributions[0].tolist(), strict=True)),
                "conditional_z": dict(zip(INTRINSIC, odd.conditional_z[0].tolist(), strict=True)),
                "cause": self.causes.to_dict() if self.causes else None,
                "reconstruction_chi2": self.chi2,
                "reconstruction_percentile": self.chi2_rank,
            },
            "model": self.model,
        }
