"""The encoder's photometry: fluxes within apertures, and what of them the seeing does not change."""

import torch
from torch import Tensor, nn

from galexplore.images import SEEING_SPREAD, TYPICAL_SEEING
from galexplore.network.layers import arcsinh
from galexplore.survey import Survey

#: Gaussian apertures in which the encoder measures fluxes, sigma in model pixels; those of a frame: `list_apertures`.
APERTURES = (0.8, 1.2, 1.7, 2.4, 3.4, 4.8, 7.0, 11.0, 17.0)

#: Gaussian apertures before the seeing, sigma in arcsec: wider than that of any star that can be told.
MATCHED = (1.3, 1.7, 2.3, 3.4)

#: Radius beyond which the level of the sky is read, as a share of the frame's side.
OUTER = 0.22


def list_apertures(size: int) -> tuple[float, ...]:
    """List the apertures of a frame of `size` pixels a side: none wider (sigma) than a quarter, and up to that."""
    sigmas = list(APERTURES)
    while 1.5 * sigmas[-1] <= size / 4:
        sigmas.append(1.5 * sigmas[-1])
    return tuple(s for s in sigmas if s <= size / 4)


class Photometer(nn.Module):
    """Fluxes within Gaussian apertures about the middle, as asinh magnitudes, and the colours between bands.

    The level of the sky about the galaxy is taken off first, and told: about a large galaxy it is the galaxy's own.
    Neighbours are taken off by symmetry: a pixel that outshines the one across the middle is replaced by that one.
    What is known of the seeing is read beside the colours within small apertures, which are colours of the seeing too;
    and those are measured once more within apertures that the seeing does not change (`Matched`).
    """

    weight: Tensor
    sky: Tensor
    outer: Tensor

    def __init__(self, width: int, survey: Survey, told: int, matched: bool):
        super().__init__()
        (bands, size, _), apertures = survey.shape, list_apertures(survey.size)
        y, x = torch.meshgrid(*2 * [torch.arange(size) - (size - 1) / 2], indexing="ij")
        weight = torch.exp(-(x**2 + y**2).flatten()[:, None] / (2 * torch.tensor(apertures) ** 2))
        # In units of each aperture's own noise; the knee lies at 3 sigma, as the stretch's does for a pixel.
        weight = weight / weight.pow(2).sum(dim=0).sqrt()
        self.register_buffer("weight", weight, persistent=False)
        self.register_buffer("sky", torch.tensor(survey.model_noise).view(-1, 1, 1), persistent=False)
        self.register_buffer("outer", ((x**2 + y**2) > round(OUTER * size) ** 2).flatten(), persistent=False)
        count = (2 * bands - 1) * len(apertures) + bands
        # Three wide layers: colours to a hundredth of a magnitude tell masses apart, and cost nothing beside the trunk.
        layers = [layer for n in (count + told, width, width) for layer in (nn.Linear(n, width), nn.ReLU())]
        self.told, self.body = told, nn.Sequential(nn.BatchNorm1d(count), *layers)
        self.matched = Matched(width, survey) if matched and told else None

    def clean(self, flux: Tensor) -> tuple[Tensor, Tensor]:
        """Take sky and neighbours off flux (B, C, S, S); return it in units of its noise, and the sky's level."""
        level = self.level(flux)
        flux = flux - level
        across = flux.flip((-2, -1))
        alien = (flux - across > 5 * self.sky + 0.5 * across.clamp_min(0)).any(dim=1, keepdim=True)
        return torch.where(alien, across, flux) / self.sky, level

    def measure_apertures(self, own: Tensor, level: Tensor) -> Tensor:
        """Asinh magnitudes, colours between neighbouring bands and sky levels, (B, F), of what `clean` gives."""
        bright = arcsinh(own.flatten(2) @ self.weight / 3)
        colours = bright[:, :-1] - bright[:, 1:]
        return torch.cat([bright.flatten(1), colours.flatten(1), arcsinh(10 * level / self.sky).flatten(1)], dim=1)

    def level(self, flux: Tensor) -> Tensor:
        """Level (B, C, 1, 1) of the sky about the galaxy: the mean of the outer pixels, twice clipped at 2 sigma."""
        outer, sky = flux.flatten(2)[..., self.outer], self.sky.flatten(1)
        level = outer.median(dim=2, keepdim=True).values
        for _ in range(2):
            near = ((outer - level).abs() < 2 * sky) & (outer != 0)  # where there is no data stand zeros
            level = (outer * near).sum(dim=2, keepdim=True) / near.sum(dim=2, keepdim=True).clamp_min(1)
        return level[..., None]

    def forward(self, flux: Tensor, told: Tensor | None = None) -> Tensor:
        """Features (B, width) of images and of what is told of them, (B, `self.told`); nothing by default."""
        told = flux.new_zeros(len(flux), self.told) if told is None else told[:, : self.told]
        own, level = self.clean(flux)
        read = self.body[1](torch.cat([self.body[0](self.measure_apertures(own, level)), told], dim=1))
        return self.body[2:](read if self.matched is None else read + self.matched(own, told))


class Matched(nn.Module):
    """Fluxes and colours as apertures hold them before the seeing, whatever that was in each band (GAaP photometry).

    An image that a Gaussian seeing of s has blurred holds within a Gaussian aperture of sqrt(A^2 - s^2) what the galaxy
    itself holds within one of A, up to a known factor (Kuijken 2008, arXiv:0801.3844). So colours stay colours of the
    galaxy where g is sharp and z is not. A band whose seeing is not told is taken to have the typical one.
    """

    places: Tensor
    scale: Tensor

    def __init__(self, width: int, survey: Survey):
        super().__init__()
        self.bands, self.pixel = len(survey.bands), survey.model_scale
        self.register_buffer("places", torch.arange(survey.size) - (survey.size - 1) / 2, persistent=False)
        # In units of the noise that an aperture has under typical seeing.
        typical, wide = self.shrink(torch.tensor(TYPICAL_SEEING)), torch.tensor(MATCHED) / self.pixel
        self.register_buffer("scale", torch.pi**0.5 * wide**2 / typical, persistent=False)
        count = (2 * self.bands - 1) * len(MATCHED)
        self.read = nn.Sequential(nn.BatchNorm1d(count), nn.Linear(count, width, bias=False))

    def shrink(self, seeing: Tensor) -> Tensor:
        """Sigmas (..., K), model pixels, of the apertures that stand for `MATCHED` under seeing of a FWHM [arcsec]."""
        wide, blur = seeing.new_tensor(MATCHED), seeing[..., None] / 2.3548
        return (wide**2 - blur**2).clamp_min((0.3 * self.pixel) ** 2).sqrt() / self.pixel

    def measure(self, own: Tensor, told: Tensor) -> Tensor:
        """Asinh magnitudes and colours between neighbouring bands, (B, F), of images (B, C, S, S) in units of noise."""
        sigma = self.shrink(TYPICAL_SEEING * (SEEING_SPREAD * told[:, : self.bands]).exp())[..., None]
        weight = torch.exp(-0.5 * (self.places / sigma) ** 2)  # (B, C, K, S): a round Gaussian is rows times columns
        flux = ((weight @ own) * weight).sum(dim=3)
        wide = (flux.new_tensor(MATCHED) / self.pixel) ** 2
        bright = arcsinh(flux * wide / sigma[..., 0] ** 2 / self.scale / 3)
        return torch.cat([bright.flatten(1), (bright[:, :-1] - bright[:, 1:]).flatten(1)], dim=1)

    def forward(self, own: Tensor, told: Tensor) -> Tensor:
        """Return what they add (B, width) to the first layer of the photometry."""
        return self.read(self.measure(own, told))
