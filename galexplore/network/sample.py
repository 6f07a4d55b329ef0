"""Galaxies to learn from, and the device to learn on."""

import platform
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from galexplore.cutouts.segment import OTHER, segment
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
    size : Tensor (N,)
        log10 of the half-light radius, arcsec; NaN where the catalogue does not say.
    alone : Tensor (N, C, S, S), float16, or None
        The galaxies without neighbours and noise, where that is known: what the reconstruction answers for.
    others : Tensor (N, ceil(S S / 8)), uint8, or None
        Which pixels are other sources', a bit each, row by row: for those the reconstruction does not answer.
    """

    flux: Tensor
    labels: Tensor
    errors: Tensor
    vector: Tensor
    told: Tensor
    ebv: Tensor
    size: Tensor
    alone: Tensor | None = None
    others: Tensor | None = None

    @classmethod
    def gather(
        cls,
        frame: pd.DataFrame,
        flux: np.ndarray,
        survey: Survey,
        device: torch.device | str = "cpu",
        alone: np.ndarray | None = None,
    ) -> "Sample":
        """Put catalogue rows and their images (N, C, S, S), and these without all else where known, on a device."""
        columns = list(LABELLED.values())
        labels = torch.tensor(np.array([read_label(frame, c) for c in columns], np.float32).T)
        errors = torch.tensor(np.array([read_errors(frame, c) for c in columns], np.float32).T)
        vector = torch.tensor(to_double_angle(read_label(frame, "phi").astype(np.float32)))
        images = _place(flux, torch.device(device))
        told = torch.from_numpy(Observed.read(frame, survey).tell())
        ebv = torch.tensor(frame.get("ebv", pd.Series(0.0, frame.index)).fillna(0).to_numpy(np.float32))
        radius = frame.get("re_arcsec", pd.Series(np.nan, frame.index)).to_numpy(np.float32)
        size = torch.tensor(np.log10(np.where(radius > 0, radius, np.nan)))
        small = (labels, errors, vector, told, ebv, size)
        sample = cls(images, *(values.to(device) for values in small))
        return sample if alone is None else replace(sample, alone=_place(alone, torch.device(device)))

    def find_others(self, survey: Survey) -> "Sample":
        """Find which pixels are other sources', of each image by itself."""
        packed = []
        for rows in torch.arange(len(self)).split(1024):
            other = segment(self.flux[rows.to(self.flux.device)].cpu().numpy(), survey) == OTHER
            packed.append(np.packbits(other.reshape(len(rows), -1), axis=1))
        return replace(self, others=torch.from_numpy(np.concatenate(packed)).to(self.device))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def device(self) -> torch.device:
        """Where the labels are, and the images of a batch go."""
        return self.labels.device

    def images(self, rows: Tensor) -> Tensor:
        """Images (B, C, S, S) of some rows, float32, on the device."""
        return self._take(self.flux, rows)

    def targets(self, rows: Tensor) -> Tensor | None:
        """Images (B, C, S, S) of some rows without all but the galaxy, where these are known."""
        return None if self.alone is None else self._take(self.alone, rows)

    def masks(self, rows: Tensor) -> Tensor:
        """Masks (B, 1, S, S) of some rows, float32: 1 where a pixel is another source's."""
        size = self.flux.shape[-1]
        if self.others is None:
            return torch.zeros(len(rows), 1, size, size, device=self.device)
        places = torch.arange(7, -1, -1, dtype=torch.uint8, device=self.device)
        bits = (self.others[rows.to(self.device)][..., None] >> places) & 1
        return bits.flatten(1)[:, : size * size].view(-1, 1, size, size).float()

    def _take(self, pictures: Tensor, rows: Tensor) -> Tensor:
        return pictures[rows.to(pictures.device)].to(self.device, non_blocking=True).float()


def _place(pictures: np.ndarray, device: torch.device) -> Tensor:
    """Put pictures on a device where they fit, in 16 bits."""
    images = torch.from_numpy(np.asarray(pictures, np.float16))
    return images.to(device) if fits(images, device) else images


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
