"""What makes a disc look like a disc: arms, bars, rings, clumps, lanes, as light moved about within it."""

import numpy as np

from galexplore.mock.rows import Row
from galexplore.survey import Survey

#: Nothing is drawn within discs smaller than this (arcsec): the PSF would wipe it out.
LEAST_DISC = 0.8
REACH = 3.4  # half-light radii within which structure is drawn


def _lay_plane(row: Row, size: int, survey: Survey) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Radius (in half-light radii) and angle in the disc's plane, and offsets on the sky along and across it."""
    half = np.float32((size - 1) / 2)
    step = (np.arange(size, dtype=np.float32) - half) * np.float32(survey.pixel_scale / row["disc_re"])
    s, c = np.float32(np.sin(row["phi_true"])), np.float32(np.cos(row["phi_true"]))
    along, across = -s * step[None, :] + c * step[:, None], c * step[None, :] + s * step[:, None]
    tilted = across * np.float32(1 / max(row["ba"], 0.12))
    return np.hypot(along, tilted), np.arctan2(tilted, along), along, across


def _draw_ripple(
    row: Row, rng: np.random.Generator, radius: np.ndarray, angle: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Logarithmic arms with some wobble, and the short trailing pieces between them, each about -1 to 1."""
    log_r = np.log(radius + np.float32(0.08))
    wind = np.float32(row["winding"] / np.tan(row["pitch"]))
    a, b, c, d, e, f, g = rng.uniform(0, 6.28, 7).astype(np.float32)
    wobble = np.float32(0.35) * np.sin(np.float32(2.1) * log_r + a) + np.float32(0.3) * np.sin(angle + b)
    grand = np.cos(np.float32(row["arm_count"]) * (angle - wind * log_r) - np.float32(row["arm_phase"]) + wobble)
    bend = np.float32(1.5) * np.sin(2 * log_r + c)
    pieces = np.zeros_like(radius)
    for m, phase, tilt in zip((3, 5, 8), (d, e, f), rng.uniform(0.7, 1.2, 3), strict=True):
        pieces += np.cos(m * (angle - np.float32(tilt) * wind * log_r) + phase + bend)
    patches = 1 + np.float32(0.6) * np.sin(np.float32(3.3) * log_r + 2 * angle + g)
    return grand, pieces * patches * np.float32(0.45)


def _share(surface: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """Redistribute `surface` by a positive pattern, keeping its sum; returns the change."""
    moved = surface * pattern
    return moved * (surface.sum() / moved.sum()) - surface


def draw_structure(row: Row, fluxes: list[np.ndarray], size: int, survey: Survey) -> np.ndarray | None:
    """Draw the departures from smooth light, which sum to zero flux in every band.

    Parameters
    ----------
    row : mapping
        One row of the catalogue.
    fluxes : list of three arrays (B,)
        Bulge, disc and young stars in each band, nmgy.
    size : int
        Side in native pixels.
    survey : Survey
        Whose pixels they are.

    Returns
    -------
    float32 array (B, size, size) or None
        nmgy a native pixel, centred on the middle of the array; None when there is nothing to see.
    """
    if row["elliptical"] > 0.5 or row["disc_re"] < LEAST_DISC:
        return None
    rng = np.random.default_rng([int(row["seed"]), 3])
    box = min(size, 2 * int(np.ceil(REACH * row["disc_re"] / survey.pixel_scale)) + size % 2)
    plane = _lay_plane(row, box, survey)
    old, change_old, young, change_young = _move_light(row, rng, *plane[:2], survey)
    texture = fluxes[1][:, None, None] * change_old + fluxes[2][:, None, None] * change_young
    if row["dust_lane"] > 0 and row["ba"] < 0.45:
        light = fluxes[1][:, None, None] * (old + change_old) + fluxes[2][:, None, None] * (young + change_young)
        texture += _draw_lane(row, light, *plane[2:])
    edge = (size - box) // 2
    return texture if not edge else np.pad(texture, ((0, 0), (edge, edge), (edge, edge)))


def _move_light(
    row: Row, rng: np.random.Generator, radius: np.ndarray, angle: np.ndarray, survey: Survey
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Smooth surface of old and young stars (unit flux in all) and how structure changes each."""
    area = 2 * np.pi * row["ba"] * (row["disc_re"] / survey.pixel_scale) ** 2
    old = np.exp(np.float32(-1.678) * radius) * np.float32(1.678**2 / area)
    young = np.exp(np.float32(-1.459) * radius) * np.float32(1.459**2 / area)
    pattern_old, pattern_young = _draw_patterns(row, rng, radius, angle)
    change_old, change_young = _share(old, pattern_old), _share(young, pattern_young)
    change_young += _draw_clumps(row, rng, young + change_young)
    if row["bar_strength"] > 0:
        change_old += _draw_bar(row, old + change_old, radius, angle)
    return old, change_old, young, change_young


def _draw_patterns(
    row: Row, rng: np.random.Generator, radius: np.ndarray, angle: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Factors by which arms, a ring and lopsidedness brighten the old stars and the young."""
    openness = np.clip((row["ba"] - 0.18) / 0.25, 0, 1)  # arms are lost in a disc seen from its edge
    grand, pieces = _draw_ripple(row, rng, radius, angle)
    envelope = np.clip((radius - np.float32(0.15)) * np.float32(2.5), 0, 1) * np.exp(-((radius / np.float32(2.6)) ** 4))
    strength = np.float32(row["arm_strength"] * openness)
    mottle = np.float32(0.35 * strength + 0.5 * row["clumpiness"] * openness)
    ripple = envelope * (strength * grand + mottle * pieces)
    old, young = np.exp(np.float32(0.55) * ripple), np.exp(np.float32(1.6) * ripple)
    if row["ring_strength"] > 0:
        bright = np.float32(row["ring_strength"] * openness)
        ring = bright * np.exp(-(((radius - np.float32(1.1)) / np.float32(0.18)) ** 2))
        old, young = old * (1 + ring), young * (1 + 4 * ring)
    tilt = np.clip(np.float32(0.8 * row["asymmetry"] * openness) * radius, 0, np.float32(0.8))
    lopsided = 1 + tilt * np.cos(angle - np.float32(row["arm_phase"]))
    return old * lopsided, young * lopsided


def _draw_bar(row: Row, surface: np.ndarray, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Move part of the disc into a bar with boxy ends (Athanassoula et al. 1990), at its own angle."""
    turn = angle - np.float32(row["bar_angle"])
    x = np.abs(radius * np.cos(turn)) * np.float32(1 / row["bar_length"])
    y = np.abs(radius * np.sin(turn)) * np.float32(1 / (0.28 * row["bar_length"]))
    bar = np.exp(np.float32(-1.2) * np.cbrt(x * x * x + y * y * y) ** 2)
    return np.float32(0.22 * row["bar_strength"]) * (bar * (surface.sum() / bar.sum()) - surface)


def _draw_clumps(row: Row, rng: np.random.Generator, surface: np.ndarray) -> np.ndarray:
    """Gather part of the young light into star-forming clumps that follow it, with power-law fluxes."""
    part = np.float32(0.45 * row["clumpiness"])
    count = int(6 + 30 * row["clumpiness"] * min(row["disc_re"] / 3, 2))
    cumulative = np.cumsum(surface.ravel(), dtype=np.float64)
    where = np.searchsorted(cumulative, rng.random(count) * cumulative[-1])
    flux = np.minimum(rng.pareto(1.3, count) + 0.3, 6.0)
    sums = np.bincount(np.minimum(where, surface.size - 1), flux, surface.size)
    clumps = sums.astype(np.float32).reshape(surface.shape)
    return part * (clumps * np.float32(cumulative[-1] / flux.sum()) - surface)


def _draw_lane(row: Row, light: np.ndarray, along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Darken a lane along the disc, slightly off its middle, most in g; the light lost is given back all over."""
    height = max(0.45 * row["ba"], 0.25 / row["disc_re"])
    lane = np.exp(-(((across - 0.25 * height) / height) ** 2) - (along / 1.6) ** 4)
    depth = 0.5 * row["dust_lane"] * np.clip((0.45 - row["ba"]) / 0.2, 0, 1)
    depth *= 1 - np.exp(-((along**2 + (across / row["ba"]) ** 2) / 0.15))  # the bulge stands before it
    lost = light * lane * depth * np.array([1.0, 0.85, 0.65], np.float32)[:, None, None]
    return light * (lost.sum(axis=(1, 2)) / light.sum(axis=(1, 2)))[:, None, None] - lost
