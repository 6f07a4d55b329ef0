"""One row of the catalogue to one picture: three bands, native pixels, with PSF, neighbours and noise."""

import numpy as np
from scipy import fft

from galexplore.mock import oddity, profile, scene
from galexplore.mock.structure import draw_structure
from galexplore.survey import DECALS

#: Raise when any pixel of any galaxy changes: the store keeps pictures by it.
VERSION = 2
BANDS = "grz"


def _triple(row, stem):
    return np.array([row[f"{stem}_{b}"] for b in BANDS], np.float32)


def _choose_size(row):
    """FFT side in native pixels: wide enough that the wings of a large galaxy do not wrap back into the picture."""
    return 256 if row["re_arcsec"] > 7 else (192 if row["re_arcsec"] > 3.5 else 160)


def _transform_smooth(row, kx, ky):
    """Return transforms of the bulge, the disc's old stars and its young ones, each of unit flux."""
    phi, scale, cosine = row["phi_true"], row["disc_re"] / 1.678, np.cos(row["inclination"])
    bulge = profile.transform_sersic(kx, ky, row["bulge_n"], row["bulge_re"], row["bulge_ba"], phi)
    if row["elliptical"] > 0.5:
        return bulge, bulge, bulge
    disc = profile.transform_disc(kx, ky, scale, cosine, row["thickness"], phi)
    young = profile.transform_disc(kx, ky, 1.15 * scale, cosine, 0.6 * row["thickness"], phi)
    return bulge, disc, young


def _add_galaxy(total, row, fluxes, kx, ky):
    """Add smooth light and, where discs are large enough to show it, structure."""
    size = total.shape[1]
    for flux, transform in zip(fluxes, _transform_smooth(row, kx, ky), strict=True):
        total += flux[:, None, None] * transform
    texture = draw_structure(row, fluxes, size)
    if texture is not None:
        total += fft.rfft2(texture) * profile.shift(kx, ky, *(-(size - 1) / 2 * DECALS.pixel_scale,) * 2)


def _add_neighbours(total, row, kx, ky):
    """Add every neighbour's transform; the faint ones share one profile, which costs a phase each."""
    for one in scene.draw_neighbours(row["seed"]):
        where = profile.shift(kx, ky, one["x"], one["y"])
        if one["re"] > 0:
            where *= profile.transform_sersic(kx, ky, one["n"], one["re"], one["ba"], one["phi"])
        total += one["flux"][:, None, None] * where


def render_clean(row, neighbours=True):
    """Draw a galaxy without noise.

    Parameters
    ----------
    row : mapping
        One row of the catalogue.
    neighbours : bool
        Whether to draw what else is in the field.

    Returns
    -------
    float32 array (3, 128, 128)
        Nanomaggies a native pixel; row 0 is south, column 0 east.
    """
    size, native = _choose_size(row), DECALS.native_size
    kx, ky, pixel = profile.build_plane(size)
    fluxes = [_triple(row, f"flux_{part}") for part in ("bulge", "disc", "young")]
    total = np.zeros((3, size, size // 2 + 1), np.complex64)
    if fluxes[1].any() or fluxes[0].any():
        _add_galaxy(total, row, fluxes, kx, ky)
    oddity.add_smooth(total, row, kx, ky, sum(fluxes))
    total *= profile.shift(kx, ky, *(row[f"offset_{a}"] * DECALS.pixel_scale for a in "xy"))
    if neighbours:
        _add_neighbours(total, row, kx, ky)
    psf = [profile.transform_psf(kx, ky, row[f"psf_{b}"], row["psf_e1"], row["psf_e2"]) for b in BANDS]
    middle = profile.shift(kx, ky, *((size - 1) / 2 * DECALS.pixel_scale,) * 2)
    picture = fft.irfft2(total * (np.array(psf) * (pixel * middle)), s=(size, size))
    edge = (size - native) // 2
    return picture[:, edge : edge + native, edge : edge + native]


def render(row):
    """Draw a galaxy as the survey would see it.

    Parameters
    ----------
    row : mapping
        One row of the catalogue; nothing else matters, so a galaxy is the same whoever draws it and when.

    Returns
    -------
    float32 array (3, 128, 128)
        Nanomaggies a native pixel, bands g, r, z; row 0 is south, column 0 east.
    """
    clean = render_clean(row)
    rng = np.random.default_rng([int(row["seed"]), 2])
    noise = _triple(row, "noise")
    slope = np.linspace(-0.5, 0.5, DECALS.native_size)
    residual = rng.normal(0, 0.06, (3, 3)) * noise[:, None]  # what the sky subtraction leaves: a level and a gradient
    sky = residual[:, 0, None, None] + residual[:, 1, None, None] * slope[:, None] + residual[:, 2, None, None] * slope
    picture = (clean + sky + scene.draw_noise(noise, clean, rng)).astype(np.float32)
    oddity.add_defect(picture, row)
    return picture
