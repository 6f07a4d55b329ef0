"""Galaxies to learn from, and the device to learn on."""

import platform
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from galexplore.images import Observed
from galexplore.latents import LABELLED, to_double_angle
from galexplore.posterior.label_errors import read_errors, read_label
from galexplore.survey import Survey

Device = torch.device


@dataclass(frozen=True)
class Sample:
    """Galaxies to learn from: labels on the device, images there too where they fit, else in the main memory.

    Attributes
    ----------
    flux : Tensor (N, C, S, S), float16
        Nanomaggies per native pixel.
    labels, errors : Tensor (N, 3)
        Redshift, log mass [log10 Msun], log SFR [log10 Msun/yr], NaN where not known, and their standard errors, by
        `posterior.label_errors` where the catalogue does not say.
    vector : Tensor (N, 2)
        (cos 2phi, sin 2phi); NaN where not known.
    told : Tensor (N, 2 C + 1)
        What is known of how they were observed: `Observed.tell`.
    ebv : Tensor (N,)
        The Galaxy's E(B-V) in front of each, whose dust was taken off, mag; 0 where the catalogue does not say.
    """

    flux: Tensor
    labels: Tensor
    errors: Tensor
    vector: Tensor
    told: Tensor
    ebv: Tensor

    @classmethod
    def gather(
        cls, frame: pd.DataFrame, flux: np.ndarray, survey: Survey, device: torch.device | str = "cpu"
    ) -> "Sample":
        """Put catalogue rows and their images (N, C, S, S) on a device."""
        columns = list(LABELLED.values())
        labels = torch.tensor(np.array([read_label(frame, c) for c in columns], np.float32).T)
        errors = torch.tensor(np.array([read_errors(frame, c) for c in columns], np.float32).T)
        vector = torch.tensor(to_double_angle(read_label(frame, "phi").astype(np.float32)))
        images = torch.from_numpy(np.asarray(flux, np.float16))
        images = images.to(device) if fits(images, torch.device(device)) else images
        told = torch.from_numpy(Observed.read(frame, survey).tell())
        ebv = torch.tensor(frame.get("ebv", pd.Series(0.0, frame.index)).fillna(0).to_numpy(np.float32))
        small = (labels, errors, vector, told, ebv)
        return cls(images, *(values.to(device) for values in small))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def device(self) -> torch.device:
        """Where the labels are, and the images of a batch go."""
        return self.labels.device

    def images(self, rows: Tensor) -> Tensor:
        """Images (B, C, S, S) of some rows, float32, on the device."""
        return self.flux[rows.to(self.flux.device)].to(self.device, non_blocking=True).float()


def fits(images: Tensor, device: torch.device) -> bool:
    """Tell whether images take less than half of what a device has free; the main memory holds them already."""
    return device.type != "cuda" or 2 * images.nbytes < torch.cuda.mem_get_info(device)[0]


def pick_device() -> torch.device:
    """Return the accelerator where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def halves(device: torch.device) -> bool:
    """Tell whether bfloat16 pays: on GPUs, and on CPUs that multiply it themselves."""
    return device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()


def describe_hardware(device: torch.device) -> str:
    """One phrase for the model's card."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{torch.get_num_threads()} CPU threads ({platform.machine()})"
