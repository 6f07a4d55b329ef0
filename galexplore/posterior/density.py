"""A mixture density network (Bishop 1994) on what the frozen encoder says: the joint posterior of z, log M and log SFR.

It is fitted after the encoder (`galexplore.network.fit_density`), whose weights it does not touch, and reads a galaxy's
row of the latents table; what can be asked of its answers is told by `galexplore.posterior.joint`. Three small layers
need no torch, which takes seconds to import.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from scipy.special import expit, log_softmax

from galexplore.errors import InputError
from galexplore.files import write_beside
from galexplore.latents import MEANS, SIGMAS
from galexplore.posterior.joint import JointPosterior
from galexplore.posterior.recalibrate import Recalibration

NARROW, BROAD = -5.0, 0.0  # log of a standard deviation in units of the galaxies' spread: none is broader than that
_NEAREST = 0.003  # redshift below which the means of the nearest galaxies, which may be negative, are all alike
_ARRAYS = ("weights", "means", "covariances")
_LAYERS = (0, 2, 4)  # of the head's `net`; between them stand SiLU


def list_inputs(table: pd.DataFrame) -> np.ndarray:
    """List what the head reads (N, 11) of a latents table: latents, the logs of their sigmas, brightness, and ln z."""
    means, sigmas = table[MEANS[1:]].to_numpy(float), table[SIGMAS].to_numpy(float)
    redshift = np.maximum(table["lat_redshift"].to_numpy(float), _NEAREST)
    return np.column_stack([means, np.log(sigmas), read_magnitude(table), np.log(redshift)])


def read_magnitude(table: pd.DataFrame) -> np.ndarray:
    """Read the magnitudes (N,) of the images, NaN where a table, as of an earlier make, does not know them."""
    return table["mag_aperture"].to_numpy(float) if "mag_aperture" in table else np.full(len(table), np.nan)


@dataclass(frozen=True)
class Density:
    """A fitted, calibrated head.

    Attributes
    ----------
    head : mapping of str to ndarray
        Its weights, as `galexplore.network.density_head.DensityHead` names them.
    recalibration : Recalibration
        By which its densities are widened and moved.
    prior : JointPosterior
        Density of the galaxies that it learnt from.
    """

    head: Mapping[str, np.ndarray]
    recalibration: Recalibration
    prior: JointPosterior

    def infer(self, table: pd.DataFrame, told: np.ndarray | None = None) -> JointPosterior:
        """Posteriors (N) of galaxies by their latents table, as `Embedder.embed` gives it, calibrated.

        `told` (N) is the share of the bands whose seeing the encoder was told (`Observed.share`); by default all.
        """
        return self.recalibration.apply(self.infer_raw(table), read_magnitude(table), told)

    def infer_raw(self, table: pd.DataFrame) -> JointPosterior:
        """Posteriors (N) of galaxies by their latents table, as the head gives them."""
        out = self._run(list_inputs(table).astype(np.float32)).astype(float)
        log_weight, mean, scale, below = np.split(out.reshape(len(out), out.shape[1] // 10, 10), (1, 4, 7), axis=2)
        factor = np.zeros((*mean.shape, 3))
        factor[..., range(3), range(3)] = np.exp(np.clip(scale, NARROW, BROAD))
        factor[(..., *np.tril_indices(3, -1))] = below
        spread, middle = (self.head[f"target_{name}"].astype(float) for name in ("std", "mean"))
        factor *= spread[:, None]
        weights = np.exp(log_softmax(log_weight[..., 0], axis=1))
        return JointPosterior(weights, mean * spread + middle, factor @ np.swapaxes(factor, -1, -2), self.prior)

    def _run(self, inputs: np.ndarray) -> np.ndarray:
        """Run the head on inputs (N, F), float32, to its outputs (N, 10 K); what is not known is as usual."""
        x = np.nan_to_num((inputs - self.head["input_mean"]) / self.head["input_std"])
        for layer in _LAYERS:
            x = x @ self.head[f"net.{layer}.weight"].T + self.head[f"net.{layer}.bias"]
            x = x if layer == _LAYERS[-1] else x * expit(x)
        return x

    def save(self, path: Path, weights: str) -> None:
        """Write it, beside and renamed; `weights` is the SHA-256 of the encoder's."""
        arrays = {f"head.{k}": v for k, v in self.head.items()}
        arrays |= {f"calibration.{k}": v for k, v in self.recalibration.to_arrays().items()}
        arrays |= {f"prior.{k}": getattr(self.prior, k) for k in _ARRAYS}
        hidden, inputs = self.head["net.0.weight"].shape
        shape = {"inputs": inputs, "components": len(self.head["net.4.bias"]) // 10, "hidden": hidden}
        with write_beside(path) as partial:
            whole = {k: np.ascontiguousarray(v) for k, v in arrays.items()}
            save_file(whole, partial, metadata={"weights": weights, "shape": json.dumps(shape)})

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
            with safe_open(path, "np") as file:
                said = file.metadata() or {}
                arrays = {key: file.get_tensor(key) for key in file.keys()}
            if said["weights"] != weights:
                raise InputError(
                    f"The joint posterior of {name!r} was fitted to other weights; fit it anew with: "
                    f"galexplore model posterior {name}"
                )
            head = _pick(arrays, "head.")
            _check(head, json.loads(said["shape"]))
            shares, means, covariances = (_pick(arrays, "prior.")[k] for k in _ARRAYS)
            prior = JointPosterior(shares, means, covariances)
            return cls(head, Recalibration(**_pick(arrays, "calibration.")), prior)
        except InputError:
            raise
        except (SafetensorError, OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
            raise InputError(
                f"The joint posterior of {name!r} is damaged or another version's; fit it anew with: "
                f"galexplore model posterior {name}"
            ) from error


def _pick(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}


def _check(head: dict[str, np.ndarray], shape: dict[str, int]) -> None:
    """Hold weights against the shape that they say they have; raises ValueError or KeyError."""
    inputs, hidden, outputs = shape["inputs"], shape["hidden"], 10 * shape["components"]
    wanted: dict[str, tuple[int, ...]] = {
        "net.0.weight": (hidden, inputs),
        "net.2.weight": (hidden, hidden),
        "net.4.weight": (outputs, hidden),
    }
    wanted |= {"net.0.bias": (hidden,), "net.2.bias": (hidden,), "net.4.bias": (outputs,)}
    wanted |= {f"input_{k}": (inputs,) for k in ("mean", "std")} | {f"target_{k}": (3,) for k in ("mean", "std")}
    if wrong := {k for k, size in wanted.items() if head[k].shape != size} | (set(head) - set(wanted)):
        raise ValueError(f"{', '.join(sorted(wrong))} do not fit")
