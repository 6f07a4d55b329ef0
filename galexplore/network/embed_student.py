"""Surveys through a student: one look a galaxy, with its own calibration and its own sense of what it has learnt."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from galexplore.cutouts.photometry import measure_magnitude
from galexplore.errors import InputError
from galexplore.files import hash_file, write_beside
from galexplore.images import Observed
from galexplore.latents import LATENTS, MEANS, SIGMAS
from galexplore.network.feed import feed
from galexplore.network.layers import lay_out
from galexplore.network.physical import to_physical
from galexplore.network.sample import pick_device
from galexplore.network.student import Student, StudentNetwork
from galexplore.network.student_card import WEIGHTS, advise_student, read_student_card, write_student_card
from galexplore.network.vae import Posterior
from galexplore.posterior.domain import Domain
from galexplore.survey import Survey

#: Images that go through the network at once: their pixels stay within a core's own cache.
BATCH = 64


class StudentEmbedder:
    """A student in inference mode, its norms folded into its layers."""

    def __init__(
        self, student: Student, calibration: dict[str, dict] | None = None, domain: Domain | None = None,
        card: dict | None = None,
    ):  # fmt: skip
        self.student, self.survey, self.domain, self.card = lay_out(student.fold()), student.survey, domain, card or {}
        self.device = student.label_mean.device
        self.calibration = calibration or {name: {"scale68": 1.0, "scale95": 1.96} for name in LATENTS}
        self.label_mean = np.append(student.label_mean.cpu().numpy(), 0.0)
        self.label_std = np.append(student.label_std.cpu().numpy(), 1.0)

    @classmethod
    def load(cls, folder: Path, teacher: str, device: torch.device | None = None) -> "StudentEmbedder":
        """Load the student that stands in a model's folder.

        Parameters
        ----------
        folder : Path
        teacher : str
            SHA-256 of the model's weights, by which it must have been taught.

        Raises
        ------
        InputError
            Where there is none, it is damaged, or other weights taught it.
        """
        return cls.open(folder, read_student_card(folder, teacher), device)

    @classmethod
    def open(cls, folder: Path, card: dict, device: torch.device | None = None) -> "StudentEmbedder":
        """Open the weights that stand in a model's folder by a card, which is taken as it is; raises as `load`."""
        try:
            with safe_open(folder / WEIGHTS, "pt") as file:
                tensors = {key: file.get_tensor(key) for key in file.keys()}
            student = Student(StudentNetwork.read(card["network"]), Survey.from_dict(card["survey"]))
            student.load_state_dict({k[8:]: v for k, v in tensors.items() if k.startswith("student.")})
            domain = _unpack_domain({k[7:]: v for k, v in tensors.items() if k.startswith("domain.")})
            return cls(student.to(device or pick_device()), dict(card["calibration"]), domain, card)
        except (SafetensorError, OSError, ValueError, LookupError, TypeError, RuntimeError) as error:
            raise InputError(
                f"The student of {folder.name!r} is damaged or another version's; {advise_student(folder)}"
            ) from error

    @torch.inference_mode()
    def read(
        self,
        flux: np.ndarray,
        observed: Observed | None = None,
        *,
        batch: int = BATCH,
        progress: Callable[[int], None] = lambda done: None,
    ) -> tuple[pd.DataFrame, np.ndarray]:
        """Locate images (N, B, S, S) in latent space; nanomaggies per native pixel, without gaps.

        Returns
        -------
        table : DataFrame
            As of `Embedder.embed`, less `chi2` and what only the teacher tells apart.
        features : array (N, hidden)
        """
        parts, done = list[tuple[Tensor, ...]](), 0
        told = None if observed is None else observed.tell()
        for images, said in feed(flux, told, batch, self.device):
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
                features = self.student.features(images.float(), said)  # a CPU is no faster in half for so small a net
            parts.append((features, *self.student.name(features.float())))
            done += len(images)
            progress(done)
        hidden = self.student.network.hidden
        if not parts:
            return self.tabulate(np.empty((0, 5)), np.empty((0, 5)), np.empty(0), np.empty((0, hidden))), np.empty(
                (0, hidden), np.float32
            )
        features, vector, mean, logvar = (torch.cat(p) for p in zip(*parts, strict=True))
        magnitude = measure_magnitude(flux, self.survey)
        answers = to_physical(
            Posterior(vector, mean, logvar), self.label_mean, self.label_std, self.calibration, magnitude
        )
        seen = features.cpu().numpy()
        return self.tabulate(*answers, magnitude, seen), seen

    def tabulate(self, latents: np.ndarray, sigma: np.ndarray, magnitude: np.ndarray, seen: np.ndarray) -> pd.DataFrame:
        """Table of latents and sigmas (N, 5), magnitudes (N,) and, where there is a domain, the features' distance."""
        numbers = np.column_stack([latents, sigma, magnitude])
        table = pd.DataFrame(numbers, columns=[*MEANS, *SIGMAS, "mag_aperture"])
        if self.domain is None:
            return table
        return table.assign(**{str(k): v.to_numpy() for k, v in self.domain.measure(seen, pd.DataFrame()).items()})


def save_student(student: Student, domain: Domain | None, folder: Path, card: dict) -> dict:
    """Write an unfolded student and its card into the folder of the model that taught it; return the card.

    The weights come first: whoever is killed in between leaves a card that says they are not its own.
    """
    tensors = {f"student.{k}": v.cpu().contiguous() for k, v in student.state_dict().items()}
    if domain is not None:
        arrays = {f.name: np.asarray(getattr(domain, f.name)) for f in fields(domain)}
        arrays["kinds"] = np.frombuffer("\n".join(map(str, domain.kinds)).encode(), np.uint8)
        small = {k: a.astype(np.float32) if a.dtype == float else a for k, a in arrays.items()}
        tensors |= {f"domain.{k}": torch.from_numpy(np.array(a, order="C")) for k, a in small.items()}
    with write_beside(folder / WEIGHTS) as partial:
        save_file(tensors, partial)
    return write_student_card(folder, card)


def read_weights(folder: Path, survey: Survey) -> tuple[dict[str, Tensor], str]:
    """Read the weights of the student in a model's folder, unfolded, for another to begin with, and their SHA-256.

    Raises
    ------
    InputError
        Where there is none, it is damaged, or it is of another network or survey.
    """
    try:
        with safe_open(folder / WEIGHTS, "pt") as file:
            weights = {key[8:]: file.get_tensor(key) for key in file.keys() if key.startswith("student.")}
    except (SafetensorError, OSError) as error:
        raise InputError(f"The model {folder.name!r} has no whole student to begin with.") from error
    try:
        Student(StudentNetwork(), survey).load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(f"The student of {folder.name!r} is of another network or survey.") from error
    return weights, hash_file(folder / WEIGHTS)


def _unpack_domain(tensors: dict[str, Tensor]) -> Domain | None:
    if not tensors:
        return None
    values: dict[str, Any] = {k: v.numpy() for k, v in tensors.items()}
    values["kinds"] = np.array(values["kinds"].tobytes().decode().split("\n"))
    return Domain(**values | {name: float(values[name]) for name in ("spread", "widening")})
