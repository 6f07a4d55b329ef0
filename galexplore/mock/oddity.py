"""What the renderer adds to odd objects: a second galaxy and tails, an arc, a star, a trail, a bad column."""

import numpy as np

from galexplore.mock import profile
from galexplore.mock.rows import Row
from galexplore.survey import Survey

#: A power-law nucleus, bluer than its host: f_nu ~ nu^-0.5 in g, r, z over r (Vanden Berk et al. 2001).
CORE_COLOUR = np.array([0.86, 1.0, 1.2], np.float32)


def add_smooth(total: np.ndarray, row: Row, survey: Survey, kx: np.ndarray, ky: np.ndarray, flux: np.ndarray) -> None:
    """Add to the transform, before the PSF, what the row's oddity asks for.

    Parameters
    ----------
    total : complex array (3, size, size // 2 + 1)
        The galaxy's transform, centred on the origin; changed in place.
    row : mapping
    survey : Survey
    kx, ky : arrays, rad/arcsec
    flux : array (3,)
        The galaxy's own flux, nmgy.
    """
    rng = np.random.default_rng([int(row["seed"]), 4])
    if row["core"] > 0:
        total += (row["core"] * flux[1] * CORE_COLOUR)[:, None, None]
    if row["oddity"] == "merger":
        _add_merger(total, row, kx, ky, flux, rng)
    if row["oddity"] == "arc":
        _add_arc(total, survey, kx, ky, rng)
    if row["oddity"] == "star":
        r, gr = rng.uniform(15, 20), rng.choice([0.45, 1.4]) + rng.normal(0, 0.1)
        rz = 0.4 * gr + 0.15 * gr**2 if gr < 1.2 else rng.uniform(0.8, 1.6)
        total += (10 ** (0.4 * (survey.zero_point - r - np.array([gr, 0, -rz]))))[:, None, None]


def _add_merger(
    total: np.ndarray, row: Row, kx: np.ndarray, ky: np.ndarray, flux: np.ndarray, rng: np.random.Generator
) -> None:
    """Add a companion of a third to the whole flux at 1 to 2 half-light radii, and a curved tail from each."""
    ratio, direction = rng.uniform(0.35, 1.0), rng.uniform(0, 2 * np.pi)
    apart = row["re_arcsec"] * rng.uniform(0.9, 1.8)
    x, y = apart * np.cos(direction), apart * np.sin(direction)
    tint = np.array([1.0, 1.0, 1.0]) * (1 + rng.normal(0, 0.08, 3))
    second = profile.transform_sersic(kx, ky, 1.3, 0.8 * row["re_arcsec"], rng.uniform(0.4, 0.9), rng.uniform(0, np.pi))
    parts = 0.55 * ratio * second * profile.shift(kx, ky, x, y)
    turn = rng.choice([-1, 1])
    for sign, weight in ((1, 0.3), (-1, 0.3)):
        steps = np.linspace(0.3, 1, 14)
        for s in steps:
            angle = direction + (0 if sign > 0 else np.pi) + turn * 1.6 * s
            reach = row["re_arcsec"] * (0.8 + 2.6 * s)
            blob = profile.transform_sersic(kx, ky, 1.0, 0.45 * row["re_arcsec"], 0.5, angle)
            place = profile.shift(kx, ky, reach * np.cos(angle), reach * np.sin(angle))
            parts = parts + weight * ratio * 0.5 * (1.3 - s) / len(steps) * blob * place
    total += (flux * tint)[:, None, None] * parts


def _add_arc(total: np.ndarray, survey: Survey, kx: np.ndarray, ky: np.ndarray, rng: np.random.Generator) -> None:
    """Add a blue arc of 60 to 150 degrees at 1.5 to 2.5 arcsec, with a counter-image."""
    radius, middle = rng.uniform(1.6, 2.6), rng.uniform(0, 2 * np.pi)
    span = rng.uniform(1.0, 2.6)
    r, colours = rng.uniform(20.3, 21.5), np.array([rng.uniform(0.2, 0.5), 0, -rng.uniform(0.1, 0.4)])
    arc = 10 ** (0.4 * (survey.zero_point - r - colours))
    angles = middle + np.linspace(-0.5, 0.5, 25) * span
    knots = [(a, radius, 1 / 25) for a in angles] + [(middle + np.pi, 0.6 * radius, 0.2)]
    for angle, at, weight in knots:
        blob = profile.transform_sersic(kx, ky, 1.0, 0.15, 1.0, 0.0)
        total += (weight * arc)[:, None, None] * blob * profile.shift(kx, ky, at * np.cos(angle), at * np.sin(angle))


def add_defect(picture: np.ndarray, row: Row, survey: Survey) -> None:
    """Draw a trail or bad columns over the noisy picture (B, N, N), in place."""
    rng = np.random.default_rng([int(row["seed"]), 5])
    size = survey.native_size
    band = int(rng.integers(len(survey.bands)))
    noise = float(row[f"noise_{survey.bands[band]}"])
    if row["oddity"] == "trail":
        angle, offset = rng.uniform(0, np.pi), rng.uniform(-12, 12)
        y, x = np.mgrid[:size, :size] - (size - 1) / 2
        away = x * np.cos(angle) + y * np.sin(angle) - offset
        picture[band] += noise * rng.uniform(15, 60) * np.exp(-0.5 * (away / 2.2) ** 2)
    if row["oddity"] == "column":
        first, width = int(rng.integers(20, size - 25)), int(rng.integers(1, 4))
        value = noise * rng.uniform(20, 80) * rng.choice([-1, 1])
        start = int(rng.integers(0, size // 2)) * int(rng.random() < 0.5)
        picture[band, start:, first : first + width] = value
