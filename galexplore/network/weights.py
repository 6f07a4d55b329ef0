"""Weights of a trained network as they stand in its file, held against the survey that its card says."""

import json
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from galexplore.cutouts.stretch import knee
from galexplore.errors import InputError
from galexplore.network.vae import CVAE
from galexplore.survey import Survey

#: Weights whose shape follows from the size of the survey's grid: those that meet the trunk's, the apertures' and the
#: decoder's first pixels.
_SIZED = {"read_out.0.weight", "decoder.seed.2.weight", "decoder.seed.2.bias", "photometer.body.1.weight"}
_SIZED |= {f"photometer.body.0.{name}" for name in ("weight", "bias", "running_mean", "running_var")}


def read_weights(path: Path, model: CVAE, name: str) -> dict[str, Tensor]:
    """Read weights for a network built for its card's survey, or say that they were fitted to another one.

    Files say in their metadata what they were fitted to; of those that do not, the knee of the stretch tells the bands
    and their noise, and the shapes tell the size of the grid.
    """
    other = InputError(f"The card of {name!r} says another survey than its weights were fitted to; restore both files.")
    with safe_open(path, "pt") as file:
        said = (file.metadata() or {}).get("survey")
        tensors = {key: file.get_tensor(key) for key in file.keys()}
    if said is not None and Survey.from_dict(json.loads(said)) != model.survey:
        raise other
    network = model.network
    expected = torch.from_numpy(knee(model.survey, network.stretch, network.softening))
    fitted = tensors.get("knee", expected)
    if fitted.shape != expected.shape or not torch.allclose(fitted, expected, rtol=1e-4, atol=0):
        raise other
    built = model.state_dict()
    differ = [key for key in built if key in tensors and tensors[key].shape != built[key].shape]
    if differ and set(differ) <= _SIZED:
        raise other
    return tensors
