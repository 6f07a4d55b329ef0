"""What a survey measures of its galaxies: magnitudes, labels with errors, positions, and the split by id."""

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd
from astropy.coordinates import SkyCoord

from galexplore.latents import wrap_angle
from galexplore.mock import oddity
from galexplore.mock.grain import find_smoothing
from galexplore.mock.rows import PARTS
from galexplore.survey import Survey

SPLITS = (("train", 0.6), ("validation", 0.7), ("calibration", 0.8), ("test", 1.0))


def add_magnitudes(table: pd.DataFrame, survey: Survey, rng: np.random.Generator, noise: float = 1.0) -> pd.DataFrame:
    """Add `mag_g`, `mag_r`, `mag_z` and their errors: sky noise over the galaxy's area, and 1 % of calibration.

    The area is that of a profile fit, 1 / sum(p^2): 4 pi sigma^2 of the seeing and 8.93 re^2 of an exponential disc,
    added. Over such an area the noise, correlated between pixels, adds up to `grain.find_smoothing` times what white
    noise would.

    Parameters
    ----------
    table : DataFrame
        With the columns of `light.add_light`, `shape.add_shape` and `scene.add_fields`, and `core` where there is one.
    survey : Survey
    rng : numpy Generator
    noise : float
        Sky noise over that of the pictures: a deep survey's magnitudes come from a deeper coadd.

    Returns
    -------
    DataFrame
        A copy, with `bulge_fraction` of the r light besides.
    """
    columns, total_r = {}, _add_parts(table, "r", np.float32)
    for band, tint, smoothing in zip(survey.bands, oddity.CORE_COLOUR, find_smoothing(survey), strict=True):
        flux = _add_parts(table, band, float)
        if "core" in table:
            flux = flux + tint * (table["core"] * total_r).to_numpy(float)
        area = 4 * np.pi * (table[f"psf_{band}"] / 2.355) ** 2 + 8.93 * np.minimum(table["re_arcsec"], 8) ** 2
        error = noise * smoothing * table[f"noise_{band}"] * np.sqrt(area) / survey.pixel_scale
        error = np.sqrt(error**2 + (0.01 * flux) ** 2).to_numpy(float)
        noisy = np.maximum(flux + error * rng.standard_normal(len(table)), 0.3 * error)
        columns[f"mag_{band}"] = survey.zero_point - 2.5 * np.log10(noisy)
        columns[f"mag_{band}_err"] = 1.0857 * error / noisy
    columns["bulge_fraction"] = (table["flux_bulge_r"] / np.where(total_r > 0, total_r, np.nan)).to_numpy(float)
    return table.assign(**columns)


def _add_parts(table: pd.DataFrame, band: str, dtype: type) -> np.ndarray:
    """All of each galaxy's own light in a band, nmgy."""
    bulge, disc, young = (table[f"flux_{part}_{band}"].to_numpy(dtype) for part in PARTS)
    return bulge + disc + young


#: dex: how far stellar masses are off where a spectroscopic survey has many bands.
MASSES = 0.09


def add_labels(table: pd.DataFrame, rng: np.random.Generator, mass_error: float = MASSES) -> pd.DataFrame:
    """Add the measured labels: the truths with the errors that a spectroscopic survey and SED fitting leave.

    Redshifts are good to 50 km/s or so; masses to `mass_error` dex; SFRs to 0.15 dex where stars form and 0.5 dex
    where hardly any do; position angles the worse the rounder the galaxy, down to nothing (0.9 rad, a uniform draw)
    for a round one.

    Parameters
    ----------
    table : DataFrame
        `z_true`, `logmass_true`, `logsfr_true`, `phi_true`, `ba`, `re_arcsec`.
    rng : numpy Generator
    mass_error : float
        dex.

    Returns
    -------
    DataFrame
        A copy with `z`, `logmass`, `logsfr`, `phi` and their `_err`.
    """
    n = len(table)
    z, ssfr = table["z_true"], table["logsfr_true"] - table["logmass_true"]
    error = {
        "z": 1.7e-4 * (1 + z) * 10 ** (0.1 * rng.standard_normal(n)),
        "logmass": mass_error * 10 ** (0.12 * rng.standard_normal(n)),
        "logsfr": np.interp(ssfr, [-12, -11, -10, -9], [0.55, 0.4, 0.17, 0.13]) * 10 ** (0.12 * rng.standard_normal(n)),
        "phi": np.clip(0.012 + 0.03 * (0.6 + 0.5 / table["re_arcsec"]) / np.clip(1 - table["ba"], 0.02, 1), 0.012, 0.9),
    }
    columns = {}
    for name, sigma in error.items():
        columns[name] = table[f"{name}_true"] + sigma * rng.standard_normal(n)
        columns[f"{name}_err"] = sigma
    columns["phi"] = wrap_angle(columns["phi"])
    columns["z"] = np.maximum(columns["z"], 1e-4)
    return table.assign(**columns)


#: Declinations [deg] between which a catalogue lies; those of the north lie north of the Galaxy too.
SOUTH, FAR_NORTH = (-18.0, 32.0), (33.0, 80.0)


def add_positions(table: pd.DataFrame, rng: np.random.Generator, survey: Survey) -> pd.DataFrame:
    """Add `ra`, `dec`, spread evenly over what the survey looked at, more than 20 degrees off the Milky Way."""
    low, high = np.sin(np.radians(FAR_NORTH if survey.is_northern else SOUTH))
    ra, dec = np.empty(0), np.empty(0)
    while len(ra) < len(table):
        a = rng.uniform(0, 360, 4 * len(table) + 100)
        d = np.degrees(np.arcsin(rng.uniform(low, high, len(a))))
        latitude = SkyCoord(a, d, unit="deg").galactic.b.deg
        keep = (latitude if survey.is_northern else np.abs(latitude)) > 20
        ra, dec = np.append(ra, a[keep]), np.append(dec, d[keep])
    return table.assign(ra=ra[: len(table)], dec=dec[: len(table)])


def choose_split(identifiers: Iterable[str]) -> list[str]:
    """Choose train, validation, calibration or test (60/10/10/20), fixed by a hash of each id."""
    parts = []
    for name in identifiers:
        u = int.from_bytes(hashlib.sha256(str(name).encode()).digest()[:8], "big") / 2**64
        parts.append(next(part for part, end in SPLITS if u < end))
    return parts
