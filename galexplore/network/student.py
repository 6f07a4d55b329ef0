"""A student of the CVAE's encoder: one look at a galaxy, at a thirtieth of the arithmetic, taught by the teacher.

Space to depth at the door (a convolution whose stride is its width), depthwise convolutions of five pixels with
pointwise ones between them, and photometry as two matrix products: small apertures on the middle of the frame at full
resolution, large ones on the frame averaged by threes. The level of the sky is a clipped mean about the galaxy, without
any sorting. Orientation and flips are built in by how it is taught (`galexplore.network.distil`).
"""

from dataclasses import dataclass
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from galexplore.cutouts.stretch import knee
from galexplore.errors import InputError
from galexplore.images import count_told
from galexplore.network.layers import arcsinh
from galexplore.network.vae import Posterior
from galexplore.survey import Survey

STEP = 3  # model pixels a side that the first layer reads as one
#: Gaussian apertures, sigma in model pixels: on the middle of the frame, and on the frame averaged by threes.
SMALL, LARGE = (0.8, 1.2, 1.7, 2.4), (3.4, 4.8, 7.0, 11.0, 17.0)
CORE = 17  # model pixels a side of the middle on which small apertures are measured
INNER = 45  # and of what the convolutions see: beyond, a frame holds little but its neighbours
OUTER = 0.22  # share of the frame's side beyond which the sky is read


@dataclass(frozen=True)
class StudentNetwork:
    """The shape of a student."""

    widths: tuple[int, ...] = (32, 64, 128)  # channels at a third, a sixth and a twelfth of the frame's pixels a side
    depths: tuple[int, ...] = (0, 1, 1)  # residual blocks at each of them
    photometer: int = 192  # features made of the aperture fluxes
    hidden: int = 128  # the layer between these and the latents
    n_free: int = 1

    @classmethod
    def read(cls, card: dict) -> "StudentNetwork":
        """Network of a card, where JSON made lists of tuples; TypeError for another version's."""
        fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in card.items()}
        return cls(**fields)


class Block(nn.Module):
    """relu(x + norm(pointwise(relu(norm(depthwise(x)))))) at constant resolution; two convolutions once folded."""

    def __init__(self, width: int):
        super().__init__()
        self.across: nn.Module = _depthwise(width)
        self.mix: nn.Module = _pointwise(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        if self.training:
            return F.relu(x + self.mix(F.relu(self.across(x))))
        return F.relu_(self.mix(F.relu_(self.across(x))).add_(x))


def _depthwise(width: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(width, width, 5, stride, 2, groups=width, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(width))


def _pointwise(inward: int, outward: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inward, outward, 1, bias=False), nn.BatchNorm2d(outward))


class Apertures(nn.Module):
    """Fluxes within Gaussian apertures about the middle, after `layers.Photometer`, at a tenth of its cost.

    All is reckoned in units of the sky's noise. Neighbours are taken off by symmetry: no pixel counts for much more
    than the one across the middle does.
    """

    small: Tensor
    large: Tensor
    pool: Tensor
    inverse: Tensor
    outer: Tensor

    def __init__(self, survey: Survey):
        super().__init__()
        self.side, self.core = survey.size // STEP, CORE
        self.start = (survey.size - CORE) // 2
        for name, sigmas, side, step in (("small", SMALL, CORE, 1), ("large", LARGE, self.side, STEP)):
            radius2 = _square_radius(side) * step**2
            weight = torch.exp(-radius2[:, None] / (2 * torch.tensor(sigmas) ** 2))
            self.register_buffer(name, weight / weight.pow(2).sum(dim=0).sqrt(), persistent=False)
        # A mean over step^2 pixels has 1/step of the noise of one. Rows are added, then columns, by a matrix product.
        pool = torch.eye(self.side).repeat_interleave(STEP, dim=0) / STEP
        self.register_buffer("pool", pool, persistent=False)
        self.register_buffer("inverse", 1 / torch.tensor(survey.model_noise).view(-1, 1, 1), persistent=False)
        outer = (radius2 > round(OUTER * survey.size) ** 2).float()
        self.register_buffer("outer", (outer / outer.sum())[:, None], persistent=False)
        bands = len(survey.bands)
        self.count = (2 * bands - 1) * (len(SMALL) + len(LARGE)) + bands

    def forward(self, flux: Tensor) -> Tensor:
        """Asinh magnitudes, colours between neighbouring bands and sky levels, (B, F), of linear flux (B, C, S, S)."""
        rows = flux.reshape(*flux.shape[:2], self.side, STEP, -1).unbind(3)
        coarse = (sum(rows[1:], rows[0]) @ self.pool).flatten(2) * self.inverse[..., 0]
        level = self.level(coarse)
        middle = slice(self.start, self.start + self.core)
        fine = torch.addcmul(-level[..., None] / STEP, flux[..., middle, middle], self.inverse).flatten(2)
        measured = torch.cat([clip_alien(fine) @ self.small, clip_alien(coarse - level) @ self.large], dim=2)
        bright = arcsinh(measured / 3)
        colours = bright[:, :-1] - bright[:, 1:]
        return torch.cat([bright.flatten(1), colours.flatten(1), arcsinh(3 * level).flatten(1)], dim=1)

    def level(self, coarse: Tensor) -> Tensor:
        """Level (B, C, 1) of the sky: the mean of what is outer, clipped at two sigma, twice."""
        level = coarse.clamp(-2, 2) @ self.outer
        return level + (coarse - level).clamp_(-2, 2) @ self.outer


def clip_alien(light: Tensor) -> Tensor:
    """Clip pixels (B, C, N) at half as much again as the one across the middle holds, and five sigma more."""
    across = light.flip(-1)
    return torch.minimum(
        light,
        F.leaky_relu(across, 2 / 3).mul_(1.5).add_(5)
        if not light.requires_grad
        else 1.5 * F.leaky_relu(across, 2 / 3) + 5,
    )


def _square_radius(side: int) -> Tensor:
    """Squared distance (side^2,) of pixels from the middle."""
    y, x = torch.meshgrid(*2 * [torch.arange(side) - (side - 1) / 2], indexing="ij")
    return (x**2 + y**2).flatten()


class Student(nn.Module):
    """An encoder alone. Images are linear flux (B, C, S, S) in nanomaggies per native pixel.

    Raises
    ------
    InputError
        Where the survey's grid is not an odd multiple of three pixels a side, 45 at least.
    """

    inverse: Tensor
    label_mean: Tensor
    label_std: Tensor

    def __init__(self, network: StudentNetwork, survey: Survey):
        super().__init__()
        if survey.size % (2 * STEP) != STEP or survey.size < INNER:
            raise InputError(f"a student reads grids of an odd multiple of {STEP} pixels a side, not of {survey.size}")
        self.network, self.survey = network, survey
        self.inner = slice((survey.size - INNER) // 2, (survey.size + INNER) // 2)
        self.register_buffer("inverse", torch.from_numpy(1 / knee(survey, "noise")), persistent=False)
        self.register_buffer("label_mean", torch.zeros(3))
        self.register_buffer("label_std", torch.ones(3))
        w, bands = network.widths, len(survey.bands)
        door = nn.Conv2d(bands, w[0], STEP, STEP, bias=False)
        blocks: list[nn.Module] = [nn.Sequential(door, nn.BatchNorm2d(w[0])), nn.ReLU(inplace=True)]
        for i, (width, depth) in enumerate(zip(w, network.depths, strict=True)):
            if i:
                blocks += [_depthwise(w[i - 1], 2), _pointwise(w[i - 1], width), nn.ReLU(inplace=True)]
            blocks += [Block(width) for _ in range(depth)]
        self.trunk = nn.Sequential(*blocks, nn.Flatten())
        self.apertures = Apertures(survey)
        self.told = count_told(bands)
        sizes = [self.apertures.count + self.told, *2 * [network.photometer]]
        layers = [layer for n in sizes for layer in (nn.Linear(n, network.photometer), nn.ReLU(inplace=True))]
        self.norm: nn.Module = nn.BatchNorm1d(self.apertures.count)
        self.photometer = nn.Sequential(*layers)
        side = INNER // STEP
        for _ in w[1:]:
            side = (side + 1) // 2
        wide = w[-1] * side**2 + network.photometer
        self.read_out = nn.Sequential(nn.Linear(wide, network.hidden), nn.ReLU(inplace=True))
        self.head = nn.Linear(network.hidden, 2 + 2 * (3 + network.n_free))

    def stretch(self, flux: Tensor) -> Tensor:
        """Inverse hyperbolic sine of flux over the knee, in as few passes over the pixels as can be."""
        inner = flux[..., self.inner, self.inner]
        if inner.requires_grad or inner.dtype != torch.float32:
            return arcsinh(inner * self.inverse)
        v = torch.empty(inner.shape, device=flux.device, memory_format=torch.channels_last)  # as the trunk reads it
        torch.mul(inner, self.inverse, out=v)
        size = (v * v).add_(1).sqrt_()
        return size.add_(v.abs()).log_().copysign_(v)

    def features(self, flux: Tensor, told: Tensor | None = None) -> Tensor:
        """Return what is made of images (B, C, S, S) before the latents are named: (B, hidden), float32."""
        seen = self.trunk(self.stretch(flux).contiguous(memory_format=torch.channels_last)).float()
        with torch.autocast(flux.device.type, enabled=False):
            flux = flux.float()
            told = flux.new_zeros(len(flux), self.told) if told is None else told
            measured = self.photometer(torch.cat([self.norm(self.apertures(flux)), told], dim=1))
            return self.read_out(torch.cat([seen, measured], dim=1))

    def name(self, features: Tensor) -> Posterior:
        """Posterior of the latents given features (B, hidden)."""
        count = 3 + self.network.n_free
        vector, mean, logvar = self.head(features).split([2, count, count], dim=1)
        length = vector.norm(dim=1, keepdim=True).clamp_min(1e-6)
        return Posterior(vector * torch.tanh(length) / length, mean, logvar.clamp(-9, 4))

    def encode(self, flux: Tensor, told: Tensor | None = None) -> Posterior:
        """Posterior of the latents given images (B, C, S, S) and what is told of them, as `CVAE.encode`."""
        return self.name(self.features(flux, told))

    def fold(self) -> "Student":
        """Fold the norms into the layers before and after them, for inference; returns itself, which then is another.

        A folded student answers as before to rounding, and cannot be taught on.
        """
        self.eval()
        for i, part in enumerate(self.trunk):
            if isinstance(part, nn.Sequential):
                self.trunk[i] = _merge(part)
            elif isinstance(part, Block):
                part.across, part.mix = _merge(part.across), _merge(part.mix)
        norm, first = self.norm, cast(nn.Linear, self.photometer[0])
        if isinstance(norm, nn.BatchNorm1d) and norm.running_var is not None and norm.running_mean is not None:
            scale = norm.weight / (norm.running_var + norm.eps).sqrt()
            with torch.no_grad():
                first.bias.add_(first.weight[:, : len(scale)] @ (norm.bias - norm.running_mean * scale))
                first.weight[:, : len(scale)] *= scale
        self.norm = nn.Identity()
        return self


def _merge(pair: nn.Module) -> nn.Module:
    """Make one convolution of a convolution and its norm; what is one already stays."""
    if not isinstance(pair, nn.Sequential):
        return pair
    return fuse_conv_bn_eval(cast(nn.Conv2d, pair[0]), cast(nn.BatchNorm2d, pair[1]))
