"""What is fixed: the survey's bands and scales, the network, the training recipe, the atlas.

Everything here is a frozen dataclass whose defaults are the shipped model; the comments say why.
"""

import os
from dataclasses import dataclass
from pathlib import Path

#: The repository root: `app.py`, `models/` and `data/` stand here.
ROOT = Path(__file__).resolve().parent.parent

#: The five latents in the order of every array of latents, and the unit of each.
LATENTS = ("phi", "redshift", "logmass", "logsfr", "free")
UNITS = {"phi": "rad", "redshift": "", "logmass": "log10(Msun)", "logsfr": "log10(Msun/yr)", "free": ""}

#: The latents in which rarity lives: orientation only says how the galaxy happens to lie.
INTRINSIC = ("redshift", "logmass", "logsfr", "free")

#: The three latents that a label ties down, and the catalogue column of each.
LABELLED = {"redshift": "z", "logmass": "logmass", "logsfr": "logsfr"}


@dataclass(frozen=True)
class Survey:
    """The imaging that the model reads: DECam Legacy Survey g, r, z.

    Fluxes are nanomaggies per native pixel (AB zero point 22.5), that is, surface brightness: the same value
    at any sampling. `noise` is the sky noise of one native pixel, `display` the Legacy viewer's RGB scales.
    """

    name: str = "DECaLS"
    bands: tuple[str, ...] = ("g", "r", "z")
    zero_point: float = 22.5  # AB magnitude of one nanomaggy
    pixel_scale: float = 0.262  # arcsec, native
    native_size: int = 128  # native pixels a side: 33.5 arcsec
    size: int = 69  # model pixels a side
    noise: tuple[float, ...] = (0.0030, 0.0045, 0.0120)  # nanomaggies a native pixel, typical depth
    display: tuple[float, ...] = (6.0, 3.4, 2.2)  # viewer scales in g, r, z
    display_m: float = 0.03
    display_q: float = 20.0

    @property
    def field(self) -> float:
        """Side of a model input in arcsec."""
        return self.native_size * self.pixel_scale

    @property
    def model_scale(self) -> float:
        """Pixel scale of a model input in arcsec."""
        return self.field / self.size

    @property
    def model_noise(self) -> tuple[float, ...]:
        """Sky noise of one model pixel a band: the native noise averaged over the native pixels it covers."""
        return tuple(s * self.pixel_scale / self.model_scale for s in self.noise)


SURVEY = Survey()


def cache_folder() -> Path:
    """Where rendered pixels are kept: `$GALEXPLORE_CACHE`, else `~/.cache/galexplore`."""
    return Path(os.environ.get("GALEXPLORE_CACHE") or Path.home() / ".cache" / "galexplore")
