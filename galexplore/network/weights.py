"""Weights of a trained network as they stand in its file, held against the survey that its card says."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from galexplore.cutouts.stretch import knee
from galexplore.errors import InputError
from galexplore.network.layers import lay_out
from galexplore.network.recipes import Network
from galexplore.network.sample import pick_device
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


def open_weights(path: Path, network: Network, survey: Survey) -> CVAE:
    """Open a file of weights of which it is known which network and survey they are of.

    Returns
    -------
    CVAE
        In evaluation mode, on the accelerator where there is one.

    Raises
    ------
    InputError
        Where they are damaged, or of another network or survey.
    """
    model = lay_out(CVAE(network, survey))
    try:
        if path.stat().st_size > 2 * sum(v.nbytes for v in model.state_dict().values()) + 1_000_000:
            raise ValueError("larger than the weights of this network")
        model.load_state_dict(read_weights(path, model, path.parent.name))
    except InputError:
        raise
    except (OSError, ValueError, LookupError, TypeError, RuntimeError, SafetensorError) as error:
        raise InputError(f"{path} is damaged, or holds the weights of another network.") from error
    return model.to(pick_device()).eval()
