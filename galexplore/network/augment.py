"""Move a batch of galaxies as the sky and the telescope might have: on the device, every label carried along."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from galexplore.images import SEEING_SPREAD
from galexplore.network.recipes import Training
from galexplore.network.sample import Sample
from galexplore.survey import Survey


class Lesson(NamedTuple):
    """What the network is shown of B galaxies, and what it answers for.

    Attributes
    ----------
    flux : Tensor (B, C, S, S)
    vector : Tensor (B, 2)
        (cos 2phi, sin 2phi); NaN where not known.
    valid : Tensor (B, 1, S, S)
        1 where the frame has data.
    told : Tensor (B, 2 C + 1)
        What is known of how they were observed: `Observed.tell`.
    target : Tensor (B, C, S, S)
        What the reconstruction is held against,
    judged : Tensor (B, 1, S, S)
        and 1 where it is: where the frame has data, and no other source lies.
    """

    flux: Tensor
    vector: Tensor
    valid: Tensor
    told: Tensor
    target: Tensor
    judged: Tensor


def prepare_lesson(
    sample: Sample, rows: Tensor, training: Training, survey: Survey, generator: torch.Generator
) -> Lesson:
    """Take some galaxies of a sample, through dust and moved; masks and targets go where the pictures go."""
    target, bands = sample.targets(rows), len(survey.bands)
    pictures = torch.stack([sample.images(rows)] + ([] if target is None else [target]), dim=1)
    pictures, told = obscure(pictures, sample.told[rows], sample.ebv[rows], training, survey, generator)
    planes = torch.cat([pictures.flatten(1, 2), sample.masks(rows)], dim=1)
    planes, vector, valid = augment(planes, sample.vector[rows], training, survey, generator)
    flux, other = planes[:, :bands].contiguous(memory_format=torch.channels_last), planes[:, -1:]
    judged = valid * (other < TOUCHED)
    return Lesson(flux, vector, valid, told, flux if target is None else planes[:, bands:-1], judged)


#: Share of a pixel's light from another source's pixels, by the interpolation, from which it counts as that one's.
TOUCHED = 0.01


def augment(
    flux: Tensor, vector: Tensor, training: Training, survey: Survey, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Turn, mirror, shift, light and cut a batch.

    Every galaxy gets its own move. A share `training.turned` of them is turned by any angle and shifted by fractions
    of a pixel, which interpolates; the others keep their pixels and their noise exactly as they are: a multiple of 90
    degrees and whole pixels.

    Parameters
    ----------
    flux : Tensor (B, C + K, S, S)
        The bands, and planes that are moved as they are and nothing else.
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
    flux, vector, valid = move(flux, vector, draw(len(flux), 6), training.turned)
    sigma = flux.new_tensor(survey.model_noise).view(-1, 1, 1)
    # A sky that was not subtracted quite right: one level a band and galaxy.
    level = torch.randn((len(flux), bands, 1, 1), generator=generator, device=flux.device)
    flux, beside = flux[:, :bands], flux[:, bands:]
    flux = flux + training.background * sigma * level
    if float(draw(1)) < training.noisy:
        grain = torch.randn(flux.shape, generator=generator, device=flux.device)
        flux = flux + training.noise * sigma * draw(len(flux), 1, 1, 1) * grain
    valid = valid * cut_edges(draw(len(flux), 9), training.edge_masks, survey.size)
    return torch.cat([flux, beside], dim=1), vector, valid


def obscure(
    flux: Tensor, told: Tensor, ebv: Tensor, training: Training, survey: Survey, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Show some galaxies through dust, the others with a wrong part of it taken off; tell the seeing, as far as known.

    That is: of some galaxies not at all, of others in some bands only, and never without an error.

    Parameters
    ----------
    flux : Tensor (B, ..., C, S, S)
        Without the Galaxy's dust.
    told : Tensor (B, 2 C + 1)
        What is known of how they were observed: `Observed.tell`.
    ebv : Tensor (B,)
        Of the dust that was taken off, mag.

    Returns
    -------
    flux, told : Tensor
        With the last of `told` saying whose dust remains; of nobody it says how much.
    """
    u = torch.rand((2, len(flux)), generator=generator, device=flux.device)
    wrong = training.dust_error * torch.randn(len(flux), generator=generator, device=flux.device)
    dusty = (u[0] < training.dusty) & (ebv > 0)
    excess = ebv * torch.where(dusty, 1.0, wrong)
    dimming = 10 ** (-0.4 * excess[:, None] * flux.new_tensor(survey.extinction))
    seeing = _tell_seeing(told[:, :-1], u[1] >= training.untold, training, generator)
    dimming = dimming.view(len(flux), *[1] * (flux.ndim - 4), -1, 1, 1)
    return flux * dimming, torch.cat([seeing, dusty[:, None].to(told.dtype)], dim=1)


def _tell_seeing(told: Tensor, some: Tensor, training: Training, generator: torch.Generator) -> Tensor:
    """Tell of some galaxies (B,) the seeing (B, 2 C: scaled logarithm, whether known) of most bands, with an error."""
    scaled, known = told.chunk(2, dim=1)
    kept = torch.rand(known.shape, generator=generator, device=told.device) >= training.untold_band
    wrong = torch.randn(known.shape, generator=generator, device=told.device) * training.seeing_error / SEEING_SPREAD
    known = known * kept * some[:, None]
    return torch.cat([(scaled + wrong) * known, known], dim=1)


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
