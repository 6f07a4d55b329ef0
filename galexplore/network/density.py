"""A mixture density network (Bishop 1994) on what the frozen encoder says: the joint posterior of z, log M and log SFR.

It is fitted after the encoder (`galexplore.network.fit_density`), whose weights it does not touch, and reads a galaxy's
row of the latents table; what can be asked of its answers is told by `galexplore.posterior.joint`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from galexplore.errors import InputError
from galexplore.files import write_beside
from galexplore.latents import MEANS, SIGMAS
from galexplore.posterior.joint import JointPosterior
from galexplore.posterior.recalibrate import Recalibration

_NARROW, _BROAD = -5.0, 0.0  # log of a standard deviation in units of the galaxies' spread: none is broader than that
_NEAREST = 0.003  # redshift below which the means of the nearest galaxies, which may be negative, are all alike
_ARRAYS = ("weights", "means", "covariances")


def list_inputs(table: pd.DataFrame) -> np.ndarray:
    """List what the head reads (N, 11) of a latents table: latents, the logs of their sigmas, brightness, and ln z."""
    means, sigmas = table[MEANS[1:]].to_numpy(float), table[SIGMAS].to_numpy(float)
    redshift = np.maximum(table["lat_redshift"].to_numpy(float), _NEAREST)
    return np.column_stack([means, np.log(sigmas), read_magnitude(table), np.log(redshift)])


def read_magnitude(table: pd.DataFrame) -> np.ndarray:
    """Read the magnitudes (N,) of the images, NaN where a table, as of an earlier make, does not know them."""
    return table["mag_aperture"].to_numpy(float) if "mag_aperture" in table else np.full(len(table), np.nan)


class DensityHead(nn.Module):
    """Inputs (B, F) to a mixture of K Gaussians in three straight coordinates, standardised by a sample's spread."""

    input_mean: Tensor
    input_std: Tensor
    target_mean: Tensor
    target_std: Tensor

    def __init__(self, inputs: int, components: int, hidden: int):
        super().__init__()
        self.shape = {"inputs": inputs, "components": components, "hidden": hidden}
        for name, size in {"input": inputs, "target": 3}.items():
            self.register_buffer(f"{name}_mean", torch.zeros(size))
            self.register_buffer(f"{name}_std", torch.ones(size))
        body = [nn.Linear(inputs, hidden), nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU()]
        self.net = nn.Sequential(*body, nn.Linear(hidden, components * 10))

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights (B, K), means (B, K, 3) and Cholesky factors (B, K, 3, 3), standardised."""
        scaled = ((inputs - self.input_mean) / self.input_std).nan_to_num()  # what is not known is as usual
        out = self.net(scaled).unflatten(1, (self.shape["components"], 10))
        log_weight, mean, scale, below = out.split([1, 3, 3, 3], dim=2)
        factor = torch.diag_embed(scale.clamp(_NARROW, _BROAD).exp())
        rows, columns = torch.tril_indices(3, 3, -1)
        factor[..., rows, columns] = below
        return log_weight[..., 0].log_softmax(dim=1), mean, factor


@dataclass(frozen=True)
class Density:
    """A fitted, calibrated head.

    Attributes
    ----------
    head : DensityHead
        In evaluation mode.
    recalibration : Recalibration
        By which its densities are widened and moved.
    prior : JointPosterior
        Density of the galaxies that it learnt from.
    """

    head: DensityHead
    recalibration: Recalibration
    prior: JointPosterior

    def infer(self, table: pd.DataFrame) -> JointPosterior:
        """Posteriors (N) of galaxies by their latents table, as `Embedder.embed` gives it, calibrated."""
        return self.recalibration.apply(self.infer_raw(table), read_magnitude(table))

    @torch.inference_mode()
    def infer_raw(self, table: pd.DataFrame) -> JointPosterior:
        """Posteriors (N) of galaxies by their latents table, as the head gives them."""
        head, x = self.head, torch.from_numpy(list_inputs(table).astype(np.float32))
        log_weight, mean, factor = (t.double() for t in head(x))
        mean, factor = mean * head.target_std + head.target_mean, factor * head.target_std[:, None]
        return JointPosterior(log_weight.exp().numpy(), mean.numpy(), (factor @ factor.mT).numpy(), self.prior)

    def save(self, path: Path, weights: str) -> None:
        """Write it, beside and renamed; `weights` is the SHA-256 of the encoder's."""
        tensors = {f"head.{k}": v.contiguous() for k, v in self.head.state_dict().items()}
        tensors |= {f"calibration.{k}": torch.from_numpy(v) for k, v in self.recalibration.to_arrays().items()}
        tensors |= {f"prior.{k}": torch.from_numpy(getattr(self.prior, k)) for k in _ARRAYS}
        with write_beside(path) as partial:
            save_file(tensors, partial, metadata={"weights": weights, "shape": json.dumps(self.head.shape)})

    @classmethod
    def load(cls, path: Path, weights: str) -> "Density":
        """Read what `save` wrote.

        Raises
        ------
        InputError
            Where it is damaged, another version's, or was fitted to other weights than those of this SHA-256.
        """
        name = path.parent.name
        try:
            with safe_open(path, "pt") as file:
                said = file.metadata() or {}
                tensors = {key: file.get_tensor(key) for key in file.keys()}
            if said["weights"] != weights:
                raise InputError(
                    f"The joint posterior of {name!r} was fitted to other weights; fit it anew with: "
                    f"galexplore model posterior {name}"
                )
            head = DensityHead(**json.loads(said["shape"]))
            head.load_state_dict(_pick(tensors, "head."))
            calibration = {k: v.numpy() for k, v in _pick(tensors, "calibration.").items()}
            shares, means, covariances = (_pick(tensors, "prior.")[k].numpy() for k in _ARRAYS)
            prior = JointPosterior(shares, means, covariances)
            return cls(head.eval(), Recalibration(**calibration), prior)
        except InputError:
            raise
        except (SafetensorError, OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
            raise InputError(
                f"The joint posterior of {name!r} is damaged or another version's; fit it anew with: "
                f"galexplore model posterior {name}"
            ) from error


def _pick(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
