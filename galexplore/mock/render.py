"""One row of the catalogue to one picture: three bands, native pixels, with PSF, neighbours and noise."""

import numpy as np
from scipy import fft

from galexplore.mock import camera, grain, oddity, profile, scene
from galexplore.mock.rows import PARTS, Row, require_known, take_bands
from galexplore.mock.structure import draw_structure
from galexplore.survey import DECALS, Survey

#: Raise when any pixel of any galaxy changes: the store keeps pictures by it.
VERSION = 4


def _choose_size(row: Row, survey: Survey) -> int:
    """FFT side in native pixels: wide enough that the wings of a large galaxy do not wrap back into the picture."""
    unit = survey.field / DECALS.field  # the limits were set in that field
    margin = 1 / 2 if row["re_arcsec"] > 7 * unit else 1 / 4 if row["re_arcsec"] > 3.5 * unit else 1 / 8
    return survey.native_size + 2 * round(margin * survey.native_size)


def _transform_smooth(row: Row, kx: np.ndarray, ky: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return transforms of the bulge, the disc's old stars and its young ones, each of unit flux."""
    phi, scale, cosine = row["phi_true"], row["disc_re"] / 1.678, np.cos(row["inclination"])
    bulge = profile.transform_sersic(kx, ky, row["bulge_n"], row["bulge_re"], row["bulge_ba"], phi)
    if row["elliptical"] > 0.5:
        return bulge, bulge, bulge
    disc = profile.transform_disc(kx, ky, scale, cosine, row["thickness"], phi)
    young = profile.transform_disc(kx, ky, 1.15 * scale, cosine, 0.6 * row["thickness"], phi)
    return bulge, disc, young


def _add_galaxy(
    total: np.ndarray, row: Row, survey: Survey, fluxes: list[np.ndarray], kx: np.ndarray, ky: np.ndarray
) -> None:
    """Add smooth light and, where discs are large enough to show it, structure."""
    size = total.shape[1]
    for flux, transform in zip(fluxes, _transform_smooth(row, kx, ky), strict=True):
        total += flux[:, None, None] * transform
    texture = draw_structure(row, fluxes, size, survey)
    if texture is not None:
        total += fft.rfft2(texture) * profile.shift(kx, ky, *(-(size - 1) / 2 * survey.pixel_scale,) * 2)


def _add_neighbours(total: np.ndarray, row: Row, survey: Survey, kx: np.ndarray, ky: np.ndarray) -> None:
    """Add every neighbour's transform; stars are points, which cost a phase each, the bright ones within a halo."""
    for one in scene.draw_neighbours(row["seed"], survey):
        where = profile.shift(kx, ky, one["x"], one["y"])
        if one["re"] > 0:
            where *= profile.transform_sersic(kx, ky, one["n"], one["re"], one["ba"], one["phi"])
        else:
            where *= camera.add_halo(np.ones((1, 1), np.float32), one["flux"], kx, ky)
        total += one["flux"][:, None, None] * where


def transform_star(row: Row, band: str, kx: np.ndarray, ky: np.ndarray) -> np.ndarray:
    """Transform of a star in a band: its core, and the wings where the row knows of any."""
    width, shape, wing = row[f"psf_{band}"], (row["psf_e1"], row["psf_e2"]), row.get("psf_wing", 0.0)
    core = profile.transform_psf(kx, ky, width, *shape)
    if not wing:
        return core
    return core + np.float32(wing) * (profile.transform_psf(kx, ky, scene.WIDER * width) - core)


def render_clean(row: Row, survey: Survey, neighbours: bool = True) -> np.ndarray:
    """Draw a galaxy without noise.

    Parameters
    ----------
    row : mapping
        One row of the catalogue.
    survey : Survey
        That sees it; see `rows.require_known`.
    neighbours : bool
        Whether to draw what else is in the field.

    Returns
    -------
    float32 array (B, N, N)
        Nanomaggies a native pixel, N = `survey.native_size`; row 0 is south, column 0 east.

    Raises
    ------
    InputError
        For a survey that cannot be simulated, or a profile that cannot be drawn.
    """
    require_known(survey)
    size, native = _choose_size(row, survey), survey.native_size
    kx, ky, pixel = profile.build_plane(size, survey)
    fluxes = [take_bands(row, f"flux_{part}", survey) for part in PARTS]
    total = np.zeros((len(survey.bands), size, size // 2 + 1), np.complex64)
    if fluxes[1].any() or fluxes[0].any():
        _add_galaxy(total, row, survey, fluxes, kx, ky)
    oddity.add_smooth(total, row, survey, kx, ky, fluxes[0] + fluxes[1] + fluxes[2])
    total *= profile.shift(kx, ky, *(row[f"offset_{a}"] * survey.pixel_scale for a in "xy"))
    if neighbours:
        _add_neighbours(total, row, survey, kx, ky)
    psf = [transform_star(row, b, kx, ky) for b in survey.bands]
    middle = profile.shift(kx, ky, *((size - 1) / 2 * survey.pixel_scale,) * 2)
    picture = fft.irfft2(total * (np.array(psf) * (pixel * middle)), s=(size, size))
    edge = (size - native) // 2
    return picture[:, edge : edge + native, edge : edge + native]


def render(row: Row, survey: Survey) -> np.ndarray:
    """Draw a galaxy as the survey would see it.

    Parameters
    ----------
    row : mapping
        One row of the catalogue; nothing else matters, so a galaxy is the same whoever draws it and when.
    survey : Survey
        That sees it; see `rows.require_known`.

    Returns
    -------
    float32 array (B, N, N)
        Nanomaggies a native pixel, N = `survey.native_size`; row 0 is south, column 0 east.

    Raises
    ------
    InputError
        For a survey that cannot be simulated, or a profile that cannot be drawn.
    """
    clean = render_clean(row, survey)
    rng = np.random.default_rng([int(row["seed"]), 2])
    noise = take_bands(row, "noise", survey)
    slope = np.linspace(-0.5, 0.5, survey.native_size)
    # what the sky subtraction leaves: a level and a gradient
    residual = rng.normal(0, 0.06, (len(noise), 3)) * noise[:, None]
    sky = residual[:, 0, None, None] + residual[:, 1, None, None] * slope[:, None] + residual[:, 2, None, None] * slope
    more = camera.draw_gaps(clean.shape[0], clean.shape[1], np.random.default_rng([int(row["seed"]), 6]))
    picture = camera.saturate((clean + sky + more * grain.draw_noise(noise, clean, rng, survey)).astype(np.float32))
    oddity.add_defect(picture, row, survey)
    return picture
