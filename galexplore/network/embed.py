"""Cutouts to a table of latents, and latents back to images: the one place where arrays meet torch at inference."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError
from torch import Tensor

from galexplore.cutouts.photometry import measure_magnitude
from galexplore.errors import InputError
from galexplore.files import hash_file
from galexplore.images import Observed
from galexplore.latents import LATENTS, MEANS, SIGMAS, standardise, to_double_angle
from galexplore.network.dihedral import DIHEDRAL, turn, turn_vector
from galexplore.network.layers import lay_out
from galexplore.network.physical import to_physical
from galexplore.network.recipes import Network
from galexplore.network.sample import halves, pick_device
from galexplore.network.vae import CVAE, Posterior
from galexplore.network.weights import read_weights
from galexplore.posterior import domain as domains
from galexplore.posterior.density import Density
from galexplore.posterior.domain import Domain
from galexplore.posterior.joint import FILE
from galexplore.survey import Survey

#: Images whose eight looks go through the network at once: more of them fill its memory without being faster.
FEW = 16


def use_one_thread() -> None:
    """Pass one galaxy at a time through the networks with one thread.

    A server answers each person in a thread of its own, and torch would give each of them a pool of others: where the
    cores are busy, those wait for each other, ten times as long as the work takes.
    """
    torch.set_num_threads(1)


class Embedder:
    """A trained model in inference mode, with its calibration.

    Where it has them: its joint posterior (`density`), and the limits of what it has learnt (`domain`).

    Every image is read in its eight flips and transpositions and the answers are averaged, so that turning a galaxy by
    90 degrees turns its angle and changes nothing else.
    """

    def __init__(
        self,
        model: CVAE,
        calibration: dict[str, dict[str, float]] | None = None,
        density: Density | None = None,
        domain: Domain | None = None,
    ):
        self.model, self.survey, self.density, self.domain = model.eval(), model.survey, density, domain
        self.device = model.label_mean.device
        self.calibration = calibration or {name: {"scale68": 1.0, "scale95": 2.0} for name in LATENTS}
        self.label_mean = np.append(model.label_mean.cpu().numpy(), 0.0)
        self.label_std = np.append(model.label_std.cpu().numpy(), 1.0)

    @classmethod
    def load(cls, folder: Path, device: torch.device | None = None) -> "Embedder":
        """Load `weights.safetensors`, `card.json` and, where there is one, the joint posterior from a model's folder.

        Parameters
        ----------
        folder : Path
        device : torch.device, optional
            By default the accelerator where there is one, else the CPU.

        Raises
        ------
        InputError
            Where the folder holds no model, its weights are not those that the card was written for, the card says
            another survey than they were fitted to, or the network that they describe is another version's.
        """
        weights, card = folder / "weights.safetensors", folder / "card.json"
        if not (weights.exists() and card.exists()):
            raise InputError(f"No model stands in {folder.name!r}; train one with: galexplore train --name NAME")
        try:
            said = json.loads(card.read_bytes())
            described = said["sha256"]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise InputError(f"The card of {folder.name!r} is damaged; restore it.") from error
        if hash_file(weights) != described:
            raise InputError(f"The weights of {folder.name!r} are not those its card describes; restore both files.")
        try:
            network, survey = Network.read(said["network"]), Survey.from_dict(said["survey"])
            model = lay_out(CVAE(network, survey))
            tensors = read_weights(weights, model, folder.name)
            model.load_state_dict(tensors)
            calibration = dict(said["calibration"])
        except (KeyError, TypeError, RuntimeError, SafetensorError) as error:
            raise InputError(
                f"The model in {folder.name!r} was made by another version of galexplore; train it anew with: "
                f"galexplore train --name {folder.name} --overwrite"
            ) from error
        joint = folder / FILE
        density = Density.load(joint, said["sha256"]) if joint.exists() else None
        known = folder / domains.FILE
        domain = Domain.load(known) if known.exists() else None
        return cls(model.to(device or pick_device()), calibration, density, domain)

    @property
    def judged(self) -> str:
        """What `chi2` is the mean over, in words: a pixel of the frame, or of the galaxy's own."""
        return "per pixel of the galaxy" if self.model.network.own else "per pixel"

    @torch.inference_mode()
    def embed(
        self,
        flux: np.ndarray,
        valid: np.ndarray | None = None,
        observed: Observed | None = None,
        *,
        batch: int = 256,
        progress: Callable[[int], None] = lambda done: None,
    ) -> pd.DataFrame:
        """Locate images in latent space.

        Parameters
        ----------
        flux : array (N, B, S, S)
            Nanomaggies per native pixel, without gaps.
        valid : bool array (N, B, S, S), optional
            Pixels on which the reconstruction is judged, of those that the model judges; all of them by default.
        observed : Observed, optional
            What is known of how they were observed; by default nothing, and no dust of the Galaxy remains.

        Returns
        -------
        DataFrame
            `lat_<name>` and `lat_<name>_sigma` for the five latents in physical units (phi in [0, pi) rad, sigma the
            calibrated half-width of the 68 % interval), `chi2`, the reconstruction's mean chi2 a pixel (of the
            galaxy's own ones where the network is so made, else of all), and `mag_aperture`, the magnitude in the
            survey's reference band within 5 arcsec.
        """
        return self.read(flux, valid, observed, batch=batch, progress=progress)[0]

    @torch.inference_mode()
    def read(
        self,
        flux: np.ndarray,
        valid: np.ndarray | None = None,
        observed: Observed | None = None,
        *,
        batch: int = 256,
        progress: Callable[[int], None] = lambda done: None,
    ) -> tuple[pd.DataFrame, np.ndarray]:
        """Locate images as `embed` does, and give their features (N, F) as `features` does."""
        parts, features = list[pd.DataFrame](), [np.empty((0, self.model.network.hidden), np.float32)]
        for start in range(0, len(flux), batch):
            rows = slice(start, start + batch)
            images = self._tensor(flux[rows])
            mask = None if valid is None else self._tensor(valid[rows])
            told = self._tell(observed, rows)
            looks = self._look(images, told)
            features.append(looks.mean(dim=0).cpu().numpy())
            parts.append(self._answer(looks, images, mask, measure_magnitude(flux[rows], self.survey)))
            progress(min(start + batch, len(flux)))
        empty = pd.DataFrame(columns=[*MEANS, *SIGMAS, "chi2", "mag_aperture"], dtype=float)
        return pd.concat(parts, ignore_index=True) if parts else empty, np.concatenate(features)

    @torch.inference_mode()
    def glance(self, flux: np.ndarray, observed: Observed | None = None, batch: int = 256) -> pd.DataFrame:
        """Locate images (N, B, S, S) by a single look in half precision, without their reconstruction.

        For surveys of billions: an order of magnitude faster than `embed`, and from it by a small part of a sigma. The
        photometry, to which half precision would do harm, stays in single; so does all where the device is no faster
        in half.

        Returns
        -------
        DataFrame
            As of `embed`, less `chi2`.
        """
        parts = []
        for start in range(0, len(flux), batch):
            images = self._tensor(flux[start : start + batch]).contiguous(memory_format=torch.channels_last)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=halves(self.device)):
                posterior = self.model.encode(images, self._tell(observed, slice(start, start + batch)))
            magnitude = measure_magnitude(flux[start : start + batch], self.survey)
            parts.append(np.concatenate([*self._physical(posterior, magnitude), magnitude[:, None]], axis=1))
        columns = [*MEANS, *SIGMAS, "mag_aperture"]
        return pd.DataFrame(np.concatenate(parts) if parts else np.empty((0, len(columns))), columns=columns)

    @torch.inference_mode()
    def encode_orientations(self, flux: np.ndarray, observed: Observed | None = None) -> np.ndarray:
        """Latents (8, N, 5) that each of the eight flips and transpositions of images (N, B, S, S) gives by itself.

        In physical units and turned back, so that without noise all eight would agree; `embed` returns their mean.
        """
        answers = []
        for features, move in zip(
            self._look(self._tensor(flux), self._tell(observed, slice(None))), DIHEDRAL, strict=True
        ):
            vector, mean, logvar = self.model.name(features)
            answers.append(self._physical(Posterior(turn_vector(vector, move), mean, logvar))[0])
        return np.stack(answers)

    @torch.inference_mode()
    def decode(self, latents: np.ndarray) -> np.ndarray:
        """Images (N, B, S, S), nanomaggies per native pixel, from latents (N, 5) in physical units."""
        latents = np.atleast_2d(np.asarray(latents, float))
        code = standardise(latents[:, 1:], self.label_mean, self.label_std)
        code = np.concatenate([to_double_angle(latents[:, 0]), code], axis=1)
        return self.model.unstretch(self.model.decode(self._tensor(code))).cpu().numpy()

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(self.device)

    def _tell(self, observed: Observed | None, rows: slice) -> Tensor | None:
        return None if observed is None else self._tensor(observed[rows].tell())

    @torch.inference_mode()
    def features(self, flux: np.ndarray, observed: Observed | None = None, batch: int = 256) -> np.ndarray:
        """Give what the encoder has made of images (N, B, S, S) before it names the latents: (N, F), float32.

        The mean over the eight flips and transpositions, as for the latents.
        """
        parts = []
        for start in range(0, len(flux), batch):
            images = self._tensor(flux[start : start + batch])
            told = self._tell(observed, slice(start, start + batch))
            parts.append(self._look(images, told).mean(dim=0).cpu().numpy())
        return np.concatenate(parts)

    def _look(self, flux: Tensor, told: Tensor | None) -> Tensor:
        """Features (8, B, hidden) of images in each of the eight flips and transpositions; photometry is done once."""
        flux, told = self.model.homogenise(flux, told)
        measured, turned = self.model.measure(flux, told), [turn(flux, move).contiguous() for move in DIHEDRAL]
        if len(flux) <= FEW:
            shapes = self.model.shapes(torch.cat(turned)).unflatten(0, (len(DIHEDRAL), len(flux)))
        else:
            shapes = torch.stack([self.model.shapes(images) for images in turned])
        return torch.stack([self.model.join(seen, measured) for seen in shapes])

    def _answer(self, looks: Tensor, flux: Tensor, valid: Tensor | None, magnitude: np.ndarray) -> pd.DataFrame:
        """Make one answer of the eight looks (8, B, hidden) at each image."""
        answers = [self.model.name(features) for features in looks]
        vector = torch.stack([turn_vector(p.vector, m) for p, m in zip(answers, DIHEDRAL, strict=True)]).mean(dim=0)
        means = torch.stack([p.mean for p in answers])
        # The variance of the mixture of the eight answers: what each says, and how far they disagree.
        variance = torch.stack([p.logvar.exp() for p in answers]).mean(dim=0) + means.var(dim=0, correction=0)
        posterior = Posterior(vector, means.mean(dim=0), variance.log())
        direction = torch.nn.functional.normalize(vector, dim=1)
        drawn = self.model.decode(torch.cat([direction, posterior.mean], dim=1))
        own = self.model.find_own(flux)
        judged = valid if own is None else own if valid is None else own * valid
        chi2 = self.model.chi2(flux, drawn, judged).cpu().numpy()[:, None]
        numbers = np.concatenate([*self._physical(posterior, magnitude), chi2, magnitude[:, None]], axis=1)
        return pd.DataFrame(numbers, columns=[*MEANS, *SIGMAS, "chi2", "mag_aperture"])

    def _physical(self, posterior: Posterior, magnitude: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        return to_physical(posterior, self.label_mean, self.label_std, self.calibration, magnitude)
