"""What else is in the picture: the field's seeing and depth, neighbouring galaxies, stars, and the sky."""

from typing import Any

import numpy as np
import pandas as pd

from galexplore.mock.conditions import find_conditions
from galexplore.survey import Survey

#: Scatter of the logarithm of the seeing: what the bands of a field share, what each has by itself, for its nights are
#: its own; bad nights spread further than good ones. Fields of DR10: g and r correlate by 0.4, g and z hardly.
SEEING_COMMON, SEEING_OWN, SEEING_SKEW = 0.09, 0.125, 0.12
#: Share of the galaxies to learn from that are seen through any seeing, and between what FWHM, arcsec, a band's lies.
ANY_SEEING, SEEING_LIMITS = 0.3, (0.7, 2.0)
#: dex: scatter of each band's noise beside what its field's depth says; colour excess beyond which no survey goes.
NOISE_OWN, REDDEST = 0.08, 0.45
#: Share of a star's light in the wings beyond the Moffat profile, up to, and how much wider those are.
WINGS, WIDER = 0.06, 3.0
#: Galaxies brighter than r = 24.5 per square arcmin, slope of their counts (e.g. Capak et al. 2007), and stars to r =
#: 23.
GALAXY_DENSITY, GALAXY_SLOPE, GALAXY_LIMIT = 32.0, 0.33, 24.5
STAR_DENSITY, STAR_SLOPE, STAR_LIMIT = 2.5, 0.17, 23.0


def add_fields(table: pd.DataFrame, survey: Survey, rng: np.random.Generator) -> pd.DataFrame:
    """Add the observing conditions of every galaxy.

    Parameters
    ----------
    table : DataFrame
        A row a galaxy; its columns do not matter.
    survey : Survey
        Whose fields they lie in.
    rng : numpy Generator

    Returns
    -------
    DataFrame
        A copy with `psf_g`, `psf_r`, `psf_z` [arcsec FWHM], `noise_g`, `noise_r`, `noise_z` [nmgy a native pixel, of
        the picture from which the Galaxy's dust is taken off], `ebv` [mag, the E(B-V) of that dust], `psf_e1`,
        `psf_e2`, `psf_wing` (share of the light in the wings), `offset_x`, `offset_y` [native pixels] and `seed`.

    Raises
    ------
    InputError
        For a survey that cannot be simulated.
    """
    usual, n, bands = find_conditions(survey), len(table), survey.bands
    seeing = np.array(usual.seeing) * np.exp(_draw_seeing(n, len(bands), rng))
    ebv = np.minimum(usual.reddening[0] * np.exp(usual.reddening[1] * rng.standard_normal(n)), REDDEST)
    shares, means, scatters = np.array(usual.depths).T
    kind = rng.choice(len(shares), n, p=shares / shares.sum())
    depth = means[kind] + scatters[kind] * rng.standard_normal(n)
    at = bands.index(survey.reference)
    deeper = 10 ** (0.4 * (usual.reference - depth)) * usual.seeing[at] / seeing[:, at]
    noise = np.array(usual.noise) * deeper[:, None] * 10 ** (NOISE_OWN * rng.standard_normal((n, len(bands))))
    noise *= 10 ** (0.4 * np.array(survey.extinction) * ebv[:, None])
    columns = {f"psf_{b}": seeing[:, i] for i, b in enumerate(bands)}
    columns |= {f"noise_{b}": noise[:, i] for i, b in enumerate(bands)} | {"ebv": ebv}
    columns |= {f"psf_e{i}": 0.015 * rng.standard_normal(n) for i in (1, 2)}
    columns |= {"psf_wing": rng.uniform(0, WINGS, n)}
    columns |= {f"offset_{a}": rng.uniform(-0.5, 0.5, n) for a in "xy"}
    return table.assign(**columns, seed=rng.integers(1, 2**31 - 1, n))


def _draw_seeing(n: int, bands: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the logarithm of the seeing (n, bands) over its median."""
    each = SEEING_COMMON * rng.standard_normal((n, 1)) + SEEING_OWN * rng.standard_normal((n, bands))
    return each * (1 + SEEING_SKEW * np.sign(each))


def broaden_seeing(table: pd.DataFrame, survey: Survey, rng: np.random.Generator) -> pd.DataFrame:
    """Give a share of galaxies, `ANY_SEEING`, a seeing that is uniform between `SEEING_LIMITS`, each band by itself.

    Fields seldom have one band sharp and another blurred, and a network that has hardly met such pairs takes the colour
    of the seeing for the galaxy's.

    Parameters
    ----------
    table : DataFrame
        As of `add_fields`.
    survey : Survey
    rng : numpy Generator
    """
    some = rng.random(len(table)) < ANY_SEEING
    columns = [f"psf_{band}" for band in survey.bands]
    drawn = rng.uniform(*SEEING_LIMITS, (len(table), len(columns)))
    return table.assign(**{c: np.where(some, new, table[c]) for c, new in zip(columns, drawn.T, strict=True)})


def _draw_magnitudes(n: int, slope: float, bright: float, faint: float, rng: np.random.Generator) -> np.ndarray:
    """Magnitudes whose counts rise as 10^(slope m)."""
    a, b = 10 ** (slope * bright), 10 ** (slope * faint)
    return np.log10(a + (b - a) * rng.random(n)) / slope


def draw_neighbours(seed: int, survey: Survey) -> list[dict[str, Any]]:
    """Draw the galaxies and stars around one galaxy, from its seed alone.

    Parameters
    ----------
    seed : int
        The galaxy's.
    survey : Survey
        Whose field they lie in, and a little beyond.

    Returns
    -------
    list of dict
        `x`, `y` [arcsec from the centre, west and north], `flux` (B,) [nmgy], `re` [arcsec, 0 for a star], `ba`,
        `phi` [rad], `n`.
    """
    rng = np.random.default_rng([int(seed), 1])
    half = 0.5 * survey.field + 1.5
    area = (2 * half / 60) ** 2
    drawn = []
    galaxies = rng.poisson(GALAXY_DENSITY * area)
    for r in _draw_magnitudes(galaxies, GALAXY_SLOPE, 16.5, GALAXY_LIMIT, rng):
        red = rng.random() < np.clip(0.45 - 0.07 * (r - 19), 0.12, 0.5)
        gr = rng.normal(1.35, 0.25) if red else rng.normal(0.62, 0.22)
        rz = (0.35 + 0.45 * gr if red else 0.12 + 0.58 * gr) + rng.normal(0, 0.11)
        re = np.clip(0.55 * 10 ** (-0.11 * (r - 22) + 0.18 * rng.standard_normal()), 0.12, 6)
        shape = {"re": re, "ba": rng.uniform(0.3, 0.95), "phi": rng.uniform(0, np.pi), "n": 3.0 if red else 1.0}
        drawn.append(_place(r, gr, rz, half, survey, rng) | shape)
    stars = rng.poisson(STAR_DENSITY * area)
    for r in _draw_magnitudes(stars, STAR_SLOPE, 13.5, STAR_LIMIT, rng):
        # turn-off stars of the halo and the thick disc, bluest at g-r = 0.2; then the M dwarfs, off the locus at 1.4
        gr = np.clip(rng.choice([0.48, 1.45], p=[0.45, 0.55]) + 0.15 * rng.standard_normal(), 0.22, 1.6)
        rz = 0.4 * gr + 0.15 * gr**2 if gr < 1.2 else rng.triangular(0.8, 0.9, 1.8)
        drawn.append(_place(r, gr, rz, half, survey, rng) | {"re": 0.0, "ba": 1.0, "phi": 0.0, "n": 1.0})
    return drawn


def _place(r: float, gr: float, rz: float, half: float, survey: Survey, rng: np.random.Generator) -> dict[str, Any]:
    """Choose where a neighbour of a magnitude and colours lies."""
    flux = 10 ** (0.4 * (survey.zero_point - r - np.array([gr, 0.0, -rz])))
    while True:
        x, y = rng.uniform(-half, half, 2)
        # what lies right on the galaxy would have been deblended into it, or have spoiled its spectrum
        if np.hypot(x, y) > 2.0 + 1.2 * np.log10(1 + flux[1]):
            return {"x": x, "y": y, "flux": flux}
