"""The physics-informed convolutional VAE (after Gagliano & Villar 2023, arXiv:2312.16687).

Five latents: orientation, redshift, log stellar mass, log SFR and one that is free. What differs from the published
recipe: the posterior of the physics latents is fitted to the labels (mean and variance), the orientation lives on
its circle as (cos 2phi, sin 2phi), and the input is stretched by the sky noise.
"""

import itertools
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from galexplore.config import Network
from galexplore.stretch import knee

#: The eight flips and transpositions of the square: (transpose, flip rows, flip columns).
DIHEDRAL = tuple(itertools.product((False, True), repeat=3))


def turn(images: Tensor, move: tuple[bool, bool, bool]) -> Tensor:
    """Apply one element of `DIHEDRAL` to images (..., H, W): the flips first, then the transposition."""
    transpose, rows, columns = move
    axes = [axis for axis, flip in ((-2, rows), (-1, columns)) if flip]
    images = images.flip(axes) if axes else images
    return images.transpose(-1, -2) if transpose else images


def turn_vector(vector: Tensor, move: tuple[bool, bool, bool]) -> Tensor:
    """Turn (cos 2phi, sin 2phi), shape (..., 2), as `turn` turns the image; each move here is its own inverse.

    With the major axis along (-sin phi, cos phi), a flip sends phi to -phi and a transposition to pi/2 - phi: in
    double angles, one component changes its sign.
    """
    transpose, rows, columns = move
    return vector * vector.new_tensor([-1.0 if transpose else 1.0, -1.0 if rows != columns else 1.0])


class Posterior(NamedTuple):
    """What the encoder says of B galaxies, in standardised units.

    `vector` (B, 2) estimates E[(cos 2phi, sin 2phi)], so its length is the concentration; `mean` and `logvar` (B, 4)
    are those of redshift, log mass, log SFR and the free latent.
    """

    vector: Tensor
    mean: Tensor
    logvar: Tensor


def _down(inward: int, outward: int, kernel: int) -> nn.Module:
    convolution = nn.Conv2d(inward, outward, kernel, stride=2, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outward), nn.ReLU())


def _smooth(inward: int, outward: int) -> nn.Module:
    convolution = nn.Conv2d(inward, outward, 3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outward), nn.ReLU())


def _mean_known(terms: Tensor, labels: Tensor) -> Tensor:
    """Sum over columns of the mean over the rows whose label is known (a NaN would poison the gradient)."""
    known = labels.isfinite()
    return (torch.where(known, terms, 0).sum(dim=0) / known.sum(dim=0).clamp_min(1)).sum()


class Residual(nn.Module):
    """x + conv(gelu(norm(conv(x)))) at constant resolution."""

    def __init__(self, width: int):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        return F.relu(x + self.body(x))


class CVAE(nn.Module):
    """Encoder and decoder. Images are linear flux (B, 3, 69, 69) in nanomaggies per native pixel."""

    def __init__(self, network: Network = Network()):  # noqa: B008 (frozen)
        super().__init__()
        w, self.network = network.widths, network
        self.register_buffer("knee", torch.from_numpy(knee(network.softening)))
        self.register_buffer("label_mean", torch.zeros(3))
        self.register_buffer("label_std", torch.ones(3))
        blocks = [_down(3, w[0], 5)]
        for inward, outward in itertools.pairwise(w):
            blocks += [_down(inward, outward, 3), Residual(outward)]
        self.trunk = nn.Sequential(*blocks)
        self.read_out = nn.Sequential(nn.Flatten(), nn.Linear(w[-1] * 25, network.hidden), nn.ReLU(), nn.Dropout(0.1))
        self.head = nn.Linear(network.hidden, 10)
        self.seed = nn.Sequential(
            nn.Linear(6, network.hidden), nn.ReLU(), nn.Linear(network.hidden, w[-1] * 25), nn.ReLU()
        )
        self.grow = nn.ModuleList(_smooth(inward, outward) for inward, outward in itertools.pairwise(w[::-1]))
        self.paint = nn.Sequential(nn.Conv2d(w[0], 12, 3, padding=1), nn.PixelShuffle(2), nn.AvgPool2d(2, stride=1))

    def stretch(self, flux: Tensor) -> Tensor:
        """Noise-scaled arcsinh, as `galexplore.stretch.stretch`, on the device and in float32."""
        return torch.asinh(flux.float() / self.knee)

    def features(self, flux: Tensor) -> Tensor:
        """Give what the encoder has made of images (B, 3, 69, 69) before it names the latents: (B, hidden)."""
        return self.read_out(self.trunk(self.stretch(flux))).float()

    def encode(self, flux: Tensor) -> Posterior:
        """Posterior of the latents given images (B, 3, 69, 69)."""
        out = self.head(self.features(flux)).float()
        arrow = out[:, :2]
        length = arrow.norm(dim=1, keepdim=True).clamp_min(1e-6)
        return Posterior(arrow * torch.tanh(length) / length, out[:, 2:6], out[:, 6:].clamp(-9, 4))

    def reparameterize(self, posterior: Posterior) -> Tensor:
        """Draw decoder inputs (B, 6): (cos 2phi, sin 2phi, z, log M, log SFR, free), standardised.

        The angle is drawn from the wrapped normal whose mean resultant length is |vector|. The reconstruction's
        gradient stops at the physics latents: their posterior answers to the labels alone, and so cannot hide the
        galaxy's looks in their last digits or in their variances.
        """
        length = posterior.vector.norm(dim=1, keepdim=True).clamp(1e-3, 0.9999)
        spread = torch.sqrt(-2 * torch.log(length)).detach()
        angle = torch.atan2(posterior.vector[:, 1:], posterior.vector[:, :1]).detach()
        angle = angle + spread * torch.randn_like(angle)
        sample = posterior.mean + (posterior.logvar / 2).exp() * torch.randn_like(posterior.mean)
        return torch.cat([angle.cos(), angle.sin(), sample[:, :3].detach(), sample[:, 3:]], dim=1)

    def decode(self, code: Tensor) -> Tensor:
        """Images in the stretched space (B, 3, 69, 69) from decoder inputs (B, 6)."""
        x = self.seed(code).unflatten(1, (-1, 5, 5))
        for layer, side in zip(self.grow, (9, 18, 35), strict=True):
            x = layer(F.interpolate(x, size=(side, side)))
        # 35 -> 70 -> 69: averaging neighbours cancels exactly the checkerboard that shuffled pixels may leave.
        return self.paint(x)

    def chi2(self, flux: Tensor, drawn: Tensor, valid: Tensor | None = None) -> Tensor:
        """Mean noise-weighted squared residual a pixel (B,) between images and decoded, stretched `drawn`.

        In the stretched space u the sky noise of a pixel is 1 / (softening cosh u); the relative model
        error is added in quadrature, else a bright core would outweigh everything else.
        """
        target = self.stretch(flux)
        # The model's own brightness sets the noise: the image's would favour pixels that scattered down.
        noise = 1 / (self.network.softening * torch.cosh(drawn.detach().float().clamp(-8, 8)))
        error = (target - drawn.float()) ** 2 / (noise**2 + self.network.model_error**2)
        if valid is None:
            return error.mean(dim=(1, 2, 3))
        return (error * valid).sum(dim=(1, 2, 3)) / valid.sum(dim=(1, 2, 3)).clamp_min(1)

    def loss(
        self, flux: Tensor, labels: Tensor, errors: Tensor, vector: Tensor, valid: Tensor | None = None, drawn: int = 1
    ):
        """Return the terms of the loss, each averaged over the batch.

        Parameters
        ----------
        flux : Tensor (B, 3, 69, 69)
        labels, errors : Tensor (B, 3)
            Redshift, log mass, log SFR and their standard errors, in catalogue units; NaN where not known.
        vector : Tensor (B, 2)
            (cos 2phi, sin 2phi); NaN where not known.
        valid : Tensor (B, 3, 69, 69), optional
            1 where a pixel may be judged.
        drawn : int
            Only one galaxy in so many is decoded and enters the reconstruction.

        Returns
        -------
        dict of str to scalar Tensor
            `reconstruction` (chi2 a pixel), `physics` (Gaussian negative log likelihood with the label's own
            variance added, nats), `orientation` (squared error of the double-angle vector) and `kl` (nats).
        """
        posterior = self.encode(flux if valid is None else flux * valid)
        some = slice(None, None, drawn)
        images = self.decode(self.reparameterize(Posterior(*(part[some] for part in posterior))))
        target = (labels - self.label_mean) / self.label_std
        variance = posterior.logvar[:, :3].exp() + (errors / self.label_std) ** 2
        nll = 0.5 * ((target.nan_to_num() - posterior.mean[:, :3]) ** 2 / variance + variance.log())
        turned = (vector.nan_to_num() - posterior.vector) ** 2
        mean, logvar = posterior.mean[:, 3], posterior.logvar[:, 3]
        return {
            "reconstruction": self.chi2(flux[some], images, None if valid is None else valid[some]).mean(),
            "physics": _mean_known(nll, target),
            "orientation": _mean_known(turned, vector),
            "kl": 0.5 * (mean**2 + logvar.exp() - 1 - logvar).mean(),
        }
