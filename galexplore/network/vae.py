"""The physics-informed convolutional VAE (after Gagliano & Villar 2023, arXiv:2312.16687).

Five latents: orientation, redshift, log stellar mass, log SFR and one that is free. What differs from the published
recipe: the posterior of the physics latents is fitted to the labels (mean and variance), the orientation lives on
its circle as (cos 2phi, sin 2phi), the input is stretched by the sky noise, the encoder also measures the galaxy as an
astronomer would (fluxes within apertures), and the decoder draws the galaxy upright and turns it.
"""

import itertools
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from galexplore.cutouts.segment import OWN, segment
from galexplore.cutouts.stretch import knee
from galexplore.errors import InputError
from galexplore.images import count_told
from galexplore.latents import standardise
from galexplore.network.homogenise import Homogeniser
from galexplore.network.layers import Decoder, Residual, arcsinh, convolve
from galexplore.network.losses import average_known, distance_correlation, distance_from_normal, partial_correlation
from galexplore.network.photometry import Photometer
from galexplore.network.recipes import Network
from galexplore.network.trend import TAKEN, Trend
from galexplore.survey import Survey


class Posterior(NamedTuple):
    """What the encoder says of B galaxies, in standardised units.

    `vector` (B, 2) estimates E[(cos 2phi, sin 2phi)], so its length is the concentration; `mean` and `logvar` (B, 4)
    are those of redshift, log mass, log SFR and the free latent (one column more for each further free one).
    """

    vector: Tensor
    mean: Tensor
    logvar: Tensor


class CVAE(nn.Module):
    """Encoder and decoder for one survey. Images are linear flux (B, C, S, S) in nanomaggies per native pixel.

    Raises
    ------
    InputError
        Where the survey's grid is too small for the network.
    """

    knee: Tensor
    label_mean: Tensor
    label_std: Tensor

    def __init__(self, network: Network, survey: Survey):
        super().__init__()
        w, self.network, self.survey = network.widths, network, survey
        self.register_buffer("knee", torch.from_numpy(knee(survey, network.stretch, network.softening)))
        self.register_buffer("label_mean", torch.zeros(3))
        self.register_buffer("label_std", torch.ones(3))
        # At full resolution few channels and no norm: every pass over all pixels costs as much as a deep layer.
        blocks: list[nn.Module] = [nn.Conv2d(len(survey.bands), network.stem, 3, padding=1), nn.ReLU(inplace=True)]
        blocks += [convolve(network.stem, w[0], 4, 2), convolve(w[0], w[1], 4, 2), Residual(w[1])]
        for inward, outward in itertools.pairwise(w[1:]):
            blocks += [convolve(inward, outward, 4, 2), Residual(outward)]
        self.trunk = nn.Sequential(*blocks, nn.Flatten())
        told = count_told(len(survey.bands)) if network.told else 0
        self.homogeniser = Homogeniser(survey) if told and network.homogenised else None
        self.photometer = Photometer(network.photometer, survey, told, network.matched)
        wide = w[-1] * _shrink(survey.size, len(w)) ** 2 + network.photometer
        self.read_out = nn.Sequential(nn.Linear(wide, network.hidden), nn.ReLU())
        self.head = nn.Linear(network.hidden, 2 + 2 * (3 + network.n_free))
        self.decoder = Decoder(network, survey)
        self.trend = Trend(network.bumps, network.n_free) if network.bumps else None

    def stretch(self, flux: Tensor) -> Tensor:
        """Compress flux, as `galexplore.cutouts.stretch.stretch`, on the device and in float32."""
        v = flux.float() / self.knee
        return arcsinh(v) if self.network.stretch == "noise" else v / torch.sqrt(1 + v * v)

    def unstretch(self, u: Tensor) -> Tensor:
        """Invert `stretch`: nanomaggies per native pixel."""
        if self.network.stretch == "noise":
            return torch.sinh(u.float()) * self.knee
        u = u.float().clamp(-0.9999, 0.9999)
        return u / torch.sqrt(1 - u * u) * self.knee

    def features(self, flux: Tensor, told: Tensor | None = None) -> Tensor:
        """Return what the encoder makes of images (B, C, S, S) before it names the latents: (B, hidden), float32.

        `told` (B, 2 C + 1) is what is known of how they were observed (`Observed.tell`); nothing by default.
        """
        flux, told = self.homogenise(flux, told)
        return self.join(self.shapes(flux), self.measure(flux, told))

    def homogenise(self, flux: Tensor, told: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Bring the bands of images to one seeing (`Homogeniser`), and say what is then told of it."""
        return (flux, told) if self.homogeniser is None else self.homogeniser(flux, told)

    def shapes(self, flux: Tensor) -> Tensor:
        """Return what the convolutions see in homogenised images (B, C, S, S): (B, W), float32."""
        return self.trunk(self.stretch(flux)).float()

    def measure(self, flux: Tensor, told: Tensor | None = None) -> Tensor:
        """Return the photometry (B, P) of homogenised images, the same however they are turned or flipped."""
        with torch.autocast(flux.device.type, enabled=False):  # half precision would round colours and redshifts
            return self.photometer(flux.float(), told)

    def join(self, shapes: Tensor, measured: Tensor) -> Tensor:
        """Return the features (B, hidden) that follow from shapes and photometry."""
        with torch.autocast(shapes.device.type, enabled=False):
            return self.read_out(torch.cat([shapes, measured], dim=1))

    def encode(self, flux: Tensor, told: Tensor | None = None) -> Posterior:
        """Posterior of the latents given images (B, C, S, S), and what is told of them: see `features`."""
        return self.name(self.features(flux, told))

    def name(self, features: Tensor) -> Posterior:
        """Posterior of the latents given the features (B, hidden) of images."""
        count = 3 + self.network.n_free
        with torch.autocast(features.device.type, enabled=False):
            vector, mean, logvar = self.head(features).split([2, count, count], dim=1)
            if self.trend is not None:
                mean = torch.cat([mean[:, :3], mean[:, 3:] - self.trend(mean[:, :3].detach())], dim=1)
        length = vector.norm(dim=1, keepdim=True).clamp_min(1e-6)
        return Posterior(vector * torch.tanh(length) / length, mean, logvar.clamp(-9, 4))

    def reparameterize(self, posterior: Posterior) -> Tensor:
        """Draw decoder inputs (B, 5 + n_free): (cos 2phi, sin 2phi, z, log M, log SFR, free), standardised.

        The free latent is drawn. The others enter as their means, and the reconstruction's gradient stops at them:
        their posterior answers to the labels alone. Drawn one by one they would blur what the image tells well (the
        errors of redshift and mass go together, the brightness is known), and the free latent would be spent on
        carrying brightness back to the decoder.
        """
        direction = F.normalize(posterior.vector, dim=1).detach()
        free = posterior.mean[:, 3:] + (posterior.logvar[:, 3:] / 2).exp() * torch.randn_like(posterior.mean[:, 3:])
        return torch.cat([direction, posterior.mean[:, :3].detach(), free], dim=1)

    @torch.no_grad()
    def leave_untaught(self, angle: bool, labels: Tensor) -> None:
        """Let latents of which no label is known say nothing: their mean and standard deviation stay at 0 and 1.

        Nothing would teach them; as they came out of the dice they would still pass for redshifts, masses and rates,
        and make galaxies odd. The decoder does not read them.

        Parameters
        ----------
        angle : bool
            Whether the orientation is one of them.
        labels : bool Tensor (3,)
            Which of redshift, log mass and log SFR are.
        """
        count = 3 + self.network.n_free
        lost = [0, 1] * angle + [2 + j + k for j in range(3) if labels[j] for k in (0, count)]
        self.head.weight[lost], self.head.bias[lost] = 0.0, 0.0
        self.decoder.first.weight[:, [j for j in range(3) if labels[j]]] = 0.0

    @torch.no_grad()
    def set_apart(self, mean: Tensor, logvar: Tensor) -> None:
        """Make the free latents level with the physics ones, of unit spread when drawn; no picture changes.

        Most (`TAKEN`) of what goes with redshift, mass and SFR (`Trend`) is taken off where the encoder names it and
        put back where the decoder reads it, so that to move one of those with the free latents kept draws what such
        galaxies are like. Nothing is changed where the network has no trend, as those of earlier cards.

        Parameters
        ----------
        mean, logvar : Tensor (N, 3 + n_free)
            The posteriors of ordinary galaxies.
        """
        if self.trend is None:
            return
        known, count = mean[:, :3], mean.shape[1]
        raw = mean[:, 3:] + self.trend(known)
        self.trend.fit(known, raw, TAKEN)
        spread = ((raw - self.trend(known)).var(dim=0) + logvar[:, 3:].exp().mean(dim=0)).sqrt()
        self.trend.weight.div_(spread)
        self.head.weight[5 : 2 + count] /= spread[:, None]
        self.head.bias[5 : 2 + count] /= spread
        self.head.bias[5 + count :] -= 2 * spread.log()
        self.decoder.first.weight[:, 3:] *= spread

    def decode(self, code: Tensor) -> Tensor:
        """Images in the stretched space (B, C, S, S) from decoder inputs (B, 5 + n_free)."""
        if self.trend is not None:
            code = torch.cat([code[:, :5], code[:, 5:] + self.trend(code[:, 2:5])], dim=1)
        return self.decoder(code)

    def chi2(self, flux: Tensor, drawn: Tensor, valid: Tensor | None = None) -> Tensor:
        """Mean noise-weighted squared residual a pixel (B,) between images and decoded, stretched `drawn`.

        In the stretched space the sky noise of a pixel is sigma du/df, by the drawn image's own brightness: the
        image's would favour pixels that scattered down. The relative model error is added in quadrature, else a bright
        core would outweigh everything else.
        """
        drawn = drawn.float()
        u, sky = drawn.detach(), self.knee.new_tensor(self.survey.model_noise).view(-1, 1, 1) / self.knee
        slope = 1 / torch.cosh(u.clamp(-8, 8)) if self.network.stretch == "noise" else (1 - u**2).clamp_min(0) ** 1.5
        error = (self.stretch(flux) - drawn) ** 2 / ((sky * slope) ** 2 + self.network.model_error**2)
        if valid is None:
            return error.mean(dim=(1, 2, 3))
        return (error * valid).sum(dim=(1, 2, 3)) / valid.expand_as(error).sum(dim=(1, 2, 3)).clamp_min(1)

    def weigh_others(self, flux: Tensor, alone: Tensor) -> Tensor:
        """Light (B, 1) that images (B, C, S, S) hold beside the galaxies drawn `alone`: arcsinh, in its sky noise."""
        noise = self.knee.new_tensor(self.survey.model_noise).square().sum().sqrt() * self.survey.size
        return arcsinh((flux - alone).float().sum(dim=(1, 2, 3)) / noise)[:, None]

    def find_own(self, flux: Tensor) -> Tensor | None:
        """Find the pixels (B, 1, S, S) of images (B, C, S, S) that are the galaxy's own: 1 there, else 0.

        None where the network's reconstruction answers for the whole frame.
        """
        if not self.network.own:
            return None
        own = segment(flux.cpu().numpy(), self.survey) == OWN
        return torch.from_numpy(own[:, None]).to(flux)

    def loss(
        self,
        flux: Tensor,
        labels: Tensor,
        errors: Tensor,
        vector: Tensor,
        valid: Tensor | None = None,
        *,
        told: Tensor | None = None,
        target: Tensor | None = None,
        judged: Tensor | None = None,
        size: Tensor | None = None,
        drawn: int = 1,
        voice: float = 0.0,
    ) -> dict[str, Tensor]:
        """Return the terms of the loss, each averaged over the batch.

        Parameters
        ----------
        flux : Tensor (B, C, S, S)
        labels, errors : Tensor (B, 3)
            Redshift, log mass, log SFR and their standard errors, in catalogue units; NaN where not known.
        vector : Tensor (B, 2)
            (cos 2phi, sin 2phi); NaN where not known.
        valid : Tensor (B, 1 or C, S, S), optional
            1 where the frame has data.
        told : Tensor (B, 2 C + 1), optional
            As of `features`.
        target : Tensor (B, C, S, S), optional
            What the reconstruction answers for; `flux` by default.
        judged : Tensor (B, 1 or C, S, S), optional
            1 where it does; `valid` by default.
        size : Tensor (B,), optional
            log10 of the half-light radius, arcsec; NaN where not known.
        drawn : int
            Only one galaxy in so many is decoded and enters the reconstruction.
        voice : float
            Power of its predicted variance by which a galaxy's likelihood is weighed: 0 plain, 1 as a squared error.

        Returns
        -------
        dict of str to scalar Tensor
            `reconstruction` (chi2 a pixel), `physics` (Gaussian negative log likelihood with the label's own
            variance added, nats), `orientation` (squared error of the double-angle vector), `kl` (nats),
            `aggregate` (squared Wasserstein distance of the batch's free latents from a unit normal), `dependence`
            (their squared distance correlation with the physics latents, which answer to the labels alone), where a
            target is given, `contamination` (the same with the light that is not the target's), and where sizes are,
            `structure` (how much the first free latent's correlation with them, given the physics latents, lacks of 1).
        """
        posterior = self.encode(flux if valid is None else flux * valid, told)
        some = slice(None, None, drawn)
        code = self.reparameterize(posterior)
        images = self.decode(code[some])
        judged, answered = valid if judged is None else judged, flux if target is None else target
        truth = standardise(labels, self.label_mean, self.label_std)
        variance = posterior.logvar[:, :3].exp() + (errors / self.label_std) ** 2
        nll = 0.5 * ((truth.nan_to_num() - posterior.mean[:, :3]) ** 2 / variance + variance.log())
        # Galaxies of large variance hardly teach the mean under the plain likelihood; the square root of the variance
        # as a weight leaves the optimum where it is and gives them a voice (Seitzer et al. 2022, arXiv:2203.09168).
        weight = variance.detach() ** voice
        nll = nll * weight / weight.mean(dim=0)
        turned = (vector.nan_to_num() - posterior.vector) ** 2
        mean, logvar = posterior.mean[:, 3:], posterior.logvar[:, 3:]
        more = {} if target is None else {"contamination": distance_correlation(mean, self.weigh_others(flux, target))}
        if size is not None:
            more["structure"] = 1 - partial_correlation(mean[:, 0], size, posterior.mean[:, :3])
        return more | {
            "reconstruction": self.chi2(answered[some], images, None if judged is None else judged[some]).mean(),
            "physics": average_known(nll, truth),
            "orientation": average_known(turned, vector),
            "kl": 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(dim=1).mean(),
            "aggregate": distance_from_normal(code[:, 5:]),
            "dependence": distance_correlation(mean, posterior.mean[:, :3].detach()),
        }


def _shrink(size: int, halvings: int) -> int:
    """Pixels a side that are left of a frame after so many halvings."""
    if size >> halvings < 1:
        raise InputError(f"a grid of {size} pixels a side is too small for a network that halves it {halvings} times")
    return size >> halvings
