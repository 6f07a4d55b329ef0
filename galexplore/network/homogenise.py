"""Bands brought to one seeing (PSF homogenisation), so that a colour within a galaxy is the galaxy's own."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from galexplore.images import SEEING_SPREAD, TYPICAL_SEEING
from galexplore.survey import Survey

#: FWHM [arcsec] between which seeing is matched, and how many of it, evenly spaced in the logarithm, are tabulated.
NARROWEST, WIDEST, STEPS = 0.4, 5.0, 96
MARGIN = 6  # pixels that a frame is mirrored beyond its edges, so that one side does not leak into the other
PLAIN = 1e-3  # of ln FWHM: nearer to the widest, a band stays as it is


class Homogeniser(nn.Module):
    """Convolve each band to the widest seeing that is told of an image's bands.

    The kernel is the ratio of two Moffat profiles of beta = 3, as DECam's seeing is drawn (Dey et al. 2019): that of
    FWHM f has the transform x^2 K_2(x) / 2, x = k f / (2 sqrt(2^(1/3) - 1)), and the wider falls faster everywhere. A
    Gaussian kernel would leave the wings of the sharper band too faint. Bands whose seeing is not told stay as they
    are.
    """

    logs: Tensor

    def __init__(self, survey: Survey):
        super().__init__()
        self.bands, self.side = len(survey.bands), survey.size + 2 * MARGIN
        ky = 2 * math.pi * torch.fft.fftfreq(self.side, survey.model_scale, dtype=torch.float64)[:, None]
        kx = 2 * math.pi * torch.fft.rfftfreq(self.side, survey.model_scale, dtype=torch.float64)
        self.low, self.step = math.log(NARROWEST), math.log(WIDEST / NARROWEST) / (STEPS - 1)
        widths = torch.exp(self.low + self.step * torch.arange(STEPS, dtype=torch.float64))[:, None, None]
        self.register_buffer("logs", transform_moffat(torch.hypot(ky, kx) * widths).log().float(), persistent=False)

    def forward(self, flux: Tensor, told: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Return images (B, C, S, S) of one seeing, and what is then told (B, 2 C + 1) of it: `Observed.tell`.

        Where there is no data, zeros, there stay zeros.
        """
        if told is None or not told[:, self.bands : 2 * self.bands].any():
            return flux, told
        scaled, known, rest = told.split([self.bands, self.bands, told.shape[1] - 2 * self.bands], dim=1)
        widest = torch.where(known > 0, scaled, -math.inf).amax(dim=1, keepdim=True)
        goal = torch.where(known > 0, widest, scaled)
        rows, bands = torch.nonzero(SEEING_SPREAD * (goal - scaled) > PLAIN, as_tuple=True)
        if len(rows):
            own, kernel = flux[rows, bands], self._look_up(goal[rows, bands]) - self._look_up(scaled[rows, bands])
            wide = F.pad(own[:, None].float(), 4 * [MARGIN], mode="reflect")[:, 0]
            blurred = torch.fft.irfft2(torch.fft.rfft2(wide) * kernel.exp(), s=2 * [self.side])
            blurred = blurred[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
            flux = flux.index_put((rows, bands), torch.where(own == 0, 0, blurred.to(flux.dtype)))
        return flux, torch.cat([goal, known, rest], dim=1)

    def _look_up(self, scaled: Tensor) -> Tensor:
        """Log transforms (n, K, K') of the seeing told (n,), interpolated in ln FWHM."""
        at = (math.log(TYPICAL_SEEING) + SEEING_SPREAD * scaled - self.low) / self.step
        at = at.clamp(0, STEPS - 1.001)
        i = at.long()
        return torch.lerp(self.logs[i], self.logs[i + 1], (at - i)[:, None, None])


def transform_moffat(x: Tensor) -> Tensor:
    """Transform of a Moffat profile of beta = 3 and unit flux, at wavenumbers times its FWHM."""
    x = (x / (2 * math.sqrt(2 ** (1 / 3) - 1))).clamp_min(1e-4)
    k2 = torch.special.modified_bessel_k0(x) + 2 / x * torch.special.modified_bessel_k1(x)
    return x * x * k2 / 2
