"""Move a batch of galaxies as the sky and the telescope might have: on the device, every label carried along."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from galexplore.network.recipes import Training
from galexplore.survey import Survey


def augment(
    flux: Tensor, vector: Tensor, training: Training, survey: Survey, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Turn, mirror, shift, blur, light and cut a batch.

    Every galaxy gets its own move. A share `training.turned` of them is turned by any angle and shifted by fractions
    of a pixel, which interpolates; the others keep their pixels and their noise exactly as they are: a multiple of 90
    degrees and whole pixels.

    Parameters
    ----------
    flux : Tensor (B, C, S, S)
    vector : Tensor (B, 2)
        (cos 2phi, sin 2phi); NaN where not known.
    survey : Survey
    generator : torch.Generator
        On the same device.

    Returns
    -------
    flux, vector : Tensor
    valid : Tensor (B, 1, S, S)
        1 where the frame has data.
    """

    def draw(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, device=flux.device)

    bands = len(survey.bands)
    if float(draw(1)) < training.blurred:
        flux = blur(flux, training.blur * draw(bands))
    flux, vector, valid = move(flux, vector, draw(len(flux), 6), training.turned)
    sigma = flux.new_tensor(survey.model_noise).view(-1, 1, 1)
    # A sky that was not subtracted quite right: one level a band and galaxy.
    level = torch.randn((len(flux), bands, 1, 1), generator=generator, device=flux.device)
    flux = flux + training.background * sigma * level
    if float(draw(1)) < training.noisy:
        grain = torch.randn(flux.shape, generator=generator, device=flux.device)
        flux = flux + training.noise * sigma * draw(len(flux), 1, 1, 1) * grain
    return flux, vector, valid * cut_edges(draw(len(flux), 9), training.edge_masks, survey.size)


def blur(flux: Tensor, width: Tensor) -> Tensor:
    """Worsen the seeing by Gaussians of `width` (C,) model pixels (sigma), one a band; only edges lose flux."""
    at = torch.arange(-2, 3, device=flux.device)
    line = torch.exp(-(at**2) / (2 * width.clamp_min(0.05)[:, None] ** 2))
    line = line / line.sum(dim=1, keepdim=True)
    kernel = (line[:, :, None] * line[:, None, :])[:, None]
    return F.conv2d(F.pad(flux, (2, 2, 2, 2), mode="replicate"), kernel, groups=len(width))


def move(flux: Tensor, vector: Tensor, u: Tensor, turned: float) -> tuple[Tensor, Tensor, Tensor]:
    """Turn, mirror and shift by up to a pixel, as `u` (B, 6), uniform in [0, 1), says.

    A pixel p of the new picture looks at q = R(theta) M p + shift of the old one, M a mirror of the columns in half of
    the galaxies; so an axis at phi comes to lie at +-(phi - theta).
    """
    free = u[:, 0] < turned
    theta = 2 * math.pi * torch.where(free, u[:, 1], (4 * u[:, 1]).floor() / 4)
    mirror = 1 - 2 * (u[:, 2] < 0.5).to(flux.dtype)
    shift = torch.where(free[:, None], 2 * u[:, 3:5] - 1, (3 * u[:, 3:5]).floor() - 1) * (2 / flux.shape[-1])
    c, s = theta.cos(), theta.sin()
    affine = torch.stack([c * mirror, -s, shift[:, 0], s * mirror, c, shift[:, 1]], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(affine, list(flux.shape), align_corners=False)
    inside = (grid.abs() < 1).all(dim=-1)[:, None].to(flux.dtype)
    moved = F.grid_sample(flux, grid, padding_mode="border", align_corners=False) * inside
    c, s = (2 * theta).cos(), (2 * theta).sin()
    x, y = vector[:, 0], vector[:, 1]
    return moved, torch.stack([x * c + y * s, (y * c - x * s) * mirror], dim=1), inside


def cut_edges(u: Tensor, share: float, size: int) -> Tensor:
    """Frames (B, 1, S, S) of ones, of which a share lacks up to a fifth at some of its sides; `u` (B, 9) decides."""
    lost = (size // 5) * u[:, 1:5] * (u[:, 5:9] < 0.5) * (u[:, :1] < share)
    at = torch.arange(size, device=u.device)
    rows, columns = (
        (at >= low[:, None]) & (at < size - high[:, None])
        for low, high in (lost[:, :2].unbind(1), lost[:, 2:].unbind(1))
    )
    return (rows[:, None, :, None] & columns[:, None, None, :]).to(u.dtype)
