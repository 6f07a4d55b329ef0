"""The parts of the network: residual convolutions, and the decoder that draws upright galaxies."""

import itertools
from typing import TypeVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from galexplore.network.recipes import Network
from galexplore.survey import Survey


def arcsinh(x: Tensor) -> Tensor:
    """Inverse hyperbolic sine in operations that CPUs vectorise, which torch.asinh is not."""
    size = x.abs()
    return torch.copysign(torch.log1p(size + size * size / (1 + torch.sqrt(1 + size * size))), x)


def convolve(inward: int, outward: int, kernel: int = 3, stride: int = 1, padding: int | None = None) -> nn.Sequential:
    """Convolution, batch norm and ReLU; padded by zeros to keep the size unless told otherwise."""
    padding = (kernel - 1) // 2 if padding is None else padding
    convolution = nn.Conv2d(inward, outward, kernel, stride, padding, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outward), nn.ReLU(inplace=True))


_Network = TypeVar("_Network", bound=nn.Module)


def lay_out(network: _Network) -> _Network:
    """Lay a network's kernels out channels last, as convolutions are fastest; moving it keeps them so."""
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in torch's stubs


class Residual(nn.Module):
    """x + norm(conv(relu(norm(conv(x))))) at constant resolution."""

    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(
            convolve(width, width), nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        return F.relu(x + self.body(x), inplace=True)


class Decoder(nn.Module):
    """The quarter of an upright galaxy, mirrored into a whole and turned by its angle.

    What the latents can say is the mean over galaxies of one kind, and that is symmetric about both axes. So the
    network paints one quadrant, and orientation does exactly what it should: it turns the picture.
    """

    #: The frame's side over the upright picture's: a turned frame's corners lie sqrt(2) half-sides from the middle.
    SHRINK = 17 / 24

    def __init__(self, network: Network, survey: Survey):
        super().__init__()
        w, self.size, self.sides = network.brushes, survey.size, list_sides(survey.size, len(network.brushes))
        start, self.bands = self.sides[0], len(survey.bands)
        self.seed = nn.Sequential(
            nn.Linear(3 + network.n_free, network.hidden),
            nn.ReLU(),
            nn.Linear(network.hidden, w[0] * start**2),
            nn.ReLU(),
        )
        self.grow = nn.ModuleList(convolve(inward, outward, padding=0) for inward, outward in itertools.pairwise(w))
        self.paint = nn.Conv2d(w[-1], self.bands, 3)

    @property
    def first(self) -> nn.Linear:
        """The layer that reads the latents but for the angle."""
        return cast(nn.Linear, self.seed[0])

    def forward(self, code: Tensor) -> Tensor:
        """Images in the stretched space (B, C, S, S) from codes (B, 5 + n_free): cos 2phi, sin 2phi, the rest."""
        x = self.seed(code[:, 2:]).unflatten(1, (-1, *2 * self.sides[:1]))
        x = x.contiguous(memory_format=torch.channels_last)
        for layer, side in zip(self.grow, self.sides[1:], strict=True):
            x = layer(_mirror_edges(F.interpolate(x, size=(side, side), mode="bilinear", align_corners=True)))
        x = self.paint(_mirror_edges(x)).float()
        x = torch.cat([x.flip(-1)[..., :-1], x], dim=-1)
        return self.rotate(torch.cat([x.flip(-2)[..., :-1, :], x], dim=-2), code)

    def rotate(self, upright: Tensor, code: Tensor) -> Tensor:
        """Turn pictures (B, C, P, P) whose major axis points north (up the rows) by phi, onto the frame."""
        angle = torch.atan2(code[:, 1], code[:, 0]).float() / 2
        c, s, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
        # A pixel (x, y) of the frame looks at (x c + y s, -x s + y c) of the upright picture: the major axis, along
        # (-sin phi, cos phi), comes from (0, 1).
        affine = torch.stack([c, s, zero, -s, c, zero], dim=1).view(-1, 2, 3) * self.SHRINK
        grid = F.affine_grid(affine, [len(code), self.bands, self.size, self.size], align_corners=True)
        return F.grid_sample(upright, grid, padding_mode="border", align_corners=True)


def list_sides(size: int, count: int) -> tuple[int, ...]:
    """List the sides in pixels of a quadrant that doubles until its pixels are 1.2 of a frame of `size`, or finer.

    The middle of the galaxy lies at the first pixel, so that sides are 2^k n + 1.
    """
    half = 10 * (size - 1)  # over 17: the quadrant's reach, sqrt(2) halves of the frame, in steps of 1.2 pixels
    start = max(1, -(-half // (17 * 2 ** (count - 1))))
    return tuple(start * 2**k + 1 for k in range(count))


def _mirror_edges(x: Tensor) -> Tensor:
    """Pad a quadrant (B, C, H, W) by a pixel: beyond the axes by what a mirrored galaxy has there, else repeated."""
    x = torch.cat([x[:, :, 1:2], x, x[:, :, -1:]], dim=2)
    return torch.cat([x[..., 1:2], x, x[..., -1:]], dim=3)
