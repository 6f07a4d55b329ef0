"""Shapes of the network and training recipes, and why they are what they are."""

from dataclasses import dataclass, replace
from typing import Any

from galexplore.cutouts.stretch import SOFTENING


@dataclass(frozen=True)
class Network:
    """The shape of the CVAE; small enough that two CPU cores train it within the hour."""

    stretch: str = "noise"  # or "published": tanh(arcsinh(10 f / peak)), which loses faint galaxies
    stem: int = 12  # channels at full resolution
    widths: tuple[int, ...] = (32, 64, 96, 128)  # channels at a half, a quarter, an eighth and a sixteenth of that
    brushes: tuple[int, ...] = (64, 48, 32, 16)  # the decoder's channels, at twice the pixels each time
    photometer: int = 256  # features made of the aperture fluxes
    told: bool = True  # whether the encoder is told the seeing, band by band, and of dust that was left in
    homogenised: bool = True  # whether bands are convolved to the widest seeing told of them
    matched: bool = True  # whether it also reads fluxes within apertures that the seeing does not change
    hidden: int = 256  # the layer between the feature maps and the latents
    n_free: int = 1  # more may be studied; the explorer reads models with one
    bumps: int = 32  # of the curve in redshift, mass and SFR that is taken off the free latents
    softening: float = SOFTENING  # the noise stretch's knee in sigma of sky noise
    model_error: float = 0.15  # in the stretched space: what five numbers cannot say of a bright pixel
    own: bool = True  # whether the reconstruction answers for the galaxy alone: chi2 leaves out all pixels but its own

    @classmethod
    def read(cls, card: dict) -> "Network":
        """Network of a model's card, where JSON made lists of tuples; TypeError for another version's.

        What an earlier version's does not say, its network has not.
        """
        shape: dict[str, Any] = {"told": False, "own": False, "homogenised": False, "matched": False, "bumps": 0}
        shape |= {k: tuple(v) if isinstance(v, list) else v for k, v in card.items()}
        return cls(**shape)


@dataclass(frozen=True)
class Training:
    """The recipe. `galexplore train` writes it, with what it cost, into the model's card."""

    epochs: int = 9
    minutes: float = 0.0  # where not 0, the time that the schedule takes, whatever the epochs that fit in
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    ema: float = 0.998  # weights averaged over about five hundred steps: steadier than the last one
    reconstruction: float = 4.0  # weight of the mean chi2 a pixel, most of them sky, against one nat of the physics
    voice: float = 0.5  # power of its variance that weighs a galaxy's likelihood: 0 as it is, 1 as a squared error
    alone: bool = True  # whether what is simulated is held against itself without neighbours and noise, not masked
    drawn: int = 4  # one galaxy in so many is decoded: a decoding costs as much as an encoding and teaches less
    beta: float = 0.01  # weight of the free latent's KL
    free_nats: float = 0.5  # KL below this costs nothing, or the free latent would fall silent
    aggregate: float = 1.0  # weight of the free latents' distance, all together, from a unit normal
    dependence: float = 8.0  # weight of the free latents' distance correlation with the physics ones and other light
    structure: float = 3.0  # weight of what the free latent's correlation with the galaxy's size lacks of 1
    warm_up: float = 0.2  # fraction of the training over which beta rises
    turned: float = 0.5  # fraction of galaxies turned by any angle; the others by multiples of 90 degrees, exactly
    untold: float = 0.5  # fraction of galaxies of which the seeing is not told,
    untold_band: float = 0.1  # and of the others' bands of which it is not
    seeing_error: float = 0.06  # of ln FWHM, by which what is told is wrong: published widths are means over a field
    dusty: float = 0.15  # fraction of galaxies seen through their field's dust, as where no position is known
    dust_error: float = 0.15  # of E(B-V), by which what is taken off is wrong: as maps differ
    background: float = 0.02  # sky level, in sigma of a model pixel, beside the frames' own; much more blurs colours
    noisy: float = 0.2  # fraction of batches with noise added,
    noise: float = 0.7  # by up to so many times the typical sky noise
    edge_masks: float = 0.1  # fraction of galaxies with part of the frame missing
    patience: int = 8  # epochs without a better validation score after which the training stops
    pictures: int = 4  # epochs between two progress pictures
    compile: bool = False  # on GPUs only; what it gains there is not known
    extra: int = 50_000  # galaxies drawn for training alone, beside the catalogue's (needs the mock's bagpipes)
    calibrators: int = 20_000  # drawn beside the calibration split, whose 2,600 fix a coverage to 1 % only; with extra
    lessons: int = 1500  # galaxies whose properties are moved, one by one, to teach explanations; with extra
    seed: int = 20231226
    start_from: str = ""  # SHA-256 of the weights that it begins with; else they are random


#: Fewer galaxies than this teach a network less than the simulated survey has taught the shipped one.
FEW = 10_000


def fine_tune(training: Training, weights: str, extra: int = 0) -> Training:
    """Turn a recipe into one that goes on from weights: small steps, small batches, more passes over fewer galaxies.

    Where `extra` galaxies are drawn, there are enough for the recipe's own batches and a few passes.
    """
    if extra:
        return replace(training, learning_rate=7e-4, epochs=6, extra=extra, start_from=weights)
    return replace(training, learning_rate=3e-4, batch=32, epochs=20, extra=0, start_from=weights)


#: What `galexplore train --recipe` offers. The shipped model went on (`fine_tune`) from one made by the GPU's in 4.4
#: minutes.
RECIPES = {
    "cpu": (Network(), Training()),
    "gpu": (
        Network(),
        Training(epochs=29, batch=512, learning_rate=3e-3, ema=0.999, drawn=2, extra=104_000, patience=29),
    ),
}
