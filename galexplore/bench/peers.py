"""What the model is held against: the published recipe, the same without physics, a contrastive encoder.

The published one follows Gagliano & Villar 2023 (arXiv:2312.16687): two strided convolutions and a linear layer a side,
five latents, the stretch tanh(arcsinh(10 f / peak)), the angle regressed as a number, the divergence on the free latent
alone, and label weights whose shape (B, 1, 4) against errors (B, 4) spreads them over (B, B, 4), so that every galaxy
gets the mean weight. Weights are inverse label errors, in units that give each label a mean weight of one; the balance
of the terms is ours.
"""

import itertools
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from galexplore.cutouts.stretch import knee
from galexplore.latents import standardise, to_axis_angle, unstandardise
from galexplore.network.augment import augment
from galexplore.network.layers import arcsinh, lay_out
from galexplore.network.recipes import Training
from galexplore.network.sample import Sample
from galexplore.survey import Survey

#: What every peer sees of the sky: each galaxy turned and mirrored exactly, at random.
TURNS = Training(turned=0.0, noisy=0.0, background=0.0, edge_masks=0.0)


class Published(nn.Module):
    """The published autoencoder: latents in the order phi, z, log M, log SFR, free."""

    knee: Tensor

    def __init__(self, survey: Survey, physics: bool = True):
        super().__init__()
        self.survey, self.physics = survey, physics
        bands, size, _ = survey.shape
        half = (size + 1) // 2
        side = (half + 1) // 2
        self.register_buffer("knee", torch.from_numpy(knee(survey, "published")))
        self.trunk = nn.Sequential(
            nn.Conv2d(bands, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(), nn.Flatten()
        )
        self.head = nn.Linear(32 * side**2, 10)
        self.seed = nn.Sequential(nn.Linear(5, 32 * side**2), nn.ReLU(), nn.Unflatten(1, (32, side, side)))
        grow = nn.ConvTranspose2d(32, 16, 3, 2, 1, output_padding=1 - half % 2)
        paint = nn.ConvTranspose2d(16, bands, 3, 2, 1, output_padding=1 - size % 2)
        self.paint = nn.Sequential(grow, nn.ReLU(), paint)

    def stretch(self, flux: Tensor) -> Tensor:
        """tanh(arcsinh(v)) = v / sqrt(1 + v^2), v = 10 f / peak."""
        v = flux / self.knee
        return v / torch.sqrt(1 + v * v)

    def encode(self, flux: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance (B, 5) of the latents."""
        mean, logvar = self.head(self.trunk(self.stretch(flux))).float().chunk(2, dim=1)
        return mean, logvar.clamp(-9, 4)

    def embed(self, flux: Tensor) -> Tensor:
        """Latent means (B, 5)."""
        return self.encode(flux)[0]

    def loss(self, flux: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Reconstruction, divergence and, with physics, the squared errors of four standardised labels (B, 4)."""
        mean, logvar = self.encode(flux)
        code = mean + (logvar / 2).exp() * torch.randn_like(mean)
        image = self.stretch(flux)
        reconstruction = ((self.paint(self.seed(code)) - image) ** 2).sum(dim=(1, 2, 3)).mean()
        kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar)
        if not self.physics:
            return reconstruction + kl.sum(dim=1).mean()
        known = target.isfinite()
        error = torch.where(known, mean[:, :4] - target.nan_to_num(), 0)
        # (B, 4) times (B, 1, 4) is (B, B, 4), whose mean gives each error the batch's mean weight.
        spread = (error**2 * weight[:, None, :]).mean(dim=(0, 1))
        return reconstruction + kl[:, 4].mean() + PHYSICS * spread.sum()


#: Weight of the published physics term, whose value is not published: labels and pixels pull about as hard.
PHYSICS = 100.0


class Contrastive(nn.Module):
    """A self-supervised encoder (Chen et al. 2020, SimCLR): copies of one galaxy brought together, all others apart."""

    knee: Tensor

    def __init__(self, survey: Survey):
        super().__init__()
        self.survey = survey
        self.register_buffer("knee", torch.from_numpy(knee(survey, "noise")))
        layers, widths = list[nn.Module](), (len(survey.bands), 32, 64, 96, 128)
        for inward, outward in itertools.pairwise(widths):
            layers += [nn.Conv2d(inward, outward, 4, 2, 1, bias=False), nn.BatchNorm2d(outward), nn.ReLU()]
        self.trunk = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * (survey.size // 16) ** 2, 128))
        self.project = nn.Sequential(nn.BatchNorm1d(128), nn.ReLU(), nn.Linear(128, 64))

    def embed(self, flux: Tensor) -> Tensor:
        """Features (B, 128)."""
        return F.normalize(self.trunk(arcsinh(flux / self.knee)).float(), dim=1)

    def loss(self, one: Tensor, other: Tensor, temperature: float = 0.1) -> Tensor:
        """Normalised temperature-scaled cross entropy over both copies (2 B, 64) of each galaxy."""
        copies = torch.cat([one, other])
        codes = F.normalize(self.project(self.trunk(arcsinh(copies / self.knee)).float()), dim=1)
        alike = codes @ codes.T / temperature
        alike.fill_diagonal_(-math.inf)
        partner = torch.arange(len(copies), device=copies.device).roll(len(one))
        return F.cross_entropy(alike, partner)


#: A network that trains here.
Peer = Published | Contrastive


class Scale:
    """Labels (N, 4) phi, z, log M, log SFR of a sample in units of their spread, and their weights, one in the mean."""

    def __init__(self, sample: Sample):
        labels, weight = self._gather(sample)
        self.mean, self.weight = labels.nanmean(dim=0), weight.mean(dim=0)
        self.std = ((labels - self.mean) ** 2).nanmean(dim=0).sqrt()

    def _gather(self, sample: Sample) -> tuple[Tensor, Tensor]:
        phi = to_axis_angle(sample.vector, torch)[:, None]
        errors = torch.cat([torch.full_like(phi, 0.1), sample.errors], dim=1)
        return torch.cat([phi, sample.labels], dim=1), 1 / errors.clamp_min(1e-6)

    def apply(self, sample: Sample) -> tuple[Tensor, Tensor]:
        """Standardised labels and weights (N, 4) of other galaxies."""
        labels, weight = self._gather(sample)
        return standardise(labels, self.mean, self.std), weight / self.weight

    def undo(self, latents: np.ndarray) -> np.ndarray:
        """Phi, z, log M and log SFR (N, 4) from latents (N, 5)."""
        return unstandardise(latents[:, :4], self.mean.cpu().numpy(), self.std.cpu().numpy())


def train_peer(
    model: Peer, sample: Sample, epochs: int, seconds: float, report: Callable[[int, int], None], batch: int = 256
) -> dict[str, float]:
    """Train a peer with Adam and a rate that falls as a cosine, until its epochs or its seconds are spent.

    Returns
    -------
    dict
        `epochs` (as far as it got), `seconds` (on a CPU, its own time over its threads).
    """
    lay_out(model).to(sample.device)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    scale = Scale(sample)
    # A CPU's own time, not the clock's: a busy machine must not make a peer look worse.
    clock = time.perf_counter if sample.device.type == "cuda" else time.process_time
    threads = 1 if sample.device.type == "cuda" else torch.get_num_threads()
    start, steps = clock(), epochs * max(1, len(sample) // batch)
    spent = 0.0
    for step, rows in enumerate(_batches(sample, epochs, batch)):
        spent = (clock() - start) / threads
        # What is nearer its end, the epochs or the time, sets the rate: so the last step is always a small one.
        done = max(step / steps, spent / seconds)
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = 1e-3 * 0.5 * (1 + math.cos(math.pi * done))
        optimizer.zero_grad(set_to_none=True)
        _lose(model, sample, rows, step, scale).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        report(step + 1, steps)
    model.eval()
    return {"epochs": round((step + 1) * batch / len(sample), 1), "seconds": round(spent, 1)}


def _batches(sample: Sample, epochs: int, batch: int) -> Iterator[Tensor]:
    order = torch.Generator().manual_seed(1)
    for _ in range(epochs):
        rows = torch.randperm(len(sample), generator=order)
        yield from rows[: len(rows) // batch * batch].split(batch) if len(rows) > batch else [rows]


def _lose(model: Peer, sample: Sample, rows: Tensor, step: int, scale: Scale) -> Tensor:
    generator = torch.Generator(sample.device).manual_seed(step)
    at = rows.to(sample.device)
    flux, vector = sample.images(rows).contiguous(memory_format=torch.channels_last), sample.vector[at]
    if isinstance(model, Contrastive):
        one, other = (augment(flux, vector, Training(), model.survey, generator)[0] for _ in range(2))
        return model.loss(one, other)
    flux, vector, _ = augment(flux, vector, TURNS, model.survey, generator)
    seen = replace(sample, flux=flux, labels=sample.labels[at], errors=sample.errors[at], vector=vector)
    return model.loss(flux.contiguous(memory_format=torch.channels_last), *scale.apply(seen))


@torch.inference_mode()
def embed_peer(model: Peer, sample: Sample) -> np.ndarray:
    """Latents or features (N, K) of a sample."""
    return torch.cat([model.embed(sample.images(rows)) for rows in torch.arange(len(sample)).split(512)]).cpu().numpy()
