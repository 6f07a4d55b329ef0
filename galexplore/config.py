"""What is fixed: the survey's bands and scales, the network, the training recipe, the atlas.

Everything here is a frozen dataclass whose defaults are the shipped model; the comments say why.
"""

import os
from dataclasses import dataclass
from pathlib import Path

#: The repository root: `app.py`, `models/` and `data/` stand here.
ROOT = Path(__file__).resolve().parent.parent
#: The catalogue that comes with the repository.
DATA = ROOT / "data" / "catalogue.parquet"

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
    peak: tuple[float, ...] = (0.15, 0.40, 0.87)  # brightest pixel of a galaxy in the embedded survey, mean; model grid
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


def models_folder() -> Path:
    """Where trained models stand: `$GALEXPLORE_MODELS`, else `models/` of the repository."""
    return Path(os.environ.get("GALEXPLORE_MODELS") or ROOT / "models")


@dataclass(frozen=True)
class Network:
    """The shape of the CVAE; small enough that two CPU cores train it in half an hour."""

    stretch: str = "noise"  # or "published": tanh(arcsinh(10 f / peak)), which loses faint galaxies
    stem: int = 12  # channels at full resolution, 69 pixels a side
    widths: tuple[int, ...] = (32, 64, 96, 128)  # channels at 34, 17, 8 and 4 pixels a side
    brushes: tuple[int, ...] = (64, 48, 32, 16)  # the decoder's channels at 6, 11, 21 and 41 pixels a side
    photometer: int = 256  # features made of the aperture fluxes
    hidden: int = 256  # the layer between the feature maps and the latents
    n_free: int = 1  # more may be studied; the explorer reads models with one
    softening: float = 3.0  # the noise stretch's knee in sigma of sky noise
    model_error: float = 0.15  # in the stretched space: what five numbers cannot say of a bright pixel

    @classmethod
    def read(cls, told: dict) -> "Network":
        """Network of a model's card, where JSON made lists of tuples; TypeError for another version's."""
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in told.items()})


@dataclass(frozen=True)
class Training:
    """The recipe. `galexplore train` writes it, with what it cost, into the model's card."""

    epochs: int = 12
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    ema: float = 0.998  # weights averaged over about five hundred steps: steadier than the last one
    reconstruction: float = 1.0  # weight of the mean chi2 a pixel against one nat of the physics terms
    voice: float = 0.5  # power of its variance that weighs a galaxy's likelihood: 0 as it is, 1 as a squared error
    drawn: int = 4  # one galaxy in so many is decoded: a decoding costs as much as an encoding and teaches less
    beta: float = 0.01  # weight of the free latent's KL
    free_nats: float = 0.5  # KL below this costs nothing, or the free latent would fall silent
    aggregate: float = 1.0  # weight of the free latents' distance, all together, from a unit normal
    dependence: float = 1.0  # weight of the free latents' distance correlation with the physics ones
    warm_up: float = 0.2  # fraction of the training over which beta rises
    turned: float = 0.5  # fraction of galaxies turned by any angle; the others by multiples of 90 degrees, exactly
    blurred: float = 0.2  # fraction of batches seen through worse seeing,
    blur: float = 0.7  # by up to so many pixels (sigma)
    background: float = 0.02  # sky level, in sigma of a model pixel, beside the frames' own; much more blurs colours
    noisy: float = 0.2  # fraction of batches with noise added,
    noise: float = 0.7  # by up to so many times the typical sky noise
    edge_masks: float = 0.1  # fraction of galaxies with part of the frame missing
    patience: int = 8  # epochs without a better validation score after which the training stops
    pictures: int = 4  # epochs between two progress pictures
    compile: bool = True  # on GPUs only
    extra: int = 50_000  # galaxies drawn for training alone, beside the catalogue's (needs the mock's bagpipes)
    calibrators: int = 20_000  # drawn beside the calibration split, whose 2,600 fix a coverage to 1 % only; with extra
    lessons: int = 1500  # galaxies whose properties are moved, one by one, to teach explanations; with extra
    seed: int = 20231226


#: What `galexplore train --recipe` offers. The GPU's has never run on one: its cost is an estimate from the CPU's.
RECIPES = {
    "cpu": (Network(), Training()),
    "gpu": (
        Network(stem=24, widths=(48, 96, 160, 256), brushes=(96, 64, 48, 32), hidden=384),
        Training(epochs=24, batch=512, learning_rate=3e-3, drawn=2, extra=284_000),
    ),
}


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
