"""Ways through latent space: along one latent, over two of them, and from one galaxy to another."""

import numpy as np

from galexplore.latents import LATENTS, angle_difference, wrap_angle


def walk(start: np.ndarray, end: np.ndarray, n: int = 9) -> np.ndarray:
    """Lay n evenly spaced steps between two galaxies; the angle goes the short way round its circle.

    Parameters
    ----------
    start, end : array (5,)
        In the order of `LATENTS`, physical units.

    Returns
    -------
    ndarray (n, 5)
        The first row is `start` and the last `end`, their angles within [0, pi) rad.
    """
    start, end = np.asarray(start, float), np.asarray(end, float)
    change = end - start
    change[0] = -angle_difference(start[0], end[0])  # by exactly a quarter: towards larger angles
    steps = start + np.linspace(0, 1, n)[:, None] * change
    steps[:, 0] = wrap_angle(steps[:, 0])
    return steps


def sweep(latents: np.ndarray, name: str, values: np.ndarray) -> np.ndarray:
    """Repeat a galaxy (5,) with one of its latents set to each of the values (n,): an array (n, 5)."""
    rows = np.tile(np.asarray(latents, float), (len(values), 1))
    rows[:, LATENTS.index(name)] = values
    return rows


def cross(latents: np.ndarray, across: str, columns: np.ndarray, up: str, rows: np.ndarray) -> np.ndarray:
    """Vary two latents of a galaxy (5,) at once.

    Parameters
    ----------
    across, up : str
        Names of the two latents.
    columns : array (m,)
        Values of `across`, from left to right.
    rows : array (n,)
        Values of `up`, from the bottom to the top, as on a plot.

    Returns
    -------
    ndarray (n, m, 5)
        Row 0 is drawn at the top and so holds the last of `rows`.
    """
    grid = np.tile(np.asarray(latents, float), (len(rows), len(columns), 1))
    grid[..., LATENTS.index(across)] = columns
    grid[..., LATENTS.index(up)] = np.asarray(rows)[::-1, None]
    return grid
