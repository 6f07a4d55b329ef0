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


@dataclass(frozen=True)
class Network:
    """The shape of the CVAE; small enough that two CPU cores train it in half an hour."""

    widths: tuple[int, ...] = (24, 48, 64, 96)  # channels at 35, 18, 9 and 5 pixels a side
    hidden: int = 256  # the layer between the feature maps and the latents
    softening: float = 3.0  # the stretch's knee in sigma of sky noise
    model_error: float = 0.15  # relative: what five numbers cannot say of a bright pixel


@dataclass(frozen=True)
class Training:
    """The recipe. `galexplore train` writes it, with what it cost, into the model's card."""

    epochs: int = 24
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    ema: float = 0.998  # weights averaged over about four hundred steps: steadier than the last one
    # Weight of the mean chi2 a pixel against one nat of the physics terms. The decoder does not care (Adam is free of
    # scale), the trunk does: twenty times more, and what the free latent asks of it drowns what the labels ask.
    reconstruction: float = 1.0
    drawn: int = 2  # one galaxy in so many is decoded: a decoding costs as much as an encoding and teaches less
    beta: float = 0.01  # weight of the free latent's KL
    free_nats: float = 0.5  # KL below this costs nothing, or the free latent would fall silent
    warm_up: float = 0.2  # fraction of the training over which beta rises
    edge_masks: float = 0.15  # fraction of batches with part of the frame missing
    seed: int = 20231226


@dataclass(frozen=True)
class AtlasConfig:
    """How the reference is fitted and how a newcomer is placed on its map."""

    n_neighbors: int = 30
    min_dist: float = 0.15
    seed: int = 42
    placement: int = 10  # nearest atlas galaxies whose map positions are averaged
    components: int = 20  # principal components of the encoder's features that the second map is made of
    modes: int = 4  # Gaussians that describe the ordinary galaxies, which are not of one kind
    judged: int = 15  # nearest galaxies that a point's neighbours on the map are held against
