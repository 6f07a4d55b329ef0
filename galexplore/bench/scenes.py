"""One galaxy whose light is known, written to files by any of the conventions that surveys and people have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from galexplore.bench.sky_headers import SKY, sky_of
from galexplore.survey import DECALS

#: Arcsec east and north of the galaxy of a knot that one band alone has, and of one that all have; g, r, z, i.
KNOTS = {"g": (6.5, -4.0), "r": (-5.5, -6.0), "z": (3.0, 7.5), "i": (7.5, 3.0), "": (-7.0, 2.5)}
#: Nanomaggies a native pixel of the disc's middle.
PEAKS = {"g": 0.25, "r": 0.6, "z": 1.1, "i": 0.8}
FIELD = 44.0  # arcsec a side
#: Sky noise, nanomaggies a native pixel: a third of the survey's shallowest.
NOISE = {"g": 0.0010, "r": 0.0015, "z": 0.0040, "i": 0.0025}

#: Spellings of one band's name: with letters small or capital, in a filter keyword or an extension's name.
FILTER_NAMES = {
    "plain": "{b}",
    "capital": "{B}",
    "decam": "{b} DECam SDSS c0001 4720.0 1520.0",
    "hsc": "HSC-{B}",
    "decam_": "decam_{b}",
    "lsst": "LSST_{b}",
    "megacam": "{b}.MP9401",
    "sdss": "SDSS {b}",
    "prime": "{b}'",
    "sloan": "sloan_{b}",
    "panstarrs": "{b}.00000",
    "des": "DES-{b}",
    "subaru": "W-S-{B}+",
    "gp1": "{b}P1",
}
EXTENSION_NAMES = {
    "": "",
    "small": "{b}",
    "capital": "{B}",
    "sci_": "SCI_{B}",
    "image-": "IMAGE-{B}",
    "sci": "SCI",
    "coadd": "COADD_{B}",
}
FILTER_KEYWORDS = ("FILTER", "BAND", "FILTER1", "FILTNAM", "INSFILTE", "FILTER2", "HIERARCH FPA.FILTERID", "FILTNAME")
LISTS = {
    "BANDS": lambda bands: {"BANDS": bands},
    "commas": lambda bands: {"BANDS": ",".join(bands)},
    "capitals": lambda bands: {"BANDS": bands.upper()},
    "FILTERS": lambda bands: {"FILTERS": " ".join(bands)},
    "brackets": lambda bands: {"BANDS": str(list(bands))},
    "BAND0": lambda bands: {f"BAND{i}": b for i, b in enumerate(bands)},
    "FILTER list": lambda bands: {"FILTER": ",".join(bands)},
    "colons": lambda bands: {"BANDS": ":".join(bands)},
    "words": lambda bands: {"FILTERS": ", ".join(f"DECam {b}" for b in bands)},
    "CHANNEL1": lambda bands: {f"CHANNEL{i}": b for i, b in enumerate(bands, 1)},
    "BAND1": lambda bands: {f"BAND{i}": b for i, b in enumerate(bands, 1)},
    "FILTER1": lambda bands: {f"FILTER{i}": f"DES {b}" for i, b in enumerate(bands, 1)},
    "": lambda bands: {},
}


@dataclass(frozen=True)
class FluxConvention:
    """How fluxes are written: cards, the value of one nanomaggy, per "native" pixel, "pixel" of the image or "arcsec2".

    Where `numbered`, the zero point's card is written once a plane, with its number.
    """

    cards: Mapping[str, Any]
    value: float = 1.0
    per: str = "pixel"
    numbered: bool = False

    def values(self, scale: float) -> float:
        """Value of one nanomaggy per native pixel of light in an image of so many arcsec a pixel."""
        native = DECALS.pixel_scale
        return self.value * {"native": 1.0, "pixel": (scale / native) ** 2, "arcsec2": 1 / native**2}[self.per]


_C = FluxConvention
FLUXES = {
    "viewer": _C({"SURVEY": "DECaLS"}, 1, "native"),
    "viewer unit": _C({"SURVEY": "LegacySurvey", "BUNIT": "nanomaggy"}, 1, "native"),
    "silent": _C({}, 1, "native"),
    "sdss": _C({"NMGY": 0.005, "BUNIT": "nanomaggy", "ORIGIN": "SDSS"}),
    "nanomaggy": _C({"BUNIT": "nanomaggy"}),
    "NANOMAGGIES": _C({"BUNIT": "NANOMAGGIES"}),
    "nMgy/pixel": _C({"BUNIT": "nMgy/pixel"}),
    "nMgy/arcsec2": _C({"BUNIT": "nMgy/arcsec^2"}, 1, "arcsec2"),
    "uJy": _C({"BUNIT": "uJy"}, 3.631),
    "microjansky": _C({"BUNIT": "MicroJansky"}, 3.631),
    "nJy": _C({"BUNIT": "nJy"}, 3631.0),
    "Jy": _C({"BUNIT": "JY"}, 3.631e-6),
    "mJy/pix": _C({"BUNIT": "mJy/pix"}, 3.631e-3),
    "MJy/sr": _C({"BUNIT": "MJy/sr"}, 3.631e-12 * 206264.80625**2, "arcsec2"),
    "des": _C(
        {
            "BUNIT": "electrons",
            "MAGZERO": (30.0, "[mag] Mag Zero-point in magnitudes/s"),
            "EXPTIME": 450.0,
            "TILENAME": "DES0151+0001",
            "PIPELINE": "multiepoch",
        },
        1000,
    ),
    "cfht": _C({"PHOTZP": (30.0, "MAG=-2.5*log(data)+PHOTZP"), "EXPTIME": 2000.0, "ORIGIN": "MEGAPIPE"}, 1000),
    "galfit": _C({"MAGZPT": "25.0"}, 10),
    "swarp": _C({"BUNIT": "ADU", "ZP": 27.5, "EXPTIME": 1.0}, 100),
    "counts a second": _C({"BUNIT": "counts/s", "ZEROPT": 25.0, "EXPTIME": 90.0}, 10),
    "whole exposure": _C({"BUNIT": "counts", "ZP": (25.0, "magnitude of 1 count/s"), "EXPTIME": 90.0}, 900),
    "unknown time": _C({"BUNIT": "counts", "MAGZP": 25.0, "EXPTIME": 90.0}, 10),
    "unknown time, a second's": _C({"BUNIT": "counts", "MAGZP": 25.0, "EXPTIME": 3.0}, 30),
    "hsc": _C({"FLUXMAG0": 63095734448.0194, "EXPTIME": 30.0}, 63.0957344),
    "hst": _C(
        {"BUNIT": "ELECTRONS/S", "PHOTFLAM": 1e-19, "PHOTPLAM": 6000.0, "PHOTZPT": -21.1, "EXPTIME": 500.0}, 30.234
    ),
    "hst counts": _C({"BUNIT": "COUNTS", "PHOTFNU": 3.631e-7, "EXPTIME": 20.0}, 200),
    "panstarrs": _C({"HIERARCH FPA.ZP": 25.0, "EXPTIME": 40.0}, 400),
    "kids": _C({"MAGZEROP": 0.0}, 1e-9),
    "euclid": _C({"BUNIT": "uJy", "MAGZEROP": 23.9}, 3.631),
    "numbered": _C({"MAGZERO": 25.0}, 10, numbered=True),
    "text": _C({"MAGZP": "25.0 mag"}, 10),
    "IRAF": _C({"ZMAG": 25.0}, 10),
    "unlisted": _C({"BUNIT": "adu", "MYZPT": 27.5}, 100),
    "for 1 sec": _C({"MAGZPT": (25.0, "zero point for 1 sec exposure"), "EXPTIME": 90.0}, 900),
    "maggies": _C({"BUNIT": "none", "MAGZERO": 0.0}, 1e-9),
    "jansky": _C({"BUNIT": "flux", "ZP": 8.9}, 3.631e-6),
    "vega": _C({"MAGZPT": 25.0, "PHOTSYS": "VEGA"}, 16),
    "viewer zero point": _C({"SURVEY": "LegacySurvey", "MAGZERO": 22.5}, 1, "native"),
    "rubin": _C({"BUNIT": "nJy", "HIERARCH LSST BUTLER DATAID BAND": "r"}, 3631.0),
    "jwst": _C({"BUNIT": "MJy/sr", "PIXAR_SR": 1.6e-12}, 3.631e-12 * 206264.80625**2, "arcsec2"),
    "counts alone": _C({"BUNIT": "counts"}, 55),
    "contradiction": _C({"BUNIT": "nanomaggy", "MAGZERO": 27.0}, 1),
}


def light_of(band: str, east: np.ndarray, north: np.ndarray) -> np.ndarray:
    """Light at offsets [arcsec] east and north of the galaxy, nanomaggies a native pixel of 0.262 arcsec.

    A leaning exponential disc, a knot that all bands share and one of this band alone: no turn, mirror or other band
    looks the same.
    """
    along, across = 0.5 * east + 0.866 * north, 0.866 * east - 0.5 * north
    light = np.exp(-np.hypot(along, across / 0.45) / 2.5)
    for name in ("", band):
        x, y = KNOTS[name]
        light = light + 0.55 * np.exp(-0.5 * ((east - x) ** 2 + (north - y) ** 2) / 0.9**2)
    return PEAKS[band] * light


def draw_band(band: str, header: fits.Header, shape: tuple[int, int]) -> np.ndarray:
    """Draw the galaxy as an image (H, W) with this header's WCS has it."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(float)
    sky = sky_of(WCS(header, naxis=2), x, y).cartesian.xyz.value
    ra, dec = SKY.ra.rad, SKY.dec.rad
    to = np.array(
        [
            [np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)],
            [-np.sin(ra), np.cos(ra), 0],
            [-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)],
        ]
    )
    ahead, east, north = np.tensordot(to, sky, 1)
    east, north = (np.degrees(side / ahead) * 3600 for side in (east, north))  # on the tangent plane
    grain = np.random.default_rng(ord(band)).normal(size=shape) * NOISE[band]
    return light_of(band, east, north) + grain


@dataclass(frozen=True)
class Convention:
    """One way to write the galaxy: a value of each of `OPTIONS`."""

    layout: str = "cube"
    bands: str = "grz"
    listed: str = "BANDS"
    filter_name: str = "plain"
    filter_keyword: str = "FILTER"
    extension: str = ""
    where: str = "extension"
    inherit: bool | None = None
    flux: str = "viewer"
    other_flux: str = ""
    scale: float = 0.262
    form: str = "CD"
    frame: str = "ICRS"
    projection: str = "TAN"
    turned: float = 0.0
    parity: int = 1
    stretch: float = 1.0
    swapped: bool = False
    odd_band: bool = False
    third_axis: str = ""
    scale_keyword: str = ""
    target: str = ""
    fill: float | None = None
    beside: str = ""
    before: bool = False
    pixels: str = "f4"
    packed: str = ""


OPTIONS: dict[str, tuple[Any, ...]] = {
    "layout": (
        "cube",
        "cube in an extension",
        "cube, bands last",
        "extensions",
        "files",
        "npz",
        "npz, an array a band",
    ),
    "bands": ("grz", "zrg", "rzg", "griz", "zgr"),
    "listed": tuple(LISTS),
    "filter_name": tuple(FILTER_NAMES),
    "filter_keyword": FILTER_KEYWORDS,
    "extension": tuple(EXTENSION_NAMES),
    "where": ("extension", "primary"),
    "inherit": (None, True, False),
    "flux": tuple(FLUXES),
    "other_flux": ("", "", "", *FLUXES),
    "scale": (0.262, 0.2, 0.396, 0.168),
    "form": ("CD", "PC", "CROTA", "CDELT", "PIXSCALE", "asked"),
    "frame": ("ICRS", "FK5", "FK4", "galactic", "ecliptic", "silent"),
    "projection": ("TAN", "TAN", "SIN", "ZEA", "CAR", "TPV", "TAN-SIP", "ZPN", "LONPOLE", "TNX"),
    "turned": (0.0, 90.0, 180.0, 37.0, -115.0, 0.3),
    "parity": (1, -1),
    "stretch": (1.0, 1.0, 1.0, 1.4),
    "swapped": (False, False, True),
    "odd_band": (False, False, True),
    "third_axis": ("", "BAND", "WAVE", "FREQ"),
    "scale_keyword": ("", "", "PIXSCALE", "SECPIX", "wrong PIXSCALE"),
    "target": ("", "", "RA_TARG", "OBJRA", "sexagesimal"),
    "fill": (None, None, np.nan, -99.0, -9999.0, 0.0, 1e30, 999999.0, 99.0),
    "beside": ("", "invvar", "variance", "error", "mask", "psf", "model", "all"),
    "before": (False, True),
    "pixels": ("f4", "f8", "i4", "i2", "BLANK"),
    "packed": ("", "gz", "bz2", "fz"),
}
