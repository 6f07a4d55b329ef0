"""The imaging that a model reads; nothing else in the package knows a band, a pixel scale or a survey's name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Survey:
    """The imaging that the model reads: DECam Legacy Survey g, r, z.

    Fluxes are nanomaggies per native pixel (AB zero point 22.5), that is, surface brightness: the same value
    at any sampling. `noise` is the sky noise of one native pixel, `display` the Legacy viewer's RGB scales.
    """

    name: str = "DECaLS"
    bands: tuple[str, ...] = ("g", "r", "z")
    zero_point: float = 22.5  # AB magnitude of one nanomaggy
    pixel_scale: float = 0.262  # arcsec, native
    native_size: int = 128  # native pixels a side: 33.5 arcsec
    size: int = 69  # model pixels a side
    noise: tuple[float, ...] = (0.0030, 0.0045, 0.0120)  # nanomaggies a native pixel, typical depth
    peak: tuple[float, ...] = (0.15, 0.40, 0.87)  # brightest pixel of a galaxy in the embedded survey, mean; model grid
    display: tuple[float, ...] = (6.0, 3.4, 2.2)  # viewer scales in g, r, z
    display_m: float = 0.03
    display_q: float = 20.0

    @property
    def field(self) -> float:
        """Side of a model input in arcsec."""
        return self.native_size * self.pixel_scale

    @property
    def model_scale(self) -> float:
        """Pixel scale of a model input in arcsec."""
        return self.field / self.size

    @property
    def model_noise(self) -> tuple[float, ...]:
        """Sky noise of one model pixel a band: the native noise averaged over the native pixels it covers."""
        return tuple(s * self.pixel_scale / self.model_scale for s in self.noise)


DECALS = Survey()
