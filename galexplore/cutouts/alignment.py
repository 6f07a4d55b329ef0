"""Bands that lie differently are brought to one grid of square pixels, by the area that pixels share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from astropy.coordinates import SkyCoord

from galexplore.cutouts.cutout import Check
from galexplore.cutouts.geometry import Place, measure_at, pixel_at
from galexplore.errors import InputError
from galexplore.survey import Survey

APART = 0.5  # pixels: bands that lie nearer than this in all of the field share a grid
SCALES_ALIKE = 0.01  # relative: scales of bands without a WCS that differ by more are told apart
ON_PIXELS = 0.1  # pixels: nearer than this, a pixel is taken over as it is
MARGIN = 12.0  # arcsec kept beyond the field's half: the galaxy may lie 8" off
SAMPLES = 4  # a pixel's side is sampled so often, and each pixel of a finer band twice
FINEST = 0.3  # model pixels: grids that bands are brought to are no finer
OBLONGEST = 10.0  # sides that differ more are no image of the sky


@dataclass(frozen=True)
class Grid:
    """Square pixels: their matrix as `Place` has it, the target's pixel (x, y), rows and columns, how they came about.

    `resampled` says how bands were averaged onto it; empty where all of them lie on it as they were written, within a
    tenth of a pixel.
    """

    matrix: np.ndarray | None
    target: tuple[float, float]
    shape: tuple[int, int]
    known: bool
    resampled: str = ""


def lead(places: Sequence[Place]) -> int:
    """Which band says where the galaxy lies: the first with a WCS, else the first with a scale, else the first."""
    known = [i for i, p in enumerate(places) if p.known] or [i for i, p in enumerate(places) if p.matrix is not None]
    return known[0] if known else 0


def choose_grid(places: Sequence[Place], shapes: Sequence[tuple[int, int]], survey: Survey) -> tuple[Grid, list[Place]]:
    """Choose the grid of all bands: their own where they share one, else the finest square one, else north up.

    Bands share a grid where they lie less than half a pixel apart; those a tenth or more off are averaged onto it.

    Returns
    -------
    Grid
    list of Place
        The bands' places, all measured at one target on the sky.

    Raises
    ------
    InputError
        If bands differ in size or scale and nothing says how they lie.
    """
    first = places[lead(places)]
    silent = [p for p in places if not p.known]
    if len(set(shapes)) > 1 and silent:
        raise InputError(f"the bands differ in size: {', '.join(map(str, shapes))}, and no WCS says how they lie")
    for band, place in zip(survey.bands, places, strict=True):
        apart = abs((place.pixel_scale or 1) / (first.pixel_scale or 1) - 1) if place.pixel_scale else 0
        if not place.known and first.pixel_scale and apart > SCALES_ALIKE:
            sizes = f'{place.pixel_scale:.3g}" in {band} ({place.scale_said}) and {first.pixel_scale:.3g}" in others'
            raise InputError(f"the bands differ in pixel scale: {sizes}, and no WCS says how {band} lies")
    at = _common_target(places, shapes)
    square = [i for i, p in enumerate(at) if p.is_square and p.matrix is not None]
    share = len(set(shapes)) == 1 and all(_same(at[0], p, survey) for p in at)
    if share and (first.matrix is None or first.is_square):
        grid = _window(at[0], shapes[0], survey)
        apart = not all(_lies_on(p, grid) for p in at)
        said = "bands that lie less than half a pixel apart were averaged onto one grid" if apart else ""
        return replace(grid, resampled=said), at
    if not square:
        return _upright(at[0], shapes[0], survey), at
    best = min(square, key=lambda i: (round(at[i].pixel_scale or 0, 4), i))
    grid = _coarsen(_window(at[best], shapes[best], survey, cut=True), survey)
    said = "bands that lie differently on the sky were brought to one grid"
    return Grid(grid.matrix, grid.target, grid.shape, grid.known, said), at


def _common_target(places: Sequence[Place], shapes: Sequence[tuple[int, int]]) -> list[Place]:
    """Measure each band at the pixel where it has the first one's target."""
    first = places[lead(places)]
    if not first.known or first.ra is None or first.dec is None:
        return [p if p.matrix is not None else first for p in places]
    sky, at = SkyCoord(first.ra, first.dec, unit="deg"), list[Place]()
    for place, shape in zip(places, shapes, strict=True):
        if place is first:
            at.append(first)
            continue
        if place.wcs is None:
            at.append(first)  # the same pixels are assumed, and said so
            continue
        try:
            x, y = pixel_at(place.wcs, sky)
            moved = measure_at(place.wcs, (x, y))
        except Exception:  # wcslib: the first band's target is nowhere in this one
            moved = None
        reach = 0.5 * max(shape)
        if (
            moved is None
            or moved.target is None
            or not (-reach < x < shape[1] + reach and -reach < y < shape[0] + reach)
        ):
            raise InputError("the bands do not cover the same pixels: one does not hold the other's middle")
        at.append(moved)
    return at


def _same(one: Place, other: Place, survey: Survey) -> bool:
    """Whether two bands' pixels lie upon each other in the whole field."""
    if one.matrix is None or other.matrix is None or one.target is None or other.target is None:
        return True
    shift = np.hypot(*(np.array(one.target) - np.array(other.target)))
    turn = np.abs(np.linalg.solve(one.matrix, other.matrix) - np.eye(2)).max()
    return bool(shift < APART and turn * survey.field / 2 / (one.pixel_scale or 1) < APART)


def _coarsen(grid: Grid, survey: Survey) -> Grid:
    """Take every so many pixels of a grid together, where it is finer than the model can use."""
    assert grid.matrix is not None
    scale = math.sqrt(abs(np.linalg.det(grid.matrix)))
    factor = max(1, math.floor(FINEST * survey.model_scale / scale))
    if factor == 1:
        return grid
    rows, columns = (max(1, n // factor) for n in grid.shape)
    return Grid(grid.matrix * factor, ((columns - 1) / 2, (rows - 1) / 2), (rows, columns), grid.known)


def _window(place: Place, shape: tuple[int, int], survey: Survey, cut: bool = False) -> Grid:
    """Keep a band's own pixels; where the target is not their middle, or on demand, cut a window about it."""
    middle = ((shape[1] - 1) / 2, (shape[0] - 1) / 2)
    target = place.target or middle
    apart = np.hypot(target[0] - middle[0], target[1] - middle[1])
    if place.pixel_scale is None or (apart < APART and not cut):
        return Grid(place.matrix, target, shape, place.known)
    half = math.ceil((survey.field / 2 + MARGIN) / place.pixel_scale)
    (columns, x), (rows, y) = (_cut_axis(t, n, half) for t, n in zip(target, (shape[1], shape[0]), strict=True))
    return Grid(place.matrix, (x, y), (rows, columns), place.known)


def _cut_axis(target: float, count: int, half: int) -> tuple[int, float]:
    """Pixels of a window along an axis, and the target's place among them: their middle, to a quarter of a pixel."""
    doubled = round(2 * target)  # odd where the target lies between two pixels: then the window has an even number
    size = 2 * math.floor(max(min(target, half), min(count - 1 - target, half))) + 1 + doubled % 2
    return size, (size - 1) / 2 + target - doubled / 2


def _upright(place: Place, shape: tuple[int, int], survey: Survey) -> Grid:
    """Lay square pixels of the finer side over a band of oblong ones; north up where north is known."""
    assert place.matrix is not None and place.sides is not None and place.target is not None
    if max(place.sides) > OBLONGEST * min(place.sides):
        sides = f'{place.sides[0]:.3g}" by {place.sides[1]:.3g}"'
        raise InputError(f"the pixels are {sides}: sides so different are no image of the sky; correct the WCS")
    scale = max(min(place.sides), FINEST * survey.model_scale)
    corners = np.array([[-0.5, shape[1] - 0.5, -0.5, shape[1] - 0.5], [-0.5, -0.5, shape[0] - 0.5, shape[0] - 0.5]])
    reach = np.abs(place.matrix @ (corners - np.array(place.target)[:, None])).max(axis=1)
    half = np.minimum(reach, survey.field / 2 + MARGIN)
    columns, rows = (max(1, round(2 * h / scale)) for h in half)
    said = f'pixels of {place.sides[0]:.3f}" by {place.sides[1]:.3f}" were resampled to square ones of {scale:.3f}"'
    matrix = np.array([[-scale, 0.0], [0.0, scale]])
    return Grid(matrix, ((columns - 1) / 2, (rows - 1) / 2), (rows, columns), place.known, said)


def bring(pixels: np.ndarray, place: Place, grid: Grid) -> np.ndarray:
    """Average a band (H, W) over the pixels of a grid; NaN where less than half of one is covered by valid pixels.

    The mean of values a pixel: surface brightness is kept. The map from grid to band is affine, for distortion over
    one field is far below a pixel.
    """
    if grid.matrix is None or place.matrix is None or place.target is None:
        return pixels
    affine = _map(place, grid)
    y, x = np.mgrid[: grid.shape[0], : grid.shape[1]].astype(np.float64)
    x, y = x - grid.target[0], y - grid.target[1]
    nx, ny = (1 if _lies_on(place, grid) else max(SAMPLES, math.ceil(2 * np.hypot(*affine[:, k]))) for k in (0, 1))
    total, count = np.zeros(grid.shape), np.zeros(grid.shape, np.int32)
    for dy in (np.arange(ny) + 0.5) / ny - 0.5:
        for dx in (np.arange(nx) + 0.5) / nx - 0.5:
            column = affine[0, 0] * (x + dx) + affine[0, 1] * (y + dy) + place.target[0]
            row = affine[1, 0] * (x + dx) + affine[1, 1] * (y + dy) + place.target[1]
            i, j = np.rint(row).astype(np.int64), np.rint(column).astype(np.int64)
            inside = (i >= 0) & (i < pixels.shape[0]) & (j >= 0) & (j < pixels.shape[1])
            value = np.where(inside, pixels[i.clip(0, pixels.shape[0] - 1), j.clip(0, pixels.shape[1] - 1)], np.nan)
            valid = np.isfinite(value)
            total += np.where(valid, value, 0)
            count += valid
    enough = count >= max(1, nx * ny / 2)
    return np.where(enough, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _map(place: Place, grid: Grid) -> np.ndarray:
    """Matrix (2, 2) from the grid's pixels to the band's, about the target."""
    assert place.matrix is not None and grid.matrix is not None
    return np.linalg.solve(place.matrix, grid.matrix)


def _lies_on(place: Place, grid: Grid) -> bool:
    """Whether the grid's pixels lie upon the band's within a tenth of one."""
    if grid.matrix is None or place.matrix is None or place.target is None:
        return True
    affine = _map(place, grid)
    if not np.allclose(affine, np.eye(2), atol=1e-4):
        return False
    at = np.array(place.target) - affine @ np.array(grid.target)
    return bool(np.abs(at - np.rint(at)).max() < ON_PIXELS)


def tell_alignment(grid: Grid, places: Sequence[Place]) -> list[Check]:
    """Say for the audit how the bands were brought together."""
    notes = []
    if grid.resampled:
        notes.append(Check("pixel_scale", "fixed", grid.resampled))
    if len({p.known for p in places}) > 1:
        sentence = "assumed that bands without a WCS lie as the others do"
        notes.append(Check("orientation", "fixed", sentence))
    return notes
